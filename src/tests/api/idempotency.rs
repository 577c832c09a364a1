//! A request that is sent again because its answer was lost.

use axum::http::Method;
use contract::Clock;
use loa::ledger::Role;
use serde_json::{Value, json};

use super::desk::{Desk, form, list};
use crate::kit::until;

const KEY: &str = "5b0f4f0e-7f5c-4d2b-9a55-0c1f2b3a4d5e";

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_is_done_once() {
    let desk = Desk::open().await;
    let first = desk.post_with_key(Role::Author, "/alerts", KEY, &form()).await;
    let again = desk.post_with_key(Role::Author, "/alerts", KEY, &form()).await;
    assert_eq!((first.expect(201), first.header("location")), (again.expect(201), again.header("location")));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    let alerts = desk.get(Role::Author, "/alerts").await.expect(200);
    assert_eq!(alerts["rows"].as_array().unwrap().len(), 1);

    let submit = format!("/alerts/{}/submit", first.json()["id"]);
    let other_address = desk.post_with_key(Role::Author, &submit, KEY, &form()).await.expect(409);
    assert_eq!(other_address["type"], "urn:loa:problem:key-reused");
    let other_body = desk.post_with_key(Role::Author, "/alerts", KEY, &json!({})).await.expect(409);
    assert!(other_body["detail"].as_str().unwrap().contains("Idempotency-Key"), "{other_body}");
    // Keys are each account's own.
    desk.post_with_key(Role::Admin, "/alerts", KEY, &form()).await.expect(201);
}

#[tokio::test]
async fn an_action_is_done_once_although_the_second_try_would_be_refused() {
    let desk = Desk::open().await;
    desk.with_people(1).await.expect(201);
    let submit = format!("/alerts/{}/submit", desk.draft().await);
    let first = desk.post_with_key(Role::Author, &submit, KEY, &Value::Null).await.expect(200);
    assert_eq!(desk.post_with_key(Role::Author, &submit, KEY, &Value::Null).await.expect(200), first);
    desk.post(Role::Author, &submit, &Value::Null).await.expect(409);
}

#[tokio::test]
async fn a_refusal_does_not_use_up_its_key() {
    let desk = Desk::open().await;
    let mut wrong = form();
    wrong["content"]["headline"] = json!("");
    desk.post_with_key(Role::Author, "/alerts", KEY, &wrong).await.expect(422);
    desk.post_with_key(Role::Author, "/alerts", KEY, &form()).await.expect(201);
    for key in ["", "with space", &"x".repeat(129), "ü"] {
        let problem = desk.post_with_key(Role::Author, "/alerts", key, &form()).await.expect(400);
        assert_eq!(problem["errors"][0]["field"], "Idempotency-Key");
    }
}

#[tokio::test]
async fn two_at_once_are_told_apart_and_one_whose_caller_left_is_finished() {
    let desk = Desk::open().await;
    let form = form();
    let ask = || desk.post_with_key(Role::Author, "/alerts", KEY, &form);
    let answers = futures::future::join_all((0..8).map(|_| ask())).await;
    for answer in answers {
        match answer.status.as_u16() {
            201 => {}
            409 => assert_eq!(
                (answer.header("retry-after"), &answer.json()["type"]),
                ("1", &json!("urn:loa:problem:busy"))
            ),
            other => panic!("{other}: {}", answer.text),
        }
    }
    ask().await.expect(201);
    // The caller hangs up while the work is under way.
    let second = "caller-who-left";
    let left = desk.post_with_key(Role::Author, "/alerts", second, &form);
    tokio::time::timeout(std::time::Duration::from_micros(50), left).await.ok();
    until("the work of a caller who left is done", async || {
        desk.post_with_key(Role::Author, "/alerts", second, &form).await.status == 201
    })
    .await;
    let alerts = desk.get(Role::Author, "/alerts").await.expect(200);
    assert_eq!(alerts["rows"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn while_the_first_is_at_work_the_second_has_to_wait() {
    let desk = Desk::open().await;
    let account = desk.office.account_named("Author").await.unwrap();
    let catalog = &desk.office.store.catalog;
    // The hash of another request: it is at work all the same, and the key says so first.
    catalog.idempotency_begin(desk.clock.now(), account.id, KEY, "other").await.unwrap();
    desk.post_with_key(Role::Author, "/alerts", KEY, &form()).await.expect(409);
    catalog.idempotency_drop(account.id, KEY).await.unwrap();
    desk.post_with_key(Role::Author, "/alerts", KEY, &form()).await.expect(201);
}

#[tokio::test]
async fn a_list_under_a_key_is_taken_in_once_and_without_one_as_often_as_it_comes() {
    let desk = Desk::open().await;
    let first = desk.import(Role::Author, Some(KEY), &list(20)).await.expect(201);
    let again = desk.import(Role::Author, Some(KEY), &list(20)).await;
    assert_eq!((again.expect(201), again.header("idempotent-replayed")), (first.clone(), "true"));
    desk.import(Role::Author, Some(KEY), &list(21)).await.expect(409);
    let second = desk.import(Role::Author, None, &list(20)).await.expect(201);
    assert_ne!(second["id"], first["id"]);
    assert_eq!((&second["counts"]["same"], &second["counts"]["new"]), (&json!(20), &json!(0)));
    let too_long = "x".repeat(super::desk::IMPORT_BYTES_MAX + 1);
    desk.import(Role::Author, Some("long"), &too_long).await.expect(413);
}

#[tokio::test]
async fn keys_are_for_what_acts() {
    let desk = Desk::open().await;
    desk.post_with_key(Role::Author, "/preview", KEY, &form()).await.expect(200);
    let preview = desk.post_with_key(Role::Author, "/preview", KEY, &form()).await;
    assert_eq!(preview.header("idempotent-replayed"), "");
    let account = json!({"name": "Trực ban", "role": "author"});
    let made = desk.post_with_key(Role::Admin, "/accounts", KEY, &account).await.expect(201);
    // The key it holds is stored nowhere, so there is nothing to repeat; the name is taken.
    let again = desk.call(Role::Admin, &Method::POST, "/accounts", &account).await;
    assert!(!again.text.contains(made["key"].as_str().unwrap()));
    again.expect(409);
}
