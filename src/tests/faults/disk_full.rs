//! No space is left for the ledger while an alert runs, and later there is again.

use std::sync::Arc;

use loa::{
    domain::Severity,
    ledger::{Role, Store, sqlite::Sqlite},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulators::smsc::{SmscScript, script::ReceiptScript};

use crate::kit::town::{Plan, Town, alert};

const PEOPLE: u32 = 2_000;

#[tokio::test]
async fn a_full_disk_delays_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loa.db").display().to_string();
    let ledger = Arc::new(Sqlite::open(&path, true).await.unwrap());
    let store = Store { ledger: ledger.clone(), catalog: ledger.clone(), reports: ledger.clone() };
    // Receipts come late, so that there are some whenever the disk fills.
    let carrier = SmscScript {
        receipts: ReceiptScript { delay_ms: 400, ..ReceiptScript::default() },
        ..SmscScript::default()
    };
    let town = Town::build(Plan {
        carriers: vec![("viettel", carrier)],
        store: Some(store),
        people: PEOPLE,
        rate: "500/s",
        ..Plan::default()
    })
    .await;
    let (_, key) = town.app.office.user_add("duty", Role::Author).await.unwrap();
    let sent = town.send(alert(Severity::Moderate)).await;
    town.until(sent, "under way", |counts| counts.delivered > 200).await;
    ledger.limit_pages(1).await.unwrap();

    // A person who wants something new is told why not, and what helps.
    let _named = rustls::crypto::ring::default_provider().install_default();
    let caller = reqwest::Client::new();
    let draft = json!({
        "kind": "alert", "mode": "live", "severity": "severe",
        "content": {"headline": "Lũ quét", "sms_accented": "Nguy cơ lũ quét. Rời khỏi ven suối ngay."},
        "audience": {"areas": ["05977"]},
    });
    let mut refused: Option<Value> = None;
    town.until_true("refused for want of space", async || {
        let url = format!("http://{}/api/v1/alerts", town.app.address);
        let answer = caller.post(url).bearer_auth(key.reveal()).json(&draft).send().await.unwrap();
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            refused = Some(answer.json().await.unwrap());
        }
        refused.is_some()
    })
    .await;
    let refused = refused.unwrap();
    assert!(refused["detail"].as_str().unwrap().contains("no space"), "{refused}");
    assert!(refused["remedy"].as_str().unwrap().contains("free disk space"), "{refused}");

    // What can't be kept is not acknowledged to the carrier; answers wait.
    let carrier = town.carrier();
    town.until_true("told to come again", async || carrier.counts().receipts_nacked > 0).await;
    let counts = town.counts(sent).await;
    assert!(counts.conserved() && counts.delivered < i64::from(PEOPLE), "{counts:?}");
    assert_eq!((counts.uncertain, counts.failed), (0, 0), "late is not doubtful: {counts:?}");

    ledger.limit_pages(u32::MAX).await.unwrap();
    let counts =
        town.until(sent, "at rest", |counts| counts.delivered + counts.uncertain == i64::from(PEOPLE)).await;
    assert_eq!((counts.delivered, counts.possible_repeats), (i64::from(PEOPLE), 0), "{counts:?}");
    assert_eq!((town.lost(sent).await, town.duplicates()), (0, 0));
    town.end().await;
}
