//! A ledger of the first schema, with an alert under way in it, is opened by this program: nothing of it is lost, and the
//! alert goes on.

use std::borrow::Cow;

use loa::domain::{AlertId, Channel, MessageKey, Plan, RouteId, State};
use loa::ledger::{ClaimAsk, Favour, Lease, LedgerError, Store};
use sqlx::migrate::Migrator;

use super::world::{LONG_LEASE, at};

/// What the first schema held, in words that both engines take: five people and one who refuses, three groups of tables
/// (lists, an alert, its messages). Of four targets one has it, one was sent to, one is in doubt, one waits.
pub(super) const FIRST: &str = "
INSERT INTO account (id, name, role, key_id, key_hash, created_at) VALUES (1, 'author', 'author', 'k1', 'aa', 1), (2, 'approver', 'approver', 'k2', 'bb', 1);
INSERT INTO people_group (id, slug, name, exercise, created_at) VALUES (1, 'doi', 'Đội xung kích', 1, 1);
INSERT INTO person (id, external_id, phone, carrier, carrier_source, area, name, opted_out_at, updated_at) VALUES
  (1, 'p1', '84900000001', 'viettel', 'prefix', '05977', 'An', NULL, 1),
  (2, 'p2', '84900000002', 'viettel', 'override', '05977', NULL, NULL, 1),
  (3, 'p3', '84900000003', 'viettel', 'prefix', '05977', NULL, NULL, 1),
  (4, 'p4', '84900000004', 'viettel', 'prefix', '05980', NULL, NULL, 1),
  (5, 'p5', '84900000005', 'viettel', 'prefix', '05977', NULL, 1, 1);
INSERT INTO membership (people_group, person) VALUES (1, 2);
INSERT INTO route (id, name) VALUES (1, 'viettel');
INSERT INTO lane (id, name, owner, until, epoch, ready) VALUES (1, 'viettel-1', NULL, 0, 3, 0);
INSERT INTO alert (id, kind, mode, severity, phase, content, content_hash, approved_hash, audience, uncertain, author, approver,
                   expires_at, created_at, updated_at, approved_at, people_until, freeze_after, frozen_at, targets, excluded,
                   target_digest, fanned_to)
VALUES (7, 'alert', 'live', 'severe', 'dispatching',
        '{\"headline\":\"Lũ\",\"sms_accented\":\"Nước lên nhanh.\",\"sms_plain\":null,\"sms_form\":\"accented\",\"body\":null}',
        '0707070707070707070707070707070707070707070707070707070707070707',
        '0707070707070707070707070707070707070707070707070707070707070707',
        '{\"areas\":[],\"groups\":[],\"everyone\":true}', 'hold', 1, 2, 4000000000000000, 1, 1, 2, 5, 5, 3, 4, 1, 'digest', 4);
INSERT INTO alert_event (alert, n, at, account, action, from_phase, to_phase, version, content_hash)
VALUES (7, 1, 1, 1, 'create', NULL, 'draft', 1, '0707070707070707070707070707070707070707070707070707070707070707');
INSERT INTO target (alert, seq, person, phone, area, route) VALUES
  (7, 1, 1, '84900000001', '05977', 1), (7, 2, 2, '84900000002', '05977', 1),
  (7, 3, 3, '84900000003', '05977', 1), (7, 4, 4, '84900000004', '05980', 1);
INSERT INTO exclusion (alert, person, reason, area) VALUES (7, 5, 'opted-out', '05977');
INSERT INTO dispatch (alert, route, priority, state, cursor, end_seq, parts, uncertain_policy, expires_at, accepted, queued, sent,
                      delivered, uncertain, parts_submitted)
VALUES (7, 1, 1, 'running', 4, 5, 1, 'hold', 4000000000000000, 4, 1, 1, 1, 1, 2);
INSERT INTO message (alert, route, seq, target_seq, address) VALUES
  (7, 1, 1, 1, '84900000001'), (7, 1, 2, 2, '84900000002'), (7, 1, 3, 3, '84900000003'), (7, 1, 4, 4, '84900000004');
