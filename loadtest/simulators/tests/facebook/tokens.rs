use crate::kit::*;
use reqwest::Method;
use serde_json::{Value, json};
use simulators::facebook::TokenKind;
use std::time::Duration;

async fn inspect(graph: &Graph, token: &str) -> Value {
    let app = graph.http.get(graph.url("debug_token")).query(&[("input_token", token)]);
    Graph::send(app.bearer_auth("770000000000077|app-secret")).await.json()["data"].clone()
}

#[tokio::test]
async fn a_token_is_inspected() {
    let graph = graph(|_| {}).await;
    let good = inspect(&graph, "page-token").await;
    assert_eq!((&good["type"], &good["is_valid"]), (&json!("PAGE"), &json!(true)));
    assert_eq!((&good["expires_at"], &good["data_access_expires_at"]), (&json!(0), &json!(0)));
    assert_eq!((&good["profile_id"], &good["app_id"]), (&json!(PAGE), &json!("770000000000077")));
    assert!(good["scopes"].as_array().unwrap().contains(&json!("pages_manage_posts")));
    assert_eq!(inspect(&graph, "user-token").await["type"], "USER");
    let unknown = inspect(&graph, "nonsense").await;
    assert_eq!((&unknown["is_valid"], &unknown["error"]["code"]), (&json!(false), &json!(190)));

    graph.facebook.expire_token();
    let expired = inspect(&graph, "page-token").await;
    assert_eq!((&expired["is_valid"], &expired["error"]["subcode"]), (&json!(false), &json!(463)));
    assert_eq!(graph.publish("late").await.code(), (190, 463));
    assert!(graph.facebook.posts().is_empty());

    for subcode in [458, 459, 460, 464, 467, 490, 492] {
        graph.facebook.script_update(|script| {
            (script.token.is_valid, script.token.invalid_subcode) = (false, subcode);
        });
        assert_eq!(graph.publish("m").await.code(), (190, u64::from(subcode)));
    }
}

#[tokio::test]
async fn a_token_comes_by_header_body_or_query() {
    let graph = graph(|_| {}).await;
    let url = graph.url(&format!("{PAGE}/feed"));
    let body = [("message", "b"), ("access_token", "page-token")];
    assert_eq!(Graph::send(graph.http.post(&url).form(&body)).await.status, 200);
    assert_eq!(graph.facebook.counts().tokens_in_url, 0);
    let in_url = graph.http.post(format!("{url}?access_token=page-token")).form(&[("message", "q")]);
    assert_eq!(Graph::send(in_url).await.status, 200);
    assert_eq!(graph.facebook.counts().tokens_in_url, 1, "a mistake worth counting");
    let none = Graph::send(graph.http.post(&url).form(&[("message", "n")])).await;
    assert_eq!(none.code(), (104, 0));
    let unknown = graph.http.post(&url).bearer_auth("nonsense").form(&[("message", "n")]);
    assert_eq!(Graph::send(unknown).await.code(), (190, 0));
}

