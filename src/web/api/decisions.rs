//! What people decide about an alert. Each answers with the alert as it stands afterwards.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alert::Alert;
use crate::domain::{AlertId, ContentHash};
use crate::office::Seen;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json, Path};

/// What the approver looked at. If it is no longer what would be sent, nothing is approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    version: i64,
    #[schema(value_type = String)]
    content_hash: ContentHash,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// For the journal; not empty.
    #[schema(example = "sai địa bàn")]
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Resent {
    /// Messages that go back to the queue as possible repeats.
    resent: i64,
}

/// Ask for approval
#[utoipa::path(post, path = "/alerts/{id}/submit", tag = "decisions", operation_id = "submit_alert", params(("id" = i64, Path)), responses((status = 200, body = Alert)))]
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.submit(&by, id).await?.into()))
}

/// Approve what was seen; it begins to be sent
///
/// Not by whoever wrote or edited this version.
#[utoipa::path(post, path = "/alerts/{id}/approve", tag = "decisions", operation_id = "approve_alert", params(("id" = i64, Path)), request_body = Approval, responses((status = 200, body = Alert)))]
pub(crate) async fn approve(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Json(Approval { version, content_hash }): Json<Approval>,
) -> Result<Json<Alert>, ApiError> {
    let seen = Seen { version, content_hash };
    Ok(Json(web.office.approve(&by, id, &seen).await?.into()))
}

/// Send back to the author
#[utoipa::path(post, path = "/alerts/{id}/return", tag = "decisions", operation_id = "return_alert", params(("id" = i64, Path)), request_body = Reason, responses((status = 200, body = Alert)))]
pub(crate) async fn send_back(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Json(Reason { reason }): Json<Reason>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.return_for_edit(&by, id, &reason).await?.into()))
}

/// Say no, for good
#[utoipa::path(post, path = "/alerts/{id}/reject", tag = "decisions", operation_id = "reject_alert", params(("id" = i64, Path)), request_body = Reason, responses((status = 200, body = Alert)))]
pub(crate) async fn reject(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Json(Reason { reason }): Json<Reason>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.reject(&by, id, &reason).await?.into()))
}

/// Hold the sending
#[utoipa::path(post, path = "/alerts/{id}/pause", tag = "decisions", operation_id = "pause_alert", params(("id" = i64, Path)), responses((status = 200, body = Alert)))]
pub(crate) async fn pause(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.pause(&by, id).await?.into()))
}

/// Go on sending
#[utoipa::path(post, path = "/alerts/{id}/resume", tag = "decisions", operation_id = "resume_alert", params(("id" = i64, Path)), responses((status = 200, body = Alert)))]
pub(crate) async fn resume(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.resume(&by, id).await?.into()))
}

/// Stop, for good
#[utoipa::path(post, path = "/alerts/{id}/cancel", tag = "decisions", operation_id = "cancel_alert", params(("id" = i64, Path)), request_body = Reason, responses((status = 200, body = Alert)))]
pub(crate) async fn cancel(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Json(Reason { reason }): Json<Reason>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.cancel(&by, id, &reason).await?.into()))
}

/// Send again what nobody knows to have left
#[utoipa::path(post, path = "/alerts/{id}/resend-uncertain", tag = "decisions", operation_id = "resend_uncertain", params(("id" = i64, Path)), responses((status = 200, body = Resent)))]
pub(crate) async fn resend_uncertain(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<Resent>, ApiError> {
    Ok(Json(Resent { resent: web.office.resend_uncertain(&by, id).await? }))
}
