//! Lanes: what each provider's link can do right now, and the consent that some of them need.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::engine::LaneStatus;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json, Path};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsentPage {
    /// The provider's page, to be opened by an admin of the account there.
    url: String,
}

/// Lanes with their health, pace and owner
#[utoipa::path(get, path = "/lanes", tag = "gateway", operation_id = "list_lanes", responses((status = 200, body = List<LaneStatus>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(_): Caller,
) -> Result<Json<List<LaneStatus>>, ApiError> {
    Ok(Json(List::of(web.office.engine.lanes())))
}

/// Begin to renew a provider's consent
///
/// Open the address within ten minutes and agree; the provider then sends you back to `/consent/{lane}`.
#[utoipa::path(post, path = "/lanes/{lane}/consent", tag = "gateway", operation_id = "begin_consent", params(("lane" = String, Path)), responses((status = 200, body = ConsentPage)))]
pub(crate) async fn consent(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(lane): Path<String>,
) -> Result<Json<ConsentPage>, ApiError> {
    let start = web.office.consent_start(&by, &lane, web.settings.public_url.as_deref())?;
    Ok(Json(ConsentPage { url: web.begun.keep(web.office.clock.now(), &lane, start) }))
}
