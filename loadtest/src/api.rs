//! The little of the API that a load run needs.

use anyhow::Context as _;
use bytes::Bytes;
use futures::Stream;
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Api {
    base: String,
    http: reqwest::Client,
    author: String,
    approver: String,
}

impl Api {
    pub(crate) fn new(address: &str, author: String, approver: String) -> anyhow::Result<Self> {
        // The client wants to know its cryptography though loopback needs none; named twice it stays the first.
        let _named = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build()?;
        Ok(Self { base: format!("http://{address}/api/v1"), http, author, approver })
    }

    pub(crate) async fn import(
        &self,
        rows: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    ) -> anyhow::Result<Value> {
        let request = self
            .http
            .post(format!("{}/imports?name=load.csv", self.base))
            .bearer_auth(&self.author)
            .header("content-type", "text/csv")
            .body(reqwest::Body::wrap_stream(rows));
        answer(request).await
    }

    /// Writes, submits and approves an alert to everybody; returns its id.
    pub(crate) async fn alert(&self, text: &str, severity: &str) -> anyhow::Result<i64> {
        let form = json!({
            "kind": "alert", "mode": "live", "severity": severity,
            "content": { "headline": "Do tai", "sms_plain": text, "sms_form": "plain" },
            "audience": { "everyone": true },
        });
        let alert = self.post("/alerts", &self.author, &form).await?;
        let id = alert.get("id").and_then(Value::as_i64).context("the alert has no id")?;
        let submitted = self.post(&format!("/alerts/{id}/submit"), &self.author, &json!({})).await?;
        let seen =
            json!({ "version": submitted.get("version"), "content_hash": submitted.get("content_hash") });
        self.post(&format!("/alerts/{id}/approve"), &self.approver, &seen).await?;
        Ok(id)
    }

    pub(crate) async fn counts(&self, alert: i64) -> anyhow::Result<Value> {
        let url = format!("{}/alerts/{alert}/counts", self.base);
        answer(self.http.get(url).bearer_auth(&self.author)).await
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.http.post(format!("{}{path}", self.base)).bearer_auth(key).json(body)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let body = response.text().await?;
    anyhow::ensure!(status.is_success(), "the gateway answered {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}
