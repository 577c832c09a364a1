//! Lanes: what each carrier's link can do right now.

use axum::extract::State;

use super::List;
use crate::engine::LaneStatus;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json};

/// Lanes with their health, pace and owner
#[utoipa::path(get, path = "/lanes", tag = "gateway", operation_id = "list_lanes", responses((status = 200, body = List<LaneStatus>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(_): Caller,
) -> Result<Json<List<LaneStatus>>, ApiError> {
    Ok(Json(List::of(web.office.engine.lanes())))
}
