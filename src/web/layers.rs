//! What happens around every request: its id, one line in the log, its time limit, and an answer even to a panic.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use super::Web;
use super::error::{ApiError, Kind};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// When to ask again after a request that took too long.
const TIMEOUT_RETRY_S: u32 = 5;

/// The outermost layer: id, panic, log line. The log has the route's pattern, never the address as it was sent: an
/// address may be mistyped, and then holds what should not be in a log.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span =
        tracing::info_span!("http", id = id.to_str().unwrap_or_default(), method = %request.method(), route);
    let started = Instant::now();
    let mut response = caught(next.run(request)).instrument(span.clone()).await;
    let latency_ms = started.elapsed().as_secs_f64() * 1000.0;
    let status = response.status().as_u16();
    span.in_scope(|| match route.as_str() {
        // Asked every few seconds by machines.
        "/livez" | "/readyz" | "/metrics" | "/callback/{lane}" => {
            tracing::debug!(status, latency_ms, "answered");
        }
        _ => tracing::info!(status, latency_ms, "answered"),
    });
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Answers hold people's data, and counts that are old in a second.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Ends a request that takes longer than the settings allow.
pub(super) async fn in_time(State(web): State<Web>, request: Request, next: Next) -> Response {
    let limit_s = web.settings.request_timeout_s;
    match tokio::time::timeout(Duration::from_secs(limit_s), next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(Kind::Timeout, format!("There was no answer within {limit_s} s."))
            .remedy("Repeat the request with the same Idempotency-Key; without one, look first whether it was done.")
            .retry_after_s(TIMEOUT_RETRY_S)
            .into_response(),
    }
}

/// A panic in a handler is this request's failure, not the gateway's.
pub(crate) async fn caught(work: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        // The panic's own text is in the log by the panic hook.
        tracing::error!("a handler panicked");
        ApiError::new(Kind::Internal, "The gateway failed on this request; the cause is in its log.")
            .remedy("Give the operator the X-Request-Id of this answer.")
            .into_response()
    })
}

/// The caller's id if it is a UUID (anything else might be what a log must not hold), else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given =
        headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).and_then(|id| Uuid::try_parse(id).ok());
    let id = given.unwrap_or_else(Uuid::new_v4).to_string();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
}
