//! A request as the handlers see it, and what they say to it.

use super::codes::{self, Refusal};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use serde_json::Value;
use std::collections::HashMap;

/// An uploaded file.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) size: usize,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) upload: Option<Upload>,
    pub(crate) now_ms: u64,
}

/// What a handler says where it does not refuse.
#[derive(Debug)]
pub(crate) enum Said {
    /// Goes into `data` of the envelope.
    Data(Value),
    /// The whole body.
    Whole(Value),
    Redirect(String),
}

pub(crate) type Told = Result<Said, Refusal>;

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The JSON object in the body of a request to the OA host.
    pub(crate) fn object(&self) -> Result<Value, Refusal> {
        let body = serde_json::from_slice::<Value>(&self.body).ok().filter(Value::is_object);
        body.ok_or_else(|| codes::INVALID.with("Body is invalid"))
    }

    /// The JSON object in the body of a request to the template host.
    pub(crate) fn zns_object(&self) -> Result<Value, Refusal> {
        if self.body.is_empty() {
            return Err(codes::ZNS_BODY_EMPTY.into());
        }
        let body = serde_json::from_slice::<Value>(&self.body).ok().filter(Value::is_object);
        body.ok_or(codes::ZNS_BODY_FORMAT.into())
    }

    /// The JSON object that most readers of the OA host expect in the query parameter `data`.
    pub(crate) fn data(&self) -> Result<Value, Refusal> {
        let data = self.asked("data").and_then(|data| serde_json::from_str::<Value>(data).ok());
        data.filter(Value::is_object).ok_or_else(|| codes::INVALID.with("data is invalid"))
    }

    /// The form in the body; the last of equal names counts.
    pub(crate) fn form(&self) -> HashMap<String, String> {
        pairs(std::str::from_utf8(&self.body).unwrap_or(""))
    }
}

/// The names and values of a query or form.
pub(crate) fn pairs(text: &str) -> HashMap<String, String> {
    let Ok(mut url) = reqwest::Url::parse("http://127.0.0.1/") else { return HashMap::new() };
    url.set_query(Some(text));
    url.query_pairs().into_owned().collect()
}

/// A text, or a number written as text; empty where there is neither.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A whole number, also one written as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
