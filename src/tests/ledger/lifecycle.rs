//! What people decide about alerts, and that nobody decides about something else than what he saw.

use loa::domain::{ContentHash, Phase, Selection, Severity};
use loa::ledger::{Applied, NewAlert, PhaseChange, Store};

use super::world::{Plan, World, at, given};

pub(super) async fn alerts_change_only_from_where_the_decision_found_them(store: &Store) {
    let world = World::new(store, 1).await;
    let alert = store.catalog.alert_add(at(0), &world.new_alert(Plan::default())).await.unwrap();
    let submit = PhaseChange {
        alert,
        version: 1,
        from: Phase::Draft,
        to: Phase::Submitted,
        action: "submit".into(),
        account: Some(world.author),
        reason: None,
    };
    let change =
        |change: PhaseChange| async move { store.catalog.alert_change(at(2), &change).await.unwrap() };
    assert_eq!(change(submit.clone()).await, Applied::Yes);
    let stale = Applied::Stale { phase: Phase::Submitted, version: 1 };
    assert_eq!(change(submit.clone()).await, stale);
    let approve = PhaseChange {
        from: Phase::Submitted,
        to: Phase::Approved,
        action: "approve".into(),
        account: Some(world.approver),
        ..submit.clone()
    };
    assert_eq!(change(PhaseChange { version: 2, ..approve.clone() }).await, stale);
    assert_eq!(
        change(PhaseChange { alert: loa::domain::AlertId(99), ..approve.clone() }).await,
        Applied::NoSuchAlert
    );
    assert_eq!(change(approve).await, Applied::Yes);
    let row = store.catalog.alert(alert).await.unwrap().unwrap();
    assert_eq!(
        (row.phase, row.approver, row.approved_at),
        (Phase::Approved, Some(world.approver), Some(at(2)))
    );
    assert_eq!(row.approved_hash, Some(row.content_hash));
    assert_eq!(row.content, world.new_alert(Plan::default()).content);
    let events = store.catalog.alert_events(alert).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.n, event.action.as_str(), event.to_phase)).collect();
    assert_eq!(told, [(1, "submit", Phase::Submitted), (2, "approve", Phase::Approved)]);
    assert_eq!(events[1].account_name.as_deref(), Some("approver"));
}

pub(super) async fn an_edit_makes_a_version_and_voids_approval_and_freeze(store: &Store) {
    let world = World::new(store, 5).await;
    let alert = world.approved(Plan::default()).await;
    store.ledger.freeze(at(1), given(alert), &Selection::Everyone, &world.routing(), 3).await.unwrap();
    let next = NewAlert {
        author: world.approver,
        content_hash: ContentHash::from_bytes([8; 32]),
        ..world.new_alert(Plan { severity: Severity::Extreme, ..Plan::default() })
    };
    let stale = store.catalog.alert_edit(at(3), alert, 7, &next).await.unwrap();
    assert_eq!(stale, Applied::Stale { phase: Phase::Approved, version: 1 });
    assert_eq!(store.catalog.alert_edit(at(3), alert, 1, &next).await.unwrap(), Applied::Yes);
    let row = store.catalog.alert(alert).await.unwrap().unwrap();
    assert_eq!((row.phase, row.version, row.author), (Phase::Draft, 2, world.approver));
    assert_eq!((row.approver, row.approved_hash, row.approved_at), (None, None, None));
    assert_eq!((row.severity, row.targets, row.excluded), (Severity::Extreme, 0, 0));
    assert!(store.reports.targets(alert, 0, 10).await.unwrap().is_empty());
    // A freeze or a begin that was under way finds nothing to do.
    store.ledger.freeze(at(4), given(alert), &Selection::Everyone, &world.routing(), 3).await.unwrap();
    store.ledger.begin(at(4), given(alert), "digest", &[], &[]).await.unwrap();
    assert_eq!(world.phase(alert).await, Phase::Draft);
    assert!(store.reports.targets(alert, 0, 10).await.unwrap().is_empty());
    // Nor after it was approved anew: who works for the first approval neither fills nor closes the second's list.
    let again = |by, from, to, action: &str| PhaseChange {
        alert,
        version: 2,
        from,
        to,
        action: action.into(),
        account: Some(by),
        reason: None,
    };
    for (second, change) in [
        (5, again(world.approver, Phase::Draft, Phase::Submitted, "submit")),
        (6, again(world.author, Phase::Submitted, Phase::Approved, "approve")),
    ] {
        assert_eq!(store.catalog.alert_change(at(second), &change).await.unwrap(), Applied::Yes);
    }
    store.ledger.freeze(at(7), given(alert), &Selection::Everyone, &world.routing(), 3).await.unwrap();
    store.ledger.begin(at(7), given(alert), "digest", &[], &[]).await.unwrap();
    assert_eq!(world.phase(alert).await, Phase::Approved);
    assert!(store.reports.targets(alert, 0, 10).await.unwrap().is_empty());
    let missing = store.catalog.alert_edit(at(3), loa::domain::AlertId(99), 1, &next).await.unwrap();
    assert_eq!(missing, Applied::NoSuchAlert);
    let running = world.begun(Plan::default()).await;
    let late = store.catalog.alert_edit(at(3), running, 1, &next).await.unwrap();
    assert_eq!(late, Applied::Stale { phase: Phase::Dispatching, version: 1 });
}

pub(super) async fn alerts_are_listed_and_fanned_out_urgent_first(store: &Store) {
    let world = World::new(store, 2).await;
    let minor = world.approved(Plan { severity: Severity::Minor, ..Plan::default() }).await;
    let extreme = world.approved(Plan { severity: Severity::Extreme, ..Plan::default() }).await;
    let begun = world.begun(Plan { severity: Severity::Severe, ..Plan::default() }).await;
    let draft = store.catalog.alert_add(at(9), &world.new_alert(Plan::default())).await.unwrap();
    let ids = |rows: Vec<loa::ledger::AlertRow>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(store.catalog.alerts(None, None, 2).await.unwrap()), [draft, begun]);
    assert_eq!(ids(store.catalog.alerts(None, Some(begun), 9).await.unwrap()), [extreme, minor]);
    let approved = store.catalog.alerts(Some(Phase::Approved), None, 9).await.unwrap();
    assert_eq!(ids(approved), [extreme, minor]);
    // What is fanned out already is not in the list.
    assert_eq!(ids(store.catalog.alerts_to_fan_out().await.unwrap()), [extreme, minor]);
}
