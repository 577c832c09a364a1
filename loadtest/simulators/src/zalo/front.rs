//! From a connection to the world and back, with all that may go wrong between.

use super::call::{Call, Upload, pairs};
use super::fault::FaultKind;
use super::line::Wire;
use super::routes::{self, Found, Reply, Route};
use super::shared::Shared;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, Multipart, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use tokio_util::io::ReaderStream;

/// Largest body, and the time for it to come.
const BODY_MAX: usize = 8 << 20;
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Time between the pieces of a reply that breaks off.
const BREAK_AFTER: Duration = Duration::from_millis(2);
/// Pieces of a slow reply.
const SLOW_PIECES: usize = 8;
const PAGE: &str = "<html><head><title>Error</title></head><body><center><h1>The service is not \
                    available</h1></center><hr><center>ZServer</center></body></html>\n";

/// Serves one request.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let Ok(Some(call)) = timeout(BODY_WITHIN, read(request)).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // A task of its own: a client that hangs up does not take back what it has asked for.
    let handling = tokio::spawn(async move {
        let stopped = shared.stop.clone();
        tokio::select! {
            () = stopped.cancelled() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            response = handle(&shared, &wire, call) => response,
        }
    });
    handling.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn handle(shared: &Shared, wire: &Wire, mut call: Call) -> Response {
    let (fault, response_ms) = shared.arrive(&mut call);
    match fault {
        Some(FaultKind::Status(status)) => return page(status),
        Some(FaultKind::CutBeforeAccept) => {
            wire.cut();
            return StatusCode::OK.into_response();
        }
        Some(FaultKind::Delay { ms }) => sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    if response_ms > 0 {
        sleep(Duration::from_millis(response_ms)).await;
    }
    let error = if let Some(FaultKind::Error(code)) = fault { Some(code) } else { None };
    let reply = shared.answer(&mut call, error).await;
    finish(reply, fault, wire)
}

/// The whole request; `None`: it cannot be read.
async fn read(request: Request) -> Option<Call> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_MAX).await.ok()?;
    let path = parts.uri.path().to_owned();
    let mut upload = None;
    if Route::is_upload(&path) {
        let again = Request::from_parts(parts.clone(), Body::from(body.clone()));
        upload = file(again).await;
    }
    Some(Call {
        method: parts.method,
        path,
        query: pairs(parts.uri.query().unwrap_or("")),
        headers: parts.headers,
        body,
        upload,
        now_ms: 0,
    })
}

/// The part named `file` of a multipart body.
async fn file(request: Request) -> Option<Upload> {
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    while let Ok(Some(field)) = parts.next_field().await {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("").to_owned();
            let size = field.bytes().await.ok()?.len();
            return Some(Upload { name, size });
        }
    }
    None
}

/// What every request is counted under.
pub(crate) fn label(call: &Call) -> (&'static str, bool) {
    match routes::find(call) {
        Found::Here(route) => (route.path, route.sends()),
        Found::OtherMethod(route) => (route.path, false),
        Found::Nothing => ("other", false),
    }
}

fn page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response()
}

fn finish(reply: Reply, fault: Option<FaultKind>, wire: &Wire) -> Response {
    let text = if reply.body.is_null() { String::new() } else { reply.body.to_string() };
    let half = text.len() / 2;
    let half = (0..=half).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let mut response = match fault {
        Some(FaultKind::CutAfterAccept | FaultKind::DropTokenReply) => {
            wire.cut();
            StatusCode::OK.into_response()
        }
        Some(FaultKind::SlowBody { ms }) => slow(&text, Duration::from_millis(ms)).into_response(),
        Some(FaultKind::CutBody) => {
            // It promises all and ends early: the server then ends the connection.
            let mut response = slow(&text[..half], BREAK_AFTER).into_response();
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
            response
        }
        Some(FaultKind::HalfJson) => text[..half].to_owned().into_response(),
        _ => text.into_response(),
    };
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Some(to) = reply.location.and_then(|to| HeaderValue::from_str(&to).ok()) {
        headers.insert(header::LOCATION, to);
    }
    if let Some(room) = reply.room {
        headers.insert(HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(room.limit));
        headers.insert(HeaderName::from_static("x-ratelimit-remain"), HeaderValue::from(room.remain));
    }
    response
}

/// The text in pieces, so far apart.
fn slow(text: &str, apart: Duration) -> Body {
    let (mut writer, reader) = tokio::io::duplex(text.len().max(1));
    let octets = text.as_bytes().to_vec();
    tokio::spawn(async move {
        for piece in octets.chunks(octets.len().div_ceil(SLOW_PIECES).max(1)) {
            if writer.write_all(piece).await.is_err() {
                return;
            }
            sleep(apart).await;
        }
    });
    Body::from_stream(ReaderStream::new(reader))
}
