//! What becomes of messages: recipients, quotas, nights, faults, broadcasts.

use std::sync::Arc;

use contract::{
    Answer, ArticleBody, Body, Clock, Finding, Health, ManualClock, Outcome, ReasonClass, Scope, SystemClock,
};
use loa_zalo::Mode;
use simulators::zalo::script::{Fate, Fault, FaultKind, Follower, PhoneScript, When};

use crate::kit::{BOUND, Engine, batch, keychain, phone, settings, submission, template, text, world, zalo};

fn code(outcome: &Outcome) -> &str {
    outcome.answer.reason().map_or("accepted", |reason| reason.code.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recipients_that_cannot_be_reached_are_told_apart_and_wishes_are_kept() {
    let fates = [Fate::NoZalo, Fate::CannotReceive, Fate::RefusesType, Fate::RefusesOa, Fate::CannotNow];
    let phones = (1..).zip(fates).map(|(seq, fate)| PhoneScript::new(phone(seq), fate)).collect();
    let (zalo, mut engine, _) = world(Mode::Phone, |script| script.phones = phones, |_| {}).await;
    let outcomes = engine.send(batch(6)).await;
    let codes: Vec<_> = outcomes.values().map(code).collect();
    assert_eq!(codes, ["-118", "-119", "-139", "-141", "-114", "accepted"]);
    for seq in 1..=5 {
        let refused = matches!(
            &outcomes[&seq].answer,
            Answer::Refused { reason, scope: Scope::Recipient } if reason.class == ReasonClass::Permanent
        );
        assert!(refused, "{:?}", outcomes[&seq]);
    }
    let findings = engine.sink.findings.lock().unwrap();
    let mut out: Vec<_> = findings
        .iter()
        .filter_map(|finding| match finding {
            Finding::OptedOut { address, .. } => Some(address.clone()),
            _ => None,
        })
        .collect();
    out.sort();
    assert_eq!(out, [phone(3), phone(4)]);
    assert_eq!(zalo.counts().accepted(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_quota_defers_the_rest_until_the_reset() {
    let zalo = zalo(|script| script.quota_daily = 6).await;
    let mut settings = settings(&zalo.base(), Mode::Phone);
    settings.in_flight_max = 1;
    let now = "2026-11-22T03:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(now));
    // What the budget sees of time stands still; it allows a second's worth, more than is sent here.
    let chain = keychain(&zalo, &settings, now);
    let mut engine = Engine::start(settings, chain, Arc::clone(&clock) as _).ready().await;
    let outcomes = engine.send(batch(10)).await;
    let accepted = outcomes.values().filter(|outcome| outcome.answer == Answer::Accepted).count();
    assert_eq!((accepted, zalo.counts().accepted()), (6, 6));
    let reset = "2026-11-22T17:00:00Z".parse().unwrap();
    for outcome in outcomes.values().filter(|outcome| outcome.answer != Answer::Accepted) {
        assert!(matches!(outcome.answer, Answer::Deferred { until, .. } if until == reset), "{outcome:?}");
    }
    engine.health(|health| matches!(health, Health::Down(why) if why.contains("until"))).await;
    zalo.script_update(|script| script.quota_daily = 100);
    clock.advance(jiff::SignedDuration::from_hours(14));
    let mut engine = engine.ready().await;
    assert_eq!(engine.send_one(batch(1).remove(0)).await.answer, Answer::Accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_night_messages_wait_for_the_morning() {
    let zalo = zalo(|script| script.local_hour = Some(23)).await;
    let settings = settings(&zalo.base(), Mode::Phone);
    let now = "2026-11-22T16:00:00Z".parse().unwrap();
    let chain = keychain(&zalo, &settings, now);
    let mut engine = Engine::start(settings, chain, Arc::new(ManualClock::at(now))).ready().await;
    let outcome = engine.send_one(batch(1).remove(0)).await;
    let morning = "2026-11-22T23:05:00Z".parse().unwrap();
    assert!(matches!(outcome.answer, Answer::Deferred { until, .. } if until == morning), "{outcome:?}");
    engine.health(|health| matches!(health, Health::Down(_))).await;
    assert_eq!(zalo.counts().accepted(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_answers_are_uncertain_and_nothing_is_sent_twice() {
    for what in [FaultKind::Status(500), FaultKind::CutBody, FaultKind::HalfJson] {
        let faults = vec![Fault::new(what, When::After(0))];
        let (zalo, mut engine, _) = world(Mode::Phone, |script| script.faults = faults, |_| {}).await;
        for (seq, outcome) in engine.send(batch(3)).await {
            assert!(matches!(outcome.answer, Answer::Uncertain { .. }), "{what:?}: {outcome:?}");
            assert!(zalo.accepted(&phone(seq)) <= 1, "{what:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_a_person_can_mend_stops_the_lane() {
    let faults = vec![Fault::new(FaultKind::Error(-135), When::Once(1))];
    let script = |script: &mut simulators::zalo::ZaloScript| script.faults = faults;
    let (_zalo, mut engine, _) = world(Mode::Phone, script, |settings| settings.recheck_s = 3_600).await;
    let outcome = engine.send_one(batch(1).remove(0)).await;
    assert!(matches!(outcome.answer, Answer::Refused { scope: Scope::Lane, .. }), "{outcome:?}");
    engine.health(|health| matches!(health, Health::Stopped(_))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_get_templates_and_free_text_within_their_window() {
    let old = Follower { last_interaction_ms_ago: Some(9 * 24 * 3_600_000), ..Follower::new("602") };
    let followers = vec![Follower::new("601"), old];
    let (zalo, mut engine, _) = world(Mode::Consult, |script| script.followers = followers, |_| {}).await;
    let body = text("Chào bà con");
    let batch =
        vec![submission(1, "601", &body), submission(2, "602", &body), submission(3, "601", &template())];
    let outcomes = engine.send(batch).await;
    assert_eq!(outcomes[&1].answer, Answer::Accepted);
    assert!(!outcomes[&1].accepted[0].reference.is_empty());
    assert_eq!(code(&outcomes[&2]), "-230");
    assert!(matches!(outcomes[&3].answer, Answer::Refused { scope: Scope::Message, .. }));

    let follower = settings(&zalo.base(), Mode::Follower);
    let chain = keychain(&zalo, &follower, SystemClock.now());
    let mut engine = Engine::start(follower, chain, Arc::new(SystemClock)).ready().await;
    assert_eq!(engine.send_one(submission(1, "602", &template())).await.answer, Answer::Accepted);
}

fn article() -> Arc<Body> {
    Arc::new(Body::Article(ArticleBody {
        reference: "LS-1".to_owned(),
        title: "Cảnh báo lũ".to_owned(),
        description: "Lũ trên sông Kỳ Cùng".to_owned(),
        author: "Văn phòng".to_owned(),
        cover_url: "https://tinh.example/anh.jpg".to_owned(),
        paragraphs: vec!["Nước lên nhanh.".to_owned(), "Sơ tán.".to_owned()],
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_waits_for_its_article_and_goes_once() {
    let script = |script: &mut simulators::zalo::ZaloScript| {
        script.followers = vec![Follower::new("601")];
        script.article_polls = 3;
    };
    let (zalo, mut engine, _) = world(Mode::Broadcast, script, |_| {}).await;
    let outcome = engine.send_one(submission(1, "all", &article())).await;
    assert_eq!(outcome.answer, Answer::Accepted);
    assert!(!outcome.accepted[0].reference.is_empty());
    assert_eq!((zalo.articles().len(), zalo.broadcasts().len()), (1, 1));

    // The answer to the broadcast is lost: never again by ourselves.
    zalo.script_update(|script| script.faults = vec![Fault::new(FaultKind::CutAfterAccept, When::After(0))]);
    let outcome = engine.send_one(submission(2, "all", &article())).await;
    assert!(matches!(outcome.answer, Answer::Uncertain { .. }), "{outcome:?}");
    assert_eq!(zalo.broadcasts().len(), 2);
    assert!(zalo.wait_for(|counts| counts.requests.values().sum::<u64>() > 0, BOUND).await);
}
