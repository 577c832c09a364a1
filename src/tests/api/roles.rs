//! Who may do what, operation by operation, as seen from outside.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use super::desk::{Desk, ROLES, form, list};
use super::document::Operation;
use super::pictures::picture;

/// Method, path; then author, approver, auditor, admin: `x` may, `-` gets 403.
const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/accounts", "--xx"),
    ("POST", "/accounts", "---x"),
    ("POST", "/accounts/{id}/revoke", "---x"),
    ("GET", "/alerts", "xxxx"),
    ("POST", "/alerts", "xx-x"),
    ("GET", "/alerts/{id}", "xxxx"),
    ("PUT", "/alerts/{id}", "xx-x"),
    ("POST", "/alerts/{id}/approve", "-x-x"),
    ("GET", "/alerts/{id}/areas", "xxxx"),
    ("POST", "/alerts/{id}/cancel", "-x-x"),
    ("GET", "/alerts/{id}/correction", "xx-x"),
    ("GET", "/alerts/{id}/counts", "xxxx"),
    ("GET", "/alerts/{id}/events", "xxxx"),
    ("GET", "/alerts/{id}/exclusions", "xxxx"),
    ("GET", "/alerts/{id}/exhibits", "xxxx"),
    ("GET", "/alerts/{id}/messages", "xxxx"),
    ("POST", "/alerts/{id}/messages/search", "xxxx"),
    ("GET", "/alerts/{id}/messages/{route}/{seq}", "-xxx"),
    ("POST", "/alerts/{id}/pause", "-x-x"),
    ("GET", "/alerts/{id}/people", "xxxx"),
    ("GET", "/alerts/{id}/people?numbers=full", "--xx"),
    ("GET", "/alerts/{id}/people.csv", "xxxx"),
    ("GET", "/alerts/{id}/people.csv?numbers=full", "--xx"),
    ("GET", "/alerts/{id}/preview", "xxxx"),
    ("POST", "/alerts/{id}/reject", "-x-x"),
    ("GET", "/alerts/{id}/report.csv", "xxxx"),
    ("GET", "/alerts/{id}/report.csv?numbers=full", "--xx"),
    ("POST", "/alerts/{id}/resend-uncertain", "-x-x"),
    ("POST", "/alerts/{id}/resume", "-x-x"),
    ("POST", "/alerts/{id}/return", "-x-x"),
    ("POST", "/alerts/{id}/submit", "xx-x"),
    ("GET", "/areas", "xxxx"),
    ("GET", "/groups", "xxxx"),
    ("POST", "/groups", "x--x"),
    ("POST", "/imports", "x--x"),
    ("GET", "/imports/{id}", "xxxx"),
    ("GET", "/imports/{id}/rows.csv", "xxxx"),
    ("GET", "/inbox", "xxxx"),
    ("GET", "/inbox?numbers=full", "--xx"),
    ("GET", "/lanes", "xxxx"),
    ("POST", "/lanes/{lane}/consent", "---x"),
    ("GET", "/people", "xxxx"),
    ("GET", "/people?numbers=full", "--xx"),
    ("GET", "/people/{id}", "xxxx"),
    ("PATCH", "/people/{id}", "x--x"),
    ("POST", "/pictures", "xx-x"),
    ("GET", "/pictures/{hash}", "xxxx"),
    ("GET", "/plans", "xxxx"),
    ("POST", "/preview", "xxxx"),
    ("GET", "/templates", "xxxx"),
    ("GET", "/templates/{name}", "xxxx"),
    ("PUT", "/templates/{name}", "x--x"),
    ("DELETE", "/templates/{name}", "x--x"),
    ("GET", "/templates/{name}/form", "xxxx"),
];

#[tokio::test]
async fn every_operation_lets_in_the_roles_of_the_table_and_no_other() {
    let desk = Desk::open().await;
    desk.with_people(2).await.expect(201);
    for (method, path, letters) in TABLE {
        let alert = desk.approved().await;
        desk.fan_out(alert).await;
        let alert = alert.to_string();
        for (role, letter) in ROLES.iter().zip(letters.chars()) {
            let id = if path.starts_with("/alerts") { alert.as_str() } else { "1" };
            let id = if path.starts_with("/accounts") { "99" } else { id };
            let path = filled_in(path, id);
            let (path, media_type, body) = match (*method, path.as_str()) {
                ("POST", "/imports") => ("/imports?name=x".to_owned(), "text/csv", list(1).into_bytes()),
                ("POST", "/pictures") => (path, "image/png", picture(2, 1)),
                _ => (path.clone(), "application/json", body(&path).into_bytes()),
            };
            let method: Method = method.parse().unwrap();
            let request = desk.request(*role, &method, &format!("/api/v1{path}"));
            let request = request.header("content-type", media_type).body(Body::from(body)).unwrap();
            let answer = desk.send(request).await;
            let refused = answer.status == 403;
            assert_eq!(refused, letter == '-', "{role:?} {method} {path}: {} {}", answer.status, answer.text);
            assert!(![400, 415, 422].contains(&answer.status.as_u16()), "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn the_table_leaves_nothing_out() {
    let desk = Desk::open().await;
    let served: Vec<Operation> = desk
        .document
        .operations()
        .into_iter()
        .filter(|operation| operation.path.starts_with("/api/v1"))
        .collect();
    for Operation { method, path } in served {
        let known = TABLE.iter().any(|(m, p, _)| *m == method && format!("/api/v1{p}") == path);
        assert!(known, "{method} {path} is not in the table of roles");
    }
}

/// The path with something in its places.
pub(super) fn filled_in(path: &str, id: &str) -> String {
    let places = [
        ("{id}", id),
        ("{route}", "viettel"),
        ("{seq}", "1"),
        ("{lane}", "zalo-1"),
        ("{hash}", "0"),
        ("{name}", "xa-lu"),
    ];
    places.iter().fold(path.to_owned(), |path, (place, value)| path.replace(place, value))
}

fn body(path: &str) -> String {
    let end = path.rsplit('/').next().unwrap_or_default();
    let body = match (path, end) {
        ("/accounts", _) => json!({"name": "Trực ban", "role": "author"}),
        ("/groups", _) => json!({"slug": "truong-thon", "name": "Trưởng thôn"}),
        ("/alerts" | "/preview", _) => form(),
        (_, "approve") => json!({"version": 1, "content_hash": "0".repeat(64)}),
        (_, "cancel" | "reject" | "return") => json!({"reason": "sai địa bàn"}),
        (_, "search") => json!({"number": "0981000000"}),
        ("/templates/xa-lu", _) => super::templates::template(),
        (path, _) if path.starts_with("/people/") => json!({"opted_out": true}),
        _ => json!({"version": 1, "alert": form()}),
    };
    body.to_string()
}
