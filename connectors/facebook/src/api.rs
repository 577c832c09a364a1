//! Calls of the Graph API: what goes out, and what is certain about it afterwards.
//!
//! The Page's token travels in a header, never in an address. Each call has a connection of its own and is never
//! repeated: after a connection broke, nobody could say which of two calls was carried out.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, multipart};
use serde_json::Value;

use contract::Photo;

use crate::{
    board::Board,
    codes::{self, Class, Row},
    config::FacebookSettings,
    reply::{self, ApiError},
    sign, usage,
};

/// Largest answer read; a listing of 100 long posts stays below.
const ANSWER_OCTETS_MAX: usize = 2 * 1024 * 1024;
/// Longest time for connecting, within the time of the call.
const CONNECT_MAX: Duration = Duration::from_secs(10);
const TRANSPORT_TEXT_MAX: usize = 200;

/// Why a call has no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No byte of the call itself left.
    Unsent { code: &'static str, text: String },
    /// It may have been carried out.
    Lost { code: &'static str, text: String },
    /// Meta says no, in the words of the table and its own.
    Refused { class: Class, code: String, text: String },
}

impl Trouble {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Unsent { text, .. } | Self::Lost { text, .. } | Self::Refused { text, .. } => text,
        }
    }
}

/// Key and value of a parameter.
pub(crate) type Pairs<'p> = &'p [(&'p str, &'p str)];

/// One Page's access.
pub(crate) struct Api {
    settings: Arc<FacebookSettings>,
    board: Arc<Board>,
    /// Why no call can be made, if none can.
    client: Result<Client, String>,
    proof: Option<String>,
    app_token: String,
    app_proof: Option<String>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("page", &self.settings.page_id).finish_non_exhaustive()
    }
}

impl Api {
    pub(crate) fn new(settings: Arc<FacebookSettings>, board: Arc<Board>) -> Self {
        let app_token = format!("{}|{}", settings.app_id, settings.app_secret.expose());
        let proof = |token: &str| settings.proof.then(|| sign::proof(&settings.app_secret, token));
        Self {
            client: client(&settings).map_err(|error| without_address(error).to_string()),
            proof: proof(settings.page_token.expose()),
            app_proof: proof(&app_token),
            app_token,
            settings,
            board,
        }
    }

    pub(crate) async fn get(&self, path: &str, query: Pairs<'_>) -> Result<Value, Trouble> {
        let request = self.request(Method::GET, path)?.query(query).query(&self.proof_pair());
        self.call(request.bearer_auth(self.settings.page_token.expose())).await
    }

