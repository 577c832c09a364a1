//! The little of the public API that a load run needs, and how long each call took.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use anyhow::Context as _;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    population::AREA_OF_FEW,
    scenario::{Alert, To},
    spread::Spread,
};

/// API keys of the three accounts of a run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Keys(pub(crate) String, pub(crate) String, pub(crate) String);

#[derive(Debug)]
pub(crate) struct Api {
    base: String,
    http: reqwest::Client,
    keys: Keys,
    took_ms: Mutex<BTreeMap<&'static str, Vec<f64>>>,
}

/// An alert that only has to be approved.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) id: i64,
    seen: Value,
}

/// Messages by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Counts {
    pub(crate) accepted: i64,
    pub(crate) queued: i64,
    pub(crate) in_flight: i64,
    pub(crate) sent: i64,
    pub(crate) delivered: i64,
    pub(crate) undelivered: i64,
    pub(crate) unconfirmed: i64,
    pub(crate) failed: i64,
    pub(crate) expired: i64,
    pub(crate) cancelled: i64,
    pub(crate) uncertain: i64,
    pub(crate) possible_repeats: i64,
    pub(crate) parts_submitted: i64,
}

impl Counts {
    /// What was accepted is found again in exactly one state each.
    pub(crate) fn conserved(&self) -> bool {
        self.accepted
            == self.open()
                + self.sent
                + self.delivered
                + self.undelivered
                + self.unconfirmed
                + self.failed
                + self.expired
                + self.cancelled
                + self.uncertain
    }

    /// Not yet tried, or being tried.
    pub(crate) fn open(&self) -> i64 {
        self.queued + self.in_flight
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.queued += other.queued;
        self.in_flight += other.in_flight;
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.undelivered += other.undelivered;
        self.unconfirmed += other.unconfirmed;
        self.failed += other.failed;
        self.expired += other.expired;
        self.cancelled += other.cancelled;
        self.uncertain += other.uncertain;
        self.possible_repeats += other.possible_repeats;
        self.parts_submitted += other.parts_submitted;
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct AlertCounts {
    pub(crate) alert: i64,
    /// 0 until the list is frozen.
    pub(crate) targets: i64,
    pub(crate) total: Counts,
    pub(crate) routes: Vec<RouteCounts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RouteCounts {
    pub(crate) route: String,
    pub(crate) counts: Counts,
}

impl Api {
    pub(crate) fn new(address: &str, keys: Keys) -> anyhow::Result<Self> {
        // The client wants to know its cryptography though loopback needs none; named twice it stays the first.
        let _named = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build()?;
        Ok(Self { base: format!("http://{address}/api/v1"), http, keys, took_ms: Mutex::default() })
    }

    pub(crate) async fn import(
        &self,
        rows: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    ) -> anyhow::Result<()> {
        let request = self
            .http
            .post(format!("{}/imports?name=load.csv", self.base))
            .bearer_auth(&self.keys.0)
            .header("content-type", "text/csv")
            .body(reqwest::Body::wrap_stream(rows));
        self.answer("import", request).await.map(drop)
    }

    /// Writes an alert with this text and asks for its approval.
    pub(crate) async fn submit(&self, alert: &Alert, text: &str) -> anyhow::Result<Submitted> {
        let audience = match alert.to {
            To::Everyone => json!({ "everyone": true }),
            To::Few => json!({ "areas": [AREA_OF_FEW] }),
        };
        let form = json!({
            "kind": "alert", "mode": "live", "severity": alert.severity,
            "content": { "headline": "Do tai", "sms_plain": text, "sms_form": "plain" },
            "audience": audience, "uncertain": alert.uncertain,
        });
        let draft = self.post("create", "/alerts", &self.keys.0, &form).await?;
        let id = draft.get("id").and_then(Value::as_i64).context("the alert has no id")?;
        let submitted =
            self.post("submit", &format!("/alerts/{id}/submit"), &self.keys.0, &json!({})).await?;
        let seen =
            json!({ "version": submitted.get("version"), "content_hash": submitted.get("content_hash") });
        Ok(Submitted { id, seen })
    }

    pub(crate) async fn approve(&self, alert: &Submitted) -> anyhow::Result<()> {
        let path = format!("/alerts/{}/approve", alert.id);
        self.post("approve", &path, &self.keys.1, &alert.seen).await.map(drop)
    }

    pub(crate) async fn counts(&self, alert: i64) -> anyhow::Result<AlertCounts> {
        let url = format!("{}/alerts/{alert}/counts", self.base);
        let counts = self.answer("counts", self.http.get(url).bearer_auth(&self.keys.2)).await?;
        Ok(serde_json::from_value(counts)?)
    }

    /// Every message of an alert, with whole numbers, as it arrives.
    pub(crate) async fn report_csv(
        &self,
        alert: i64,
    ) -> anyhow::Result<impl Stream<Item = anyhow::Result<Bytes>> + use<>> {
        let url = format!("{}/alerts/{alert}/report.csv?numbers=full", self.base);
        let response = self.http.get(url).bearer_auth(&self.keys.2).send().await?.error_for_status()?;
        Ok(response.bytes_stream().map(|chunk| chunk.context("the report broke off")))
    }

    /// Whether this message was ever in doubt.
    pub(crate) async fn was_uncertain(&self, alert: i64, route: &str, seq: i64) -> anyhow::Result<bool> {
        let url = format!("{}/alerts/{alert}/messages/{route}/{seq}", self.base);
        let message = self.answer("message", self.http.get(url).bearer_auth(&self.keys.2)).await?;
        let trail = message.get("trail").and_then(Value::as_array).context("a message has no trail")?;
        Ok(trail.iter().any(|step| step.get("what").and_then(Value::as_str) == Some("uncertain")))
    }

    /// How long calls took, in milliseconds, by what they did.
    pub(crate) fn took_ms(&self) -> BTreeMap<&'static str, Spread> {
        let took = self.took_ms.lock().unwrap_or_else(PoisonError::into_inner);
        took.iter().filter_map(|(name, values)| Some((*name, Spread::of(values)?))).collect()
    }

    async fn post(&self, name: &'static str, path: &str, key: &str, body: &Value) -> anyhow::Result<Value> {
        self.answer(name, self.http.post(format!("{}{path}", self.base)).bearer_auth(key).json(body)).await
    }

    async fn answer(&self, name: &'static str, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let began = Instant::now();
        let response = request.send().await?;
        let status = response.status();
        let body = response.text().await?;
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        self.took_ms.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().push(took_ms);
        anyhow::ensure!(status.is_success(), "{name}: the gateway answered {status}: {body}");
        Ok(serde_json::from_str(&body)?)
    }
}
