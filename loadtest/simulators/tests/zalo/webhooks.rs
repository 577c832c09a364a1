use crate::client::*;
use crate::hook::Hook;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simulators::zalo::script::{Fate, Follower, PhoneScript, TemplateStatus, WebhookScript};
use simulators::zalo::{Event, Push, Zalo, ZaloScript};

async fn with_hook(script: ZaloScript) -> (Zalo, Client, Hook) {
    let hook = Hook::start().await;
    let (zalo, client) = start(script).await;
    zalo.set_webhook(Some(hook.url.clone())).await.unwrap();
    (zalo, client, hook)
}

#[test]
fn the_signature_is_that_of_the_published_example() {
    let body = r#"{"app_id":"1000000000000000001","event_name":"user_send_text","timestamp":"1700000000000","message":{"text":"xin chào","msg_id":"m1"},"sender":{"id":"u1"},"recipient":{"id":"o1"}}"#;
    let digest = Sha256::digest(format!("{APP}{body}1700000000000testsecret").as_bytes());
    assert_eq!(hex::encode(digest), "44c49be8d44c98a533a0b4c2a5ea9f7fb6d8952c3892a193127b9245c108e79f");
}

#[tokio::test]
async fn a_delivery_is_told_signed_after_an_unsigned_probe() {
    let (zalo, client, hook) = with_hook(ZaloScript::default()).await;
    assert_eq!((hook.came().len(), hook.came()[0].raw.as_str()), (1, "{}"));
    assert_eq!(hook.came()[0].header("X-ZEvent-Signature"), None, "the probe is unsigned");

    let sent = client.warn("84900000001", "walk-1").await;
    let told = hook.events("user_received_message", 1).await.remove(0);
    assert!(told.is_signed(), "{told:?}");
    assert_eq!(told.header("X-ZEvent-Server"), Some("ZNS"));
    assert_eq!(told.body["recipient"]["id"], "84900000001");
    assert_eq!(told.body["sender"]["id"], "2000000000000000002");
    let message = &told.body["message"];
    assert_eq!((&message["msg_id"], &message["tracking_id"]), (&sent.data()["msg_id"], &json!("walk-1")));
    assert!(!message["delivery_time"].is_null());
    assert!(told.body["timestamp"].is_string());
    assert!(zalo.wait_for(|counts| counts.webhooks_acked == 1, PATIENCE).await);
}

#[tokio::test]
async fn a_delivery_may_be_told_twice_or_before_the_answer() {
    let phones =
        vec![PhoneScript::new("2", Fate::DuplicateWebhook), PhoneScript::new("3", Fate::WebhookBeforeReply)];
    let (zalo, client, hook) =
        with_hook(ZaloScript { phones, delivery_ms: 60_000, ..ZaloScript::default() }).await;
    let early = client.warn("84900000003", "early").await;
    let told = hook.came().into_iter().find(|came| came.event() == "user_received_message");
    assert_eq!(told.unwrap().body["message"]["msg_id"], early.data()["msg_id"], "before the answer");

    zalo.script_update(|script| script.delivery_ms = 0);
    let twice = client.warn("84900000002", "twice").await;
    let told = hook.events("user_received_message", 3).await;
    let copies = told.iter().filter(|came| came.body["message"]["msg_id"] == twice.data()["msg_id"]);
    assert_eq!(copies.count(), 2);
    assert_eq!(zalo.counts().delivered, 2);
}

#[tokio::test]
async fn users_are_heard_of_and_our_own_messages_echo() {
    let followers = vec![
        Follower { fate: Fate::SeenFirst, ..Follower::new("odd") },
        Follower { fate: Fate::Seen, ..Follower::new("even") },
    ];
    let (zalo, client, hook) = with_hook(ZaloScript { followers, ..ZaloScript::default() }).await;
    let sent = client.consult("odd", "Xin chào").await;
    let seen = hook.events("user_seen_message", 1).await.remove(0);
    assert_eq!(seen.body["message"]["msg_ids"], json!([sent.data()["message_id"]]));
    let received = hook.events("user_received_message", 1).await.remove(0);
    assert_eq!(received.body["message"]["delivery_time"], Value::Null, "not one of a phone");
    assert_eq!(received.header("X-ZEvent-Server"), None);
    let echo = hook.events("oa_send_text", 1).await.remove(0);
    assert_eq!(
        (&echo.body["recipient"]["id"], &echo.body["message"]["text"]),
        (&json!("odd"), &json!("Xin chào"))
    );

    zalo.follow("new");
    let follow = hook.events("follow", 1).await.remove(0);
    assert_eq!(follow.body["follower"]["id"], "new");
    assert!(follow.body.get("sender").is_none() && follow.is_signed());
    zalo.say("new", "Đăng ký xã 01");
    let text = hook.events("user_send_text", 1).await.remove(0);
    assert_eq!(
        (&text.body["sender"]["id"], &text.body["message"]["text"]),
        (&json!("new"), &json!("Đăng ký xã 01"))
    );
    zalo.unfollow("new");
    hook.events("unfollow", 1).await;
    zalo.change_quota(10);
    let quota = hook.events("change_oa_daily_quota", 1).await.remove(0);
    assert_eq!(
        (&quota.body["oaId"], &quota.body["quota"]["new_value"]),
        (&json!("2000000000000000002"), &json!(10))
    );
    assert!(zalo.change_template("410001", TemplateStatus::Disable, "Nội dung"));
    let template = hook.events("change_template_status", 1).await.remove(0);
    assert_eq!(template.body["status"], json!({ "prev_status": "ENABLE", "new_status": "DISABLE" }));
    assert_eq!(client.warn("84900000001", "t").await.code(), -146);
}

