//! The window, throttling, refusals, back-pressure.

use std::time::Duration;

use contract::{Answer, Connector, Scope};
use simulators::smsc::{script, status};
use tokio::time::timeout;

use crate::kit::{agree, batch, is_accepted, number, world};

#[tokio::test]
async fn the_window_is_never_exceeded() {
    let (smsc, mut engine) = world(
        |script| {
            script.window = Some(7);
            script.response_ms = 5;
        },
        |settings| settings.window = 7,
    )
    .await;
    engine.submit(batch(200)).await;
    let outcomes = engine.outcomes(200).await;
    assert!(outcomes.values().all(is_accepted));
    assert_eq!(smsc.counts().max_unanswered, 7);
}

#[tokio::test]
async fn a_full_window_holds_the_engine_back() {
    let (_smsc, mut engine) = world(|script| script.response_ms = 300, |settings| settings.window = 5).await;
    let held = timeout(Duration::from_millis(100), engine.connector.submit(batch(100))).await;
    assert!(held.is_err(), "submit took all although nothing was answered");
    // What was taken comes to its end; what was not taken is the caller's again.
    let outcomes = engine.outcomes(10).await;
    assert!(outcomes.values().all(is_accepted), "{outcomes:?}");
}

#[tokio::test]
async fn throttling_is_told_apart_from_refusal() {
    let (smsc, mut engine) = world(
        |script| {
            script.numbers = vec![
                script::NumberScript { number: number(2), refuse: Some(status::THROTTLED), outcome: None },
                script::NumberScript { number: number(3), refuse: Some(status::QUEUE_FULL), outcome: None },
                script::NumberScript { number: number(4), refuse: Some(0x0B), outcome: None },
                script::NumberScript { number: number(5), refuse: Some(0x0A), outcome: None },
                script::NumberScript { number: number(6), refuse: Some(0x450), outcome: None },
            ];
        },
        |settings| {
            settings.status.insert(0x450, loa_smpp::StatusClass::Throttled);
        },
    )
    .await;
    engine.submit(batch(6)).await;
    let outcomes = engine.outcomes(6).await;
    agree(&smsc, &outcomes);
    let answer = |seq: i64| &outcomes[&seq].answer;
    assert!(is_accepted(&outcomes[&1]));
    assert!(matches!(answer(2), Answer::Throttled { retry_after, .. } if retry_after.as_secs() == 1));
    assert!(matches!(answer(3), Answer::Throttled { retry_after, .. } if retry_after.as_secs() == 5));
    assert!(matches!(answer(4), Answer::Refused { scope: Scope::Recipient, .. }));
    assert!(matches!(answer(5), Answer::Refused { scope: Scope::Lane, .. }));
    assert!(matches!(answer(6), Answer::Throttled { .. }));
}

#[tokio::test]
async fn a_rate_above_the_grant_is_throttled_and_nothing_is_lost() {
    let (smsc, mut engine) = world(|script| script.rate_per_s = Some(50), |_| {}).await;
    engine.submit(batch(120)).await;
    let outcomes = engine.outcomes(120).await;
    agree(&smsc, &outcomes);
    let throttled =
        outcomes.values().filter(|outcome| matches!(outcome.answer, Answer::Throttled { .. })).count();
    assert_eq!(u64::try_from(throttled).unwrap(), smsc.counts().throttled);
    assert!(throttled >= 20);
}
