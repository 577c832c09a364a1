//! Alerts as they are written and seen: the form, the list, the preview, the journal.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::alert::{Alert, AlertBody, Event};
use super::preview::Preview;
use super::{List, Page, schema};
use crate::domain::{AlertId, Phase};
use crate::ledger::AlertRow;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json, Limit, Path, Query, maybe_number};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertsAsked {
    #[param(value_type = Option<schema::Phase>)]
    phase: Option<Phase>,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "maybe_number")]
    after: Option<i64>,
    #[serde(default)]
    #[param(value_type = u32, required = false, maximum = 500, example = 100)]
    limit: Limit,
}

/// A changed alert and the version that was changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertEdit {
    /// The version as it was read: if somebody was faster, nothing is overwritten.
    version: i64,
    alert: AlertBody,
}

/// Write a draft
#[utoipa::path(post, path = "/alerts", tag = "alerts", operation_id = "create_alert", request_body = AlertBody, responses((status = 201, body = Alert)))]
pub(crate) async fn create(
    State(web): State<Web>,
    Caller(by): Caller,
    Json(form): Json<AlertBody>,
) -> Result<impl IntoResponse, ApiError> {
    let alert = web.office.alert_add(&by, form.into()).await?;
    let place = [(header::LOCATION, format!("/api/v1/alerts/{}", alert.id))];
    Ok((StatusCode::CREATED, place, Json(Alert::from(alert))))
}

/// Alerts, newest first
#[utoipa::path(get, path = "/alerts", tag = "alerts", operation_id = "list_alerts", params(AlertsAsked), responses((status = 200, body = Page<Alert>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(by): Caller,
    Query(asked): Query<AlertsAsked>,
) -> Result<Json<Page<Alert>>, ApiError> {
    let before = asked.after.map(AlertId);
    let alerts = web.office.alerts(&by, asked.phase, before, asked.limit.rows()).await?;
    Ok(Json(Page::new(alerts, asked.limit.rows(), |alert: &AlertRow| alert.id.to_string())))
}

/// One alert
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", operation_id = "show_alert", params(("id" = i64, Path)), responses((status = 200, body = Alert)))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.alert(&by, id).await?.into()))
}

/// Change an alert
///
/// After it was submitted or approved this makes a new version, which needs a new approval.
#[utoipa::path(put, path = "/alerts/{id}", tag = "alerts", operation_id = "edit_alert", params(("id" = i64, Path)), request_body = AlertEdit, responses((status = 200, body = Alert)))]
pub(crate) async fn edit(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Json(AlertEdit { version, alert }): Json<AlertEdit>,
) -> Result<Json<Alert>, ApiError> {
    Ok(Json(web.office.alert_edit(&by, id, version, alert.into()).await?.into()))
}

/// See what a form would come to
///
/// Nothing is stored: what each channel of the plan shows, people, cost and finish times, and everything wrong with it.
#[utoipa::path(post, path = "/preview", tag = "alerts", operation_id = "preview_form", request_body = AlertBody, responses((status = 200, body = Preview)))]
pub(crate) async fn preview_form(
    State(web): State<Web>,
    Caller(by): Caller,
    Json(form): Json<AlertBody>,
) -> Result<Json<Preview>, ApiError> {
    Ok(Json(web.office.preview(&by, &form.into()).await?.into()))
}

/// See what an alert would come to as it stands
#[utoipa::path(get, path = "/alerts/{id}/preview", tag = "alerts", operation_id = "preview_alert", params(("id" = i64, Path)), responses((status = 200, body = Preview)))]
pub(crate) async fn preview(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<Preview>, ApiError> {
    Ok(Json(web.office.alert_preview(&by, id).await?.into()))
}

/// A correction of an alert, ready to be written
///
/// To those whom the alert reached or may have reached, on its channels at once. Look at it, change what has to be
/// changed, and send it to `POST /alerts`.
#[utoipa::path(get, path = "/alerts/{id}/correction", tag = "alerts", operation_id = "correction_form", params(("id" = i64, Path)), responses((status = 200, body = AlertBody)))]
pub(crate) async fn correction(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<AlertBody>, ApiError> {
    Ok(Json(web.office.correction_form(&by, id).await?.into()))
}

/// Who did what to an alert, and when
#[utoipa::path(get, path = "/alerts/{id}/events", tag = "alerts", operation_id = "list_events", params(("id" = i64, Path)), responses((status = 200, body = List<Event>)))]
pub(crate) async fn events(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<List<Event>>, ApiError> {
    Ok(Json(List::of(web.office.alert_events(&by, id).await?)))
}
