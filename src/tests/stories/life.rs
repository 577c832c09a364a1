//! An alert's life while it is being sent: stopping it, its expiry, and a graver one that overtakes it.

use std::sync::Arc;

use contract::{Clock as _, ManualClock, SystemClock};
use jiff::SignedDuration;
use loa::domain::{Audience, Phase, Severity};
use loa::ledger::{Applied, NewAlert, PhaseChange};
use simulators::smsc::SmscScript;

use crate::kit::town::{Plan, Town, alert};

/// Slow enough that an alert is still being sent when the story goes on.
fn slow() -> Plan {
    Plan {
        people: 400,
        rate: "100/s",
        settings: "[sending]\nclaim_ms = 100\nsweep_ms = 20".into(),
        ..Plan::default()
    }
}

#[tokio::test]
async fn pause_stops_within_a_claim_and_resume_goes_on() {
    let town = Town::build(slow()).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 20).await;
    town.app.office.pause(&town.approver, sent).await.unwrap();
    let paused = town.until(sent, "quiet", |counts| counts.in_flight == 0 && counts.sent == 0).await;
    assert!(paused.queued > 200, "{paused:?}");
    town.app.office.resume(&town.approver, sent).await.unwrap();
    town.until(sent, "delivered to all", |counts| counts.delivered == 400).await;
    assert_eq!(town.duplicates(), 0);
    town.end().await;
}

#[tokio::test]
async fn an_alert_that_cannot_begin_holds_up_no_other() {
    let town = Town::build(slow()).await;
    let (office, catalog) = (&town.app.office, &town.app.office.store.catalog);
    let row = office.alert_add(&town.author, alert(Severity::Extreme)).await.unwrap();
    // Its commune has left the catalogue since it was written.
    let gone = NewAlert {
        kind: row.kind,
        mode: row.mode,
        severity: row.severity,
        refers_to: row.refers_to,
        content: row.content.clone(),
        content_hash: row.content_hash,
        audience: Audience { areas: vec!["99999".into()], ..Audience::default() },
        plan: row.plan.clone(),
        uncertain: row.uncertain,
        author: row.author,
        expires_at: row.expires_at,
    };
    let now = SystemClock.now();
    assert_eq!(catalog.alert_edit(now, row.id, row.version, &gone).await.unwrap(), Applied::Yes);
    let steps = [(Phase::Draft, Phase::Submitted, "submit"), (Phase::Submitted, Phase::Approved, "approve")];
    for (from, to, action) in steps {
        let change = PhaseChange {
            alert: row.id,
            version: row.version + 1,
            from,
            to,
            action: action.into(),
            account: Some(town.approver.id),
            reason: None,
        };
        assert_eq!(catalog.alert_change(now, &change).await.unwrap(), Applied::Yes, "{action}");
    }
    let other = town.send(alert(Severity::Minor)).await;
    town.until(other, "delivered to all", |counts| counts.delivered == 400).await;
    assert_eq!(catalog.alert(row.id).await.unwrap().unwrap().phase, Phase::Approved);
    town.end().await;
}

#[tokio::test]
async fn cancel_ends_what_is_queued_and_nothing_else() {
    let town = Town::build(slow()).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 20).await;
    town.app.office.cancel(&town.approver, sent, "sai địa bàn").await.unwrap();
    let counts =
        town.until(sent, "ended", |counts| counts.queued + counts.in_flight + counts.sent == 0).await;
    assert!(counts.cancelled > 200 && counts.delivered + counts.cancelled == 400, "{counts:?}");
    let seen = i64::try_from(town.carrier().counts().distinct_messages).unwrap();
    assert_eq!(seen, counts.delivered, "the carrier got what was delivered and no more");
    let row = town.app.office.alert(&town.auditor, sent).await.unwrap();
    assert_eq!(row.phase, Phase::Cancelled);
    town.end().await;
}

