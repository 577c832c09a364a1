//! A small client that knows HTTP and JSON and nothing of any connector, and a callback that keeps what it
//! gets octet by octet.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use sha2::Sha256;
use simulators::facebook::{Facebook, FacebookScript};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
pub(crate) const PAGE: &str = "100000000000001";
pub(crate) const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a picture";

/// Names and values of a form or a query.
pub(crate) type Fields<'text> = &'text [(&'text str, &'text str)];

/// The platform and a client with the Page's token.
pub(crate) struct Graph {
    pub(crate) facebook: Facebook,
    pub(crate) token: String,
    pub(crate) http: Client,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }

    /// (code, subcode) of an error.
    pub(crate) fn code(&self) -> (u64, u64) {
        let error = &self.json()["error"];
        let code = error["code"].as_u64().unwrap_or_else(|| panic!("no error: {self:?}"));
        (code, error["error_subcode"].as_u64().unwrap_or(0))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Ids of a list, in its order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let rows = self.json()["data"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) async fn graph(change: impl FnOnce(&mut FacebookScript)) -> Graph {
    let mut script = FacebookScript::default();
    change(&mut script);
    let facebook = Facebook::start(script, "127.0.0.1:0").await.unwrap();
    Graph { facebook, token: "page-token".to_owned(), http: client() }
}

fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(PATIENCE).build().unwrap()
}

impl Graph {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/v26.0/{path}", self.facebook.base())
    }

    /// The same platform with another token.
    pub(crate) fn with_token(&mut self, token: &str) -> &mut Self {
        token.clone_into(&mut self.token);
        self
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn try_send(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, text: answer.text().await? })
    }

    pub(crate) async fn send(request: RequestBuilder) -> Answer {
        Self::try_send(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        Self::send(self.request(Method::GET, path).query(query)).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Self::send(self.request(Method::POST, path).form(form)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn publish(&self, message: &str) -> Answer {
        self.post(&format!("{PAGE}/feed"), &[("message", message)]).await
    }

    pub(crate) async fn try_publish(&self, message: &str) -> Result<Answer, reqwest::Error> {
        let request = self.request(Method::POST, &format!("{PAGE}/feed")).form(&[("message", message)]);
        Self::try_send(request).await
    }

    /// A photo as a file; `fields` beside it.
    pub(crate) async fn upload(&self, octets: Vec<u8>, fields: &[(&'static str, &'static str)]) -> Answer {
        let mut form = Form::new().part("source", Part::bytes(octets).file_name("map.jpg"));
        for (name, value) in fields {
            form = form.text(*name, *value);
        }
        Self::send(self.request(Method::POST, &format!("{PAGE}/photos")).multipart(form)).await
    }

    pub(crate) async fn list(&self, query: &[(&str, &str)]) -> Answer {
        self.get(&format!("{PAGE}/published_posts"), query).await
    }

    /// Everything behind `next`, page by page.
    pub(crate) async fn pages(&self, query: &[(&str, &str)]) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut answer = self.list(query).await;
        loop {
            pages.push(answer.ids());
            assert!(pages.len() < 50, "{pages:?}");
            let Some(next) = answer.json()["paging"]["next"].as_str().map(str::to_owned) else {
                return pages;
            };
            answer = Self::send(self.http.get(next)).await;
        }
    }
}

/// Lower-case hex of HMAC-SHA256.
pub(crate) fn hmac_hex(key: &str, message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub(crate) signature: Option<String>,
    pub(crate) raw: Vec<u8>,
}

impl Delivered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }

    /// The value of the one change in it.
    pub(crate) fn value(&self) -> Value {
        self.json()["entry"][0]["changes"][0]["value"].clone()
    }

    pub(crate) fn signed_with(&self, secret: &str) -> bool {
        self.signature == Some(format!("sha256={}", hmac_hex(secret, &self.raw)))
    }
}

#[derive(Debug, Default)]
struct Inbox {
    came: Mutex<Vec<Delivered>>,
    /// Answers still to be given before 200.
    bad_answers: Mutex<Vec<u16>>,
    news: Notify,
}

/// A callback that knows the verify token.
pub(crate) struct Callback {
    pub(crate) url: String,
    inbox: Arc<Inbox>,
    task: tokio::task::JoinHandle<()>,
}

impl Callback {
    pub(crate) async fn start() -> Self {
        let inbox = Arc::new(Inbox::default());
        let routes = Router::new().route("/hook", get(verify).post(keep)).with_state(Arc::clone(&inbox));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, inbox, task }
    }

    pub(crate) fn answer_first(&self, bad: &[u16]) {
        *self.inbox.bad_answers.lock().unwrap() = bad.to_vec();
    }

    /// All that came, once there are so many.
    pub(crate) async fn came(&self, count: usize) -> Vec<Delivered> {
        let wait = async {
            loop {
                let news = self.inbox.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                let came = self.inbox.came.lock().unwrap().clone();
                if came.len() >= count {
                    return came;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("too few deliveries")
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn verify(Query(query): Query<HashMap<String, String>>) -> (StatusCode, String) {
    let is = |name: &str, value: &str| query.get(name).is_some_and(|one| one == value);
    if is("hub.mode", "subscribe") && is("hub.verify_token", "verify-me") {
        (StatusCode::OK, query.get("hub.challenge").cloned().unwrap_or_default())
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}

async fn keep(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, raw: Bytes) -> StatusCode {
    let signature = headers.get("x-hub-signature-256").map(|text| text.to_str().unwrap().to_owned());
    inbox.came.lock().unwrap().push(Delivered { signature, raw: raw.to_vec() });
    let bad = inbox.bad_answers.lock().unwrap().pop();
    inbox.news.notify_waiters();
    bad.map_or(StatusCode::OK, |bad| StatusCode::from_u16(bad).unwrap())
}
