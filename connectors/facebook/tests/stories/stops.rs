//! What stops a lane or makes it wait, and how it says so.

use contract::{Answer, Health, Scope};
use simulators::facebook::{Calls, TokenKind, script::Restriction};

use crate::kit::{World, error, post, why};

fn stopped(health: &Health) -> bool {
    matches!(health, Health::Stopped(_))
}

fn text(health: &Health) -> &str {
    match health {
        Health::Ready => "",
        Health::Limited(text) | Health::Down(text) | Health::Stopped(text) => text,
    }
}

#[tokio::test]
async fn a_token_that_expires_stops_the_lane_and_nothing_hammers() {
    let mut world = World::ready().await;
    world.facebook.expire_token();
    let outcome = world.send(post("VN-1")).await;
    assert!(matches!(outcome.answer, Answer::Refused { scope: Scope::Lane, .. }), "{outcome:?}");
    let health = world.health(stopped).await;
    assert!(text(&health).contains("page_token"), "{health:?}");
    let calls = world.facebook.counts().requests_of("POST feed");
    let again = world.send(post("VN-2")).await;
    assert!(matches!(again.answer, Answer::Refused { scope: Scope::Lane, .. }), "{again:?}");
    assert_eq!(world.facebook.counts().requests_of("POST feed"), calls);
}

#[tokio::test]
async fn a_token_of_the_wrong_kind_is_known_before_anything_is_sent() {
    for (kind, word) in [(TokenKind::User, "USER"), (TokenKind::SystemUser, "SYSTEM_USER")] {
        let world = World::start(|script| script.token.kind = kind, |_| {}).await;
        let health = world.health(stopped).await;
        assert!(text(&health).contains(word), "{health:?}");
        assert_eq!(world.facebook.counts().posts_created, 0);
    }
}

#[tokio::test]
async fn a_missing_right_and_a_wrong_page_stop_the_lane() {
    let script = |script: &mut simulators::facebook::FacebookScript| {
        script.token.scopes.retain(|scope| scope != "pages_manage_posts");
    };
    let world = World::start(script, |_| {}).await;
    assert!(text(&world.health(stopped).await).contains("pages_manage_posts"));
    let world = World::start(|_| {}, |settings| settings.page_id = "5".to_owned()).await;
    assert!(text(&world.health(stopped).await).contains("another Page"));
}

#[tokio::test]
async fn an_end_that_comes_is_told() {
    let soon = contract::Clock::now(&contract::SystemClock).as_second() + 5 * 86_400;
    let world = World::with(|script| script.token.expires_at = soon).await;
    assert!(text(&world.health(|health| matches!(health, Health::Limited(_))).await).contains("ends in"));
    let world = World::with(|script| script.api_version = "v25.0".to_owned()).await;
    assert!(text(&world.health(|health| matches!(health, Health::Limited(_))).await).contains("v25.0"));
}

/// The platform's word against this is a permission of the app; the lane says who must act.
#[tokio::test]
async fn refusals_of_the_lane_name_the_one_who_must_act() {
    for (code, subcode, word) in
        [(10, None, "administrator"), (190, Some(2_069_032), "settings"), (368, None, "facebook.com")]
    {
        let mut world = World::ready().await;
        world.fault(error(code, subcode), Calls::Posts);
        let outcome = world.send(post("VN-1")).await;
        assert!(matches!(outcome.answer, Answer::Refused { scope: Scope::Lane, .. }), "{code}: {outcome:?}");
        let health = world.health(stopped).await;
        assert!(text(&health).contains(word), "{code}: {health:?}");
    }
}

#[tokio::test]
async fn a_page_that_may_not_publish_is_stopped_with_metas_reason() {
    let barred = Restriction {
        feature: "page_publish".to_owned(),
        status: "active".to_owned(),
        applied_time: 1,
        expiration_time: 4_000_000_000,
    };
    let script = |script: &mut simulators::facebook::FacebookScript| {
        script.page_status.status = "restricted".to_owned();
        script.page_status.restrictions = vec![barred];
    };
    let world = World::start(script, |_| {}).await;
    let health = world.health(stopped).await;
    assert!(text(&health).contains("page_publish"), "{health:?}");
}