#[tokio::test]
async fn what_is_queued_at_expiry_is_never_sent() {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let town = Town::build(Plan { clock: clock.clone(), ..slow() }).await;
    let mut form = alert(Severity::Moderate);
    form.expires_at = Some(clock.now() + SignedDuration::from_secs(5));
    let sent = town.send(form).await;
    town.until(sent, "under way", |counts| counts.delivered > 20).await;
    // Less than a lease: the lane stays ours.
    clock.advance(SignedDuration::from_secs(6));
    let counts =
        town.until(sent, "ended", |counts| counts.queued + counts.in_flight + counts.sent == 0).await;
    assert!(counts.expired > 200 && counts.delivered + counts.expired == 400, "{counts:?}");
    assert_eq!(i64::try_from(town.carrier().counts().distinct_messages).unwrap(), counts.delivered);
    town.end().await;
}

#[tokio::test]
async fn an_emergency_overtakes_what_is_being_sent() {
    let town = Town::build(slow()).await;
    let bulk = town.send(alert(Severity::Minor)).await;
    town.until(bulk, "under way", |counts| counts.delivered > 20).await;
    let mut form = alert(Severity::Extreme);
    form.content.sms_plain = Some("VO DAP. Roi nha ngay, len noi cao.".into());
    let urgent = town.send(form).await;
    town.until(urgent, "mostly out", |counts| counts.delivered > 320).await;
    let behind = town.counts(bulk).await;
    assert!(behind.queued > 150, "the bulk waits, but for its small share: {behind:?}");
    town.until(bulk, "delivered to all", |counts| counts.delivered == 400).await;
    town.until(urgent, "delivered to all", |counts| counts.delivered == 400).await;
    town.end().await;
}

#[tokio::test]
async fn a_restart_in_order_loses_nothing_and_repeats_nothing() {
    let town = Town::build(slow()).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 20).await;
    let town = town.restart().await;
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == 400).await;
    assert_eq!((counts.uncertain, counts.possible_repeats, town.duplicates()), (0, 0, 0));
    town.end().await;
}

#[tokio::test]
async fn two_carriers_share_the_people_by_their_numbers() {
    let plan = Plan {
        carriers: vec![("viettel", SmscScript::default()), ("mobifone", SmscScript::odd_receipts())],
        ..Plan::default()
    };
    let town = Town::build(plan).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let counts = town
        .until(sent, "settled", |counts| counts.queued + counts.in_flight == 0 && counts.accepted == 300)
        .await;
    assert_eq!(counts.accepted, 300);
    assert_eq!(town.carriers.iter().map(|carrier| carrier.counts().distinct_messages).sum::<u64>(), 300);
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}

#[tokio::test]
async fn two_lanes_share_one_route() {
    let carriers = vec![("viettel", SmscScript::default()), ("viettel", SmscScript::default())];
    let town = Town::build(Plan { carriers, ..slow() }).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "delivered to all", |counts| counts.delivered == 400).await;
    let each: Vec<_> = town.carriers.iter().map(|carrier| carrier.counts().distinct_messages).collect();
    assert_eq!(each.iter().sum::<u64>(), 400);
    assert!(each.iter().all(|messages| *messages > 80), "both carry their share: {each:?}");
    assert_eq!(town.duplicates(), 0);
    town.end().await;
}

#[tokio::test]
async fn a_lane_in_reserve_waits_until_the_other_is_down() {
    let carriers = vec![("viettel", SmscScript::default()), ("viettel", SmscScript::default())];
    let town = Town::build(Plan { carriers, last_is_standby: true, ..slow() }).await;
    let up = || town.app.office.engine.lanes().iter().filter(|lane| lane.can_send).count();
    town.until_true("both up", async || up() == 2).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 60).await;
    assert_eq!(town.carriers[1].counts().submits, 0, "in reserve");
    town.carrier().refuse_connections(true);
    town.carrier().cut_connections();
    let counts = town
        .until(sent, "settled", |counts| {
            counts.queued + counts.in_flight + counts.sent == 0 && counts.accepted == 400
        })
        .await;
    assert!(town.carriers[1].counts().distinct_messages > 100, "the reserve took over");
    assert_eq!(counts.delivered + counts.uncertain, 400, "{counts:?}");
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}
