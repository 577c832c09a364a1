//! The one place where a refusal becomes an answer: RFC 9457 `application/problem+json`, the same shape for every
//! kind, naming field, value, reason and remedy. What went wrong inside is logged here, once, and never sent.

use std::fmt::Write as _;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::mask::masked;
use crate::ledger::LedgerError;
use crate::office::{Complaint, Complaints, OfficeError};

/// The media type of every refusal.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
/// How long a caller is asked to wait while the ledger is away: a restarting server takes a few seconds.
const LEDGER_AWAY_RETRY_S: u32 = 5;
/// An answer echoes at most this much of a value that it refuses.
const VALUE_CHARS_MAX: usize = 120;

/// Every kind of refusal there is. Its slug ends the `type` URI and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not understood at all: broken JSON, a path or a query that says nothing.
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    UnknownRoute,
    MethodNotAllowed,
    /// Possible for others, or at another time.
    Conflict,
    /// The first request with the same Idempotency-Key is still at work.
    Busy,
    /// The Idempotency-Key was used for something else.
    KeyReused,
    TooLarge,
    MediaType,
    /// Understood, and wrong in the named fields.
    Invalid,
    TooManyLogins,
    TooManyCalls,
    Internal,
    Unavailable,
    /// Too much is at work already.
    Crowded,
    /// The program is ending.
    Closing,
    Timeout,
}

impl Kind {
    #[cfg(test)]
    const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::UnknownRoute,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::Busy,
        Self::KeyReused,
        Self::TooLarge,
        Self::MediaType,
        Self::Invalid,
        Self::TooManyLogins,
        Self::TooManyCalls,
        Self::Internal,
        Self::Unavailable,
        Self::Crowded,
        Self::Closing,
        Self::Timeout,
    ];

    /// Status, slug of the type, title.
    const fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed", "The request was not understood"),
            Self::Unauthenticated => {
                (StatusCode::UNAUTHORIZED, "unauthenticated", "A valid API key is needed")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not for this account"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::UnknownRoute => {
                (StatusCode::NOT_FOUND, "unknown-route", "There is nothing at this address")
            }
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This address has no such method")
            }
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Not possible as things stand"),
            Self::Busy => (StatusCode::CONFLICT, "busy", "The same request is still at work"),
            Self::KeyReused => {
                (StatusCode::CONFLICT, "key-reused", "This Idempotency-Key was used for another request")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "The body is of another media type")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields are not right"),
            Self::TooManyLogins => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-logins",
                "Too many wrong API keys from this address",
            ),
            Self::TooManyCalls => {
                (StatusCode::TOO_MANY_REQUESTS, "too-many-calls", "Too many requests with this API key")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The gateway failed"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The ledger is away"),
            Self::Crowded => (StatusCode::SERVICE_UNAVAILABLE, "crowded", "The gateway is busy"),
            Self::Closing => (StatusCode::SERVICE_UNAVAILABLE, "closing", "The gateway is closing"),
            Self::Timeout => (StatusCode::SERVICE_UNAVAILABLE, "timeout", "The answer took too long"),
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        self.words().0
    }

    pub(crate) fn uri(self) -> String {
        format!("urn:loa:problem:{}", self.words().1)
    }
}

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Path of the field, `content.sms_accented` or `audience.areas[2]`.
    pub(crate) field: String,
    /// What was given, shortened; phone numbers are masked.
    pub(crate) value: Option<String>,
    pub(crate) reason: String,
    pub(crate) remedy: String,
    /// Reason and remedy in Vietnamese, where the office is to read them.
    pub(crate) vi: Option<Vietnamese>,
}

/// The same to the office in its own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Vietnamese {
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

/// A refusal, after RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `urn:loa:problem:` and a word that never changes.
    #[serde(rename = "type")]
    #[schema(example = "urn:loa:problem:invalid")]
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) status: u16,
    /// What is wrong in this case.
    pub(crate) detail: String,
    /// What to do about it.
    pub(crate) remedy: Option<String>,
    /// All fields that were refused, at once; empty where no single field is to blame.
    pub(crate) errors: Vec<FieldError>,
}

/// A refusal on its way out: [`Problem`] and the headers that go with it.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Refused>);

#[derive(Debug)]
struct Refused {
    kind: Kind,
    detail: String,
    remedy: Option<String>,
    errors: Vec<FieldError>,
    retry_after_s: Option<u32>,
}