#[tokio::test]
async fn high_usage_pauses_before_the_limit() {
    let mut world = World::ready().await;
    world.facebook.script_update(|script| script.page_usage.call_count = 92);
    world.post("VN-1").await;
    let health = world.health(|health| matches!(health, Health::Down(_))).await;
    assert_eq!(text(&health), "usage 92 %, again in 10 min");
    let held = world.send(post("VN-2")).await;
    assert!(matches!(held.answer, Answer::Deferred { until, .. } if until > world.now()), "{held:?}");
    assert_eq!(world.standing("VN-2"), 0);
}

#[tokio::test]
async fn the_minutes_told_are_kept() {
    let mut world = World::ready().await;
    world.facebook.script_update(|script| {
        script.page_usage.call_count = 100;
        script.regain_minutes = 7;
    });
    let outcome = world.send(post("VN-1")).await;
    let Answer::Deferred { until, .. } = outcome.answer else { panic!("{outcome:?}") };
    let seconds = until.duration_since(world.now()).as_secs();
    assert!((6 * 60..=7 * 60).contains(&seconds), "{seconds}");
    assert!(text(&world.health(|health| matches!(health, Health::Down(_))).await).contains("7 min"));
}

/// Meta repeats a token that it doesn't like; we don't.
#[tokio::test]
async fn secrets_are_struck_from_metas_own_words() {
    let mut world = World::ready().await;
    let parrot =
        simulators::facebook::GraphError::new(190, "Malformed access token page-token of app-secret");
    world.fault(simulators::facebook::FaultKind::Error(parrot), Calls::Posts);
    let outcome = world.send(post("VN-1")).await;
    let said = &why(&outcome).text;
    assert!(said.contains("Malformed access token ***"), "{said}");
    assert!(!said.contains("page-token") && !said.contains("app-secret"), "{said}");
}

#[tokio::test]
async fn what_comes_back_is_used_again() {
    let world = World::start(|_| {}, |_| {}).await;
    world.health(Health::can_send).await;
    let base = world.facebook.address().to_string();
    let mut world = world;
    // The platform goes away: nothing leaves, and the lane says so by itself.
    let gone =
        simulators::facebook::Facebook::start(simulators::facebook::FacebookScript::default(), "127.0.0.1:0");
    let old = std::mem::replace(&mut world.facebook, gone.await.unwrap());
    old.stop().await;
    let outcome = world.send(post("VN-1")).await;
    assert!(matches!(outcome.answer, Answer::NotSent { .. }), "{outcome:?}");
    world.health(|health| matches!(health, Health::Down(_))).await;
    let back = simulators::facebook::Facebook::start(simulators::facebook::FacebookScript::default(), &base);
    world.facebook = back.await.unwrap();
    world.health(Health::can_send).await;
    world.post("VN-1").await;
}

/// What Meta refuses is tried again after its time, and not before.
#[tokio::test]
async fn a_stop_ends_when_its_time_is_over_and_nothing_is_wrong() {
    let mut world = World::start(|_| {}, |settings| settings.stopped_for_s = 1).await;
    world.health(Health::can_send).await;
    world.fault(error(10, None), Calls::Posts);
    world.send(post("VN-1")).await;
    world.health(stopped).await;
    world.healed();
    world.health(Health::can_send).await;
    world.post("VN-1").await;
}

/// A dead token is noticed by looking, too.
#[tokio::test]
async fn a_look_with_a_dead_token_stops_the_lane() {
    let world = World::ready().await;
    world.facebook.expire_token();
    let seen = world.reconcile(post("VN-1"), world.now(), &[]).await;
    assert!(matches!(seen, contract::Reconciled::Unknown(_)), "{seen:?}");
    world.health(stopped).await;
}

/// A refusal for speed counts as unsent only where the settings say so.
#[tokio::test]
async fn a_refusal_for_speed_may_be_taken_as_a_doubt() {
    for (unsent, code) in [(true, 80_001), (false, 4)] {
        let mut world = World::start(|_| {}, |settings| settings.throttled_means_unsent = unsent).await;
        world.health(Health::can_send).await;
        world.fault(error(code, None), Calls::Posts);
        let outcome = world.send(post("VN-1")).await;
        assert_eq!(matches!(outcome.answer, Answer::Deferred { .. }), unsent, "{outcome:?}");
        assert_eq!(matches!(outcome.answer, Answer::Uncertain { .. }), !unsent, "{outcome:?}");
        assert!(
            text(&world.health(|health| matches!(health, Health::Down(_))).await).contains("again in 10 min")
        );
    }
}
