//! Carriers with characters of their own. Whatever they do: nothing is lost, nothing is sent twice unless the ledger
//! said beforehand that it might be, and the numbers always add up.

use loa::domain::{Severity, UncertainPolicy};
use simulators::smsc::{
    SmscScript,
    script::{Fault, FaultKind, IdStyle, Outcome, ReceiptScript, Weight, When},
    status,
};

use crate::kit::town::{Plan, Town, alert, number};

fn faulty(what: FaultKind, when: When) -> SmscScript {
    SmscScript { faults: vec![Fault::new(what, when)], ..SmscScript::default() }
}

fn one(script: SmscScript) -> Plan {
    Plan { carriers: vec![("viettel", script)], ..Plan::default() }
}

#[tokio::test]
async fn everybody_is_reached_and_the_carrier_agrees() {
    let town = Town::build(Plan::default()).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    assert_eq!((counts.accepted, counts.parts_submitted, counts.possible_repeats), (300, 300, 0));
    assert_eq!(town.carrier().counts().distinct_messages, 300);
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}

#[tokio::test]
async fn a_carrier_that_drops_in_mid_window_leaves_doubt_and_no_loss() {
    let town = Town::build(one(faulty(FaultKind::DropBeforeResponse, When::Every(90)))).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let done = |counts: &loa::domain::Counts| {
        counts.queued + counts.in_flight + counts.sent == 0 && counts.accepted == 300
    };
    let counts = town.until(sent, "settled", done).await;
    assert!(counts.uncertain > 0, "an answer that was lost with the link is not known: {counts:?}");
    assert_eq!(counts.delivered + counts.uncertain, 300);
    assert_eq!(counts.possible_repeats, 0, "held: a person decides");
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}

#[tokio::test]
async fn a_grave_alert_resends_what_is_uncertain_and_says_so() {
    let town = Town::build(Plan {
        settings: "[sending]\nresend_after_ms = 50".into(),
        ..one(faulty(FaultKind::DropBeforeResponse, When::Every(120)))
    })
    .await;
    let form =
        loa::office::AlertForm { uncertain: Some(UncertainPolicy::Resend), ..alert(Severity::Extreme) };
    let sent = town.send(form).await;
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    assert!(counts.possible_repeats > 0, "{counts:?}");
    assert!(town.duplicates() <= counts.possible_repeats, "{} copies, {counts:?}", town.duplicates());
    assert_eq!(town.lost(sent).await, 0);
    town.end().await;
}

#[tokio::test]
async fn a_throttling_carrier_slows_the_lane_and_costs_no_attempt() {
    let script = SmscScript { rate_per_s: Some(150), rate_tolerance: 0, ..SmscScript::default() };
    let town = Town::build(Plan { rate: "600/s", ..one(script) }).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let counts = town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    assert_eq!((counts.failed, counts.uncertain, counts.possible_repeats), (0, 0, 0));
    assert!(town.carrier().counts().throttled > 0, "the carrier did throttle");
    let lane = town.app.office.engine.lanes().remove(0);
    assert!(lane.throttles > 0 && lane.rate_now < 600.0, "{lane:?}");
    assert_eq!(town.duplicates(), 0);
    town.end().await;
}

#[tokio::test]
async fn receipts_may_come_before_their_responses() {
    let town = Town::build(one(faulty(FaultKind::ReceiptBeforeResponse, When::Every(2)))).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    assert_eq!(
        town.app.office.store.reports.unmatched().await.unwrap().iter().map(|(_, n)| n).sum::<i64>(),
        0
    );
    town.end().await;
}

#[tokio::test]
async fn duplicate_and_contradicting_receipts_are_kept_and_change_nothing() {
    let script = SmscScript {
        faults: vec![
            Fault::new(FaultKind::DuplicateReceipt, When::Every(3)),
            Fault::new(FaultKind::ContradictingReceipt, When::Every(5)),
        ],
        ..SmscScript::default()
    };
    let town = Town::build(one(script)).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "delivered to all", |counts| counts.delivered == 300).await;
    let carrier = town.carrier();
    town.until_true("every receipt acknowledged", async || {
        let counts = carrier.counts();
        counts.receipts_acked == counts.receipts_sent.total() && counts.receipts_sent.total() > 400
    })
    .await;
    assert_eq!(town.counts(sent).await.delivered, 300, "the first final word stands");
    town.end().await;
}

