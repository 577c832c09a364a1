//! The answer on its way out: headers of every answer, and the ways an answer may be lost.

use super::ask::Ask;
use super::wire::Line;
use super::world::World;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

/// What a version answers when a call names none: the app's own.
const APP_VERSION: &str = "v26.0";
/// Most pieces of a slow body.
const PIECES: usize = 10;
/// Time for the first half of a body to leave before the connection ends.
const HALF: Duration = Duration::from_millis(30);

#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    loss: Loss,
}

#[derive(Debug, Clone, Copy)]
enum Loss {
    None,
    /// Nothing for so many milliseconds, then the connection ends.
    Cut {
        ms: u64,
    },
    /// Half of the body, then the connection ends.
    Half,
    /// The body over so many milliseconds.
    Slow {
        ms: u64,
    },
}

impl Reply {
    fn new(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, headers, body: body.into(), loss: Loss::None }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json; charset=UTF-8", value.to_string())
    }

    pub(crate) fn html_502() -> Self {
        Self::new(502, "text/html; charset=utf-8", "<html><body><h1>502 Bad Gateway</h1></body></html>")
    }

    pub(crate) fn empty() -> Self {
        Self::new(200, "application/json; charset=UTF-8", "")
    }

    /// No answer; the connection ends after so many milliseconds.
    pub(crate) fn cut(ms: u64) -> Self {
        Self { loss: Loss::Cut { ms }, ..Self::empty() }
    }

    pub(crate) fn cut_short(self) -> Self {
        Self { loss: Loss::Half, ..self }
    }

    pub(crate) fn slow(self, ms: u64) -> Self {
        Self { loss: Loss::Slow { ms }, ..self }
    }

    /// What every answer carries: the version that answered, a trace, the use of limits.
    pub(crate) fn with_headers(mut self, world: &mut World, ask: &Ask) -> Self {
        let asked = ask.version.as_deref().unwrap_or(APP_VERSION);
        let script = &world.script;
        let version = if script.api_version.is_empty() { asked } else { &script.api_version };
        let mut headers = vec![("facebook-api-version", version.to_owned())];
        if script.app_usage.most() > 0 {
            headers.push(("x-app-usage", json!(script.app_usage).to_string()));
        }
        if let Some(usage) = world.page_usage() {
            headers.push(("x-business-use-case-usage", usage.to_string()));
        }
        headers.push(("x-fb-trace-id", format!("T{:x}", world.next_id())));
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                self.headers.insert(HeaderName::from_static(name), value);
            }
        }
        self
    }

    pub(crate) async fn send(self, line: &Line) -> Response {
        match self.loss {
            Loss::None => (self.status, self.headers, self.body).into_response(),
            Loss::Cut { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                line.cut();
                // Never written: the connection is gone.
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Loss::Half | Loss::Slow { .. } => self.in_pieces(line.clone()),
        }
    }

    /// The length of the whole body is promised; a task of its own writes it.
    fn in_pieces(mut self, line: Line) -> Response {
        let (mut writer, reader) = tokio::io::duplex(64 * 1024);
        self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        let (body, loss) = (self.body, self.loss);
        tokio::spawn(async move {
            let written = match loss {
                Loss::Slow { ms } => dribble(&mut writer, &body, Duration::from_millis(ms)).await,
                _ => writer.write_all(&body[..body.len() / 2]).await,
            };
            if let Err(error) = written {
                tracing::debug!(%error, "the client did not wait for the body");
            }
            if matches!(loss, Loss::Half) {
                tokio::time::sleep(HALF).await;
                line.cut();
            }
        });
        (self.status, self.headers, Body::from_stream(ReaderStream::new(reader))).into_response()
    }
}

async fn dribble(writer: &mut tokio::io::DuplexStream, body: &[u8], over: Duration) -> std::io::Result<()> {
    let pieces = body.chunks(body.len().div_ceil(PIECES).max(1));
    let wait = over / pieces.len().max(1) as u32;
    for piece in pieces {
        tokio::time::sleep(wait).await;
        writer.write_all(piece).await?;
    }
    Ok(())
}
