//! Every kind of refusal a caller can bring about, one row each: the status, the kind, and the field to blame.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{Method, Request};
use loa::ledger::Role;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::desk::{BODY_BYTES_MAX, Desk, IMPORT_BYTES_MAX, form, list};

const JSON: &str = "application/json";

/// Method, path under `/api/v1`, media type, body; then status, kind, field.
type Row<'a> = (Method, &'a str, &'a str, String, u16, &'a str, Option<&'a str>);

#[tokio::test]
async fn what_is_asked_for_wrongly_is_named() {
    let desk = Desk::open().await;
    desk.draft().await;
    let none = String::new;
    let rows: Vec<Row<'_>> = vec![
        (Method::GET, "/nothing", "", none(), 404, "unknown-route", None),
        (Method::GET, "/alerts/99", "", none(), 404, "not-found", None),
        (Method::DELETE, "/alerts", "", none(), 405, "method-not-allowed", None),
        (Method::GET, "/alerts/first", "", none(), 400, "malformed", Some("id")),
        (Method::GET, "/alerts/1/messages/viettel/x", "", none(), 400, "malformed", Some("seq")),
        (Method::GET, "/alerts?phase=sent", "", none(), 400, "malformed", Some("phase")),
        (Method::GET, "/alerts?state=draft", "", none(), 400, "malformed", Some("state")),
        (Method::GET, "/alerts?limit=0", "", none(), 400, "malformed", Some("limit")),
        (Method::GET, "/alerts?limit=501", "", none(), 400, "malformed", Some("limit")),
        (Method::GET, "/alerts?after=x", "", none(), 400, "malformed", Some("after")),
        (Method::GET, "/alerts?limit=1&limit=2", "", none(), 400, "malformed", Some("limit")),
        (Method::GET, "/areas?province=99", "", none(), 400, "malformed", Some("province")),
    ];
    refused(&desk, rows).await;
}

#[tokio::test]
async fn what_is_sent_wrongly_is_named() {
    let desk = Desk::open().await;
    let approve = format!("/alerts/{}/approve", desk.draft().await);
    let with = |path: &str, value: Value| {
        let mut form = form();
        *form.pointer_mut(path).unwrap() = value;
        form.to_string()
    };
    let typo = form().to_string().replacen("\"mode\"", "\"mod\"", 1);
    let seen = json!({"version": 1, "content_hash": "0".repeat(64)}).to_string();
    let huge = format!("\"{}\"", "x".repeat(BODY_BYTES_MAX));
    let group = json!({"slug": "Trưởng thôn", "name": ""}).to_string();
    let rows: Vec<Row<'_>> = vec![
        (Method::POST, "/alerts", JSON, "{\"kind\": ".into(), 400, "malformed", None),
        (Method::POST, "/alerts", JSON, format!("{} x", form()), 400, "malformed", None),
        (Method::POST, "/alerts", JSON, "{}".into(), 422, "invalid", Some("body")),
        (Method::POST, "/alerts", "text/plain", form().to_string(), 415, "media-type", None),
        (Method::POST, "/alerts", JSON, huge, 413, "too-large", None),
        (Method::POST, "/alerts", JSON, typo, 422, "invalid", Some("mod")),
        (Method::POST, "/alerts", JSON, with("/severity", json!("high")), 422, "invalid", Some("severity")),
        (
            Method::POST,
            "/alerts",
            JSON,
            with("/content/headline", json!(7)),
            422,
            "invalid",
            Some("content.headline"),
        ),
        (
            Method::POST,
            "/alerts",
            JSON,
            with("/audience/areas/0", json!(7)),
            422,
            "invalid",
            Some("audience.areas[0]"),
        ),
        (
            Method::POST,
            "/alerts",
            JSON,
            with("/content/headline", json!("")),
            422,
            "invalid",
            Some("content.headline"),
        ),
        (
            Method::POST,
            "/alerts",
            JSON,
            with("/audience/areas/0", json!("99999")),
            422,
            "invalid",
            Some("audience.areas"),
        ),
        (Method::POST, "/groups", JSON, group, 422, "invalid", Some("slug")),
        (Method::POST, &approve, JSON, seen, 409, "conflict", None),
        (Method::POST, "/imports", "text/csv", list(1), 400, "malformed", Some("query")),
        (Method::POST, "/imports?name=x", JSON, list(1), 415, "media-type", None),
        (Method::POST, "/imports?name=x", "text/csv", "a,b\n".into(), 422, "invalid", Some("header")),
        (Method::POST, "/imports?name=x&province=1", "text/csv", list(1), 422, "invalid", Some("province")),
        (Method::POST, "/imports?name=x", "text/csv", list(IMPORT_BYTES_MAX / 30), 413, "too-large", None),
    ];
    refused(&desk, rows).await;
}