#[tokio::test]
async fn receipts_that_say_no_and_ids_in_two_notations() {
    for ids in
        [IdStyle::HexThenDecimal, IdStyle::DecimalThenHex, IdStyle::UpperThenLower, IdStyle::ZerosInResponse]
    {
        let mix = vec![
            Weight { outcome: Outcome::Delivered, weight: 3 },
            Weight { outcome: Outcome::Undeliverable, weight: 1 },
        ];
        let receipts = ReceiptScript { mix, ..ReceiptScript::default() };
        let town = Town::build(one(SmscScript { ids, receipts, ..SmscScript::default() })).await;
        let sent = town.send(alert(Severity::Moderate)).await;
        let counts =
            town.until(sent, "all confirmed", |counts| counts.delivered + counts.undelivered == 300).await;
        let theirs = town.carrier().counts().receipts_sent;
        assert_eq!(counts.undelivered, i64::try_from(theirs.undeliverable).unwrap(), "{ids:?}");
        town.end().await;
    }
}

#[tokio::test]
async fn refusals_end_by_their_kind() {
    let script = SmscScript {
        numbers: [(1, status::INVALID_DESTINATION), (2, status::INVALID_DESTINATION)]
            .map(|(n, refuse)| simulators::smsc::script::NumberScript {
                number: number(n),
                refuse: Some(refuse),
                outcome: None,
            })
            .to_vec(),
        ..SmscScript::default()
    };
    let town = Town::build(one(script)).await;
    let sent = town.send(alert(Severity::Moderate)).await;
    let counts = town.until(sent, "settled", |counts| counts.delivered + counts.failed == 300).await;
    assert_eq!(counts.failed, 2);
    town.end().await;
}

#[tokio::test]
async fn a_wrong_password_stops_the_lane_loudly_and_sends_nothing() {
    let town = Town::build(Plan { password: "wrong", ..Plan::default() }).await;
    let lanes = || town.app.office.engine.lanes();
    town.until_true("stopped", async || lanes().iter().any(|lane| lane.health.contains("password"))).await;
    let sent = town.send(alert(Severity::Extreme)).await;
    let counts = town.until(sent, "queued", |counts| counts.queued == 300).await;
    assert_eq!(counts.in_flight, 0);
    assert_eq!(town.carrier().counts().submits, 0);
    town.end().await;
}

#[tokio::test]
async fn long_accented_texts_arrive_whole_and_count_once() {
    let text = "BCH PTDS tỉnh Lạng Sơn: Lũ sông Kỳ Cùng lên nhanh. Dân ven sông phường Đông Kinh, Lương Văn Tri di dời \
                lên nơi cao trước 18h 07/10. Cấm qua ngầm, tràn. Gọi 112";
    for long in ["udh8", "udh16", "sar", "payload"] {
        let script = SmscScript { keep_texts: true, ..SmscScript::default() };
        let smpp: &'static str = Box::leak(format!("long = \"{long}\"").into_boxed_str());
        let town = Town::build(Plan { smpp, people: 40, ..one(script) }).await;
        let mut form = alert(Severity::Severe);
        form.content.sms_accented = Some(text.into());
        form.content.sms_plain = None;
        form.content.sms_form = loa::domain::SmsForm::Accented;
        let sent = town.send(form).await;
        town.until(sent, "delivered to all", |counts| counts.delivered == 40).await;
        assert_eq!(town.carrier().text_for(number(7)).as_deref(), Some(text), "{long}");
        assert_eq!(town.carrier().counts().distinct_messages, 40, "{long}");
        town.end().await;
    }
}
