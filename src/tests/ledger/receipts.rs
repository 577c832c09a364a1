//! What providers say afterwards: before, after, twice, in other forms, about parts, and against each other.

use contract::ReceiptVerdict::{Delivered, Failed, Progress, Unknown};
use loa::domain::{State, UncertainPolicy};
use loa::ledger::{End, KnownPart, ReceiptFact, Recorded, Settlement, Store};

use super::world::{
    EXPIRES_S, Plan, WAIT, World, address, at, by_memory, by_reference, ended, key_of, lost, receipt, sent,
};

fn outcome(closed: usize, unmatched: usize, stayed: usize) -> Recorded {
    Recorded { closed, unmatched, stayed }
}

pub(super) async fn receipts_repeated_or_contradicting_change_nothing(store: &Store) {
    let world = World::new(store, 4).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 4).await;
    let ends: Vec<_> = (0..4).map(|place| sent(&claim, place, &format!("r{place}"), 3)).collect();
    world.settle(3, &ends).await;
    let lane = world.lane;
    let first = [
        by_memory(lane, key_of(&claim, 0), 1, Delivered),
        by_reference(lane, "r1", Failed),
        // Twice in one batch, and against each other: the first stands.
        by_reference(lane, "r2", Delivered),
        by_reference(lane, "r2", Failed),
        by_reference(lane, "r3", Progress),
        by_reference(lane, "r3", Unknown),
    ];
    assert_eq!(world.record(&first).await, outcome(3, 0, 3));
    let after = world.check(alert).await;
    assert_eq!((after.delivered, after.undelivered, after.sent), (2, 1, 1));
    for _ in 0..2 {
        assert_eq!(world.record(&first).await, outcome(0, 0, 6));
        assert_eq!(world.check(alert).await, after);
    }
    assert_eq!(world.record(&[by_reference(lane, "r0", Failed)]).await, outcome(0, 0, 1));
    assert_eq!(world.state(key_of(&claim, 0)).await, State::Delivered);
    let trail = store.reports.trail(key_of(&claim, 0)).await.unwrap();
    let receipts = trail.iter().filter(|entry| entry.what == "receipt").count();
    assert_eq!(receipts, 3, "the late ones are kept: {trail:?}");
}

pub(super) async fn a_receipt_before_its_submission_waits_for_it(store: &Store) {
    let world = World::new(store, 3).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 3).await;
    let early = ReceiptFact { raw: Some("stat:UNDELIV".into()), ..by_reference(world.lane, "r0", Failed) };
    let again = by_reference(world.lane, "r0", Failed);
    assert_eq!(
        world.record(&[early, again, by_reference(world.lane, "r1", Progress)]).await,
        outcome(0, 3, 0)
    );
    // A carrier that was not answered in time says it once more: nothing new.
    for _ in 0..2 {
        assert_eq!(store.reports.unmatched().await.unwrap(), [("viettel-1".to_owned(), 2)]);
        world.record(&[by_reference(world.lane, "r1", Progress)]).await;
    }
    // The same reference on another lane is another reference.
    let elsewhere = store.catalog.lanes(&["vina-1".into()]).await.unwrap()[0];
    world.record(&[by_reference(elsewhere, "r2", Delivered)]).await;
    let ends: Vec<_> = (0..3).map(|place| sent(&claim, place, &format!("r{place}"), 3)).collect();
    let settled = store.ledger.settle(at(3), &world.owner, &ends, &[]).await.unwrap();
    assert_eq!((settled.applied, settled.receipts_matched), (3, 2));
    let counts = world.check(alert).await;
    assert_eq!((counts.undelivered, counts.sent), (1, 2));
    assert_eq!(store.reports.unmatched().await.unwrap(), [("vina-1".to_owned(), 1)]);
    let trail = store.reports.trail(key_of(&claim, 0)).await.unwrap();
    assert!(trail.iter().any(|entry| entry.raw.as_deref() == Some("stat:UNDELIV")), "{trail:?}");
    let settled = store.ledger.settle(at(3), &world.owner, &ends, &[]).await.unwrap();
    assert_eq!((settled.applied, settled.receipts_matched), (0, 0));
}

