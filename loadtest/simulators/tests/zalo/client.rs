//! A client by hand: plain requests, and JSON as it comes.

use serde_json::{Value, json};
use simulators::zalo::{Grant, Zalo, ZaloScript};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
pub(crate) const APP: &str = "1000000000000000001";

pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    pub(crate) grant: Grant,
}

/// A reply: HTTP status, headers and JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn code(&self) -> i64 {
        self.body["error"].as_i64().unwrap()
    }

    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.code(), 0, "{:?}", self.body);
        &self.body["data"]
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A platform, and a client with a fresh pair of tokens.
pub(crate) async fn start(script: ZaloScript) -> (Zalo, Client) {
    let zalo = Zalo::start(script, "127.0.0.1:0").await.unwrap();
    let client = Client { http: http(), base: zalo.base(), grant: zalo.grant() };
    (zalo, client)
}

pub(crate) fn http() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls);
    builder.redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build().unwrap()
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.base)).header("access_token", &self.grant.access_token)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.base)).json(body);
        request.header("access_token", &self.grant.access_token)
    }

    pub(crate) fn upload(&self, path: &str, form: reqwest::multipart::Form) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.base)).multipart(form);
        request.header("access_token", &self.grant.access_token)
    }

    pub(crate) async fn read(&self, path: &str) -> Reply {
        reply(self.get(path)).await
    }

    /// A reader of the OA host: one query parameter with JSON in it.
    pub(crate) async fn read_data(&self, path: &str, data: Value) -> Reply {
        reply(self.get(path).query(&[("data", data.to_string())])).await
    }

    pub(crate) async fn write(&self, path: &str, body: Value) -> Reply {
        reply(self.post(path, &body)).await
    }

    pub(crate) async fn warn(&self, phone: &str, tracking_id: &str) -> Reply {
        self.write("/message/template", warning(phone, tracking_id)).await
    }

    pub(crate) async fn consult(&self, user_id: &str, text: &str) -> Reply {
        let body = json!({ "recipient": { "user_id": user_id }, "message": { "text": text } });
        self.write("/v3.0/oa/message/cs", body).await
    }

    pub(crate) async fn token(&self, secret: &str, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/v4/oa/access_token", self.base);
        reply(self.http.post(url).header("secret_key", secret).form(form)).await
    }

    pub(crate) async fn refresh(&self) -> Reply {
        let form = [
            ("app_id", APP),
            ("grant_type", "refresh_token"),
            ("refresh_token", self.grant.refresh_token.as_str()),
        ];
        self.token("app-secret", &form).await
    }
}

pub(crate) async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

pub(crate) fn data() -> Value {
    json!({ "loai": "Mưa lũ", "noi_dung": "Sơ tán khỏi vùng trũng", "thoi_gian": "14:30 23/11/2026", "ma": "A1" })
}

pub(crate) fn warning(phone: &str, tracking_id: &str) -> Value {
    json!({ "phone": phone, "template_id": "410001", "tracking_id": tracking_id, "template_data": data() })
}
