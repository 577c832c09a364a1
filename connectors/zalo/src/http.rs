//! One call over HTTP, and how it can end. Nothing is followed, repeated or read without a bound.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json::Value;

use crate::lenient::{integer, text};

/// No reply of the platform that we read is longer.
const BODY_OCTETS_MAX: usize = 256 * 1024;
/// Connections unused for longer are closed by us before the platform closes them under a message.
const IDLE: Duration = Duration::from_secs(10);

/// A complete reply with an envelope, whatever its code.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// 0: done.
    pub(crate) code: i64,
    pub(crate) message: String,
    /// The whole body.
    pub(crate) body: Value,
    /// `X-RateLimit-Remain`.
    pub(crate) remain: Option<i64>,
}

impl Reply {
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }
}

/// A call without a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// No connection came about: nothing of it was sent.
    NotSent(&'static str),
    /// It may have been done.
    Unknown { code: String, text: String },
}

/// Makes requests. Without a client, which only a broken TLS library can cause, every call is unsent.
#[derive(Debug, Clone)]
pub(crate) struct Http(Option<Client>);

impl Http {
    pub(crate) fn new(timeout: Duration) -> Self {
        let client = client(timeout).inspect_err(|why| tracing::error!("no HTTP client: {why}"));
        Self(client.ok())
    }

    /// # Errors
    /// [`Lost::NotSent`] without a client.
    pub(crate) fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, Lost> {
        let client = self.0.as_ref().ok_or(Lost::NotSent("the HTTP client could not be built"))?;
        Ok(client.request(method, url))
    }
}

fn client(timeout: Duration) -> Result<Client, String> {
    // The provider is named here, so that no other part of the process has to install a default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let tls = match builder.clone().with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        // Without authorities every https call fails before a byte of it is sent, and says so.
        Err(_) => builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth(),
    };
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .no_proxy()
        .timeout(timeout)
        // Shorter than the whole, so that a call without a connection is known to be unsent.
        .connect_timeout(timeout / 2)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(|_| "the HTTP client could not be built".to_owned())
}

/// Sends it and reads the whole reply.
pub(crate) async fn call(request: RequestBuilder) -> Result<Reply, Lost> {
    let unknown = |code: &str, text: &str| Lost::Unknown { code: code.to_owned(), text: text.to_owned() };
    let mut response = request.send().await.map_err(|error| lost(&error))?;
    let status = response.status().as_u16();
    let remain = response.headers().get("x-ratelimit-remain");
    let remain = remain.and_then(|value| value.to_str().ok()).and_then(|value| value.trim().parse().ok());
    if status >= 500 {
        return Err(unknown(&format!("http-{status}"), "the platform answered with a server error"));
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|_| unknown("cut", "the reply broke off"))? {
        if body.len() + piece.len() > BODY_OCTETS_MAX {
            return Err(unknown("too-long", "the reply is longer than any reply should be"));
        }
        body.extend_from_slice(&piece);
    }
    let parsed = serde_json::from_slice::<Value>(&body).ok().filter(Value::is_object);
    let code = parsed.as_ref().and_then(|body| integer(&body["error"]));
    match (parsed, code, status) {
        (Some(body), Some(code), _) => {
            Ok(Reply { status, code, message: text(&body["message"]), body, remain })
        }
        // The token host leaves `error` out when all is well.
        (Some(body), None, 200) if body["access_token"].is_string() => {
            Ok(Reply { status, code: 0, message: String::new(), body, remain })
        }
        // Some say that a token or a limit may be told by the status alone; the caller looks at it first.
        (_, _, 401 | 429) => {
            Ok(Reply { status, code: -i64::from(status), message: String::new(), body: Value::Null, remain })
        }
        (_, _, status) if status != 200 => {
            Err(unknown(&format!("http-{status}"), "the platform answered with an unexpected status"))
        }
        _ => Err(unknown("garbled", "the reply is not one of the platform's")),
    }
}

/// Texts of our own: an HTTP library's error may show the address with its query.
fn lost(error: &reqwest::Error) -> Lost {
    if error.is_builder() {
        Lost::NotSent("the request could not be built")
    } else if error.is_connect() {
        Lost::NotSent("the platform cannot be reached (address, network or TLS)")
    } else if error.is_timeout() {
        Lost::Unknown { code: "timeout".to_owned(), text: "no answer in time".to_owned() }
    } else {
        Lost::Unknown { code: "cut".to_owned(), text: "the connection ended before the answer".to_owned() }
    }
}
