//! What time alone changes.

use std::time::Duration;

use contract::ReceiptVerdict::Delivered;
use loa::domain::{Phase, State, UncertainPolicy};
use loa::ledger::{End, LedgerError, Settlement, Store, Swept};

use super::world::{
    EXPIRES_S, LONG_LEASE, Plan, WAIT, World, again, at, by_reference, ended, key_of, lease, lost, sent, why,
};

async fn sweep(store: &Store, second: i64, rows_max: usize) -> Swept {
    store.ledger.sweep(at(second), WAIT, rows_max).await.unwrap()
}

pub(super) async fn a_dead_owners_claims_become_uncertain_or_are_sent_again(store: &Store) {
    let mut world = World::new(store, 5).await;
    let held = world.begun(Plan::default()).await;
    world.owner = lease(store, world.lane, "node-a", 1, Duration::from_secs(60)).await;
    let first = world.claim(2, 3).await;
    world.settle(3, &[sent(&first, 0, "r", 3), ended(&first, 1, again(4), 3)]).await;
    let retry = world.claim(5, 9).await;
    assert_eq!(retry.messages[0].attempt, 2);
    assert_eq!(sweep(store, 60, 100).await.uncertain, 0, "the lease is not over");
    let swept = sweep(store, 61, 100).await;
    assert_eq!((swept.uncertain, swept.more), (2, false));
    assert_eq!(sweep(store, 62, 100).await, Swept::default());
    let counts = world.check(held).await;
    assert_eq!((counts.uncertain, counts.sent, counts.queued, counts.in_flight), (2, 1, 2, 0));
    let fenced = store.ledger.settle(at(63), &world.owner, &[sent(&first, 2, "late", 63)], &[]).await;
    assert!(matches!(fenced, Err(LedgerError::Fenced { .. })), "{fenced:?}");
    // The same with the other policy: back to the queue, as possible repeats.
    world.owner = lease(store, world.lane, "node-b", 64, Duration::from_secs(60)).await;
    let urgent = world.begun(Plan { policy: UncertainPolicy::Resend, ..Plan::default() }).await;
    while world.claim(65, 2).await.alert == held {}
    world.owner = lease(store, world.lane, "node-c", 200, LONG_LEASE).await;
    sweep(store, 201, 100).await;
    let counts = world.check(urgent).await;
    assert_eq!((counts.queued, counts.uncertain), (5, 0));
    let resend = world.claim(201, 9).await;
    assert_eq!((resend.alert, resend.messages.len()), (urgent, 2));
    assert!(resend.messages.iter().all(|message| message.possible_repeat && message.attempt == 2));
    assert_eq!(world.check(urgent).await.possible_repeats, 2);
}

pub(super) async fn an_answer_after_the_take_over_still_counts(store: &Store) {
    let mut world = World::new(store, 3).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 3).await;
    store.ledger.release(&world.owner).await.unwrap();
    // The same process comes back with a new epoch; its old claim is taken over before its answers are in.
    world.owner = lease(store, world.lane, "node-a", 3, LONG_LEASE).await;
    assert_eq!(sweep(store, 4, 100).await.uncertain, 3);
    let ends = [
        sent(&claim, 0, "r0", 5),
        ended(&claim, 1, End::Failed(why("no")), 5),
        ended(&claim, 2, again(6), 5),
    ];
    for _ in 0..2 {
        assert_eq!(world.settle(5, &ends).await, 0);
        let counts = world.check(alert).await;
        assert_eq!((counts.sent, counts.uncertain, counts.parts_submitted), (1, 2, 1));
    }
    assert_eq!(world.record(&[by_reference(world.lane, "r0", Delivered)]).await.closed, 1);
    assert_eq!(world.check(alert).await.delivered, 1);
}

pub(super) async fn expiry_empties_the_queue_and_nothing_else(store: &Store) {
    let world = World::new(store, 6).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 4).await;
    let ends = [ended(&claim, 0, again(4), 3), ended(&claim, 1, lost(4), 3), sent(&claim, 2, "r", 3)];
    world.settle(3, &ends).await;
    assert_eq!(sweep(store, EXPIRES_S - 1, 100).await, Swept::default());
    let swept = sweep(store, EXPIRES_S, 100).await;
    assert_eq!(swept.expired, 3);
    assert_eq!(sweep(store, EXPIRES_S, 100).await, Swept::default());
    let counts = world.check(alert).await;
    assert_eq!((counts.expired, counts.uncertain, counts.sent, counts.in_flight), (3, 1, 1, 1));
    assert_eq!(world.message(key_of(&claim, 0)).await.ended_at, Some(at(EXPIRES_S)));
    assert_eq!(world.phase(alert).await, Phase::Dispatching, "one is under way, one awaits its receipt");
}

