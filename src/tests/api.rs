//! The HTTP API from outside: the way of an alert through it, and what each kind of caller gets.

mod channels;
mod desk;
mod document;
mod idempotency;
mod pictures;
mod problems;
mod providers;
mod reach;
mod roles;
mod templates;

use axum::http::Method;
use loa::ledger::Role;
use loa::web;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::desk::{Desk, form, settings};

#[tokio::test]
async fn an_alert_goes_from_an_empty_gateway_to_its_report() {
    let desk = Desk::open().await;
    let group = json!({"slug": "truong-thon", "name": "Trưởng thôn", "exercise": true});
    desk.post(Role::Author, "/groups", &group).await.expect(200);
    assert_eq!(desk.get(Role::Auditor, "/groups").await.expect(200)["rows"][0]["name"], "Trưởng thôn");
    let wards = desk.get(Role::Author, "/areas?province=20").await.expect(200);
    assert!(wards["rows"].as_array().unwrap().iter().any(|ward| ward["code"] == "05977"));
    let import = desk.with_people(6).await.expect(201);
    assert_eq!((&import["state"], &import["counts"]["new"]), (&json!("finished"), &json!(6)));

    let preview = desk.post(Role::Author, "/preview", &form()).await.expect(200);
    assert_eq!((&preview["targets"], &preview["refusals"]), (&json!(6), &json!([])));
    let id = desk.draft().await;
    assert_eq!(
        desk.get(Role::Author, &format!("/alerts/{id}/preview")).await.expect(200)["text"],
        preview["text"]
    );
    let alert = desk.post(Role::Author, &format!("/alerts/{id}/submit"), &Value::Null).await.expect(200);
    assert_eq!(alert["phase"], "submitted");
    let seen = json!({"version": alert["version"], "content_hash": alert["content_hash"]});
    desk.post(Role::Author, &format!("/alerts/{id}/approve"), &seen).await.expect(403);
    let approved = desk.post(Role::Approver, &format!("/alerts/{id}/approve"), &seen).await.expect(200);
    assert_eq!(
        (&approved["phase"], &approved["approved_hash"]),
        (&json!("approved"), &alert["content_hash"])
    );

    desk.fan_out(id).await;
    desk.send_first_route().await;
    let counts = desk.get(Role::Auditor, &format!("/alerts/{id}/counts")).await.expect(200);
    assert_eq!((&counts["targets"], &counts["total"]["accepted"]), (&json!(6), &json!(6)));
    assert_eq!((&counts["total"]["sent"], &counts["total"]["queued"]), (&json!(3), &json!(3)));
    let areas = desk.get(Role::Auditor, &format!("/alerts/{id}/areas")).await.expect(200);
    assert_eq!(
        (&areas["rows"][0]["name"], &areas["rows"][0]["targets"]),
        (&json!("Phường Đông Kinh"), &json!(6))
    );
    let events = desk.get(Role::Auditor, &format!("/alerts/{id}/events")).await.expect(200);
    let actions: Vec<_> =
        events["rows"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
    assert!(
        ["submit", "approve", "begin"].iter().all(|action| actions.contains(&json!(action))),
        "{actions:?}"
    );

    let paused = desk.post(Role::Approver, &format!("/alerts/{id}/pause"), &Value::Null).await.expect(200);
    assert_eq!(paused["phase"], "paused");
    let reason = json!({"reason": "hết lũ"});
    let stopped = desk.post(Role::Approver, &format!("/alerts/{id}/cancel"), &reason).await.expect(200);
    assert_eq!(stopped["phase"], "cancelled");
    let counts = desk.get(Role::Auditor, &format!("/alerts/{id}/counts")).await.expect(200);
    assert_eq!((&counts["total"]["sent"], &counts["total"]["cancelled"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn an_approver_approves_what_he_saw_and_nobody_what_he_wrote() {
    let desk = Desk::open().await;
    desk.with_people(2).await.expect(201);
    let id = desk.draft().await;
    let alert = desk.post(Role::Author, &format!("/alerts/{id}/submit"), &Value::Null).await.expect(200);
    let stale = json!({"version": 1, "content_hash": "0".repeat(64)});
    desk.post(Role::Approver, &format!("/alerts/{id}/approve"), &stale).await.expect(409);
    let mut next = form();
    next["content"]["headline"] = json!("Lũ quét, sạt lở");
    let edit = json!({"version": alert["version"], "alert": next});
    let edited = desk.call(Role::Approver, &Method::PUT, &format!("/alerts/{id}"), &edit).await.expect(200);
    assert_eq!((&edited["phase"], &edited["version"]), (&json!("draft"), &json!(2)));
    desk.call(Role::Author, &Method::PUT, &format!("/alerts/{id}"), &edit).await.expect(409);
    desk.post(Role::Author, &format!("/alerts/{id}/submit"), &Value::Null).await.expect(200);
    let own = json!({"version": 2, "content_hash": edited["content_hash"]});
    let refused = desk.post(Role::Approver, &format!("/alerts/{id}/approve"), &own).await.expect(403);
    assert!(refused["detail"].as_str().unwrap().contains("another person"), "{refused}");
    desk.post(Role::Admin, &format!("/alerts/{id}/approve"), &own).await.expect(200);
}

#[tokio::test]
async fn messages_are_read_page_by_page_found_by_number_and_told_step_by_step() {
    let desk = Desk::open().await;
    desk.with_people(7).await.expect(201);
    let id = desk.approved().await;
    desk.fan_out(id).await;
    desk.send_first_route().await;
    let (mut numbers, mut after) = (Vec::new(), String::new());
    loop {
        let page =
            desk.get(Role::Auditor, &format!("/alerts/{id}/messages?limit=3&numbers=full{after}")).await;
        let page = page.expect(200);
        numbers.extend(page["rows"].as_array().unwrap().iter().map(|row| row["number"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
        assert!(numbers.len() < 20, "the pages have no end");
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 7);
    let sent =
        desk.get(Role::Author, &format!("/alerts/{id}/messages?state=sent&route=viettel")).await.expect(200);
    assert_eq!(sent["rows"].as_array().unwrap().len(), 4);
    assert!(sent["rows"][0]["number"].as_str().unwrap().contains("***"), "{sent}");

    let search = json!({"number": "098 100 0002"});
    let found =
        desk.post(Role::Approver, &format!("/alerts/{id}/messages/search"), &search).await.expect(200);
    let rows = found["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["state"]), (1, &json!("sent")));
    let trail = format!("/alerts/{id}/messages/viettel/{}", rows[0]["seq"]);
    let told = desk.get(Role::Approver, &trail).await.expect(200);
    let steps: Vec<_> = told["trail"].as_array().unwrap().iter().map(|step| step["what"].clone()).collect();
    assert!(steps.contains(&json!("accepted")), "{steps:?}");
    desk.get(Role::Approver, &format!("/alerts/{id}/messages/viettel/99")).await.expect(404);
    desk.get(Role::Approver, &format!("/alerts/{id}/messages/none/1")).await.expect(404);
}

#[tokio::test]
async fn the_report_is_a_file_with_masked_numbers_unless_an_auditor_asks() {
    let desk = Desk::open().await;
    desk.with_people(5).await.expect(201);
    let id = desk.approved().await;
    desk.fan_out(id).await;
    let report = desk.get(Role::Author, &format!("/alerts/{id}/report.csv")).await;
    assert_eq!(report.header("content-disposition"), format!("attachment; filename=\"loa-alert-{id}.csv\""));
    assert_eq!(report.text.lines().count(), 6, "{}", report.text);
    assert!(report.text.contains("***") && !report.text.contains("84981000000"), "{}", report.text);
    let whole = desk.get(Role::Auditor, &format!("/alerts/{id}/report.csv?numbers=full")).await;
    assert!(whole.text.contains("84981000000"), "{}", whole.text);
    desk.get(Role::Author, &format!("/alerts/{id}/report.csv?numbers=full")).await.expect(403);
}

#[tokio::test]
async fn people_are_listed_opted_out_and_given_another_carrier() {
    let desk = Desk::open().await;
    let list = "id,phone,area\nA,0981000001,05977\nB,12345,05977\nC,0901000001,05977\n";
    let import = desk.import(Role::Author, None, list).await.expect(201);
    assert_eq!((&import["counts"]["new"], &import["counts"]["refused"]), (&json!(2), &json!(1)));
    let place = format!("/imports/{}", import["id"]);
    assert_eq!(desk.get(Role::Author, &place).await.expect(200), import);
    let rows = desk.get(Role::Author, &format!("{place}/rows.csv?which=noted")).await;
    assert!(rows.text.contains("3,refused,phone"), "{}", rows.text);

    let first = desk.get(Role::Author, "/people?limit=1").await.expect(200);
    let person = first["rows"][0].clone();
    assert!(person["phone"].as_str().unwrap().contains("***"));
    let rest = desk.get(Role::Author, &format!("/people?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!(rest.expect(200)["rows"].as_array().unwrap().len(), 1);
    let path = format!("/people/{}", person["id"]);
    let out = desk.call(Role::Author, &Method::PATCH, &path, &json!({"opted_out": true})).await.expect(200);
    assert!(out["opted_out_at"].is_string());
    let moved =
        desk.call(Role::Author, &Method::PATCH, &path, &json!({"carrier": "vinaphone"})).await.expect(200);
    assert_eq!((&moved["carrier"], &moved["carrier_source"]), (&json!("vinaphone"), &json!("override")));
    desk.call(Role::Author, &Method::PATCH, &path, &json!({})).await.expect(422);

    let id = desk.approved().await;
    desk.fan_out(id).await;
    let left_out = desk.get(Role::Author, &format!("/alerts/{id}/exclusions")).await.expect(200);
    assert_eq!((&left_out["rows"][0]["person"], &left_out["rows"][1]), (&person["id"], &Value::Null));
}

#[tokio::test]
async fn a_key_is_shown_once_works_until_it_is_revoked_and_no_longer() {
    let desk = Desk::open().await;
    let body = json!({"name": "Trực ban", "role": "approver"});
    let made = desk.post(Role::Admin, "/accounts", &body).await.expect(201);
    let ask = async |key: &Value| {
        let bearer = format!("Bearer {}", key.as_str().unwrap());
        let request = axum::http::Request::get("/api/v1/alerts").header("authorization", bearer);
        desk.send(request.body(axum::body::Body::empty()).unwrap()).await.status.as_u16()
    };
    assert_eq!(ask(&made["key"]).await, 200);
    desk.post(Role::Admin, "/accounts", &body).await.expect(409);
    desk.post(Role::Admin, &format!("/accounts/{}/revoke", made["id"]), &Value::Null).await.expect(200);
    assert_eq!(ask(&made["key"]).await, 401);
    let accounts = desk.get(Role::Auditor, "/accounts").await;
    assert!(!accounts.text.contains(made["key"].as_str().unwrap()));
    assert_eq!(accounts.expect(200)["rows"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn machines_see_life_readiness_and_figures_and_the_server_stops_when_told() {
    let desk = Desk::open().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(web::serve(listener, desk.office.clone(), settings(), async {
        stopped.await.ok();
    }));
    let text = async |path: &str| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: loa\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    assert_eq!(text("/livez").await, "ok\n");
    assert_eq!(text("/readyz").await, r#"{"node":"node","ledger":true,"coordination":"local","lanes":[]}"#);
    let metrics = text("/metrics").await;
    assert!(metrics.contains("loa_build_info{version=") && metrics.ends_with("# EOF\n"), "{metrics}");
    assert!(text("/").await.contains("Mô tả giao diện lập trình"));
    assert!(text("/api/v1/alerts").await.contains("urn:loa:problem:unauthenticated"));
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
