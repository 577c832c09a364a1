use crate::kit::*;
use serde_json::json;
use simulators::facebook::{FacebookScript, Push, feed_event};

async fn hooked(change: impl FnOnce(&mut FacebookScript)) -> (Graph, Callback) {
    let (graph, callback) = (graph(change).await, Callback::start().await);
    assert!(graph.facebook.set_webhook(Some(callback.url.clone())).await);
    (graph, callback)
}

#[tokio::test]
async fn a_callback_is_verified_before_it_is_used() {
    let callback = Callback::start().await;
    let graph = graph(|script| "another".clone_into(&mut script.verify_token)).await;
    assert!(!graph.facebook.set_webhook(Some(callback.url.clone())).await, "it does not know the token");
    graph.facebook.script_update(|script| "verify-me".clone_into(&mut script.verify_token));
    for bad in ["http://example.gov.vn/hook", "nonsense", "http://127.0.0.1:1/hook"] {
        assert!(!graph.facebook.set_webhook(Some(bad.to_owned())).await, "{bad}");
    }
    assert_eq!(graph.facebook.push(json!({}), Push::Signed).await, None, "nothing is registered");
    assert!(graph.facebook.set_webhook(Some(callback.url.clone())).await);
    assert_eq!(graph.facebook.push(json!({}), Push::Signed).await, Some(200));
}

#[tokio::test]
async fn the_signature_covers_the_escaped_octets() {
    let (graph, callback) = hooked(|_| {}).await;
    let text = "[VN-DEMO-0042] Mưa lớn 🚨";
    let id = graph.publish(text).await.id();
    let came = callback.came(1).await.remove(0);
    assert!(came.signed_with("app-secret") && !came.signed_with("verify-me"));
    assert!(came.raw.is_ascii());
    let raw = String::from_utf8(came.raw.clone()).unwrap();
    assert!(raw.contains(r"M\u01b0a l\u1edbn \ud83d\udea8"), "{raw}");
    let again = serde_json::to_vec(&came.json()).unwrap();
    assert_ne!(hmac_hex("app-secret", &again), hmac_hex("app-secret", &came.raw), "written anew it differs");
    assert_eq!((&came.json()["object"], &came.json()["entry"][0]["id"]), (&json!("page"), &json!(PAGE)));
    let value = came.value();
    assert_eq!(
        (&value["verb"], &value["item"], &value["post_id"]),
        (&json!("add"), &json!("status"), &json!(id))
    );
    assert_eq!((&value["message"], &value["from"]["id"]), (&json!(text), &json!(PAGE)));
}

#[tokio::test]
async fn every_change_is_told() {
    let (graph, callback) = hooked(|_| {}).await;
    let id = graph.publish("alert").await.id();
    graph.post(&id, &[("message", "corrected")]).await;
    graph.post(&format!("{id}/comments"), &[("message", "ours")]).await;
    let comment = graph.facebook.visitor_comment(&id, "Chị Lan", "Cảm ơn").unwrap();
    assert!(graph.facebook.delete_by_admin(&id));
    assert!(!graph.facebook.delete_by_admin(&id), "once");
    let came = callback.came(5).await;
    let told: Vec<_> =
        came.iter().map(|one| (one.value()["item"].clone(), one.value()["verb"].clone())).collect();
    let expected = [
        ("status", "add"),
        ("status", "edited"),
        ("comment", "add"),
        ("comment", "add"),
        ("status", "remove"),
    ];
    assert_eq!(told, expected.map(|(item, verb)| (json!(item), json!(verb))));
    assert_eq!(came[1].value()["message"], "corrected");
    assert_eq!(
        (&came[3].value()["comment_id"], &came[3].value()["from"]["name"]),
        (&json!(comment), &json!("Chị Lan"))
    );
    assert!(came.iter().all(|one| one.value()["post_id"] == json!(id)));
    assert!(graph.facebook.wait_for(|counts| counts.webhooks_acked == 5, PATIENCE).await);
}

#[tokio::test]
async fn a_draft_is_told_of_when_it_appears() {
    let (graph, callback) = hooked(|_| {}).await;
    let draft = [("message", "draft"), ("published", "false")];
    let id = graph.post(&format!("{PAGE}/feed"), &draft).await.id();
    graph.post(&id, &[("message", "better")]).await;
    graph.post(&id, &[("is_published", "true")]).await;
    let first = callback.came(1).await.remove(0).value();
    assert_eq!((&first["verb"], &first["message"]), (&json!("add"), &json!("better")));
}

#[tokio::test]
async fn a_push_may_be_wrongly_signed_or_not_at_all() {
    let (graph, callback) = hooked(|_| {}).await;
    let value = json!({"item": "status", "verb": "add", "message": "giả mạo"});
    for (how, signed, by_app) in
        [(Push::Signed, true, true), (Push::WrongSecret, true, false), (Push::Unsigned, false, false)]
    {
        assert_eq!(graph.facebook.push(feed_event(PAGE, 1_790_000_100, &value), how).await, Some(200));
        let came = callback.came(1).await.pop().unwrap();
        assert_eq!((came.signature.is_some(), came.signed_with("app-secret")), (signed, by_app), "{how:?}");
        assert_eq!(came.value(), value);
    }
}

#[tokio::test]
async fn a_delivery_is_tried_again_and_dropped_in_the_end() {
    let (graph, callback) = hooked(|script| script.webhooks.retry_ms = vec![0, 1]).await;
    callback.answer_first(&[503, 500]);
    graph.publish("a").await;
    let came = callback.came(3).await;
    assert!(came[0].raw == came[1].raw && came[1].raw == came[2].raw);
    assert!(graph.facebook.wait_for(|counts| counts.webhooks_acked == 1, PATIENCE).await);
    callback.answer_first(&[500, 500, 500]);
    graph.publish("b").await;
    assert!(graph.facebook.wait_for(|counts| counts.webhooks_dropped == 1, PATIENCE).await);
    let counts = graph.facebook.counts();
    assert_eq!((counts.webhooks_sent, counts.webhooks_failed, counts.webhooks_acked), (6, 5, 1));
}

#[tokio::test]
async fn events_come_twice_or_in_an_array() {
    let (graph, callback) =
        hooked(|script| (script.webhooks.twice, script.webhooks.in_array) = (true, true)).await;
    graph.publish("a").await;
    let came = callback.came(2).await;
    assert_eq!(came[0].raw, came[1].raw);
    assert_eq!(came[0].json()[0]["object"], "page");
}

#[tokio::test]
async fn nothing_is_told_without_subscription_or_in_development_mode() {
    let (graph, callback) = hooked(|script| script.webhooks.subscribed = false).await;
    let apps = format!("{PAGE}/subscribed_apps");
    graph.publish("not subscribed").await;
    assert!(graph.get(&apps, &[]).await.ids().is_empty());
    assert_eq!(graph.post(&apps, &[]).await.code(), (100, 0));
    assert_eq!(graph.post(&apps, &[("subscribed_fields", "feed,mention")]).await.status, 200);
    assert_eq!(graph.get(&apps, &[]).await.ids(), ["770000000000077"]);
    graph.facebook.script_update(|script| script.dev_mode = true);
    graph.publish("development").await;
    graph.facebook.script_update(|script| script.dev_mode = false);
    graph.publish("told").await;
    assert_eq!(callback.came(1).await[0].value()["message"], "told", "the first that came");
    graph.delete(&apps).await;
    graph.publish("no more").await;
    assert_eq!(graph.facebook.push(json!({"last": 1}), Push::Signed).await, Some(200));
    assert_eq!(callback.came(2).await.len(), 2);
}
