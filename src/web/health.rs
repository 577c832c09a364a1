//! What machines ask: is the process alive, can it work, how are its lanes. Without an API key and without a word
//! about people; few label values, so that a collector can keep them for years.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::Html;
use serde::Serialize;
use utoipa::ToSchema;

use super::Web;
use super::error::{ApiError, Kind};
use super::extract::Json;
use crate::engine::LaneStatus;

/// A ledger that needs longer for the cheapest statement is not ready.
const PING_LIMIT: Duration = Duration::from_secs(2);
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// Answered a statement just now.
    ledger: bool,
    lanes: Vec<LaneReady>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LaneReady {
    name: String,
    can_send: bool,
    health: String,
}

/// What this is, for whoever opens it in a browser
#[utoipa::path(get, path = "/", tag = "health", security(()), responses((status = 200, body = String, content_type = "text/html")))]
pub(super) async fn home() -> Html<&'static str> {
    Html(include_str!("home.html"))
}

/// The process is alive
///
/// Says nothing about the ledger: a restart would not bring it back.
#[utoipa::path(get, path = "/livez", tag = "health", security(()), responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// The gateway can work
///
/// The ledger answers. Lanes are shown and do not count: with every carrier down, alerts can still be written and
/// approved.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses((status = 200, body = Ready)))]
pub(super) async fn readyz(State(web): State<Web>) -> Result<Json<Ready>, ApiError> {
    match tokio::time::timeout(PING_LIMIT, web.office.store.reports.ping()).await {
        Ok(answer) => answer?,
        Err(_) => return Err(ApiError::new(Kind::Unavailable, "The ledger is too slow to work with.")),
    }
    let show = |lane: LaneStatus| LaneReady { name: lane.name, can_send: lane.can_send, health: lane.health };
    Ok(Json(Ready { ledger: true, lanes: web.office.engine.lanes().into_iter().map(show).collect() }))
}

/// Lanes in Prometheus text
#[utoipa::path(get, path = "/metrics", tag = "health", security(()), responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(web): State<Web>) -> ([(HeaderName, &'static str); 1], String) {
    let mut text = String::new();
    family(&mut text, "loa_build_info", "gauge", "The running program.");
    line(&mut text, "loa_build_info", ("version", env!("CARGO_PKG_VERSION")), 1.0);
    let lanes = web.office.engine.lanes();
    for (name, kind, help, value) in LANE_FAMILIES {
        family(&mut text, name, kind, help);
        for lane in &lanes {
            line(&mut text, name, ("lane", &lane.name), value(lane));
        }
    }
    ([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], text)
}

/// Name, type, help and where the figure stands.
type LaneFamily = (&'static str, &'static str, &'static str, fn(&LaneStatus) -> f64);

#[expect(clippy::cast_precision_loss, reason = "windows and counts of throttles are far below 2^53")]
const LANE_FAMILIES: [LaneFamily; 4] = [
    ("loa_lane_can_send", "gauge", "1 if the lane can send now.", |lane| f64::from(u8::from(lane.can_send))),
    ("loa_lane_in_flight", "gauge", "Submissions without an answer.", |lane| lane.in_flight as f64),
    ("loa_lane_rate_parts_per_second", "gauge", "Parts per second the lane allows itself now.", |lane| {
        lane.rate_now
    }),
    ("loa_lane_throttles_total", "counter", "Throttle replies since the start.", |lane| {
        lane.throttles as f64
    }),
];

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a String cannot fail.
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, (label, label_value): (&str, &str), value: f64) {
    let escaped = label_value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    _ = writeln!(text, "{name}{{{label}=\"{escaped}\"}} {value}");
}
