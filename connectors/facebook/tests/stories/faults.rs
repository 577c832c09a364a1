//! Answers that are lost, broken or lie.

use contract::{Answer, Health, Reconciled, Scope};
use loa_facebook::TokenCheck;
use simulators::facebook::{Calls, FaultKind};

use crate::kit::{BOUND, World, error, photo, post, why};

/// The post stands and the answer says otherwise: uncertain, then found, and never posted again.
#[tokio::test]
async fn a_post_whose_answer_is_lost_is_found() {
    for what in [
        FaultKind::CommitThenCode2,
        FaultKind::CommitThenCode1,
        FaultKind::CommitThenTimeout { ms: 5_000 },
        FaultKind::CommitThenNoId,
        FaultKind::CommitThenCutBody,
        FaultKind::CommitThenEmptyBody,
        FaultKind::CommitThenHtml502,
    ] {
        let mut world = World::ready().await;
        world.fault(what.clone(), Calls::Posts);
        let since = world.now();
        let outcome = world.send(post("VN-42")).await;
        assert!(matches!(outcome.answer, Answer::Uncertain { .. }), "{what:?}: {outcome:?}");
        let found = world.reconcile(post("VN-42"), since, &[]).await;
        let read_back = world.sink.until(BOUND, |sink| sink.receipts.lock().unwrap().len() == 1).await;
        assert!(read_back, "{what:?}: what is found is read back");
        let posts = world.facebook.posts();
        assert_eq!(posts.len(), 1, "{what:?}");
        assert_eq!(found, Reconciled::Sent { reference: posts[0].id.clone() }, "{what:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_within_the_time_is_a_good_one() {
    let mut world = World::ready().await;
    world.fault(FaultKind::SlowBody { ms: 50 }, Calls::Posts);
    let reference = world.post("VN-1").await;
    assert_eq!(world.facebook.posts()[0].id, reference);
}

/// An upload that fails in doubt has published nothing, so it is proved unsent.
#[tokio::test]
async fn a_photo_that_gets_lost_leaves_nothing_public() {
    for what in [FaultKind::CommitThenCode2, FaultKind::CommitThenTimeout { ms: 5_000 }, FaultKind::Html502] {
        let mut world = World::start(|_| {}, |settings| settings.upload_timeout_ms = 1_000).await;
        world.health(contract::Health::can_send).await;
        world.fault(what.clone(), Calls::Uploads);
        let mut body = post("VN-1");
        body.photos.push(photo("Bản đồ"));
        let outcome = world.send(body.clone()).await;
        assert!(matches!(outcome.answer, Answer::NotSent { .. }), "{what:?}: {outcome:?}");
        assert_eq!(world.facebook.posts().len(), 0, "{what:?}");
        world.healed();
        assert_eq!(world.send(body).await.answer, Answer::Accepted, "{what:?}");
    }
}

#[tokio::test]
async fn a_text_is_refused_for_good_and_in_metas_words() {
    let mut world = World::ready().await;
    world.fault(error(100, None), Calls::Posts);
    let outcome = world.send(post("VN-1")).await;
    let Answer::Refused { reason, scope: Scope::Message } = &outcome.answer else { panic!("{outcome:?}") };
    assert_eq!(reason.code, "100");
}

#[tokio::test]
async fn a_text_without_its_reference_never_leaves() {
    let mut world = World::ready().await;
    for (text, word) in
        [("Mưa lớn".to_owned(), "reference"), (format!("[VN-1] {}", "m".repeat(6_000)), "text_max")]
    {
        let mut body = post("VN-1");
        body.text = text;
        let outcome = world.send(body).await;
        assert!(matches!(outcome.answer, Answer::Refused { scope: Scope::Message, .. }), "{outcome:?}");
        assert!(why(&outcome).text.contains(word), "{outcome:?}");
    }
    assert_eq!(world.facebook.counts().requests_of("POST feed"), 0);
}

#[tokio::test]
async fn a_duplicate_is_looked_up() {
    let mut world = World::with(|script| script.duplicate_window_ms = 600_000).await;
    let first = world.post("VN-1").await;
    let again = world.send(post("VN-1")).await;
    assert_eq!((&again.answer, again.accepted[0].reference.as_str()), (&Answer::Accepted, first.as_str()));
    assert_eq!(world.standing("VN-1"), 1);
    world.facebook.script_update(|script| script.listing.silently_empty = true);
    let unseen = world.send(post("VN-1")).await;
    assert!(matches!(unseen.answer, Answer::Uncertain { .. }), "{unseen:?}");
    assert_eq!(why(&unseen).code, "506");
}

/// Behind TLS that doesn't come about no byte of a call has left.
#[tokio::test]
async fn without_tls_nothing_leaves() {
    let mut world =
        World::start(|_| {}, |settings| settings.api_url = settings.api_url.replace("http:", "https:")).await;
    world.health(|health| matches!(health, Health::Down(why) if !why.contains("not been inspected"))).await;
    let outcome = world.send(post("VN-1")).await;
    assert!(matches!(outcome.answer, Answer::NotSent { .. }), "{outcome:?}");
    assert_eq!(world.facebook.counts().requests_total(), 0);
}

/// Where the platform takes no inspection in a body, the lane works and says what it doesn't know.
#[tokio::test]
async fn an_inspection_that_is_not_understood_is_no_stop() {
    let mut world = World::start(|_| {}, |settings| settings.token_check = TokenCheck::Post).await;
    let health = world.health(Health::can_send).await;
    let plain = health == Health::Ready;
    assert!(plain || matches!(&health, Health::Limited(why) if why.contains("token_check")), "{health:?}");
    world.post("VN-1").await;
    assert_eq!(world.facebook.counts().tokens_in_url, 0);
}
