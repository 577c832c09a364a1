//! Who may take messages, and which come first.

use std::time::Duration;

use loa::domain::{Phase, Severity};
use loa::ledger::{ClaimAsk, End, Favour, Lease, LedgerError, Ownership, Store};

use super::world::{Plan, World, again, at, ended, lease, lost, sent};

const TTL: Duration = Duration::from_secs(30);

pub(super) async fn a_lane_has_one_owner_and_an_epoch_for_each(store: &Store) {
    let lane = store.catalog.lanes(&["zalo-1".into()]).await.unwrap()[0];
    let first = lease(store, lane, "a", 0, TTL).await;
    let held = store.ledger.lease(at(10), lane, "b", TTL, true).await.unwrap();
    assert_eq!(held, Lease::HeldBy { node: "a".into(), until: at(30), ready: true });
    let renewed = lease(store, lane, "a", 20, TTL).await;
    assert_eq!(renewed, first, "a renewal keeps the epoch");
    let over = lease(store, lane, "b", 50, TTL).await;
    assert!(over.epoch > first.epoch);
    // Nothing happens if it is no longer ours.
    store.ledger.release(&first).await.unwrap();
    assert!(matches!(store.ledger.lease(at(51), lane, "a", TTL, true).await.unwrap(), Lease::HeldBy { .. }));
    store.ledger.release(&over).await.unwrap();
    let back = lease(store, lane, "b", 52, TTL).await;
    assert!(back.epoch > over.epoch, "taken anew");
    let late = lease(store, lane, "b", 82, TTL).await;
    assert!(late.epoch > back.epoch, "the lease was over for a moment");
}

pub(super) async fn a_stale_owner_writes_nothing(store: &Store) {
    let world = World::new(store, 4).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    store.ledger.release(&world.owner).await.unwrap();
    let successor = lease(store, world.lane, "node-b", 3, TTL).await;
    let before = world.check(alert).await;
    let strangers = [
        world.owner.clone(),
        Ownership { epoch: successor.epoch, ..world.owner.clone() },
        Ownership { epoch: successor.epoch + 1, ..successor.clone() },
    ];
    for owner in strangers {
        let claimed = store.ledger.claim(at(4), &owner, &world.ask(2)).await;
        assert!(matches!(claimed, Err(LedgerError::Fenced { .. })), "{owner:?}: {claimed:?}");
        let settled = store.ledger.settle(at(4), &owner, &[sent(&claim, 0, "r", 4)], &[]).await;
        assert!(matches!(settled, Err(LedgerError::Fenced { .. })), "{owner:?}: {settled:?}");
    }
    assert_eq!(world.check(alert).await, before);
    assert!(store.ledger.claim(at(4), &successor, &world.ask(2)).await.unwrap().is_some());
}

pub(super) async fn urgent_goes_first_and_bulk_has_its_share(store: &Store) {
    let world = World::new(store, 4).await;
    let minor = world.begun(Plan { severity: Severity::Minor, ..Plan::default() }).await;
    let older = world.begun(Plan { severity: Severity::Severe, ..Plan::default() }).await;
    let newer = world.begun(Plan { severity: Severity::Severe, ..Plan::default() }).await;
    let bulk = ClaimAsk { favour: Favour::Bulk, ..world.ask(1) };
    let share = store.ledger.claim(at(2), &world.owner, &bulk).await.unwrap().unwrap();
    assert_eq!((share.alert, share.priority), (minor, Severity::Minor.priority()));
    let mut order = Vec::new();
    while let Some(claim) = world.try_claim(2, 3).await {
        assert_eq!(claim.expires_at, at(Plan::default().expires_s));
        order.push((claim.alert, claim.messages.len()));
    }
    assert_eq!(order, [(older, 3), (older, 1), (newer, 3), (newer, 1), (minor, 3)]);
    let elsewhere = ClaimAsk { routes: vec![world.routes[1]], ..world.ask(3) };
    let another = world.begun(Plan::default()).await;
    assert_eq!(store.ledger.claim(at(2), &world.owner, &elsewhere).await.unwrap(), None);
    assert_eq!(world.claim(2, 9).await.alert, another);
    for alert in [minor, older, newer, another] {
        assert_eq!(world.check(alert).await.in_flight, 4);
    }
}

pub(super) async fn retries_that_are_due_go_before_first_attempts(store: &Store) {
    let world = World::new(store, 6).await;
    let alert = world.begun(Plan::default()).await;
    let first = world.claim(2, 3).await;
    let later =
        [ended(&first, 0, again(40), 3), ended(&first, 1, again(30), 3), ended(&first, 2, again(20), 3)];
    assert_eq!(world.settle(3, &later).await, 3);
    assert_eq!(world.claim(10, 1).await.messages[0].seq, 4, "nothing is due yet");
    let due = world.claim(30, 9).await;
    let seqs: Vec<_> = due.messages.iter().map(|message| (message.seq, message.attempt)).collect();
    assert_eq!(seqs, [(3, 2), (2, 2)], "the longest waiting first, and no first attempts among them");
    assert_eq!(due.messages[0].strikes, 1);
    assert!(!due.messages[0].possible_repeat);
    assert_eq!(world.claim(30, 9).await.messages.len(), 2, "then the cursor goes on");
    assert_eq!(world.claim(40, 9).await.messages[0].seq, 1);
    assert_eq!(world.check(alert).await.in_flight, 6);
}

pub(super) async fn nothing_is_claimed_while_paused_or_after_the_end(store: &Store) {
    let world = World::new(store, 4).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 2).await;
    world.settle(3, &[ended(&claim, 0, again(4), 3)]).await;
    world.change(alert, world.author, Phase::Dispatching, Phase::Paused, "pause").await;
    assert_eq!(world.try_claim(5, 9).await, None);
    // What is under way may end, whatever people decide.
    assert_eq!(world.settle(6, &[ended(&claim, 1, lost(7), 6)]).await, 1);
    world.change(alert, world.author, Phase::Paused, Phase::Dispatching, "resume").await;
    let retry = world.claim(7, 1).await;
    assert_eq!(retry.messages[0].seq, 1);
    let expired = Plan::default().expires_s;
    assert_eq!(world.try_claim(expired, 9).await, None, "no attempt after the expiry");
    world.change(alert, world.author, Phase::Dispatching, Phase::Cancelled, "cancel").await;
    assert_eq!(world.try_claim(8, 9).await, None);
    assert_eq!(world.settle(9, &[ended(&retry, 0, End::Sent, 9)]).await, 1);
    let counts = world.check(alert).await;
    assert_eq!((counts.cancelled, counts.sent, counts.uncertain), (2, 1, 1));
    let nothing = ClaimAsk { messages_max: 0, ..world.ask(0) };
    assert_eq!(store.ledger.claim(at(8), &world.owner, &nothing).await.unwrap(), None);
}
