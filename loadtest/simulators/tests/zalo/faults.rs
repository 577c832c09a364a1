use crate::client::*;
use serde_json::json;
use simulators::zalo::script::{Fault, FaultKind, When};
use simulators::zalo::{Zalo, ZaloScript};
use std::time::{Duration, Instant};

async fn with_fault(what: FaultKind, when: When) -> (Zalo, Client) {
    start(ZaloScript { faults: vec![Fault::new(what, when)], ..ZaloScript::default() }).await
}

/// Sends a warning; `None` where the connection ended without a whole reply.
async fn warn(client: &Client, phone: &str) -> Option<(u16, String)> {
    let response = client.post("/message/template", &warning(phone, "t")).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.text().await.ok()?))
}

#[tokio::test]
async fn a_cut_comes_before_or_after_the_message_is_accepted() {
    for (what, accepted) in [(FaultKind::CutBeforeAccept, 0), (FaultKind::CutAfterAccept, 1)] {
        let (zalo, client) = with_fault(what, When::Once(1)).await;
        assert_eq!(warn(&client, "84900000001").await, None, "{what:?}");
        assert_eq!(zalo.accepted("84900000001"), accepted, "{what:?}");
        assert!(warn(&client, "84900000001").await.is_some());
        let counts = zalo.counts();
        assert_eq!((counts.duplicates, counts.distinct, counts.faults), (u64::from(accepted), 1, 1));
        assert_eq!(counts.requests["/message/template"], 2);
    }
}

#[tokio::test]
async fn a_server_error_is_an_html_page_and_nothing_is_accepted() {
    let (zalo, client) = with_fault(FaultKind::Status(503), When::Every(2)).await;
    let (status, text) = warn(&client, "84900000001").await.unwrap();
    assert!(status == 200 && text.starts_with('{'));
    let (status, text) = warn(&client, "84900000002").await.unwrap();
    assert!(status == 503 && text.starts_with("<html>"), "{text}");
    assert_eq!(zalo.counts().template_accepted, 1);
}

#[tokio::test]
async fn a_reply_may_break_off_end_early_or_drip() {
    let (zalo, client) = with_fault(FaultKind::CutBody, When::Once(1)).await;
    let response = client.post("/message/template", &warning("84900000001", "t")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.expect_err("less than was promised");
    assert_eq!(zalo.accepted("84900000001"), 1);

    zalo.script_update(|script| script.faults = vec![Fault::new(FaultKind::HalfJson, When::Once(1))]);
    let (status, text) = warn(&client, "84900000002").await.unwrap();
    assert_eq!(status, 200);
    serde_json::from_str::<serde_json::Value>(&text).expect_err(&text);

    zalo.script_update(|script| {
        script.faults = vec![Fault::new(FaultKind::SlowBody { ms: 10 }, When::After(0))];
    });
    let before = Instant::now();
    let (_, text) = warn(&client, "84900000003").await.unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "slow, and whole");
    assert!(before.elapsed() >= Duration::from_millis(70));
}

#[tokio::test]
async fn a_delayed_message_is_accepted_even_where_nobody_waits() {
    let (zalo, client) = with_fault(FaultKind::Delay { ms: 100 }, When::Once(1)).await;
    let request = client.post("/message/template", &warning("84900000001", "t"));
    let gave_up = request.timeout(Duration::from_millis(10)).send().await.unwrap_err();
    assert!(gave_up.is_timeout());
    assert!(zalo.wait_for(|counts| counts.template_accepted == 1, PATIENCE).await);
}

#[tokio::test]
async fn a_gate_answers_with_its_code_where_it_stands() {
    let fault = Fault::at("/v2.0/article", FaultKind::Error(-224), When::After(0));
    let (_zalo, client) = start(ZaloScript { faults: vec![fault], ..ZaloScript::default() }).await;
    let closed = client.write("/v2.0/article/create", json!({})).await;
    assert_eq!((closed.status, closed.code()), (200, -224));
    assert_eq!(client.read("/v2.0/oa/getoa").await.code(), 0);
}

#[tokio::test]
async fn a_lost_token_reply_leaves_nobody_with_a_token() {
    let (zalo, client) = with_fault(FaultKind::DropTokenReply, When::Once(1)).await;
    let form = [
        ("app_id", APP),
        ("grant_type", "refresh_token"),
        ("refresh_token", client.grant.refresh_token.as_str()),
    ];
    let url = format!("{}/v4/oa/access_token", zalo.base());
    http().post(url).header("secret_key", "app-secret").form(&form).send().await.unwrap_err();
    assert_eq!(zalo.counts().refreshes, 1);
    assert_eq!(client.refresh().await.code(), -14020);
    assert_eq!(client.read("/message/quota").await.code(), -124);
}

#[tokio::test]
async fn a_stopped_platform_gives_its_port_back() {
    let (zalo, client) = start(ZaloScript::default()).await;
    assert_eq!(client.read("/quality").await.code(), 0);
    let listen = zalo.address().to_string();
    zalo.stop().await;
    client.get("/quality").send().await.unwrap_err();
    Zalo::start(ZaloScript::default(), &listen).await.unwrap();
}

#[tokio::test]
async fn garbage_is_refused_everywhere_and_breaks_nothing() {
    let (zalo, client) = start(ZaloScript::default()).await;
    let reads = [
        "/v4/oa/permission?app_id=&redirect_uri=%FF",
        "/message/status?message_id=%E1%BB%87%E1%BB%87%E1%BB%87",
        "/template/all?offset=18446744073709551615&limit=-1",
        "/v3.0/oa/user/getlist?data=[]",
        "/v3.0/oa/user/getlist?data={%22offset%22:-1}",
        "/v3.0/oa/user/detail?data={}",
        "/v2.0/article/getdetail?id",
        "/v2.0/oa/listrecentchat",
    ];
    for path in reads {
        let reply = client.read(path).await;
        assert!(reply.status == 200 && reply.code() != 0 || path.contains("status?"), "{path}: {reply:?}");
    }
    let writes = [
        "/v4/oa/access_token",
        "/message/template",
        "/message/template/hashphone",
        "/v3.0/oa/message/cs",
        "/v3.0/oa/message/template",
        "/v3.0/oa/quota/message",
        "/v2.0/oa/message",
        "/v2.0/oa/tag/tagfollower",
        "/v2.0/oa/upload/image",
        "/v2.0/article/create",
        "/v2.0/article/verify",
        "/v2.0/article/update",
        "/v2.0/article/remove",
    ];
    let bodies = ["", "null", "[]", "{\"recipient\":7,\"message\":[]}", "{\"body\":{}", "\u{1F327}"];
    for path in writes {
        for body in bodies {
            let reply = reply(client.post(path, &json!({})).body(body)).await;
            assert!(reply.status == 200 && reply.code() != 0, "{path} {body}: {reply:?}");
        }
    }
    let deep = "[".repeat(100_000);
    assert_eq!(reply(client.post("/message/template", &json!({})).body(deep)).await.code(), -122);
    let huge = client.post("/message/template", &json!({})).body(vec![b' '; 9 << 20]).send().await;
    assert!(huge.is_err() || huge.unwrap().status() == 400);
    assert_eq!(client.warn("84900000001", "t").await.code(), 0);
    assert_eq!(zalo.counts().accepted(), 1);
}