pub(super) async fn other_forms_of_a_reference_need_the_number_to_agree(store: &Store) {
    let world = World::new(store, 6).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 6).await;
    let form = |n: usize, address: Option<String>| ReceiptFact {
        references: vec![format!("dec{n}"), format!("hex{n}")],
        address,
        ..receipt(world.lane, Delivered)
    };
    let forms = |from: usize| {
        [form(from, Some(address(from as i64 + 1))), form(from + 1, None), form(from + 2, Some(address(99)))]
    };
    // Submissions first: the likeliest form is nobody's, the second is one of ours.
    let ends: Vec<_> = (0..3).map(|place| sent(&claim, place, &format!("hex{place}"), 3)).collect();
    world.settle(3, &ends).await;
    assert_eq!(world.record(&forms(0)).await, outcome(2, 1, 0));
    // Receipts first.
    assert_eq!(world.record(&forms(3)).await, outcome(0, 3, 0));
    let ends: Vec<_> = (3..6).map(|place| sent(&claim, place, &format!("hex{place}"), 3)).collect();
    let settled = store.ledger.settle(at(4), &world.owner, &ends, &[]).await.unwrap();
    assert_eq!((settled.applied, settled.receipts_matched), (3, 2));
    for (place, state) in [(0, State::Delivered), (2, State::Sent), (4, State::Delivered), (5, State::Sent)] {
        assert_eq!(world.state(key_of(&claim, place)).await, state, "message {place}");
    }
    assert_eq!(world.check(alert).await.delivered, 4);
    // The first form needs nobody's agreement.
    let first = ReceiptFact { address: Some(address(99)), ..by_reference(world.lane, "hex2", Delivered) };
    assert_eq!(world.record(&[first]).await, outcome(1, 0, 0));
    let another = world.begun(Plan::default()).await;
    let claim = world.claim(6, 1).await;
    let early = ReceiptFact { address: Some(address(99)), ..by_reference(world.lane, "first", Delivered) };
    assert_eq!(world.record(&[early]).await, outcome(0, 1, 0));
    world.settle(7, &[sent(&claim, 0, "first", 7)]).await;
    assert_eq!(world.check(another).await.delivered, 1);
}

/// The same people get the next alert: its receipts may overtake their answers, or outlive a lost one.
pub(super) async fn a_receipt_of_another_message_under_way_ends_no_doubt(store: &Store) {
    let world = World::new(store, 3).await;
    let alert = world.begun(Plan::default()).await;
    let first = world.claim(2, 3).await;
    world.settle(3, &(0..3).map(|place| ended(&first, place, lost(9), 3)).collect::<Vec<_>>()).await;
    let resend = Plan { policy: UncertainPolicy::Resend, ..Plan::default() };
    let next = world.begun(resend).await;
    let second = world.claim(4, 3).await;
    let by_number = |n: i64| ReceiptFact {
        address: Some(address(n)),
        ..by_reference(world.lane, &format!("new{n}"), Delivered)
    };
    // Under way: the receipt may be its own, and is when the answer comes.
    assert_eq!(world.record(&[by_number(1)]).await, outcome(0, 1, 0));
    world
        .settle(
            5,
            &[sent(&second, 0, "new1", 5), ended(&second, 1, lost(6), 5), ended(&second, 2, lost(6), 5)],
        )
        .await;
    assert_eq!(world.state(key_of(&second, 0)).await, State::Delivered);
    // Waits to be sent again, is sent again, has an answer to that: the first copy's receipt may still come.
    assert_eq!(world.record(&[by_number(2)]).await, outcome(0, 1, 0));
    let third = world.claim(8, 3).await;
    assert_eq!(world.record(&[by_number(2)]).await, outcome(0, 1, 0));
    world.settle(9, &[sent(&third, 0, "again2", 9), sent(&third, 1, "again3", 9)]).await;
    assert_eq!(world.record(&[by_number(2)]).await, outcome(0, 1, 0));
    for place in 0..3 {
        assert_eq!(world.state(key_of(&first, place)).await, State::Uncertain);
    }
    // Nothing else is without an answer at this number any more; still the other alert was under way since.
    assert_eq!(world.record(&[by_number(1)]).await, outcome(0, 0, 1), "its reference is known");
    let other = ReceiptFact { references: vec!["lost1".into()], ..by_number(1) };
    assert_eq!(world.record(&[other]).await, outcome(0, 1, 0));
    assert_eq!(world.state(key_of(&first, 0)).await, State::Uncertain);
    for alert in [alert, next] {
        world.check(alert).await;
    }
}