    pub(crate) async fn post(&self, path: &str, form: Pairs<'_>) -> Result<Value, Trouble> {
        let proof = self.proof_pair();
        let form: Vec<_> = form.iter().chain(&proof).collect();
        let request = self.request(Method::POST, path)?.form(&form);
        self.call(request.bearer_auth(self.settings.page_token.expose())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Trouble> {
        let request = self.request(Method::DELETE, path)?.query(&self.proof_pair());
        self.call(request.bearer_auth(self.settings.page_token.expose())).await
    }

    /// Uploads a photo that nobody sees until a post names it.
    pub(crate) async fn upload(&self, path: &str, photo: &Photo) -> Result<Value, Trouble> {
        let name = if photo.media_type == "image/png" { "photo.png" } else { "photo.jpg" };
        let unusable = |error: reqwest::Error| Trouble::Unsent {
            code: "photo",
            text: format!("the photo's type is unusable: {}", without_address(error)),
        };
        let source = multipart::Part::bytes(photo.bytes.to_vec())
            .file_name(name)
            .mime_str(&photo.media_type)
            .map_err(unusable)?;
        let mut form = multipart::Form::new().text("published", "false").part("source", source);
        if !photo.alt.is_empty() {
            form = form.text("alt_text_custom", photo.alt.clone());
        }
        if let Some(proof) = &self.proof {
            form = form.text("appsecret_proof", proof.clone());
        }
        let request =
            self.request(Method::POST, path)?.multipart(form).timeout(self.settings.upload_timeout());
        self.call(request.bearer_auth(self.settings.page_token.expose())).await
    }

    /// Asks about the Page's token in the name of the app; `in_body` keeps the inspected token out of the address.
    pub(crate) async fn inspect(&self, in_body: bool) -> Result<Value, Trouble> {
        let mut pairs = vec![("input_token", self.settings.page_token.expose())];
        pairs.extend(self.app_proof.as_deref().map(|proof| ("appsecret_proof", proof)));
        let request = if in_body {
            pairs.push(("method", "get"));
            self.request(Method::POST, "debug_token")?.form(&pairs)
        } else {
            self.request(Method::GET, "debug_token")?.query(&pairs)
        };
        self.call(request.bearer_auth(&self.app_token)).await
    }

    /// `text` without any secret of this lane: Meta's errors repeat the token that they don't like.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = [&self.settings.page_token, &self.settings.app_secret, &self.settings.verify_token];
        let mut text = text.to_owned();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret.expose(), "***");
        }
        for proof in [&self.proof, &self.app_proof].into_iter().flatten() {
            text = text.replace(proof.as_str(), "***");
        }
        text
    }

    fn proof_pair(&self) -> Vec<(&str, &str)> {
        self.proof.as_deref().map(|proof| ("appsecret_proof", proof)).into_iter().collect()
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let unsent = |text: String| Trouble::Unsent { code: "no-client", text };
        let client = self.client.as_ref().map_err(|why| unsent(format!("no HTTP client: {why}")))?;
        let base = self.settings.api_url.trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{}/{path}", self.settings.api_version))
            .map_err(|error| unsent(format!("api_url can't be used: {error}")))?;
        Ok(client.request(method, url))
    }

    async fn call(&self, request: RequestBuilder) -> Result<Value, Trouble> {
        let mut response = request.send().await.map_err(|error| self.transport(error))?;
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let usage = usage::fullest(usage::HEADERS.iter().filter_map(|name| header(name)));
        self.board.heard(usage, header("facebook-api-version"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport(error))? {
            if body.len() + chunk.len() > ANSWER_OCTETS_MAX {
                let text = format!("the answer is longer than {ANSWER_OCTETS_MAX} bytes");
                return Err(Trouble::Lost { code: "too-long", text });
            }
            body.extend_from_slice(&chunk);
        }
        self.judge(status, &body)
    }

    fn judge(&self, status: StatusCode, body: &[u8]) -> Result<Value, Trouble> {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let text = format!("HTTP {} with an answer that isn't JSON", status.as_u16());
            return Err(Trouble::Lost { code: "unreadable", text });
        };
        if let Some(error) = reply::error(&value) {
            return Err(self.refused(&codes::look_up(&error, status.as_u16()), &error));
        }
        if status.is_success() {
            return Ok(value);
        }
        Err(Trouble::Lost {
            code: "unreadable",
            text: format!("HTTP {} without an error in it", status.as_u16()),
        })
    }

    pub(crate) fn refused(&self, row: &Row, error: &ApiError) -> Trouble {
        let text = self.redact(&codes::sentence(row, error));
        Trouble::Refused { class: row.class, code: codes::code(error), text }
    }

    /// Only a connection that never came about proves that nothing left.
    fn transport(&self, error: reqwest::Error) -> Trouble {
        let (connecting, late) = (error.is_connect() || error.is_builder(), error.is_timeout());
        let text = self.redact(&reply::cut(&causes(&without_address(error)), TRANSPORT_TEXT_MAX));
        match (connecting, late) {
            (true, _) => {
                Trouble::Unsent { code: "unreachable", text: format!("Facebook can't be reached: {text}") }
            }
            (false, true) => Trouble::Lost { code: "timeout", text: "no answer in time".to_owned() },
            (false, false) => Trouble::Lost { code: "broken", text: format!("the connection broke: {text}") },
        }
    }
}

fn client(settings: &FacebookSettings) -> Result<Client, reqwest::Error> {
    let timeout = settings.request_timeout();
    let mut builder = Client::builder()
        .timeout(timeout)
        .connect_timeout((timeout / 2).min(CONNECT_MAX))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .user_agent(concat!("loa/", env!("CARGO_PKG_VERSION")));
    builder = match &settings.proxy {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy)?),
        None => builder.no_proxy(),
    };
    // What the crypto is done with is the same wherever it is named, so a second naming is no loss.
    drop(rustls::crypto::ring::default_provider().install_default());
    if settings.api_url.starts_with("http://") {
        // Nothing is encrypted then, and machines without certificates can still run the demonstration.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// Addresses are left out of every text: some carry secrets.
fn without_address(error: reqwest::Error) -> reqwest::Error {
    error.without_url()
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
