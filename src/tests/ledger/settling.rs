//! How attempts end, in every order in which the ends may be told.

use loa::domain::{Phase, State, UncertainPolicy};
use loa::ledger::{AgainKind, End, Found, Settlement, Store};

use super::world::{EXPIRES_S, Plan, World, again, at, ended, key_of, lost, sent, why};

pub(super) async fn a_flush_repeated_counts_nothing_twice(store: &Store) {
    let world = World::new(store, 7).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 7).await;
    let kinds = [AgainKind::Refused, AgainKind::Throttled, AgainKind::NotSent];
    let mut ends: Vec<Settlement> = (0..3)
        .map(|place| {
            let end = End::Again { why: why("x"), kind: kinds[place], due_at: at(90), strikes: 0 };
            ended(&claim, place, end, 3)
        })
        .collect();
    ends.push(sent(&claim, 3, "r3", 3));
    ends.push(ended(&claim, 4, End::Failed(why("bad number")), 3));
    ends.push(ended(&claim, 5, lost(90), 3));
    assert_eq!(world.settle(3, &ends).await, 6);
    let after = world.check(alert).await;
    assert_eq!((after.queued, after.sent, after.failed, after.uncertain, after.in_flight), (3, 1, 1, 1, 1));
    assert_eq!(after.parts_submitted, 1);
    for _ in 0..2 {
        assert_eq!(world.settle(4, &ends).await, 0);
        assert_eq!(world.check(alert).await, after);
    }
    // With the last of the claim, twice in one flush and once more afterwards.
    let last = sent(&claim, 6, "r6", 5);
    assert_eq!(world.settle(5, &[last.clone(), last.clone()]).await, 1);
    assert_eq!(world.settle(5, &[last]).await, 0);
    assert_eq!(world.check(alert).await.sent, 2);
    let row = world.message(key_of(&claim, 4)).await;
    assert_eq!((row.code.as_deref(), row.ended_at), (Some("bad number"), Some(at(3))));
}

pub(super) async fn parts_that_got_through_are_not_sent_again(store: &Store) {
    let world = World::new(store, 1).await;
    let alert = world.begun(Plan { parts: 3, ..Plan::default() }).await;
    let first = world.claim(2, 1).await;
    let broken =
        Settlement { accepted: vec![(1, "a".into()), (3, "c".into())], ..ended(&first, 0, again(4), 3) };
    assert_eq!(world.settle(3, std::slice::from_ref(&broken)).await, 1);
    assert_eq!(world.settle(3, &[broken]).await, 0);
    assert_eq!(world.check(alert).await.parts_submitted, 2);
    let second = world.claim(5, 1).await;
    assert_eq!(second.messages[0].parts_done, [1, 3]);
    let rest = Settlement { accepted: vec![(2, "b".into())], ..ended(&second, 0, End::Sent, 6) };
    assert_eq!(world.settle(6, &[rest]).await, 1);
    let counts = world.check(alert).await;
    assert_eq!((counts.sent, counts.parts_submitted), (1, 3));
}

pub(super) async fn a_second_end_of_an_attempt_changes_nothing(store: &Store) {
    let world = World::new(store, 3).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 3).await;
    world.settle(3, &[sent(&claim, 0, "r", 3), ended(&claim, 1, End::Failed(why("no")), 3)]).await;
    let before = world.check(alert).await;
    let others = [
        ended(&claim, 0, End::Failed(why("no")), 4),
        ended(&claim, 0, again(5), 4),
        ended(&claim, 0, lost(5), 4),
        ended(&claim, 1, lost(5), 4),
        ended(&claim, 1, again(5), 4),
    ];
    for other in others {
        assert_eq!(world.settle(4, &[other]).await, 0);
        assert_eq!(world.check(alert).await, before);
    }
}

pub(super) async fn a_late_answer_proves_a_message_sent(store: &Store) {
    let world = World::new(store, 3).await;
    let alert = world.begun(Plan { parts: 2, ..Plan::default() }).await;
    let claim = world.claim(2, 3).await;
    let half = Settlement { accepted: vec![(1, "a1".into())], ..ended(&claim, 0, lost(9), 3) };
    world.settle(3, &[half, ended(&claim, 1, lost(9), 3), ended(&claim, 2, lost(9), 3)]).await;
    let found = |place: usize, part: u8| Found {
        key: key_of(&claim, place),
        attempt: 1,
        part,
        reference: format!("f{place}{part}"),
        at: at(5),
    };
    let owner = &world.owner;
    let find = async |all: Vec<Found>| {
        store.ledger.settle(at(5), owner, &[], &all).await.unwrap();
    };
    find(vec![found(0, 2)]).await;
    assert_eq!(world.state(key_of(&claim, 0)).await, State::Sent);
    // Half of it is not enough; said twice is said once.
    find(vec![found(1, 1), found(1, 1)]).await;
    find(vec![found(1, 1)]).await;
    assert_eq!(world.state(key_of(&claim, 1)).await, State::Uncertain);
    assert_eq!(world.check(alert).await.parts_submitted, 3);
    // While a resend waits, and while it is under way.
    store.catalog.resend_uncertain(at(6), alert, world.approver).await.unwrap();
    find(vec![found(1, 2)]).await;
    assert_eq!(world.state(key_of(&claim, 1)).await, State::Sent);
    let resend = world.claim(7, 9).await;
    assert_eq!(resend.messages.len(), 1);
    find(vec![found(2, 1), found(2, 2)]).await;
    assert_eq!(world.state(key_of(&claim, 2)).await, State::Sent);
    // Whatever the resend is answered cannot unsend it.
    assert_eq!(world.settle(8, &[ended(&resend, 0, End::Failed(why("late")), 8)]).await, 0);
    let counts = world.check(alert).await;
    assert_eq!((counts.sent, counts.in_flight, counts.possible_repeats), (3, 0, 1));
}