impl ApiError {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Box::new(Refused { kind, detail, remedy: None, errors: Vec::new(), retry_after_s: None }))
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn field(mut self, field: &str, value: Option<&str>, reason: &str, remedy: &str) -> Self {
        self.0.errors.push(FieldError {
            field: field.to_owned(),
            value: value.map(|value| masked(&value.chars().take(VALUE_CHARS_MAX).collect::<String>())),
            reason: masked(reason),
            remedy: remedy.to_owned(),
            vi: None,
        });
        self
    }

    pub(crate) fn retry_after_s(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// One field is wrong: the usual case of [`Kind::Invalid`] and [`Kind::Malformed`].
    pub(crate) fn wrong(kind: Kind, field: &str, value: Option<&str>, reason: &str, remedy: &str) -> Self {
        Self::new(kind, format!("{field}: {}", masked(reason))).field(field, value, reason, remedy)
    }

    /// We could not work. The cause goes to the log, with its own causes; the caller learns only that it was us.
    pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(cause = chain(cause), "request failed");
        Self::new(Kind::Internal, "The gateway could not do this; the cause is in its log.")
            .remedy("Repeat the request with the same Idempotency-Key; if it fails again, give the operator the X-Request-Id of this answer.")
    }

    pub(crate) fn ledger_away(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(cause = chain(cause), "ledger away");
        Self::new(
            Kind::Unavailable,
            "The ledger does not answer; nothing can be read or promised without it.",
        )
        .remedy("Repeat the request with the same Idempotency-Key after the time in Retry-After.")
        .retry_after_s(LEDGER_AWAY_RETRY_S)
    }

    fn ledger_full(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(cause = chain(cause), "ledger full");
        Self::new(Kind::Unavailable, "The ledger has no space left; nothing new can be kept.")
            .remedy("Let the operator free disk space, then repeat the request with the same Idempotency-Key. What was kept before stays, and the gateway goes on by itself.")
            .retry_after_s(LEDGER_AWAY_RETRY_S)
    }

    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("There is no {what} {}.", masked(&id.to_string())))
            .remedy("Look it up in the list it belongs to.")
    }

    fn problem(self) -> (Problem, Option<u32>) {
        let Refused { kind, detail, remedy, errors, retry_after_s } = *self.0;
        let (status, _, title) = kind.words();
        let title = title.to_owned();
        (Problem { kind: kind.uri(), title, status: status.as_u16(), detail, remedy, errors }, retry_after_s)
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        match &error {
            LedgerError::Full { .. } => Self::ledger_full(&error),
            _ if error.is_passing() => Self::ledger_away(&error),
            _ => Self::internal(&error),
        }
    }
}

impl From<OfficeError> for ApiError {
    fn from(error: OfficeError) -> Self {
        match error {
            OfficeError::NotFound { what, id } => Self::not_found(what, id),
            OfficeError::Refused(complaints) => complaints.into(),
            OfficeError::Conflict(conflict) => Self::new(Kind::Conflict, conflict.to_string())
                .remedy("Look at it as it is now, then decide again."),
            OfficeError::Forbidden { .. } => Self::new(Kind::Forbidden, error.to_string())
                .remedy("Use the key of an account with such a role."),
            OfficeError::FourEyes(refusal) => {
                Self::new(Kind::Forbidden, refusal.to_string()).remedy("Ask a second person to decide.")
            }
            OfficeError::Stopped => Self::new(Kind::Closing, error.to_string())
                .remedy("Repeat the request after the time in Retry-After.")
                .retry_after_s(LEDGER_AWAY_RETRY_S),
            OfficeError::Written(_) => Self::internal(&error),
            OfficeError::Ledger(error) => error.into(),
        }
    }
}

impl From<Complaints> for ApiError {
    fn from(Complaints(complaints): Complaints) -> Self {
        let fields: Vec<&str> = complaints.iter().map(|complaint| complaint.field.as_str()).collect();
        let mut refused = Self::new(Kind::Invalid, format!("Not right: {}.", fields.join(", ")));
        refused.0.errors = complaints.into_iter().map(FieldError::from).collect();
        refused
    }
}

impl From<Complaint> for FieldError {
    fn from(Complaint { field, value, reason, remedy }: Complaint) -> Self {
        let value = Some(value).filter(|value| !value.is_empty());
        let vi = Vietnamese { reason: reason.vi.into(), remedy: remedy.vi.into() };
        Self { field, value, reason: reason.en.into(), remedy: remedy.en.into(), vi: Some(vi) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let kind = self.0.kind;
        let (problem, retry_after_s) = self.problem();
        let mut response = (kind.status(), Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind == Kind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"loa\""));
        }
        response
    }
}

/// An error and its causes in one line. No error of ours carries its cause in its own text.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        _ = write!(line, ": {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own_and_the_status_it_says() {
        let mut slugs = std::collections::BTreeSet::new();
        for kind in Kind::ALL {
            let (status, slug, title) = kind.words();
            assert!(slugs.insert(slug) && !title.is_empty(), "{slug}");
            let response = ApiError::new(*kind, "x").retry_after_s(7).into_response();
            assert_eq!(
                (response.status(), &response.headers()["retry-after"]),
                (status, &HeaderValue::from(7))
            );
            assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        }
    }

    #[test]
    fn causes_stay_inside_and_a_ledger_that_is_away_is_worth_another_try() {
        let cause = || sqlx::Error::Io(std::io::Error::other("10.0.0.7 refused"));
        let away = ApiError::from(LedgerError::Unavailable(cause()));
        let broken = ApiError::from(LedgerError::Statement(cause()));
        for (error, kind) in [(away, Kind::Unavailable), (broken, Kind::Internal)] {
            assert_eq!(error.0.kind, kind);
            assert_eq!(error.0.retry_after_s.is_some(), kind == Kind::Unavailable);
            let (problem, _) = error.problem();
            assert!(!serde_json::to_string(&problem).unwrap().contains("10.0.0.7"));
        }
    }
}