#[tokio::test]
async fn a_failed_event_comes_again_with_num_retry_until_it_is_answered() {
    let (zalo, client, hook) =
        with_hook(ZaloScript { webhook_retry_ms: vec![5, 10, 20], ..ZaloScript::default() }).await;
    hook.fail(2);
    client.warn("84900000001", "t").await;
    let told = hook.events("user_received_message", 3).await;
    let retries: Vec<_> = told.iter().map(|came| came.header("num_retry")).collect();
    assert_eq!(retries, [None, Some("1"), Some("2")]);
    assert!(told.iter().all(|came| came.raw == told[0].raw && came.is_signed()));
    assert!(zalo.wait_for(|counts| counts.webhooks_acked == 1, PATIENCE).await);
    let counts = zalo.counts();
    assert_eq!((counts.webhooks_sent, counts.webhooks_failed, counts.webhook_disabled), (3, 2, false));
}

#[tokio::test]
async fn after_the_last_failure_the_webhook_is_disabled_until_it_is_set_again() {
    let (zalo, client, hook) =
        with_hook(ZaloScript { webhook_retry_ms: vec![1, 1], ..ZaloScript::default() }).await;
    hook.fail(3);
    client.warn("84900000001", "t").await;
    assert!(zalo.wait_for(|counts| counts.webhook_disabled, PATIENCE).await);
    client.warn("84900000002", "t").await;
    assert!(zalo.wait_for(|counts| counts.delivered == 2, PATIENCE).await);
    assert_eq!(zalo.counts().webhooks_sent, 3, "nothing more is sent");

    hook.fail(1);
    zalo.set_webhook(Some(hook.url.clone())).await.expect_err("the probe must be answered with 200");
    zalo.set_webhook(Some(hook.url.clone())).await.unwrap();
    client.warn("84900000003", "t").await;
    assert!(zalo.wait_for(|counts| counts.webhooks_acked == 1, PATIENCE).await);
}

#[tokio::test]
async fn a_slow_answer_is_a_failure_and_an_event_can_be_off() {
    let webhook = WebhookScript {
        deadline_ms: 50,
        events_off: vec!["follow".to_owned()],
        retry_renews_timestamp: true,
        ..WebhookScript::default()
    };
    let (zalo, client, hook) =
        with_hook(ZaloScript { webhook, webhook_retry_ms: vec![5; 50], ..ZaloScript::default() }).await;
    hook.hold(true);
    zalo.follow("u");
    client.warn("84900000001", "t").await;
    assert!(zalo.wait_for(|counts| counts.webhooks_failed == 2, PATIENCE).await);
    hook.hold(false);
    assert!(zalo.wait_for(|counts| counts.webhooks_acked == 1, PATIENCE).await);
    let told = hook.events("user_received_message", 3).await;
    assert_ne!(told[0].body["timestamp"], told[2].body["timestamp"]);
    assert!(told.iter().all(crate::hook::Came::is_signed), "signed anew");
    assert!(!hook.came().iter().any(|came| came.event() == "follow"));
}

#[tokio::test]
async fn events_of_ones_own_can_be_pushed_well_and_badly() {
    let (zalo, _client, hook) = with_hook(ZaloScript::default()).await;
    let event = || json!({ "event_name": "user_send_text", "sender": { "id": "u" } });
    for (how, signed, header) in [
        (Push::Signed, true, true),
        (Push::Capitals, true, true),
        (Push::WrongSecret, false, true),
        (Push::OaFirst, false, true),
        (Push::Unsigned, false, false),
        (Push::Tampered, false, true),
        (Push::Old, true, true),
    ] {
        assert_eq!(zalo.push(event(), how).await, Some(200));
        let came = hook.came().pop().unwrap();
        assert_eq!(
            (came.is_signed(), came.header("X-ZEvent-Signature").is_some()),
            (signed, header),
            "{how:?}"
        );
        assert_eq!(came.body["app_id"], APP);
    }
    hook.fail(1);
    assert_eq!(zalo.push(event(), Push::Replayed).await, Some(200), "the status of the second");
    let came = hook.came();
    let [first, second] = &came[came.len() - 2..] else { panic!("twice") };
    assert_eq!(
        (&first.raw, first.header("x-zevent-signature")),
        (&second.raw, second.header("x-zevent-signature"))
    );
    zalo.set_webhook(None).await.unwrap();
    assert_eq!(zalo.push(event(), Push::Signed).await, None);
}

#[tokio::test]
async fn tags_and_shared_data_are_told_too() {
    let script = ZaloScript { followers: vec![Follower::new("u")], ..ZaloScript::default() };
    let (zalo, client, hook) = with_hook(script).await;
    let body = json!({ "user_id": "u", "tag_name": "xa-01" });
    client.write("/v2.0/oa/tag/tagfollower", body.clone()).await;
    client.write("/v2.0/oa/tag/tagfollower", body.clone()).await;
    client.write("/v2.0/oa/tag/rmfollowerfromtag", body).await;
    let removed = hook.events("remove_user_from_tag", 1).await.remove(0);
    assert_eq!(removed.body["tag"], json!({ "name": "xa-01", "user_ids": ["u"] }));
    assert_eq!(hook.events("add_user_to_tag", 1).await.len(), 1, "a tag that was there is no news");
    let text = str::to_owned;
    let shared = Event::UserSubmittedInfo {
        user_id: text("u"),
        name: text("Lan"),
        phone: text("84900000001"),
        ward: text("Xã 01"),
    };
    zalo.tell(shared);
    let told = hook.events("user_submit_info", 1).await.remove(0);
    assert_eq!(told.body["info"]["full_address"]["user_ward"], "Xã 01");
    assert!(told.is_signed());
}
