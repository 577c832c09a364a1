//! What the office watches and the auditors check.

use contract::Inbound;
use contract::ReceiptVerdict::{Delivered, Failed, Progress};
use loa::domain::{Counts, MessageKey, State};
use loa::ledger::{End, MessageFilter, MessageRow, PersonRow, ReceiptFact, Store};

use super::world::{Plan, World, address, again, at, by_reference, ended, key_of, lost, person, sent, why};

/// Ten messages on two routes in many states.
async fn motley(store: &Store) -> (World<'_>, loa::domain::AlertId) {
    let world = World::new(store, 7).await;
    let vina: Vec<PersonRow> = (8..=10).map(|n| person(n, Some("vinaphone"))).collect();
    world.import(&vina).await;
    let stranger = PersonRow { area: "06009".into(), ..person(11, None) };
    world.import(&[stranger]).await;
    let alert = world.begun(Plan::default()).await;
    let claim = world.claim(2, 6).await;
    let ends = [
        sent(&claim, 0, "r0", 3),
        sent(&claim, 1, "r1", 3),
        ended(&claim, 2, End::Failed(why("bad")), 4),
        ended(&claim, 3, lost(90), 4),
        ended(&claim, 4, again(90), 4),
    ];
    world.settle(4, &ends).await;
    world.record(&[by_reference(world.lane, "r0", Delivered)]).await;
    (world, alert)
}

pub(super) async fn pages_and_filters_find_each_message_once(store: &Store) {
    let (world, alert) = motley(store).await;
    let all = MessageFilter::default();
    for rows_max in [1, 3, 10, 11] {
        let mut keys: Vec<MessageKey> = Vec::new();
        loop {
            let after = keys.last().map(|key| (key.route, key.seq));
            let page = store.reports.messages(alert, &all, after, rows_max).await.unwrap();
            assert!(page.len() <= rows_max);
            if page.is_empty() {
                break;
            }
            keys.extend(page.iter().map(|row| row.key));
        }
        assert_eq!(keys.len(), 10, "pages of {rows_max}");
        assert!(keys.is_sorted());
    }
    let filters = [
        (MessageFilter { route: Some(world.routes[1]), ..all.clone() }, 3),
        (MessageFilter { state: Some(State::Queued), ..all.clone() }, 5),
        (MessageFilter { state: Some(State::Claimed), ..all.clone() }, 1),
        (MessageFilter { state: Some(State::Delivered), ..all.clone() }, 1),
        (MessageFilter { area: Some("06001".into()), ..all.clone() }, 4),
        (MessageFilter { address: Some(address(9)), ..all.clone() }, 1),
        (MessageFilter { area: Some("06001".into()), state: Some(State::Sent), ..all.clone() }, 0),
        (MessageFilter { area: Some("06002".into()), state: Some(State::Sent), ..all.clone() }, 1),
    ];
    for (filter, expected) in filters {
        let found = store.reports.messages(alert, &filter, None, 100).await.unwrap();
        assert_eq!(found.len(), expected, "{filter:?}");
    }
    let key = MessageKey { alert, route: world.routes[0], seq: 3 };
    let expected = MessageRow {
        key,
        target_seq: 3,
        address: address(3),
        area: "06000".into(),
        state: State::Failed,
        attempts: 1,
        code: Some("bad".into()),
        reason: Some("reason bad".into()),
        submitted_at: None,
        ended_at: Some(at(4)),
    };
    assert_eq!(world.message(key).await, expected);
    assert!(store.reports.message(MessageKey { seq: 99, ..key }).await.unwrap().is_none());
}

pub(super) async fn a_trail_tells_the_story_in_order(store: &Store) {
    let world = World::new(store, 1).await;
    world.begun(Plan::default()).await;
    let first = world.claim(2, 1).await;
    let key = key_of(&first, 0);
    world.settle(4, &[ended(&first, 0, again(8), 4)]).await;
    let waiting = store.reports.trail(key).await.unwrap();
    assert_eq!(waiting.last().map(|entry| (entry.what.as_str(), entry.at)), Some(("waiting", at(8))));
    let second = world.claim(9, 1).await;
    world.settle(10, &[sent(&second, 0, "ref", 10)]).await;
    let progress = ReceiptFact { received_at: at(20), ..by_reference(world.lane, "ref", Progress) };
    let verdict = ReceiptFact {
        received_at: at(30),
        code: Some("001".into()),
        raw: Some("stat:EXPIRED".into()),
        ..by_reference(world.lane, "ref", Failed)
    };
    world.record(&[progress, verdict]).await;
    let trail = store.reports.trail(key).await.unwrap();
    let told: Vec<_> = trail.iter().map(|entry| (entry.what.as_str(), entry.at, entry.attempt)).collect();
    let expected = [
        ("claimed", at(2), None),
        ("throttled", at(4), Some(1)),
        ("accepted", at(10), Some(2)),
        ("receipt", at(20), Some(2)),
        ("closed", at(30), Some(2)),
    ];
    assert_eq!(told, expected);
    assert_eq!(trail[1].code.as_deref(), Some("busy"));
    assert_eq!((trail[2].reference.as_deref(), trail[2].lane.as_deref()), (Some("ref"), Some("viettel-1")));
    let end = &trail[4];
    assert_eq!((end.verdict.as_deref(), end.code.as_deref()), (Some("undelivered"), Some("001")));
    assert_eq!((end.raw.as_deref(), end.provider_at), (Some("stat:EXPIRED"), Some(at(40))));
}

pub(super) async fn areas_add_up_to_the_counters(store: &Store) {
    let (world, alert) = motley(store).await;
    let areas = store.reports.by_area(alert).await.unwrap();
    let names: Vec<_> = areas.iter().map(|area| area.area.as_str()).collect();
    assert_eq!(names, ["06000", "06001", "06002", "06009"]);
    let total: Counts = areas.iter().map(|area| area.counts).sum();
    let counters = world.check(alert).await;
    for state in State::ALL {
        assert_eq!(total.of(*state), counters.of(*state), "{state}");
    }
    assert_eq!(total.accepted, counters.accepted);
    assert!(areas.iter().all(|area| area.counts.conserved() && area.counts.accepted == area.targets));
    assert_eq!(areas.iter().map(|area| area.excluded).sum::<i64>(), 1);
    assert_eq!((areas[3].targets, areas[3].excluded), (0, 1));
}

pub(super) async fn inbound_and_ping_are_taken(store: &Store) {
    let world = World::new(store, 0).await;
    store.reports.ping().await.unwrap();
    let message =
        Inbound { from: "84901".into(), to: "LANGSON".into(), text: "TU CHOI".into(), ..Inbound::default() };
    store.ledger.keep_inbound(at(1), world.lane, &[message.clone(), message]).await.unwrap();
    store.ledger.keep_inbound(at(1), world.lane, &[]).await.unwrap();
    assert!(store.reports.unmatched().await.unwrap().is_empty());
}
