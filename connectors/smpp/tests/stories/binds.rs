//! Binding, being refused, and coming back.

use contract::{Connector, Health};
use loa_smpp::{BindKind, Password};
use simulators::smsc::{script, status};

use crate::kit::{BOUND, Engine, agree, batch, code, is_accepted, settings, smsc, world};

#[tokio::test]
async fn one_transceiver_sends_and_gets_its_receipts() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    engine.submit(batch(100)).await;
    let outcomes = engine.outcomes(100).await;
    assert!(outcomes.values().all(is_accepted));
    agree(&smsc, &outcomes);
    let receipts = engine.sink.receipts(100).await;
    for (seq, outcome) in &outcomes {
        let reference = &outcome.accepted[0].reference;
        assert!(receipts.iter().any(|receipt| receipt.references[0] == *reference), "{seq}");
    }
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 100, BOUND).await);
}

#[tokio::test]
async fn a_pair_sends_on_one_bind_and_receives_on_the_other() {
    let (smsc, mut engine) = world(|_| {}, |settings| settings.bind = BindKind::Pair).await;
    assert_eq!(smsc.counts().binds, 2);
    engine.submit(batch(10)).await;
    assert!(engine.outcomes(10).await.values().all(is_accepted));
    assert_eq!(engine.sink.receipts(10).await.len(), 10);
}

#[tokio::test]
async fn without_a_receiver_the_lane_is_limited_but_sends() {
    let only_transmitters = |script: &mut script::SmscScript| {
        script.bind.kinds = vec![script::BindKind::Transmitter];
    };
    let smsc = smsc(only_transmitters).await;
    let mut engine = Engine::start(loa_smpp::SmppSettings { bind: BindKind::Pair, ..settings(&smsc) });
    let health = engine.health(Health::can_send).await;
    assert!(
        matches!(&health, Health::Limited(why) if why.contains("receipts are not arriving")),
        "{health:?}"
    );
    engine.submit(batch(3)).await;
    assert!(engine.outcomes(3).await.values().all(is_accepted));
}

#[tokio::test]
async fn several_binds_share_the_load() {
    let (smsc, mut engine) = world(|script| script.response_ms = 20, |settings| settings.binds = 3).await;
    engine.submit(batch(300)).await;
    assert!(engine.outcomes(300).await.values().all(is_accepted));
    let counts = smsc.counts();
    assert_eq!((counts.binds, counts.distinct_messages), (3, 300));
}

#[tokio::test]
async fn a_wrong_password_stops_the_lane_and_says_so() {
    let smsc = smsc(|_| {}).await;
    let settings = loa_smpp::SmppSettings { password: Password::new("wrong"), ..settings(&smsc) };
    let mut engine = Engine::start(settings);
    let health = engine.health(|health| matches!(health, Health::Stopped(_))).await;
    let Health::Stopped(why) = health else { panic!("{health:?}") };
    assert!(why.contains("password is wrong") && !why.contains("wrong)"), "{why}");
    engine.submit(batch(2)).await;
    assert!(engine.outcomes(2).await.values().all(|outcome| code(outcome) == "no-bind"));
    assert_eq!(smsc.counts().connections, 1, "an account must not be hammered");
}

#[tokio::test]
async fn a_password_longer_than_the_standard_allows_binds() {
    let password = "a-password-of-many-characters";
    let (_smsc, mut engine) = world(
        |script| script.accounts = vec![script::Account::new("loa", password)],
        |settings| settings.password = Password::new(password),
    )
    .await;
    engine.submit(batch(1)).await;
    assert!(is_accepted(&engine.outcome().await));
}

#[tokio::test]
async fn a_passing_refusal_is_tried_again() {
    let refuse = |script: &mut script::SmscScript| {
        script.bind.refuse_first = 3;
        script.bind.refuse_status = status::SYSTEM_ERROR;
    };
    let (smsc, _engine) = world(refuse, |_| {}).await;
    assert_eq!(smsc.counts().binds_refused, 3);
}

#[tokio::test]
async fn a_silent_carrier_is_given_up_in_time() {
    let smsc = smsc(|script| script.bind.silent = true).await;
    let engine = Engine::start(loa_smpp::SmppSettings { bind_timeout_ms: 50, ..settings(&smsc) });
    engine
        .health(|health| matches!(health, Health::Down(why) if why.contains("no answer to the bind")))
        .await;
    smsc.script_update(|script| script.bind.silent = false);
    engine.ready().await;
}

#[tokio::test]
async fn nobody_there_is_said_and_nothing_waits() {
    let smsc = smsc(|_| {}).await;
    let settings = settings(&smsc);
    smsc.stop().await;
    let mut engine = Engine::start(settings);
    engine.health(|health| matches!(health, Health::Down(why) if why.contains("cannot connect"))).await;
    engine.submit(batch(50)).await;
    assert!(engine.outcomes(50).await.values().all(|outcome| code(outcome) == "no-bind"));
    assert!(!engine.connector.health().borrow().can_send());
}

#[tokio::test]
async fn a_receipt_in_the_same_write_as_the_bind_response_is_not_lost() {
    let (smsc, engine) = world(|script| script.bind.coalesce_deliver = true, |_| {}).await;
    let either = |sink: &crate::kit::Sink| {
        sink.receipts.lock().unwrap().len() + sink.inbound.lock().unwrap().len() == 1
    };
    engine.sink.until(either).await;
    drop(smsc);
}
