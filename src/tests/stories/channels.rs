//! Several channels: Zalo first and SMS for those it does not reach, one verdict per person, callbacks, corrections.

use std::sync::Arc;

use contract::{Clock as _, ManualClock, SystemClock};
use jiff::SignedDuration;
use loa::{
    domain::{AlertId, AlertKind, Audience, Channel, Plan as Steps, PlanStep, Severity, State, ZaloContent},
    ledger::MessageFilter,
    office::{AlertForm, PlanForm},
};
use serde_json::json;
use simulators::zalo::{
    Push, ZaloScript,
    script::{Fate, PhoneScript},
};

use crate::kit::{
    platforms::{TEMPLATE, consent_code},
    town::{Plan, Town, alert, number},
};

const PEOPLE: u32 = 100;

/// An account that the gateway may use as fast as it likes.
fn zalo() -> ZaloScript {
    ZaloScript { rate_per_minute: 1_000_000, ..ZaloScript::default() }
}

fn town(zalo: ZaloScript) -> Plan {
    Plan {
        people: PEOPLE,
        zalo: Some(zalo),
        settings: "[sending]\nsweep_ms = 20\nescalate_ms = 20".into(),
        ..Plan::default()
    }
}

/// Zalo, and after `wait_s` SMS for those not reached.
fn zalo_then_sms(wait_s: u32) -> AlertForm {
    let mut form = alert(Severity::Severe);
    let step = |channel, wait_s| PlanStep { channels: vec![channel], wait_s };
    form.plan =
        Some(PlanForm::Steps(Steps { steps: vec![step(Channel::Zalo, 0), step(Channel::Sms, wait_s)] }));
    form.content.zalo = Some(ZaloContent {
        template: TEMPLATE.into(),
        parameters: [
            ("loai", "Lũ"),
            ("noi_dung", "Nước lên nhanh"),
            ("thoi_gian", "17:30 07/10/2026"),
            ("ma", "A1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    });
    form
}

/// The first `upto` people have this fate on Zalo.
fn fates(upto: u32, fate: Fate) -> Vec<PhoneScript> {
    (0..upto).map(|n| PhoneScript::new(number(n).to_string(), fate)).collect()
}

fn on_zalo(town: &Town, n: u32) -> u32 {
    town.platforms.zalo().accepted(&number(n).to_string())
}

fn by_sms(town: &Town, n: u32) -> u32 {
    town.carrier().accepted(number(n))
}

#[tokio::test]
async fn who_was_not_reached_on_zalo_gets_an_sms_and_nobody_else() {
    let mut phones = fates(10, Fate::NoZalo);
    phones.extend(fates(20, Fate::Never).into_iter().skip(10));
    let town = Town::build(town(ZaloScript { phones, ..zalo() })).await;
    let sent = town.send(zalo_then_sms(3)).await;
    town.until(sent, "everybody has it", |counts| counts.delivered == i64::from(PEOPLE)).await;
    for n in 0..PEOPLE {
        assert_eq!(by_sms(&town, n), u32::from(n < 20), "person {n}");
        assert_eq!(on_zalo(&town, n), u32::from(n >= 10), "person {n}");
    }
    let areas = town.app.office.by_area(&town.auditor, sent).await.unwrap();
    assert_eq!((areas[0].targets, areas[0].counts.delivered), (100, 100), "each person once");
    town.end().await;
}

#[tokio::test]
async fn a_spent_quota_leaves_the_rest_to_sms() {
    let town = Town::build(town(ZaloScript { quota_daily: 60, ..zalo() })).await;
    let sent = town.send(zalo_then_sms(3)).await;
    town.until(sent, "everybody has it", |counts| counts.delivered == i64::from(PEOPLE)).await;
    let (zalo, sms): (u32, u32) =
        ((0..PEOPLE).map(|n| on_zalo(&town, n)).sum(), (0..PEOPLE).map(|n| by_sms(&town, n)).sum());
    assert_eq!((zalo, sms), (60, 40));
    let lane = town.app.office.engine.lanes().into_iter().find(|lane| lane.kind == "zalo").unwrap();
    assert!(lane.health.contains("-144") && !lane.can_send, "{}", lane.health);
    town.end().await;
}

#[tokio::test]
async fn at_night_zalo_waits_and_sms_go() {
    let town = Town::build(town(ZaloScript { local_hour: Some(23), ..zalo() })).await;
    let sent = town.send(zalo_then_sms(2)).await;
    let counts = town.until(sent, "everybody has it", |counts| counts.delivered == i64::from(PEOPLE)).await;
    assert_eq!((0..PEOPLE).map(|n| on_zalo(&town, n)).sum::<u32>(), 0);
    assert_eq!(counts.expired, i64::from(PEOPLE), "nothing is left to be sent in the morning: {counts:?}");
    town.end().await;
}

#[tokio::test]
async fn a_lost_token_stops_the_lane_until_a_person_consents_again() {
    let town = Town::build(town(zalo())).await;
    let can_send = || town.app.office.engine.lanes().iter().any(|lane| lane.kind == "zalo" && lane.can_send);
    town.until_true("ready", async || can_send()).await;
    town.platforms.zalo().revoke();
    let sent = town.send(zalo_then_sms(600)).await;
    town.until_true("stopped", async || !can_send()).await;
    let consent = town.app.office.consents.load_full();
    let consent = consent.get("zalo-1").unwrap();
    let start = consent.start("http://127.0.0.1/consent/zalo-1");
    let code = consent_code(&start.url).await;
    let other = consent.finish(&code, &start.verifier, Some("1")).await.unwrap_err();
    assert!(other.en.contains("choose the right one"), "{}", other.en);
    assert!(!can_send(), "the code was not used for another account");
    let ours = ZaloScript::default().oa_id;
    consent.finish(&code, &start.verifier, Some(&ours)).await.unwrap();
    town.until(sent, "delivered on Zalo", |counts| counts.delivered == i64::from(PEOPLE)).await;
    assert!((0..PEOPLE).all(|n| on_zalo(&town, n) == 1), "each once");
    assert_eq!((0..PEOPLE).map(|n| by_sms(&town, n)).sum::<u32>(), 0);
    town.end().await;
}

#[tokio::test]
async fn forged_and_replayed_callbacks_change_nothing() {
    let town = Town::build(town(ZaloScript { phones: fates(PEOPLE, Fate::Never), ..zalo() })).await;
    let sent = town.send(zalo_then_sms(600)).await;
    town.until(sent, "taken by Zalo", |counts| counts.sent == i64::from(PEOPLE)).await;
    let filter = MessageFilter::default();
    let rows = town.app.office.store.reports.messages(sent, &filter, None, 1).await.unwrap();
    let trail = town.app.office.store.reports.trail(rows[0].key).await.unwrap();
    let reference = trail.iter().find_map(|entry| entry.reference.clone()).unwrap();
    let event = |id: &str| {
        json!({
            "event_name": "user_received_message",
            "app_id": ZaloScript::default().app_id,
            "sender": {"id": ZaloScript::default().oa_id},
            "recipient": {"id": rows[0].address},
            "message": {"msg_id": id, "delivery_time": SystemClock.now().as_millisecond().to_string(), "tracking_id": "x"},
            "timestamp": SystemClock.now().as_millisecond().to_string(),
        })
    };
    for how in [Push::WrongSecret, Push::Unsigned] {
        town.platforms.zalo().push(event(&reference), how).await;
        assert_eq!(town.counts(sent).await.delivered, 0, "{how:?}");
    }
    town.platforms.zalo().push(event(&reference), Push::Signed).await;
    town.until(sent, "one receipt", |counts| counts.delivered == 1).await;
    town.platforms.zalo().push(event(&reference), Push::Signed).await;
    assert_eq!(town.counts(sent).await.delivered, 1, "the same again is no second receipt");
    town.end().await;
}

#[tokio::test]
async fn a_correction_goes_to_those_reached_and_to_nobody_else() {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let phones = fates(30, Fate::NoZalo);
    let town = Town::build(Plan { clock: clock.clone(), ..town(ZaloScript { phones, ..zalo() }) }).await;
    let mut wrong = zalo_then_sms(3600);
    wrong.plan = Some(PlanForm::Steps(Steps::at_once(&[Channel::Zalo])));
    let wrong = town.send(wrong).await;
    town.until(wrong, "70 have it", |counts| counts.delivered == 70 && counts.failed == 30).await;
    let mut form = town.app.office.correction_form(&town.author, wrong).await.unwrap();
    assert_eq!((form.kind, form.audience.reached_by), (AlertKind::Correction, Some(wrong)));
    form.plan = Some(PlanForm::Steps(Steps::default()));
    let right = town.send(form).await;
    clock.advance(SignedDuration::from_secs(1));
    town.until(right, "70 know better", |counts| counts.delivered == 70 && counts.accepted == 70).await;
    for n in 0..PEOPLE {
        assert_eq!(by_sms(&town, n), u32::from(n >= 30), "person {n}");
    }
    town.end().await;
}

#[tokio::test]
async fn all_channels_at_once_count_each_person_once() {
    let town = Town::build(town(zalo())).await;
    let mut form = zalo_then_sms(1);
    form.plan = Some(PlanForm::Steps(Steps::at_once(&[Channel::Sms, Channel::Zalo])));
    let sent: AlertId = town.send(form).await;
    town.until(sent, "both arrived", |counts| counts.delivered == 2 * i64::from(PEOPLE)).await;
    let persons = town.app.office.store.reports.persons(sent, &[State::Delivered], 0, 1000).await.unwrap();
    assert_eq!(persons.len(), PEOPLE as usize);
    assert_eq!(Audience::default().reached_by, None);
    town.end().await;
}
