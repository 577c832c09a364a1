//! Closing: nothing is left without an outcome.

use std::time::Duration;

use contract::{Answer, Connector};
use simulators::smsc::script::{Fault, FaultKind, When};
use tokio::time::timeout;

use crate::kit::{BOUND, agree, batch, code, is_accepted, world};

#[tokio::test]
async fn closing_waits_for_answers_and_unbinds() {
    let (smsc, mut engine) = world(|script| script.response_ms = 100, |settings| settings.window = 20).await;
    engine.submit(batch(30)).await;
    assert!(smsc.wait_for(|counts| counts.submits >= 1, BOUND).await);
    timeout(BOUND, engine.connector.close(Duration::from_secs(5))).await.unwrap();
    let outcomes = engine.outcomes(30).await;
    agree(&smsc, &outcomes);
    assert!(outcomes.values().filter(|outcome| is_accepted(outcome)).count() >= 1);
    assert!(
        outcomes.values().all(|outcome| is_accepted(outcome) || code(outcome) == "closing"),
        "{outcomes:?}"
    );
    let counts = smsc.counts();
    assert_eq!((counts.unbinds, counts.drops), (1, 0));
    engine.submit(batch(1)).await;
    assert_eq!(code(&engine.outcome().await), "no-bind");
}

#[tokio::test]
async fn closing_acknowledges_the_receipts_it_has() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    engine.submit(batch(50)).await;
    engine.outcomes(50).await;
    engine.sink.receipts(50).await;
    timeout(BOUND, engine.connector.close(Duration::from_secs(5))).await.unwrap();
    assert!(smsc.wait_for(|counts| counts.receipts_acked == 50, BOUND).await);
}

#[tokio::test]
async fn after_the_grace_what_has_no_answer_is_uncertain() {
    let (smsc, mut engine) =
        world(|script| script.faults = vec![Fault::new(FaultKind::NoResponse, When::Every(1))], |_| {}).await;
    engine.submit(batch(10)).await;
    assert!(smsc.wait_for(|counts| counts.submits == 10, BOUND).await);
    timeout(BOUND, engine.connector.close(Duration::from_millis(50))).await.unwrap();
    let outcomes = engine.outcomes(10).await;
    assert!(
        outcomes.values().all(|outcome| matches!(outcome.answer, Answer::Uncertain { .. })),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn an_expired_message_does_not_leave() {
    let (smsc, mut engine) = world(|_| {}, |_| {}).await;
    let mut late = batch(1);
    late[0].expires_at = jiff::Timestamp::UNIX_EPOCH;
    engine.submit(late).await;
    assert_eq!(code(&engine.outcome().await), "expired");
    assert_eq!(smsc.counts().submits, 0);
}