async fn refused(desk: &Desk, rows: Vec<Row<'_>>) {
    for (method, path, media_type, body, status, kind, field) in rows {
        let request = desk.request(Role::Admin, &method, &format!("/api/v1{path}"));
        let answer =
            desk.send(request.header("content-type", media_type).body(Body::from(body)).unwrap()).await;
        let problem = answer.expect(status);
        assert_eq!(problem["type"], format!("urn:loa:problem:{kind}"), "{method} {path}: {problem}");
        let blamed: Vec<&str> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        match field {
            Some(field) => assert!(blamed.contains(&field), "{method} {path}: {problem}"),
            None => assert!(blamed.is_empty(), "{method} {path}: {problem}"),
        }
    }
}

/// The framework's own extractors refuse in plain text. They may stand behind ours, and nowhere else.
#[test]
fn only_our_own_extractors_are_used() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let mut seen = 0;
    for directory in [root.clone(), root.join("api")] {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let ours = ["extract.rs", "error.rs"].iter().any(|name| path.ends_with(name));
            if ours || path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            seen += 1;
            let source = std::fs::read_to_string(&path).unwrap();
            for line in source.lines().filter(|line| line.contains("axum::")) {
                let words = line
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|word| ["Json", "Path", "Query"].contains(&word));
                assert!(!words, "{}: {line}", path.display());
            }
        }
    }
    assert!(seen > 15, "{seen} files");
}

#[tokio::test]
async fn all_complaints_come_at_once_in_both_languages() {
    let desk = Desk::open().await;
    let group = json!({"slug": "Có Dấu", "name": ""});
    let problem = desk.post(Role::Author, "/groups", &group).await.expect(422);
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{problem}");
    assert_eq!((&errors[0]["value"], &errors[0]["reason"]), (&json!("Có Dấu"), &json!("not a slug")));
    assert_eq!(errors[0]["vi"]["reason"], "không phải mã nhóm");
}

#[tokio::test]
async fn without_a_good_key_nobody_comes_in_and_guessers_have_to_wait() {
    let desk = Desk::open().await;
    let ask = async |header: Option<&str>| {
        let mut request = Request::get("/api/v1/alerts");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        desk.send(request.body(Body::empty()).unwrap()).await
    };
    let good = format!("Bearer {}", desk.key(Role::Author));
    assert_eq!(ask(Some(&good)).await.status, 200);
    let half = &good[..good.len() - 1];
    let basic = good.replace("Bearer", "Basic");
    for header in [None, Some(""), Some("Bearer"), Some("Bearer "), Some(basic.as_str())] {
        let answer = ask(header).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("www-authenticate")),
            (401, "Bearer realm=\"loa\"")
        );
    }
    let mut refused = 0;
    let waits = loop {
        let answer = ask(Some(half)).await;
        if answer.status == 429 {
            break answer;
        }
        assert_eq!(answer.status, 401);
        refused += 1;
        assert!(refused < 100, "a guesser is never stopped");
    };
    assert!((1..=61).contains(&waits.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(ask(Some(&good)).await.status, 200, "a key that was good before is not locked out");
    desk.clock.advance(jiff::SignedDuration::from_secs(61));
    assert_eq!(ask(Some(half)).await.status, 401);
}

/// What the whole gateway logs during a test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_numbers_nor_keys_are_in_a_log_line_or_in_a_refusal() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    // With only one subscriber alive, a line that another test's thread reaches first is switched off for good.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().finish());
    let desk = Desk::open().await;
    desk.with_people(2).await.expect(201);
    let number = "0981000000";
    let asked = [
        desk.get(Role::Author, &format!("/people?group={number}")).await,
        desk.get(Role::Author, &format!("/alerts/1/messages/{number}/1")).await,
        desk.get(Role::Author, &format!("/alerts?limit={number}")).await,
        desk.get(Role::Author, &format!("/{number}")).await,
        desk.post(Role::Author, "/alerts", &json!({"kind": number})).await,
        desk.post(Role::Author, "/alerts/1/messages/search", &json!({"number": format!("{number}000")}))
            .await,
        desk.post_with_key(Role::Author, "/alerts", number, &form()).await,
        desk.post_with_key(Role::Author, "/alerts", number, &json!({})).await,
    ];
    for answer in &asked {
        let kept_by_the_office = answer.status.is_success();
        assert!(kept_by_the_office || !answer.text.contains("981000000"), "{}", answer.text);
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/api/v1/people") && log.contains("latency_ms"), "{log}");
    for secret in ["981000000", desk.key(Role::Author)] {
        assert!(!log.contains(secret), "{log}");
    }
}
