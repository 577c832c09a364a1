//! Tokens: renewed once for all, stored first, and what happens when they are lost.

use std::sync::{Arc, atomic::Ordering};

use contract::{Answer, Clock, Health, Keychain, SystemClock};
use loa_zalo::{Mode, exchange, keychain_name, pkce};
use simulators::zalo::script::{Fault, FaultKind, When};

use crate::kit::{Engine, batch, keychain, settings, world, zalo};

fn all_accepted(outcomes: &std::collections::BTreeMap<i64, contract::Outcome>) {
    for (seq, outcome) in outcomes {
        assert_eq!(outcome.answer, Answer::Accepted, "message {seq}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_in_mid_send_is_renewed_once_and_nothing_is_lost_or_doubled() {
    let (zalo, mut engine, _) = world(Mode::Phone, |_| {}, |_| {}).await;
    zalo.expire_access_tokens();
    let outcomes = engine.send(batch(40)).await;
    all_accepted(&outcomes);
    assert_eq!(zalo.counts().refreshes, 1);
    assert_eq!(zalo.counts().template_accepted, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connectors_with_one_keychain_renew_once() {
    let (zalo, mut first, keychain) = world(Mode::Phone, |_| {}, |_| {}).await;
    let settings = settings(&zalo.base(), Mode::Phone);
    let mut second = Engine::start(settings, keychain, Arc::new(SystemClock)).ready().await;
    zalo.expire_access_tokens();
    let (one, two) = tokio::join!(first.send(batch(10)), second.send(batch(10)));
    all_accepted(&one);
    all_accepted(&two);
    assert_eq!((zalo.counts().refreshes, zalo.counts().refresh_reuse_failures), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_with_the_new_pair_stops_the_lane_and_says_so() {
    let (zalo, mut engine, _) = world(Mode::Phone, |_| {}, |_| {}).await;
    zalo.script_update(|script| {
        script.faults = vec![Fault::new(FaultKind::DropTokenReply, When::Once(1))];
    });
    zalo.expire_access_tokens();
    let outcomes = engine.send(batch(3)).await;
    assert!(
        outcomes.values().all(|outcome| matches!(outcome.answer, Answer::NotSent { .. })),
        "{outcomes:?}"
    );
    let health = engine.health(|health| matches!(health, Health::Stopped(_))).await;
    assert!(matches!(&health, Health::Stopped(why) if why.contains("was lost")), "{health:?}");
    assert_eq!((zalo.counts().refresh_reuse_failures, zalo.counts().accepted()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_grant_stops_the_lane_until_somebody_consents() {
    let (zalo, mut engine, keychain) = world(Mode::Phone, |_| {}, |_| {}).await;
    zalo.revoke();
    let outcomes = engine.send(batch(1)).await;
    assert!(matches!(outcomes[&1].answer, Answer::NotSent { .. }), "{outcomes:?}");
    engine.health(|health| matches!(health, Health::Stopped(why) if why.contains("consent"))).await;

    let settings = settings(&zalo.base(), Mode::Phone);
    let pkce = pkce();
    let url = loa_zalo::consent_url(&settings, "http://127.0.0.1:9/back", "s1", &pkce.challenge);
    let code = consent(&url).await;
    exchange(&settings, &code, &pkce.verifier, &*keychain, &SystemClock).await.unwrap();
    let again = exchange(&settings, &code, &pkce.verifier, &*keychain, &SystemClock).await;
    assert!(again.is_err(), "a code is good once");
    let mut engine = engine.ready().await;
    all_accepted(&engine.send(batch(2)).await);
}

/// What the admin's browser does; the code is in the address it is sent back to.
async fn consent(url: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let code = reply.split("code=").nth(1).unwrap_or_else(|| panic!("no code in {reply}"));
    assert!(reply.contains("state=s1"));
    code.split(['&', '\r', '\n']).next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_that_cannot_be_stored_is_not_used_and_not_lost() {
    let (zalo, mut engine, keychain) = world(Mode::Phone, |_| {}, |_| {}).await;
    keychain.refuses.store(true, Ordering::SeqCst);
    zalo.expire_access_tokens();
    let outcomes = engine.send(batch(2)).await;
    assert!(
        outcomes.values().all(|outcome| matches!(outcome.answer, Answer::NotSent { .. })),
        "{outcomes:?}"
    );
    assert_eq!(zalo.counts().accepted(), 0);
    keychain.refuses.store(false, Ordering::SeqCst);
    all_accepted(&engine.send(batch(2)).await);
    assert_eq!(zalo.counts().refreshes, 1, "the first new pair was kept until it could be stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_keychain_begins_with_the_bootstrap_pair() {
    let zalo = zalo(|_| {}).await;
    let mut settings = settings(&zalo.base(), Mode::Phone);
    let chain = Arc::new(contract::suite::MemoryKeychain::default());
    settings.bootstrap_refresh_token = Some(loa_zalo::Secret::new(zalo.grant().refresh_token));
    let name = keychain_name(&settings);
    let mut engine = Engine::start(settings, Arc::clone(&chain) as _, Arc::new(SystemClock)).ready().await;
    all_accepted(&engine.send(batch(1)).await);
    assert_eq!(chain.tokens(&name).await.unwrap().unwrap().edition, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_renewed_before_they_end() {
    let zalo = zalo(|script| script.access_token_s = 90_000).await;
    let settings = settings(&zalo.base(), Mode::Phone);
    // The pair is 21 hours old.
    let past = SystemClock.now() - jiff::SignedDuration::from_hours(21);
    let chain = keychain(&zalo, &settings, past);
    let engine = Engine::start(settings, chain, Arc::new(SystemClock)).ready().await;
    assert_eq!(zalo.counts().refreshes, 1);
    drop(engine);
}
