use crate::client::*;
use serde_json::{Value, json};
use simulators::zalo::ZaloScript;
use simulators::zalo::script::{Fate, Follower, Template};

const HOUR_MS: u64 = 3_600_000;
const CS: &str = "/v3.0/oa/message/cs";
const BY_UID: &str = "/v3.0/oa/message/template";

fn ago(user_id: &str, hours: u64) -> Follower {
    Follower { last_interaction_ms_ago: Some(hours * HOUR_MS), ..Follower::new(user_id) }
}

fn with_fate(user_id: &str, fate: Fate) -> Follower {
    Follower { fate, ..Follower::new(user_id) }
}

#[tokio::test]
async fn consultation_is_free_for_48_hours_then_quota_until_7_days_then_refused() {
    let followers = vec![
        ago("now", 0),
        ago("h47", 47),
        ago("h49", 49),
        ago("h167", 167),
        ago("h169", 169),
        Follower { last_interaction_ms_ago: None, ..Follower::new("never") },
        with_fate("inactive", Fate::CannotReceive),
        with_fate("restricts", Fate::RefusesType),
        with_fate("full", Fate::CannotNow),
        with_fate("away", Fate::RefusesOa),
    ];
    let (zalo, client) = start(ZaloScript { followers, cs_quota: 1, ..ZaloScript::default() }).await;
    for (user_id, code, quota_type) in [
        ("now", 0, "reply"),
        ("h47", 0, "reply"),
        ("h49", 0, "sub_quota"),
        ("h167", -211, ""),
        ("h169", -230, ""),
        ("never", -213, ""),
        ("nobody", -201, ""),
        ("inactive", -227, ""),
        ("restricts", -244, ""),
        ("full", -218, ""),
        ("away", -213, ""),
    ] {
        let reply = client.consult(user_id, "Xin chào").await;
        assert_eq!((reply.status, reply.code()), (200, code), "{user_id}");
        if code == 0 {
            assert_eq!(reply.data()["quota"]["quota_type"], quota_type, "{user_id}");
            assert_eq!(reply.data()["user_id"], user_id);
        }
    }
    assert_eq!(zalo.counts().cs_accepted, 3);
    zalo.say("h169", "Tôi cần giúp");
    assert_eq!(client.consult("h169", "Chúng tôi đến").await.code(), 0, "the window opens again");
    assert_eq!(zalo.last_parameters("h169"), Some(json!({ "text": "Chúng tôi đến" })));
}

#[tokio::test]
async fn consultation_looks_at_length_and_kind() {
    let (_zalo, client) =
        start(ZaloScript { followers: vec![Follower::new("u")], ..ZaloScript::default() }).await;
    let media = |element: Value| {
        json!({ "attachment": { "type": "template", "payload": {
            "template_type": "media", "elements": [element] } } })
    };
    for (message, code) in [
        (json!({ "text": "ạ".repeat(2_000) }), 0),
        (json!({ "text": "ạ".repeat(2_001) }), -210),
        (json!({ "text": "" }), -201),
        (media(json!({ "media_type": "image", "url": "https://example.org/a.png" })), 0),
        (media(json!({ "media_type": "image", "url": "https://a", "attachment_id": "b" })), -201),
        (media(json!({ "media_type": "article", "attachment_id": "b" })), -201),
        (json!({ "attachment": { "type": "file", "payload": { "token": "t" } } }), 0),
        (json!({ "attachment": { "type": "template", "payload": { "template_type": "list" } } }), -233),
    ] {
        let body = json!({ "recipient": { "user_id": "u" }, "message": message });
        assert_eq!(client.write(CS, body.clone()).await.code(), code, "{body}");
    }
    assert_eq!(reply(client.post(CS, &json!({})).body("<xml>")).await.code(), -201);
}

#[tokio::test]
async fn a_template_by_user_id_has_the_oa_hosts_codes_and_numbers() {
    let phones_only = Template { id: "5".to_owned(), uid_allowed: false, ..Template::warning() };
    let promotion = Template { id: "6".to_owned(), tag: 3, ..Template::warning() };
    let script = ZaloScript {
        templates: vec![Template::warning(), phones_only, promotion],
        followers: vec![ago("u", 2_000), with_fate("inactive", Fate::CannotReceive)],
        local_hour: Some(2),
        uid_quota: 1,
        ..ZaloScript::default()
    };
    let (zalo, client) = start(script).await;
    let body = |user_id: &str, template_id: &str, data: Value| json!({ "user_id": user_id, "template_id": template_id, "template_data": data });
    let mut long = data();
    long["ma"] = json!("x".repeat(31));
    for (body, code) in [
        (body("u", "5", data()), -249),
        (body("u", "6", data()), -234),
        (body("u", "7", data()), -201),
        (body("nobody", "410001", data()), -201),
        (body("inactive", "410001", data()), -227),
        (body("u", "410001", long), -210),
        (body("u", "410001", json!({})), -201),
    ] {
        assert_eq!(client.write(BY_UID, body.clone()).await.code(), code, "{body}");
    }
    let sent = client.write(BY_UID, body("u", "410001", data())).await;
    assert_eq!(sent.data()["quota"], json!({ "quota_type": "purchase_quota", "remain": 0 }));
    assert!(sent.data()["sent_time"].is_string());
    assert_eq!(client.write(BY_UID, body("u", "410001", data())).await.code(), -211);
    assert_eq!((zalo.counts().uid_accepted, zalo.accepted("u")), (1, 1));
}

#[tokio::test]
async fn the_old_ways_are_shut() {
    let (zalo, client) =
        start(ZaloScript { followers: vec![Follower::new("u")], ..ZaloScript::default() }).await;
    let to_user = json!({ "recipient": { "user_id": "u" }, "message": { "text": "x" } });
    for (path, code) in [
        ("/v3.0/oa/message/transaction", -233),
        ("/v3.0/oa/message/promotion", -233),
        ("/v2.0/oa/message", -240),
    ] {
        assert_eq!(client.write(path, to_user.clone()).await.code(), code, "{path}");
    }
    let nowhere = client.read("/v2.0/me").await;
    assert_eq!((nowhere.status, &nowhere.body["message"]), (404, &json!("empty api")));
    assert_eq!(zalo.counts().accepted(), 0);
}

#[tokio::test]
async fn quotas_can_be_looked_up_and_tell_the_last_interaction() {
    let (_zalo, client) = start(ZaloScript { followers: vec![ago("u", 49)], ..ZaloScript::default() }).await;
    assert_eq!(client.consult("u", "x").await.code(), 0);
    let path = "/v3.0/oa/quota/message";
    let user = client.write(path, json!({ "user_id": "u" })).await;
    assert!(user.data()["last_interaction"].as_str().unwrap().parse::<u64>().is_ok());
    let owner = json!({ "quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota" });
    let quota = client.write(path, owner).await;
    assert_eq!((&quota.data()[0]["total"], &quota.data()[0]["remain"]), (&json!(500), &json!("499")));
}