pub(super) async fn an_uncertain_message_is_found_by_its_number_if_it_is_alone(store: &Store) {
    let world = World::new(store, 3).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 3).await;
    let ends = [ended(&claim, 0, lost(9), 3), ended(&claim, 1, lost(9), 3), sent(&claim, 2, "r2", 3)];
    world.settle(3, &ends).await;
    let by_number = |n: i64| ReceiptFact {
        address: Some(address(n)),
        ..by_reference(world.lane, &format!("unheard{n}"), Delivered)
    };
    // Message 3 is not uncertain; number 9 is nobody's.
    assert_eq!(world.record(&[by_number(1), by_number(3), by_number(9)]).await, outcome(1, 2, 0));
    assert_eq!(world.state(key_of(&claim, 0)).await, State::Delivered);
    // Another message to the same number is under way: its receipt may be faster than its answer.
    let twin = world.begun(Plan::default()).await;
    let second = world.claim(4, 3).await;
    assert_eq!(world.record(&[by_number(2)]).await, outcome(0, 1, 0));
    assert_eq!(world.state(key_of(&claim, 1)).await, State::Uncertain);
    // A second uncertain message to the same number: nobody can tell which.
    world.settle(5, &[ended(&second, 1, lost(9), 5)]).await;
    assert_eq!(world.record(&[by_number(2)]).await, outcome(0, 1, 0));
    // One of several parts cannot be told by the number either.
    let long = world.begun(Plan { parts: 2, ..Plan::default() }).await;
    let third = world.claim(6, 3).await;
    world.settle(7, &[ended(&third, 0, lost(9), 7)]).await;
    assert_eq!(world.record(&[by_number(1)]).await, outcome(0, 1, 0));
    for alert in [alert, twin, long] {
        world.check(alert).await;
    }
}

pub(super) async fn parts_fold_in_any_order(store: &Store) {
    let world = World::new(store, 6).await;
    let alert = world.begun(Plan { parts: 3, ..Plan::default() }).await;
    let claim = world.claim(2, 6).await;
    let ends: Vec<Settlement> = (0..6)
        .map(|place| Settlement {
            accepted: (1..=3).map(|part| (part, format!("m{place}p{part}"))).collect(),
            ..ended(&claim, place, End::Sent, 3)
        })
        .collect();
    world.settle(3, &ends).await;
    let orders: [[u8; 3]; 6] = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for (place, order) in orders.into_iter().enumerate() {
        let verdict = if place == 5 { Failed } else { Delivered };
        for (nth, part) in order.into_iter().enumerate() {
            let verdict = if nth == 1 { verdict } else { Delivered };
            let reference = by_reference(world.lane, &format!("m{place}p{part}"), verdict);
            // The message ends with its last part, or with the first that failed.
            let closes = usize::from(nth == if place == 5 { 1 } else { 2 });
            assert_eq!(world.record(std::slice::from_ref(&reference)).await.closed, closes, "{place} {nth}");
            assert_eq!(world.record(&[reference]).await.closed, 0, "{place} {nth} again");
            world.check(alert).await;
        }
    }
    let counts = world.check(alert).await;
    assert_eq!((counts.delivered, counts.undelivered, counts.parts_submitted), (5, 1, 18));
    // All parts of a message in one batch.
    let another = world.begun(Plan { parts: 2, ..Plan::default() }).await;
    let claim = world.claim(4, 1).await;
    let whole =
        Settlement { accepted: vec![(1, "w1".into()), (2, "w2".into())], ..ended(&claim, 0, End::Sent, 5) };
    world.settle(5, &[whole]).await;
    let both = [by_reference(world.lane, "w2", Delivered), by_reference(world.lane, "w1", Delivered)];
    assert_eq!(world.record(&both).await, outcome(1, 0, 1));
    assert_eq!(world.check(another).await.delivered, 1);
}

