//! What a request must bring, read into types. The framework's own extractors answer refusals in plain text, so they
//! are used here and nowhere else: every refusal leaves as a problem that names the field.

use axum::body::Bytes;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::{ApiError, Kind};
use super::mask::masked;
use crate::ledger::Account;

const NO_NUMBER: &str = "is not a whole number in range";

/// A JSON body, in and out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<T>(pub(crate) T);

/// What stands in the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<T>(pub(crate) T);

/// What stands behind the question mark: each name at most once, no unknown names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<T>(pub(crate) T);

/// Who is asking. Present on every route behind the API key.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Account);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        media_type(request.headers(), "application/json")?;
        let body = Bytes::from_request(request, state).await.map_err(body_refused)?;
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(json_refused)?;
        json.end().map_err(|error| broken_json(&error))?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(path_refused(rejection, &names_of(parts, state).await)),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(Kind::Malformed, error.body_text()))?
            .0;
        let mut fields = serde_json::Map::new();
        for (name, value) in pairs {
            if fields.insert(name.clone(), value.into()).is_some() {
                let reason = "is given more than once";
                return Err(ApiError::wrong(Kind::Malformed, &name, None, reason, "give it once"));
            }
        }
        let values = fields.clone();
        serde_path_to_error::deserialize(serde_json::Value::Object(fields)).map(Self).map_err(|error| {
            let field = place(error.path(), "query");
            let value = values.get(&field).and_then(|value| value.as_str());
            ApiError::wrong(Kind::Malformed, &field, value, &error.inner().to_string(), "correct the query")
        })
    }
}

/// What stands behind the question mark of a stranger's request, in order, whatever it is.
pub(crate) fn pairs(uri: &axum::http::Uri) -> Result<Vec<(String, String)>, ApiError> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    pairs.map(|pairs| pairs.0).map_err(|_| ApiError::new(Kind::Malformed, "The query is not understood."))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Account>().cloned().map(Self).ok_or_else(super::auth::no_key)
    }
}

/// How many rows a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(usize);

impl Limit {
    /// Rows of a page nobody gave a size for.
    const DEFAULT: usize = 100;
    /// A page is built in memory; what is longer is exported as CSV.
    pub(crate) const MAX: usize = 500;

    pub(crate) const fn rows(self) -> usize {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows: usize = number(deserializer)?;
        if (1..=Self::MAX).contains(&rows) {
            return Ok(Self(rows));
        }
        Err(serde::de::Error::custom(format!("is not between 1 and {}", Self::MAX)))
    }
}

/// A number that travels as text in a query.
pub(crate) fn number<'de, D: Deserializer<'de>, N: std::str::FromStr>(
    deserializer: D,
) -> Result<N, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(NO_NUMBER))
}

/// The same where it may be absent.
pub(crate) fn maybe_number<'de, D: Deserializer<'de>, N: std::str::FromStr>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    number(deserializer).map(Some)
}

/// The body is of media type `wanted`, parameters aside.
pub(crate) fn media_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), ApiError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let remedy = format!("Send the body with Content-Type: {wanted}.");
    let detail = format!("Content-Type is '{essence}', this address takes {wanted}.");
    Err(ApiError::new(Kind::MediaType, detail).remedy(remedy))
}

pub(crate) fn body_refused(rejection: BytesRejection) -> ApiError {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => too_large(),
        other => ApiError::new(Kind::Malformed, format!("The body broke off: {}.", other.body_text()))
            .remedy("Send it again."),
    }
}

pub(crate) fn too_large() -> ApiError {
    ApiError::new(Kind::TooLarge, "The body is larger than this address takes.")
        .remedy("Send less at once; lists of people go to /api/v1/imports.")
}

fn json_refused(error: serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let field = place(error.path(), "body");
    let cause = error.into_inner();
    if !cause.is_data() {
        return broken_json(&cause);
    }
    let remedy = "send the field as the API's document describes it";
    ApiError::wrong(Kind::Invalid, &field, None, &cause.to_string(), remedy)
}

/// Where it went wrong; `whole` if no field is to blame, as when one is missing.
fn place(path: &serde_path_to_error::Path, whole: &str) -> String {
    if path.iter().next().is_none() { whole.to_owned() } else { path.to_string() }
}

fn broken_json(cause: &serde_json::Error) -> ApiError {
    let place = format!("line {} column {}", cause.line(), cause.column());
    ApiError::new(Kind::Malformed, format!("The body is not JSON: it breaks at {place}."))
        .remedy("Send one whole JSON value in UTF-8.")
}

/// Values that are read by their place in the path are named all the same.
async fn names_of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Vec<String> {
    let values = RawPathParams::from_request_parts(parts, state).await;
    values.map(|values| values.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
}

fn path_refused(rejection: PathRejection, names: &[String]) -> ApiError {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return ApiError::internal(&rejection);
    };
    let remedy = "correct the address";
    let name = |index: usize| names.get(index).map_or("path", String::as_str);
    match failed.into_kind() {
        ErrorKind::ParseErrorAtKey { key, value, .. } => {
            ApiError::wrong(Kind::Malformed, &key, Some(&value), NO_NUMBER, remedy)
        }
        ErrorKind::ParseErrorAtIndex { index, value, .. } => {
            ApiError::wrong(Kind::Malformed, name(index), Some(&value), NO_NUMBER, remedy)
        }
        ErrorKind::ParseError { value, .. } => {
            ApiError::wrong(Kind::Malformed, name(0), Some(&value), NO_NUMBER, remedy)
        }
        ErrorKind::DeserializeError { key, value, message } => {
            ApiError::wrong(Kind::Malformed, &key, Some(&value), &message, remedy)
        }
        ErrorKind::InvalidUtf8InPathParam { key } => {
            ApiError::wrong(Kind::Malformed, &key, None, "is not UTF-8", remedy)
        }
        other => ApiError::new(Kind::Malformed, masked(&format!("The address is not understood: {other}."))),
    }
}
