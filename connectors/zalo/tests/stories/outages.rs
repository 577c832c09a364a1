//! Hosts that fail for a while: what is given up, what is tried again, and what the lane says meanwhile.

use std::sync::Arc;

use contract::{Answer, Clock, Connector, Health, ManualClock, SystemClock};
use jiff::SignedDuration;
use loa_zalo::Mode;
use simulators::zalo::{
    Zalo,
    script::{Fault, FaultKind, When},
};

use crate::kit::{BOUND, Engine, batch, keychain, settings, world, zalo};

const TOKEN_PATH: &str = "/v4/oa/access_token";

fn token_calls(zalo: &Zalo) -> u64 {
    zalo.counts().requests.iter().filter(|(path, _)| path.contains(TOKEN_PATH)).map(|(_, count)| *count).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_token_host_does_not_cost_the_grant() {
    let (zalo, mut engine, _) = world(Mode::Phone, |_| {}, |_| {}).await;
    zalo.script_update(|script| {
        script.faults = vec![Fault::at(TOKEN_PATH, FaultKind::Status(429), When::Once(1))];
    });
    zalo.expire_access_tokens();
    let outcome = engine.send_one(batch(1).remove(0)).await;
    assert!(matches!(outcome.answer, Answer::NotSent { .. }), "{outcome:?}");
    let mut engine = engine.ready().await;
    // A try may come within the pause after the failure.
    let sent = async {
        loop {
            let outcome = engine.send_one(batch(1).remove(0)).await;
            if !matches!(outcome.answer, Answer::NotSent { .. }) {
                break outcome;
            }
        }
    };
    let outcome = tokio::time::timeout(BOUND, sent).await.expect("the lane goes on by itself");
    assert_eq!((outcome.answer, zalo.counts().refreshes), (Answer::Accepted, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_token_host_is_asked_once_for_all_who_wait() {
    let slow = |settings: &mut loa_zalo::ZaloSettings| {
        (settings.retry_ms, settings.request_timeout_ms) = (60_000, 500);
    };
    let (zalo, mut engine, _) = world(Mode::Phone, |_| {}, slow).await;
    let before = token_calls(&zalo);
    zalo.script_update(|script| {
        script.faults = vec![Fault::at(TOKEN_PATH, FaultKind::Delay { ms: 60_000 }, When::After(0))];
    });
    zalo.expire_access_tokens();
    let outcomes = engine.send(batch(8)).await;
    assert!(
        outcomes.values().all(|outcome| matches!(outcome.answer, Answer::NotSent { .. })),
        "{outcomes:?}"
    );
    assert_eq!(token_calls(&zalo) - before, 2, "once, and once more since the first reply was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_is_not_ready_while_the_host_that_takes_messages_is_away() {
    let zalo = zalo(|_| {}).await;
    let mut settings = settings(&zalo.base(), Mode::Phone);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings.business_url = format!("http://127.0.0.1:{port}");
    let chain = keychain(&zalo, &settings, SystemClock.now());
    let engine = Engine::start(settings, chain, Arc::new(SystemClock));
    engine.health(|health| matches!(health, Health::Down(why) if why.contains("reached"))).await;
    assert!(!engine.connector.health().borrow().can_send());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_stands_for_its_time_however_long_ago_the_last_survey_was() {
    let zalo = zalo(|_| {}).await;
    let mut settings = settings(&zalo.base(), Mode::Phone);
    settings.recheck_s = 3_600;
    let now = "2026-11-22T03:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(now));
    let chain = keychain(&zalo, &settings, now);
    let mut engine = Engine::start(settings, chain, Arc::clone(&clock) as _).ready().await;
    clock.advance(SignedDuration::from_hours(2));
    zalo.script_update(|script| script.faults = vec![Fault::new(FaultKind::Error(-135), When::Once(1))]);
    let outcome = engine.send_one(batch(1).remove(0)).await;
    assert!(matches!(outcome.answer, Answer::Refused { .. }), "{outcome:?}");
    let mut health = engine.connector.health();
    let lifted = health.wait_for(|health| !matches!(health, Health::Stopped(_)));
    let early = tokio::time::timeout(std::time::Duration::from_millis(500), lifted).await;
    assert!(early.is_err(), "the stop was lifted before its time");
    clock.advance(SignedDuration::from_hours(1));
    engine.ready().await;
}