INSERT INTO claim (id, lane, epoch, alert, route, from_seq, to_seq, messages, unsettled, at, closed_at) VALUES (1000, 1, 3, 7, 1, 1, 4, 3, 0, 4, 5);
INSERT INTO submission (alert, route, seq, attempt, part, lane, outcome, reference, at) VALUES
  (7, 1, 1, 1, 1, 1, 'accepted', 'r1', 5), (7, 1, 2, 1, 1, 1, 'accepted', 'r2', 5);
INSERT INTO submission (alert, route, seq, attempt, part, lane, outcome, code, reason, at) VALUES (7, 1, 3, 1, 0, 1, 'uncertain', 'timeout', 'no answer', 5);
INSERT INTO closing (alert, route, seq, verdict, attempt, code, at) VALUES (7, 1, 1, 'delivered', 1, '000', 6);
INSERT INTO doubt (alert, route, seq, kind, attempt, lane, address, reason, at) VALUES (7, 1, 3, 'uncertain', 1, 1, '84900000003', 'no answer', 5);
INSERT INTO inbox (lane, sender, receiver, text, at) VALUES (1, '84900000001', 'LANGSON', 'da nhan', 9);
";

/// The migrations as they were when there was but one.
pub(super) fn first(all: Migrator) -> Migrator {
    let migrations = all.migrations.iter().filter(|migration| migration.version == 1).cloned().collect();
    Migrator { migrations: Cow::Owned(migrations), ..all }
}

/// A program that may not migrate says so and touches nothing.
pub(super) fn told(opened: Result<Store, LedgerError>) {
    let Err(error) = opened else { panic!("an old ledger is not opened unasked") };
    assert!(matches!(error, LedgerError::SchemaTooOld { missing: 2, .. }), "{error}");
}

/// Everything is there, and what waited is sent.
pub(super) async fn goes_on(store: &Store) {
    let (alert, route) = (AlertId(7), RouteId(1));
    let row = store.catalog.alert(alert).await.unwrap().expect("the alert");
    assert_eq!((row.targets, row.excluded, row.content.headline.as_str()), (4, 1, "Lũ"));
    assert_eq!(row.plan, Plan::at_once(&[Channel::Sms]), "SMS was all there was");
    assert_eq!(store.catalog.alert_events(alert).await.unwrap().len(), 1);
    let targets = store.reports.targets(alert, 0, 10).await.unwrap();
    let numbers: Vec<_> = targets.iter().map(|target| target.sms.clone()).collect();
    let number = |n: i64| Some((route, format!("8490000000{n}")));
    assert_eq!(numbers, (1..=4).map(number).collect::<Vec<_>>());
    let states = [State::Delivered, State::Sent, State::Uncertain, State::Queued];
    for (seq, state) in (1..).zip(states) {
        let message = store.reports.message(MessageKey { alert, route, seq }).await.unwrap().unwrap();
        assert_eq!(message.state, state, "message {seq}");
    }
    let people = store.catalog.people(None, None, loa::domain::PersonId(0), 10).await.unwrap();
    assert_eq!(people.len(), 5);
    assert_eq!(people[1].groups, ["doi"]);
    assert_eq!(store.reports.inbox(None, 10).await.unwrap()[0].text, "da nhan");
    let persons = store.reports.persons(alert, &[State::Delivered], 0, 10).await.unwrap();
    assert_eq!(persons.len(), 1);

    let lane = store.catalog.lanes(&["viettel-1".into()]).await.unwrap()[0];
    let Lease::Granted { ownership, .. } =
        store.ledger.lease(at(0), lane, "node", LONG_LEASE, true).await.unwrap()
    else {
        panic!("the lane is free")
    };
    assert_eq!(ownership.epoch, 4, "after the last owner's");
    let ask = ClaimAsk { routes: vec![route], messages_max: 10, favour: Favour::Urgent };
    let claim = store.ledger.claim(at(1), &ownership, &ask).await.unwrap().expect("what waited");
    assert_eq!((claim.messages.len(), claim.messages[0].seq), (1, 4));
    let counts = store.ledger.counts(alert).await.unwrap()[0].1;
    assert!(counts.conserved() && counts.in_flight == 1, "{counts:?}");
    assert!(store.catalog.alert_templates(10).await.unwrap().is_empty());
}
