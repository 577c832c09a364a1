//! Templates: a form is stored under a name, an alert is begun from it, and nothing is sent with a blank in it.

use axum::http::Method;
use loa::ledger::Role;
use serde_json::{Value, json};

use super::desk::{Answer, Desk};

const XA_LU: &str = "/templates/xa-lu";

/// Water is let out of a reservoir; which one and when is not known yet.
pub(super) fn template() -> Value {
    json!({
        "title": "Xả lũ hồ chứa",
        "kind": "alert", "mode": "live", "severity": "severe",
        "content": {
            "headline": "Xả lũ hồ {{ho}}",
            "sms_accented": "Hồ {{ho}} xả lũ từ {{gio}}. Bà con không xuống sông, suối.",
            "zalo": {"template": "7", "parameters": {"kind": "Xả lũ", "time": "{{gio}}"}},
        },
        "audience": {"areas": ["05977"]},
        "plan": "storm",
        "valid_s": 3600,
    })
}

impl Desk {
    async fn store(&self, role: Role, template: &Value) -> Answer {
        self.call(role, &Method::PUT, XA_LU, template).await
    }

    async fn retire(&self, role: Role) -> Answer {
        self.call(role, &Method::DELETE, XA_LU, &Value::Null).await
    }
}

/// Places and texts of all blanks.
fn blanks(stored: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = stored["blanks"].as_array().unwrap().iter();
    rows.map(|blank| (text(&blank["field"]), text(&blank["text"]))).collect()
}

#[tokio::test]
async fn an_alert_is_begun_from_a_template_and_waits_for_its_blanks() {
    let desk = Desk::open().await;
    desk.with_people(4).await.expect(201);
    let stored = desk.store(Role::Author, &template()).await.expect(200);
    assert_eq!((&stored["name"], &stored["version"]), (&json!("xa-lu"), &json!(1)));
    let expected = [
        ("content.headline", "{{ho}}"),
        ("content.sms_accented", "{{ho}}"),
        ("content.sms_accented", "{{gio}}"),
        ("content.zalo.parameters.time", "{{gio}}"),
    ];
    assert_eq!(blanks(&stored), expected.map(|(field, text)| (field.to_owned(), text.to_owned())));
    assert_eq!(stored["warnings"], json!([]));

    let mut form = desk.get(Role::Author, &format!("{XA_LU}/form")).await.expect(200);
    assert_eq!((&form["plan"], &form["expires_at"]), (&json!("storm"), &json!("2026-09-01T03:00:00Z")));
    let id = desk.post(Role::Author, "/alerts", &form).await.expect(201)["id"].clone();
    let submit = format!("/alerts/{id}/submit");
    let refused = desk.post(Role::Author, &submit, &Value::Null).await.expect(422);
    let errors = refused["errors"].as_array().unwrap();
    let named: Vec<_> = errors.iter().map(|error| (&error["field"], &error["value"])).collect();
    for (field, text) in expected {
        assert!(named.contains(&(&json!(field), &json!(text))), "{field} {text}: {named:?}");
    }
    assert_eq!(named.len(), 4, "the plain text was made from the accented one: {named:?}");

    form["content"]["headline"] = json!("Xả lũ hồ Bản Lải");
    form["content"]["sms_accented"] = json!("Hồ Bản Lải xả lũ từ 15h. Bà con không xuống sông, suối.");
    form["content"]["zalo"]["parameters"]["time"] = json!("15h");
    let edit = json!({"version": 1, "alert": form});
    desk.call(Role::Author, &Method::PUT, &format!("/alerts/{id}"), &edit).await.expect(200);
    assert_eq!(desk.post(Role::Author, &submit, &Value::Null).await.expect(200)["phase"], "submitted");
}

#[tokio::test]
async fn who_changed_a_template_is_kept_and_one_that_was_retired_can_come_back() {
    let desk = Desk::open().await;
    desk.store(Role::Approver, &template()).await.expect(403);
    desk.store(Role::Author, &template()).await.expect(200);
    assert_eq!(desk.store(Role::Admin, &template()).await.expect(200)["version"], 1, "nothing was changed");
    let mut next = template();
    next["title"] = json!("Xả lũ hồ thủy điện");
    desk.store(Role::Admin, &next).await.expect(200);
    let list = desk.get(Role::Auditor, "/templates").await.expect(200);
    assert_eq!(list["rows"].as_array().unwrap().len(), 1);
    let line = &list["rows"][0];
    assert_eq!(
        (&line["title"], &line["version"], &line["account_name"]),
        (&next["title"], &json!(2), &json!("Admin"))
    );

    let retired = desk.retire(Role::Author).await.expect(200);
    assert_eq!((&retired["retired"], &retired["template"]["title"]), (&json!(true), &next["title"]));
    desk.retire(Role::Author).await.expect(404);
    desk.get(Role::Author, &format!("{XA_LU}/form")).await.expect(404);
    assert_eq!(desk.get(Role::Author, "/templates").await.expect(200)["rows"], json!([]));
    desk.store(Role::Author, &template()).await.expect(200);
    let shown = desk.get(Role::Approver, XA_LU).await.expect(200);
    let changes = shown["changes"].as_array().unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            (change["version"].as_i64().unwrap(), change["retired"] == true, &change["account_name"])
        })
        .collect();
    let [author, admin] = [json!("Author"), json!("Admin")];
    assert_eq!(told, [(4, false, &author), (3, true, &author), (2, false, &admin), (1, false, &author)]);
    desk.get(Role::Author, "/templates/khac").await.expect(404);
}

#[tokio::test]
async fn a_template_is_judged_as_an_alert_would_be_and_its_texts_only_warn() {
    let desk = Desk::open().await;
    let changed = |field: &str, value: Value| {
        let mut form = template();
        form[field] = value;
        form
    };
    let table = [
        (changed("plan", json!("flood")), "plan"),
        (changed("plan", json!({"steps": []})), "plan.steps"),
        (changed("audience", json!({"areas": ["99999"]})), "audience.areas"),
        (changed("audience", json!({"reached_by": 1})), "audience.reached_by"),
        (changed("mode", json!("exercise")), "audience.areas"),
        (changed("title", json!(" ")), "title"),
        (changed("valid_s", json!(59)), "valid_s"),
        (changed("content", json!({"headline": "x", "body": "a".repeat(50_000)})), "content"),
    ];
    for (form, field) in table {
        let problem = desk.store(Role::Author, &form).await.expect(422);
        let fields: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, [json!(field)], "{problem}");
    }
    let named = desk.call(Role::Author, &Method::PUT, "/templates/X%E1%BA%A3", &template()).await.expect(422);
    assert_eq!(named["errors"][0]["field"], "name");
    desk.get(Role::Author, XA_LU).await.expect(404);

    // An update says later what it updates; a text that is still missing is a warning.
    let mut open = changed("kind", json!("update"));
    open["content"] = json!({"headline": "", "sms_plain": "{{tin}}", "sms_form": "plain"});
    open["audience"] = json!({});
    let stored = desk.store(Role::Author, &open).await.expect(200);
    let warnings = stored["warnings"].as_array().unwrap();
    assert_eq!((warnings.len(), &warnings[0]["field"]), (1, &json!("content.headline")), "{warnings:?}");
}
