//! Where providers call. Their requests carry no key of ours: whether one is genuine is the lane's own reader's to say.
//! Nothing is answered before it is kept; while the ledger is slow or away the answer is 503, and they come again.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{CallbackMethod, CallbackRequest};

use super::Web;
use super::error::{ApiError, Kind};
use super::extract::{Path, pairs};

/// A provider's batch of events is a few kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_LIMIT: Duration = Duration::from_secs(10);
/// Providers give up after a few seconds, and slow the account down that answers late.
const KEEP_LIMIT: Duration = Duration::from_secs(2);
/// When to come again.
const RETRY_S: u32 = 10;

/// One request of a provider.
pub(super) async fn take(
    State(web): State<Web>,
    Path(lane): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let request = read(&web, request).await?;
    // Whatever the ledger does with it after the time is over is done or not done as a whole; a second copy is known.
    let Ok(reply) = tokio::time::timeout(KEEP_LIMIT, web.office.desk.take(&lane, &request)).await else {
        return Err(ApiError::new(Kind::Unavailable, "It could not be kept in time.").retry_after_s(RETRY_S));
    };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], reply.body).into_response())
}

async fn read(web: &Web, request: Request) -> Result<CallbackRequest, ApiError> {
    let method = if request.method() == Method::POST { CallbackMethod::Post } else { CallbackMethod::Get };
    let query = pairs(request.uri())?.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let headers = named(request.headers());
    let body = match tokio::time::timeout(BODY_LIMIT, to_bytes(request.into_body(), BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body.into(),
        Ok(Err(_)) => return Err(ApiError::new(Kind::TooLarge, "The body is too large, or it broke off.")),
        Err(_) => return Err(ApiError::new(Kind::Timeout, "The body did not come in time.")),
    };
    Ok(CallbackRequest { method, query, headers, body, received_at: web.office.clock.now() })
}

/// Names are lower case already.
fn named(headers: &HeaderMap) -> Vec<(String, String)> {
    let value = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, content)| (name.as_str().to_owned(), value(content))).collect()
}
