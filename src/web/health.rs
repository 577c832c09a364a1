//! What machines ask: is the process alive, can it work, how are its lanes. Without an API key and without a word
//! about people.

use std::time::Duration;

use axum::extract::State;
use axum::response::Html;
use serde::Serialize;
use utoipa::ToSchema;

use super::Web;
use super::error::{ApiError, Kind};
use super::extract::Json;
use crate::engine::LaneStatus;

/// A ledger that needs longer for the cheapest statement is not ready.
const PING_LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// This process among the gateway's nodes.
    node: String,
    /// Answered a statement just now.
    ledger: bool,
    /// `local`, `ready`, or why it is away; then shared grants are used by this node's own share.
    coordination: String,
    lanes: Vec<LaneReady>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LaneReady {
    name: String,
    can_send: bool,
    health: String,
    /// The node that owns it.
    owner: Option<String>,
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
    let show = |lane: LaneStatus| LaneReady {
        name: lane.name,
        can_send: lane.can_send,
        health: lane.health,
        owner: lane.owner,
    };
    Ok(Json(Ready {
        node: web.office.setup.load().node.clone(),
        ledger: true,
        coordination: web.office.engine.coordination().standing().line(),
        lanes: web.office.engine.lanes().into_iter().map(show).collect(),
    }))
}
