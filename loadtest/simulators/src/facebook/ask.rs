//! One call, read: where it goes, its parameters from query and body whatever their encoding, its files and
//! its token.

use super::error::GraphError;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Query, Request};
use axum::http::request::Parts;
use axum::http::{Method, header};
use std::collections::BTreeMap;

/// Octets of a body; a photo of the documented 10 MB fits.
pub(crate) const BODY_MAX: usize = 16 * 1024 * 1024;
/// Parameters of one call.
const PARAMETERS_MAX: usize = 500;
/// Files of one call.
const FILES_MAX: usize = 4;

/// A picture that came along: only what matters of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) bytes: usize,
    /// Its first octets are those of a known type.
    pub(crate) known_type: bool,
}

impl Picture {
    pub(crate) fn of(octets: &[u8]) -> Self {
        Self { bytes: octets.len(), known_type: is_picture(octets) }
    }
}

/// JPEG, PNG, GIF, BMP, TIFF, WebP, HEIF by their first octets.
fn is_picture(octets: &[u8]) -> bool {
    let starts: [&[u8]; 6] = [b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*"];
    let at = |from: usize, text: &[u8]| octets.get(from..from + text.len()) == Some(text);
    starts.iter().any(|start| octets.starts_with(start))
        || (at(0, b"RIFF") && at(8, b"WEBP"))
        || at(4, b"ftypheic")
        || at(4, b"ftypmif1")
}

#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// `v26.0`; `None`: unversioned.
    pub(crate) version: Option<String>,
    /// The path without the version.
    pub(crate) path: Vec<String>,
    params: BTreeMap<String, String>,
    pub(crate) pictures: Vec<Picture>,
    /// The photo's `url`, fetched: `Err` when nothing could be read there.
    pub(crate) fetched: Option<Result<Picture, ()>>,
    pub(crate) token: Option<String>,
    pub(crate) token_in_url: bool,
}

impl Ask {
    pub(crate) async fn read(request: Request) -> Result<Self, GraphError> {
        let (parts, body) = request.into_parts();
        let Query(query): Query<Vec<(String, String)>> =
            Query::try_from_uri(&parts.uri).map_err(|_| malformed("the query cannot be read"))?;
        let mut segments: Vec<String> =
            parts.uri.path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let versioned = segments.first().is_some_and(|first| is_version(first));
        let version = versioned.then(|| segments.remove(0));
        let token_in_url = query.iter().any(|(name, _)| name == "access_token");
        let mut ask = Self {
            method: parts.method.clone(),
            version,
            path: segments,
            params: query.into_iter().take(PARAMETERS_MAX).collect(),
            pictures: Vec::new(),
            fetched: None,
            token: bearer(&parts),
            token_in_url,
        };
        let octets = axum::body::to_bytes(body, BODY_MAX)
            .await
            .map_err(|_| malformed("the body is too large or broke off"))?;
        if !octets.is_empty() {
            ask.read_body(parts, octets).await?;
        }
        // Clients may POST what is a GET and say so, which keeps long or secret parameters out of the address.
        if ask.method == Method::POST
            && ask.params.get("method").is_some_and(|word| word.eq_ignore_ascii_case("get"))
        {
            ask.method = Method::GET;
            ask.params.remove("method");
        }
        // A parameter goes before the header.
        if let Some(token) = ask.params.remove("access_token") {
            ask.token = Some(token);
        }
        Ok(ask)
    }

    async fn read_body(&mut self, parts: Parts, octets: Bytes) -> Result<(), GraphError> {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        if kind.starts_with("application/json") {
            return self.read_json(&octets);
        }
        let multipart = kind.starts_with("multipart/form-data");
        let request = Request::from_parts(parts, Body::from(octets));
        if multipart {
            let parts = Multipart::from_request(request, &()).await.map_err(|_| malformed("no boundary"))?;
            return self.read_multipart(parts).await;
        }
        // Form fields are read from the body of POST only; other methods carry them in the query.
        let Ok(Form(fields)) = Form::<Vec<(String, String)>>::from_request(request, &()).await else {
            return Err(malformed("the form cannot be read"));
        };
        self.params.extend(fields.into_iter().take(PARAMETERS_MAX));
        Ok(())
    }

    fn read_json(&mut self, octets: &[u8]) -> Result<(), GraphError> {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(octets).map_err(|_| malformed("the body is no JSON object"))?;
        for (name, value) in object.into_iter().take(PARAMETERS_MAX) {
            if !value.is_null() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.params.insert(name, text);
            }
        }
        Ok(())
    }

    async fn read_multipart(&mut self, mut parts: Multipart) -> Result<(), GraphError> {
        let broken = |_| malformed("the multipart body cannot be read");
        while let Some(field) = parts.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or("").to_owned();
            let is_file = field.file_name().is_some();
            let octets = field.bytes().await.map_err(broken)?;
            if is_file && self.pictures.len() < FILES_MAX {
                self.pictures.push(Picture::of(&octets));
            } else if !is_file && self.params.len() < PARAMETERS_MAX {
                self.params.insert(name, String::from_utf8_lossy(&octets).into_owned());
            }
        }
        Ok(())
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.params.contains_key(name)
    }

    /// `true`, `1` and their opposites.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, GraphError> {
        match self.get(name) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(GraphError::parameter(format_args!("Param {name} must be a boolean"))),
        }
    }

    pub(crate) fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub(crate) fn locale(&self) -> &str {
        self.get("locale").unwrap_or("")
    }
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    number.is_some_and(|(major, minor)| digits(major) && digits(minor))
}

fn bearer(parts: &Parts) -> Option<String> {
    let text = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn malformed(what: &str) -> GraphError {
    GraphError::new(2_500, format!("Malformed request: {what}"))
}