pub(super) async fn uncertain_follows_the_policy(store: &Store) {
    let world = World::new(store, 2).await;
    let held = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    world.settle(3, &[ended(&claim, 0, lost(4), 3), sent(&claim, 1, "x", 3)]).await;
    assert_eq!(world.try_claim(9, 9).await, None, "held until a person decides");
    assert_eq!(store.catalog.resend_uncertain(at(9), held, world.approver).await.unwrap(), 1);
    assert_eq!(store.catalog.resend_uncertain(at(9), held, world.approver).await.unwrap(), 0);
    let resend = world.claim(9, 9).await;
    assert_eq!((resend.messages[0].attempt, resend.messages[0].possible_repeat), (2, true));
    let events = store.catalog.alert_events(held).await.unwrap();
    assert_eq!(events.last().map(|event| event.action.as_str()), Some("resend"));
    assert_eq!(world.check(held).await.possible_repeats, 1);

    let urgent = world.begun(Plan { policy: UncertainPolicy::Resend, ..Plan::default() }).await;
    let claim = world.claim(10, 2).await;
    world.settle(11, &[ended(&claim, 0, lost(20), 11), ended(&claim, 1, lost(EXPIRES_S), 11)]).await;
    let counts = world.check(urgent).await;
    assert_eq!((counts.queued, counts.uncertain), (1, 1), "too late to send again");
    assert_eq!(world.try_claim(19, 9).await, None);
    let resend = world.claim(20, 9).await;
    assert!(resend.messages[0].possible_repeat);
    assert_eq!(world.settle(21, &[sent(&resend, 0, "y", 21)]).await, 1);
    let counts = world.check(urgent).await;
    assert_eq!((counts.sent, counts.possible_repeats), (1, 1));
}

/// The first copy may have arrived: a no to the second is no proof.
pub(super) async fn a_refused_resend_stays_in_doubt(store: &Store) {
    let world = World::new(store, 2).await;
    let alert = world.begun(Plan { policy: UncertainPolicy::Resend, ..Plan::default() }).await;
    let claim = world.claim(2, 2).await;
    world.settle(3, &[ended(&claim, 0, lost(4), 3), ended(&claim, 1, again(4), 3)]).await;
    let next = world.claim(5, 2).await;
    let refused = [0, 1].map(|place| ended(&next, place, End::Failed(why("no")), 6));
    assert_eq!(world.settle(6, &refused).await, 2);
    assert_eq!(world.state(key_of(&claim, 0)).await, State::Uncertain);
    assert_eq!(world.state(key_of(&claim, 1)).await, State::Failed, "no copy of it ever left");
    world.check(alert).await;
}

pub(super) async fn what_comes_back_after_the_end_ends_with_it(store: &Store) {
    let world = World::new(store, 4).await;
    for (to, verdict) in [(Phase::Cancelled, State::Cancelled), (Phase::Expired, State::Expired)] {
        let alert = world.begun(Plan { policy: UncertainPolicy::Resend, ..Plan::default() }).await;
        let claim = world.claim(2, 3).await;
        world.change(alert, world.author, Phase::Dispatching, to, to.as_str()).await;
        let ends =
            [ended(&claim, 0, again(4), 3), ended(&claim, 1, lost(4), 3), sent(&claim, 2, to.as_str(), 3)];
        assert_eq!(world.settle(3, &ends).await, 3);
        assert_eq!(world.state(key_of(&claim, 0)).await, verdict);
        assert_eq!(world.state(key_of(&claim, 1)).await, State::Uncertain, "never called anything else");
        assert_eq!(world.state(key_of(&claim, 2)).await, State::Sent);
        let counts = world.check(alert).await;
        assert_eq!((counts.of(verdict), counts.queued), (2, 0));
        assert_eq!(store.catalog.resend_uncertain(at(5), alert, world.approver).await.unwrap(), 0);
    }
}

pub(super) async fn a_stranger_to_the_claim_changes_nothing(store: &Store) {
    let world = World::new(store, 4).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    let other = world.claim(2, 1).await;
    let before = world.check(alert).await;
    let mut queued = sent(&claim, 0, "q", 3);
    queued.key.seq = 4;
    let mut foreign = sent(&claim, 0, "f", 3);
    foreign.claim = other.id;
    let mut later = sent(&claim, 0, "l", 3);
    later.attempt = 2;
    let mut unknown = sent(&claim, 0, "u", 3);
    unknown.claim = loa::domain::ClaimId(9999);
    assert_eq!(world.settle(3, &[queued, foreign, later, unknown]).await, 0);
    assert_eq!(world.check(alert).await, before);
    assert_eq!(world.settle(4, &[sent(&claim, 0, "r", 4), sent(&claim, 1, "s", 4)]).await, 2);
    assert_eq!(world.check(alert).await.sent, 2);
}
