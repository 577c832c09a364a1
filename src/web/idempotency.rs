//! `Idempotency-Key`: a request that is sent again because its answer was lost is not done again.
//!
//! The key is the ledger's, per account, with the hash of method, address and body: the same key for something else is
//! refused. Work under a key runs to its end even if the caller hangs up or the time is over, and its answer is kept
//! for the next try. Only answers of success are kept: a refusal did nothing, so its key is free again, also after a
//! correction of the body. After a server error the key is free too; whether the work was committed before the ledger
//! went away is then not known. A repeat is harmless there: a second draft has to be approved by a person to be sent,
//! and every later step is checked against the alert's phase and version.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::Web;
use super::error::{ApiError, Kind};
use super::extract::{Caller, body_refused};
use super::layers::caught;
use super::mask::masked;
use crate::domain::UserId;
use crate::ledger::Idempotency;

pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// A UUID has 36; some clients put a date and a name before it.
const KEY_CHARS_MAX: usize = 128;
/// Answers under a key are single objects; a larger one is sent, but not kept.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// When to ask again while the first request is at work.
const BUSY_RETRY_S: u32 = 1;

/// One request under a key.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    account: UserId,
    key: String,
}

/// The answer as it is kept in the ledger.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    location: Option<String>,
    body: String,
}

/// The layer around every route that creates or acts.
pub(super) async fn once(
    State(web): State<Web>,
    Caller(account): Caller,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(ticket) = ticket(request.headers(), account.id)? else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let whole = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(whole, &()).await.map_err(body_refused)?;
    let mut hash = hasher(method.as_str(), &uri.to_string());
    hash.update(&body);
    let request = Request::from_parts(parts, Body::from(body));
    ticket.once(&web, hash, next.run(request)).await
}

/// The key of a request, if it has one.
pub(crate) fn ticket(headers: &HeaderMap, account: UserId) -> Result<Option<Ticket>, ApiError> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let reason = format!("is not 1 to {KEY_CHARS_MAX} visible ASCII characters");
        let remedy = "make a new UUID for each new request and repeat it with each new try";
        return Err(ApiError::wrong(Kind::Malformed, "Idempotency-Key", None, &reason, remedy));
    }
    Ok(Some(Ticket { account, key: key.to_owned() }))
}

/// What makes two requests the same; the body is added by the caller.
pub(crate) fn hasher(method: &str, address: &str) -> Sha256 {
    Sha256::new().chain_update(method).chain_update([0]).chain_update(address).chain_update([0])
}

impl Web {
    /// Room for one more piece of work that does not end with its caller.
    fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        self.places.clone().try_acquire_owned().map_err(|_| {
            ApiError::new(Kind::Crowded, "Too many requests are at work.")
                .remedy("Repeat the request after the time in Retry-After.")
                .retry_after_s(BUSY_RETRY_S)
        })
    }
}

impl Ticket {
    /// Does `work` if it was not done before, and answers. From the first look at the key on, nothing of this ends with
    /// the caller: a key that is begun has to be ended.
    pub(crate) async fn once(
        self,
        web: &Web,
        hash: Sha256,
        work: impl Future<Output = Response> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let place = web.place()?;
        let keeper = web.clone();
        let whole = async move {
            let response = match self.begin(&keeper, hash).await {
                Ok(None) => self.end(&keeper, caught(work).await).await,
                Ok(Some(answered)) => answered,
                Err(refused) => refused.into_response(),
            };
            drop(place);
            response
        };
        web.tasks.spawn(whole.in_current_span()).await.map_err(|error| ApiError::internal(&error))
    }

    /// `None`: it is new, do the work and then call [`Ticket::end`]. Otherwise the answer it had before.
    async fn begin(&self, web: &Web, hash: Sha256) -> Result<Option<Response>, ApiError> {
        let hash = hex::encode(hash.finalize());
        let catalog = &web.office.store.catalog;
        let now = web.office.clock.now();
        match catalog.idempotency_begin(now, self.account, &self.key, &hash).await? {
            Idempotency::Fresh => Ok(None),
            Idempotency::Replay { status, response } => replay(status, &response).map(Some),
            Idempotency::Conflict => {
                let detail = format!(
                    "Idempotency-Key '{}' was used for a request with another address or body.",
                    masked(&self.key)
                );
                Err(ApiError::new(Kind::KeyReused, detail).remedy("Make a new key for a new request."))
            }
            Idempotency::Busy => {
                let detail = format!(
                    "The first request with Idempotency-Key '{}' has no answer yet.",
                    masked(&self.key)
                );
                Err(ApiError::new(Kind::Busy, detail)
                    .remedy("Ask again with the same key after the time in Retry-After.")
                    .retry_after_s(BUSY_RETRY_S))
            }
        }
    }

    /// Keeps the answer, or frees the key if nothing was done.
    async fn end(&self, web: &Web, response: Response) -> Response {
        if !response.status().is_success() {
            return self.free(web, response).await;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await else {
            let lost =
                ApiError::new(Kind::Internal, "The work is done, but its answer is too long to be kept.");
            return self.free(web, lost.into_response()).await;
        };
        let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let kept =
            Kept { location: location.map(str::to_owned), body: String::from_utf8_lossy(&body).into_owned() };
        let kept = serde_json::to_string(&kept).unwrap_or_default();
        let catalog = &web.office.store.catalog;
        if let Err(error) =
            catalog.idempotency_end(self.account, &self.key, parts.status.as_u16(), &kept).await
        {
            // The work is done and its answer is known here: it goes out, only a repeat will not find it.
            tracing::warn!(cause = %error, "answer not kept under its Idempotency-Key");
        }
        Response::from_parts(parts, Body::from(body))
    }

    async fn free(&self, web: &Web, response: Response) -> Response {
        if let Err(error) = web.office.store.catalog.idempotency_drop(self.account, &self.key).await {
            tracing::warn!(cause = %error, "Idempotency-Key not freed");
        }
        response
    }
}

fn replay(status: u16, kept: &str) -> Result<Response, ApiError> {
    let kept: Kept = serde_json::from_str(kept).map_err(|error| ApiError::internal(&error))?;
    let status = StatusCode::from_u16(status).map_err(|error| ApiError::internal(&error))?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(location) = kept.location.as_deref().and_then(|place| HeaderValue::from_str(place).ok()) {
        headers.insert(header::LOCATION, location);
    }
    Ok(response)
}
