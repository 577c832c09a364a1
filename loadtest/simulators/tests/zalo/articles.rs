use crate::client::*;
use serde_json::{Value, json};
use simulators::zalo::ZaloScript;
use simulators::zalo::script::Follower;

fn article() -> Value {
    json!({
        "type": "normal", "title": "Cảnh báo lũ", "author": "Tỉnh", "description": "Sơ tán", "status": "show",
        "cover": { "cover_type": "photo", "photo_url": "https://example.org/c.png", "status": "show" },
        "body": [{ "type": "text", "content": "<p>Sơ tán</p>" }],
    })
}

fn broadcast(target: &Value, ids: &[&str]) -> Value {
    let elements: Vec<Value> =
        ids.iter().map(|id| json!({ "media_type": "article", "attachment_id": id })).collect();
    json!({
        "recipient": { "target": target },
        "message": { "attachment": { "type": "template", "payload": {
            "template_type": "media", "elements": elements } } },
    })
}

/// Makes an article and asks until it is ready; its id.
async fn ready(client: &Client) -> String {
    let made = client.write("/v2.0/article/create", article()).await;
    let token = made.data()["token"].clone();
    for _ in 0..10 {
        let reply = client.write("/v2.0/article/verify", json!({ "token": token })).await;
        if reply.code() != -214 {
            return reply.data()["id"].as_str().unwrap().to_owned();
        }
    }
    panic!("never ready");
}

#[tokio::test]
async fn an_article_is_made_asked_for_until_ready_and_removed() {
    let (zalo, client) = start(ZaloScript { article_polls: 3, ..ZaloScript::default() }).await;
    let made = client.write("/v2.0/article/create", article()).await;
    let verify = || client.write("/v2.0/article/verify", json!({ "token": made.data()["token"] }));
    for _ in 0..3 {
        assert_eq!(verify().await.code(), -214);
    }
    let id = verify().await.data()["id"].clone();
    assert!(zalo.articles()[0].ready && zalo.articles()[0].shown);
    let detail = client.read(&format!("/v2.0/article/getdetail?id={}", id.as_str().unwrap())).await;
    assert_eq!(detail.data()["title"], "Cảnh báo lũ");
    let mut changed = article();
    changed["id"] = id.clone();
    changed.as_object_mut().unwrap().remove("status");
    assert_eq!(client.write("/v2.0/article/update", changed).await.code(), 0);
    assert!(!zalo.articles()[0].shown, "hidden unless it is said otherwise");
    assert_eq!(client.write("/v2.0/article/remove", json!({ "id": id })).await.code(), 0);
    assert!(zalo.articles()[0].removed);
    let slice = client.read("/v2.0/article/getslice?offset=0&limit=10&type=normal").await;
    assert_eq!(slice.data()["medias"], json!([]));
    assert_eq!(client.write("/v2.0/article/verify", json!({ "token": "x" })).await.code(), -201);
}

#[tokio::test]
async fn articles_are_looked_at_and_counted() {
    let (zalo, client) = start(ZaloScript { article_quota: 2, ..ZaloScript::default() }).await;
    for (path, value, code) in [
        ("/title", json!("x".repeat(151)), -210),
        ("/title", json!(""), -201),
        ("/author", json!("x".repeat(51)), -210),
        ("/description", json!("x".repeat(301)), -210),
        ("/cover/photo_url", json!("file.png"), -200),
        ("/cover/status", Value::Null, -200),
        ("/body", json!([]), -201),
        ("/type", json!("video"), -201),
        ("/status", json!("hide"), 0),
        ("/status", json!("show"), 0),
        ("/status", json!("show"), -223),
    ] {
        let mut body = article();
        *body.pointer_mut(path).unwrap() = value;
        assert_eq!(client.write("/v2.0/article/create", body.clone()).await.code(), code, "{body}");
    }
    let counts = zalo.counts();
    assert_eq!((counts.articles, counts.duplicate_articles), (2, 1), "there is no key against repeating");
}

#[tokio::test]
async fn a_broadcast_is_accepted_and_reaches_followers_after_moderation_within_their_limits() {
    let in_city = |user_id: &str, city| Follower { city: Some(city), ..Follower::new(user_id) };
    let followers = vec![
        in_city("a", 45),
        in_city("b", 46),
        in_city("c", 9),
        Follower { follows: false, ..in_city("d", 45) },
    ];
    let script = ZaloScript {
        followers,
        broadcasts_daily_max: 10,
        broadcasts_monthly_max: 2,
        moderation_ms: 5,
        ..ZaloScript::default()
    };
    let (zalo, client) = start(script).await;
    let id = ready(&client).await;
    let mut deliveries = 0;
    for (target, reached) in
        [(json!({ "cities": "45,46,11" }), 2), (json!({}), 3), (json!({ "gender": "0" }), 1)]
    {
        let sent = client.write("/v2.0/oa/message", broadcast(&target, &[&id])).await;
        assert!(sent.data()["message_id"].is_string());
        deliveries += reached;
        assert!(
            zalo.wait_for(|counts| counts.broadcast_deliveries == deliveries, PATIENCE).await,
            "{target}: {:?}",
            zalo.broadcasts()
        );
    }
    let first = &zalo.broadcasts()[0];
    assert_eq!((first.reached, &first.articles), (Some(2), &vec![id.clone()]));
    client.write("/v2.0/oa/message", broadcast(&json!({}), &[&id])).await;
    assert_eq!((zalo.counts().broadcasts, zalo.counts().duplicate_broadcasts), (4, 1));
}

#[tokio::test]
async fn a_broadcast_takes_ready_articles_texts_for_lists_and_daylight() {
    let (zalo, client) = start(ZaloScript::default()).await;
    let id = ready(&client).await;
    let made = client.write("/v2.0/article/create", article()).await;
    assert_eq!(made.code(), 0, "a second one, never asked for");
    let unready = zalo.articles()[1].id.clone();
    let mut text = broadcast(&json!({}), &[&id]);
    text["message"] = json!({ "text": "Sơ tán" });
    for (body, code) in [
        (broadcast(&json!({}), &[&unready]), -201),
        (broadcast(&json!({}), &[]), -201),
        (broadcast(&json!({}), &[id.as_str(); 6]), -210),
        (broadcast(&json!({ "cities": [45, 46] }), &[&id]), -201),
        (broadcast(&json!({ "cities": "64" }), &[&id]), -201),
        (broadcast(&Value::Null, &[&id]), -201),
        (text, -233),
        (broadcast(&json!({ "cities": 45, "ages": "0,7" }), &[&id]), 0),
    ] {
        assert_eq!(client.write("/v2.0/oa/message", body.clone()).await.code(), code, "{body}");
    }
    zalo.script_update(|script| script.local_hour = Some(22));
    assert_eq!(client.write("/v2.0/oa/message", broadcast(&json!({}), &[&id])).await.code(), -234);
    assert_eq!(zalo.counts().broadcasts, 1);
}