pub(super) async fn cancelling_empties_the_queue_and_nothing_else(store: &Store) {
    let world = World::new(store, 6).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 5).await;
    let ends: Vec<_> = (0..3).map(|place| ended(&claim, place, again(4), 3)).collect();
    world.settle(3, &ends).await;
    world.settle(3, &[ended(&claim, 3, lost(4), 3)]).await;
    world.change(alert, world.author, Phase::Dispatching, Phase::Cancelled, "cancel").await;
    assert_eq!(world.counts(alert).await.cancelled, 1, "the range at once");
    let swept = sweep(store, 5, 2).await;
    assert_eq!((swept.cancelled, swept.more), (2, true));
    let swept = sweep(store, 5, 2).await;
    assert_eq!((swept.cancelled, swept.more), (1, false));
    let counts = world.check(alert).await;
    assert_eq!((counts.cancelled, counts.uncertain, counts.in_flight), (4, 1, 1));
    assert_eq!(world.phase(alert).await, Phase::Cancelled);
}

pub(super) async fn overdue_receipts_are_marked_in_steps(store: &Store) {
    let world = World::new(store, 9).await;
    let alerts = [world.begun(Plan::default()).await, world.begun(Plan::default()).await];
    for alert in alerts {
        let claim = world.claim(2, 9).await;
        assert_eq!(claim.alert, alert);
        let ends: Vec<_> = (0..7).map(|place| sent(&claim, place, &format!("{alert}-{place}"), 3)).collect();
        world.settle(3, &ends).await;
        world.record(&[by_reference(world.lane, &format!("{alert}-1"), Delivered)]).await;
        world.settle(3, &[ended(&claim, 7, lost(9), 3), ended(&claim, 8, lost(9), 3)]).await;
    }
    let due = EXPIRES_S + 1000;
    assert_eq!(sweep(store, due - 1, 4).await.unconfirmed, 0);
    let mut marked = 0;
    for round in 0.. {
        assert!(round < 20, "the sweep comes to an end");
        let swept = sweep(store, due, 4).await;
        assert!(swept.unconfirmed <= 4);
        marked += swept.unconfirmed;
        for alert in alerts {
            world.check(alert).await;
        }
        if !swept.more {
            break;
        }
    }
    assert_eq!(marked, 12);
    for alert in alerts {
        let counts = world.counts(alert).await;
        assert_eq!((counts.unconfirmed, counts.delivered, counts.uncertain), (6, 1, 2));
        assert_eq!(world.phase(alert).await, Phase::Completed);
    }
    assert_eq!(sweep(store, due, 4).await, Swept::default());
}

pub(super) async fn what_is_half_sent_and_under_way_is_not_overdue(store: &Store) {
    let world = World::new(store, 2).await;
    let alert = world.begun(Plan { parts: 2, ..Plan::default() }).await;
    let claim = world.claim(2, 2).await;
    let half = Settlement { accepted: vec![(1, "a".into())], ..ended(&claim, 0, again(4), 3) };
    let whole =
        Settlement { accepted: vec![(1, "b".into()), (2, "c".into())], ..ended(&claim, 1, End::Sent, 3) };
    world.settle(3, &[half, whole]).await;
    assert_eq!(world.claim(5, 2).await.messages[0].parts_done, [1]);
    assert_eq!(sweep(store, EXPIRES_S + 1000, 100).await.unconfirmed, 1);
    let counts = world.check(alert).await;
    assert_eq!((counts.unconfirmed, counts.in_flight), (1, 1));
}

pub(super) async fn alerts_end_when_nothing_is_left_to_wait_for(store: &Store) {
    let world = World::new(store, 2).await;
    let done = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    world.settle(3, &[sent(&claim, 0, "r0", 3), ended(&claim, 1, lost(9), 3)]).await;
    world.record(&[by_reference(world.lane, "r0", Delivered)]).await;
    assert_eq!(sweep(store, 4, 100).await.completed, 0, "an uncertain one may yet be sent again");
    store.catalog.resend_uncertain(at(5), done, world.approver).await.unwrap();
    let resend = world.claim(5, 2).await;
    world.settle(6, &[sent(&resend, 0, "r1", 6)]).await;
    world.record(&[by_reference(world.lane, "r1", Delivered)]).await;
    assert_eq!(sweep(store, 7, 100).await.completed, 1);
    let row = store.catalog.alert(done).await.unwrap().unwrap();
    assert_eq!((row.phase, row.ended_at), (Phase::Completed, Some(at(7))));
    let events = store.catalog.alert_events(done).await.unwrap();
    let last = events.last().unwrap();
    assert_eq!(
        (last.action.as_str(), last.account, last.from_phase),
        ("complete", None, Some(Phase::Dispatching))
    );

    // Never sent at all: expired. Uncertain to the end: completed all the same.
    let never = world.begun(Plan::default()).await;
    let doubtful = world.begun(Plan { expires_s: EXPIRES_S + 1, ..Plan::default() }).await;
    sweep(store, EXPIRES_S, 100).await;
    assert_eq!(world.phase(never).await, Phase::Expired);
    let claim = world.claim(EXPIRES_S, 1).await;
    assert_eq!(claim.alert, doubtful);
    world.settle(EXPIRES_S, &[ended(&claim, 0, lost(9), EXPIRES_S)]).await;
    world.change(doubtful, world.author, Phase::Dispatching, Phase::Paused, "pause").await;
    sweep(store, EXPIRES_S + 1, 100).await;
    assert_eq!(world.phase(doubtful).await, Phase::Completed);
    assert_eq!(world.state(key_of(&claim, 0)).await, State::Uncertain);
    for alert in [done, never, doubtful] {
        world.check(alert).await;
    }
}