#[tokio::test]
async fn a_proof_is_required_and_belongs_to_the_token() {
    let graph = graph(|script| script.proof_required = true).await;
    let feed = format!("{PAGE}/feed");
    let missing = graph.publish("m").await;
    assert_eq!((missing.status, missing.code()), (400, (100, 0)));
    assert_eq!(missing.json()["error"]["type"], "GraphMethodException");
    assert_eq!(graph.facebook.counts().proofs_missing, 1);
    let (good, swapped) = (hmac_hex("app-secret", b"page-token"), hmac_hex("page-token", b"app-secret"));
    let other = hmac_hex("app-secret", b"user-token");
    for (proof, status) in [(good.as_str(), 200), (&good.to_uppercase(), 400), (&swapped, 400), (&other, 400)]
    {
        let answer = graph.post(&feed, &[("message", "m"), ("appsecret_proof", proof)]).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(graph.list(&[("appsecret_proof", &good)]).await.ids().len(), 1);
    assert_eq!(inspect(&graph, "page-token").await["is_valid"], true, "an app token needs none");
    graph.facebook.script_update(|script| script.proof_required = false);
    assert_eq!(graph.post(&feed, &[("message", "m"), ("appsecret_proof", &swapped)]).await.code(), (100, 0));
}

#[tokio::test]
async fn from_a_persons_token_to_the_pages() {
    let mut graph = graph(|_| {}).await;
    let exchange = |secret: &str, token: &str| {
        let query = [
            ("grant_type", "fb_exchange_token"),
            ("client_id", "770000000000077"),
            ("client_secret", secret),
            ("fb_exchange_token", token),
        ];
        graph.http.get(graph.url("oauth/access_token")).query(&query)
    };
    let long = Graph::send(exchange("app-secret", "short-user-token")).await.json();
    assert_eq!((&long["access_token"], &long["token_type"]), (&json!("user-token"), &json!("bearer")));
    assert!(long["expires_in"].as_i64().unwrap() > 59 * 86_400);
    assert_eq!(Graph::send(exchange("app-secret", "nonsense")).await.code(), (190, 0));
    assert_eq!(Graph::send(exchange("wrong", "short-user-token")).await.code(), (1, 0));

    let accounts = async |graph: &Graph| {
        let query = [("fields", "id,name,access_token,tasks")];
        graph.get("me/accounts", &query).await.json()["data"][0].clone()
    };
    for token in ["user-token", "system-user-token"] {
        let page = accounts(graph.with_token(token)).await;
        assert_eq!((&page["access_token"], &page["id"]), (&json!("page-token"), &json!(PAGE)));
        assert!(page["tasks"].as_array().unwrap().contains(&json!("CREATE_CONTENT")));
    }
    let query = [("fields", "access_token")];
    assert_eq!(graph.get(PAGE, &query).await.json()["access_token"], "page-token");
}

#[tokio::test]
async fn a_page_token_from_a_short_lived_one_looks_right_and_dies() {
    let mut graph = graph(|_| {}).await;
    let accounts = graph.with_token("short-user-token").get("me/accounts", &[]).await;
    let token = accounts.json()["data"][0]["access_token"].as_str().unwrap().to_owned();
    let seen = inspect(&graph, &token).await;
    assert_eq!((&seen["type"], &seen["is_valid"]), (&json!("PAGE"), &json!(true)));
    assert_ne!(seen["expires_at"], 0, "the only sign");
    assert_eq!(graph.with_token(&token).publish("works").await.status, 200);
    graph.facebook.advance(Duration::from_secs(3_601));
    assert_eq!(graph.publish("no more").await.code(), (190, 463));
}

#[tokio::test]
async fn the_wrong_kind_of_token_is_told_in_several_ways() {
    let graph = graph(|script| script.token.kind = TokenKind::User).await;
    assert_eq!(graph.publish("m").await.code(), (190, 2_069_032));
    let draft = [("message", "m"), ("published", "false")];
    assert_eq!(graph.post(&format!("{PAGE}/feed"), &draft).await.code(), (200, 0));
    let by_hand = graph.facebook.post_by_admin("m");
    assert_eq!(graph.post(&format!("{by_hand}/comments"), &[("message", "m")]).await.code(), (1_705, 0));
    assert_eq!(graph.list(&[]).await.code(), (190, 2_069_032));
    graph.facebook.script_update(|script| script.token.kind = TokenKind::SystemUser);
    assert_eq!(graph.publish("m").await.code(), (210, 0));
    assert_eq!(inspect(&graph, "page-token").await["type"], "SYSTEM_USER");
    assert_eq!(graph.facebook.counts().posts_created, 0);
}

#[tokio::test]
async fn each_call_asks_for_its_permission() {
    let graph = graph(|_| {}).await;
    let id = graph.publish("alert").await.id();
    let calls: [(&str, Method, String, (u64, u64)); 6] = [
        ("pages_manage_posts", Method::POST, format!("{PAGE}/feed"), (200, 0)),
        ("pages_manage_posts", Method::DELETE, id.clone(), (200, 0)),
        ("pages_manage_engagement", Method::POST, format!("{id}/comments"), (200, 0)),
        ("pages_read_engagement", Method::GET, format!("{PAGE}/published_posts"), (10, 0)),
        ("pages_read_engagement", Method::GET, id.clone(), (10, 0)),
        ("pages_manage_metadata", Method::GET, format!("{PAGE}/page_status"), (200, 0)),
    ];
    for (scope, method, path, code) in calls {
        graph.facebook.script_update(|script| {
            script.token.scopes = simulators::facebook::TokenScript::default().scopes;
            script.token.scopes.retain(|one| one != scope);
        });
        let answer = Graph::send(graph.request(method, &path).query(&[("message", "m")])).await;
        assert_eq!(answer.code(), code, "{scope} {path}");
    }
}