pub(super) async fn a_late_receipt_moves_an_unconfirmed_message(store: &Store) {
    let world = World::new(store, 2).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    world.settle(3, &[sent(&claim, 0, "r0", 3), sent(&claim, 1, "r1", 3)]).await;
    store.ledger.sweep(at(EXPIRES_S + 1000), WAIT, 100).await.unwrap();
    assert_eq!(world.check(alert).await.unconfirmed, 2);
    let late = [by_reference(world.lane, "r0", Delivered), by_reference(world.lane, "r1", Failed)];
    assert_eq!(world.record(&late).await, outcome(2, 0, 0));
    let counts = world.check(alert).await;
    assert_eq!((counts.delivered, counts.undelivered, counts.unconfirmed), (1, 1, 0));
}

pub(super) async fn a_receipt_of_an_earlier_attempt_ends_a_resend_under_way(store: &Store) {
    let world = World::new(store, 2).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    world.settle(3, &[ended(&claim, 0, lost(9), 3), ended(&claim, 1, lost(9), 3)]).await;
    store.catalog.resend_uncertain(at(4), alert, world.approver).await.unwrap();
    let resend = world.claim(5, 1).await;
    let both = [
        by_memory(world.lane, key_of(&claim, 0), 1, Delivered),
        by_memory(world.lane, key_of(&claim, 1), 1, Delivered),
    ];
    assert_eq!(world.record(&both).await, outcome(2, 0, 0));
    let counts = world.check(alert).await;
    assert_eq!((counts.delivered, counts.queued, counts.in_flight), (2, 0, 0));
    // The resend's own answer and receipt are kept, and change nothing.
    assert_eq!(world.settle(6, &[sent(&resend, 0, "again", 6)]).await, 0);
    assert_eq!(world.record(&[by_reference(world.lane, "again", Failed)]).await, outcome(0, 0, 1));
    assert_eq!(world.try_claim(7, 9).await, None);
    let counts = world.check(alert).await;
    assert_eq!((counts.delivered, counts.parts_submitted), (2, 1));
}

pub(super) async fn memory_is_believed_only_with_the_submission(store: &Store) {
    let world = World::new(store, 1).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 1).await;
    let known = Some(KnownPart { key: key_of(&claim, 0), attempt: 1, part: 1 });
    let early = ReceiptFact { known, ..by_reference(world.lane, "r", Delivered) };
    assert_eq!(world.record(&[early]).await, outcome(0, 1, 0));
    assert_eq!(world.check(alert).await.in_flight, 1);
    world.settle(3, &[sent(&claim, 0, "r", 3)]).await;
    assert_eq!(world.check(alert).await.delivered, 1);
    // Another attempt than any that was made.
    let second = world.begun(Plan::default()).await;
    let claim = world.claim(4, 1).await;
    world.settle(5, &[ended(&claim, 0, lost(9), 5)]).await;
    assert_eq!(
        world.record(&[by_memory(world.lane, key_of(&claim, 0), 2, Delivered)]).await,
        outcome(0, 1, 0)
    );
    assert_eq!(world.check(second).await.uncertain, 1);
}

pub(super) async fn open_references_are_those_without_an_end(store: &Store) {
    let world = World::new(store, 4).await;
    world.begun(Plan::default()).await;
    let claim = world.claim(2, 4).await;
    let ends: Vec<_> = (0..4).map(|place| sent(&claim, place, ["a", "b", "", "d"][place], 3)).collect();
    world.settle(3, &ends).await;
    world.record(&[by_reference(world.lane, "a", Delivered)]).await;
    let open = store.ledger.open_references(world.lane, 10).await.unwrap();
    let names: Vec<_> = open.iter().map(|open| open.reference.as_str()).collect();
    assert_eq!(names, ["d", "b"], "the newest first, and none without a reference");
    assert_eq!((open[0].part.key, open[0].address.clone()), (key_of(&claim, 3), address(4)));
    assert_eq!(store.ledger.open_references(world.lane, 1).await.unwrap().len(), 1);
}
