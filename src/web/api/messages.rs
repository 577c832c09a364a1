//! Messages one by one, and everything that happened to each. A telephone number would be in logs if it stood in an
//! address, so looking for one is a POST.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{NumbersWanted, Page, schema};
use crate::domain::{AlertId, MessageKey, RouteId, State as MessageState};
use crate::ledger::{After, MessageFilter, TrailEntry};
use crate::office::{MessageView, Text};
use crate::web::Web;
use crate::web::error::{ApiError, Kind};
use crate::web::extract::{Caller, Json, Limit, Path, Query};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessagesAsked {
    #[param(value_type = Option<schema::State>)]
    state: Option<MessageState>,
    /// Name of a route.
    route: Option<String>,
    /// Commune code.
    area: Option<String>,
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
    /// `next` of the page before.
    #[param(example = "viettel:100")]
    after: Option<String>,
    #[serde(default)]
    #[param(value_type = u32, required = false, maximum = 500, example = 100)]
    limit: Limit,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageSearch {
    /// As people write it.
    #[schema(example = "090 123 43 21")]
    number: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageAsked {
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    #[schema(value_type = i64)]
    alert: AlertId,
    route: String,
    /// Number on its route, from 1.
    seq: i64,
    /// Masked unless asked for whole by those who may.
    #[schema(example = "+8490***321")]
    number: String,
    area: String,
    area_name: String,
    #[schema(value_type = schema::State)]
    state: MessageState,
    state_text: Text,
    attempts: i32,
    /// The provider's, of the last answer or receipt that says why.
    code: Option<String>,
    reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageWithTrail {
    message: Message,
    /// In the order of time.
    trail: Vec<Step>,
}

/// One thing that happened to a message.
#[derive(Debug, Serialize, ToSchema)]
struct Step {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `claimed`, `accepted`, `refused`, `throttled`, `not_sent`, `uncertain`, `receipt`, `closed` or `waiting`.
    what: String,
    lane: Option<String>,
    attempt: Option<i32>,
    part: Option<i32>,
    verdict: Option<String>,
    /// The provider's id.
    reference: Option<String>,
    code: Option<String>,
    reason: Option<String>,
    /// When it happened by the provider's clock.
    #[schema(value_type = Option<String>, format = DateTime)]
    provider_at: Option<Timestamp>,
    /// The provider's own words; only for those who may see numbers.
    raw: Option<String>,
}

/// Messages of an alert, by route and number
#[utoipa::path(get, path = "/alerts/{id}/messages", tag = "reports", operation_id = "list_messages", params(("id" = i64, Path), MessagesAsked), responses((status = 200, body = Page<Message>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Query(asked): Query<MessagesAsked>,
) -> Result<Json<Page<Message>>, ApiError> {
    let route = match &asked.route {
        Some(name) => Some(route_named(&web, name).await?),
        None => None,
    };
    let after = match &asked.after {
        Some(place) => Some(place_of(&web, place).await?),
        None => None,
    };
    let filter = MessageFilter { route, state: asked.state, area: asked.area, address: None };
    page(&web, id, &filter, after, asked.limit.rows(), asked.numbers, &by).await
}

/// Messages of an alert to one telephone number
#[utoipa::path(post, path = "/alerts/{id}/messages/search", tag = "reports", operation_id = "search_messages", params(("id" = i64, Path)), request_body = MessageSearch, responses((status = 200, body = Page<Message>)))]
pub(crate) async fn search(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Json(MessageSearch { number }): Json<MessageSearch>,
) -> Result<Json<Page<Message>>, ApiError> {
    let parsed = web.office.numbers.parse(&number).map_err(|refusal| {
        let remedy = "write a Vietnamese mobile number";
        ApiError::wrong(Kind::Invalid, "number", Some(&number), &refusal.to_string(), remedy)
    })?;
    let address = Some(parsed.phone.digits().to_string());
    let filter = MessageFilter { address, ..MessageFilter::default() };
    page(&web, id, &filter, None, Limit::MAX, NumbersWanted::Masked, &by).await
}

/// One message and its whole trail
#[utoipa::path(get, path = "/alerts/{id}/messages/{route}/{seq}", tag = "reports", operation_id = "show_message", params(("id" = i64, Path), ("route" = String, Path), ("seq" = i64, Path), MessageAsked), responses((status = 200, body = MessageWithTrail)))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path((id, route, seq)): Path<(AlertId, String, i64)>,
    Query(asked): Query<MessageAsked>,
) -> Result<Json<MessageWithTrail>, ApiError> {
    let key = MessageKey { alert: id, route: route_named(&web, &route).await?, seq };
    let trail = web.office.trail(&by, key).await?;
    let message = web.office.message(&by, key, asked.numbers.into()).await?;
    Ok(Json(MessageWithTrail { message: message.into(), trail: trail.into_iter().map(Into::into).collect() }))
}

async fn page(
    web: &Web,
    alert: AlertId,
    filter: &MessageFilter,
    after: After,
    rows_max: usize,
    numbers: NumbersWanted,
    by: &crate::ledger::Account,
) -> Result<Json<Page<Message>>, ApiError> {
    let rows = web.office.message_rows(by, alert, filter, after, rows_max, numbers.into()).await?;
    Ok(Json(Page::new(rows, rows_max, |row: &MessageView| format!("{}:{}", row.route, row.key.seq))))
}

/// A route by its name; one that is no longer in the settings still has its messages.
async fn route_named(web: &Web, name: &str) -> Result<RouteId, ApiError> {
    if let Some(route) = web.office.setup.load().route_named(name) {
        return Ok(route.id);
    }
    let names = web.office.store.catalog.route_names().await?;
    let found = names.into_iter().find(|(_, known)| known == name);
    found.map(|(route, _)| route).ok_or_else(|| ApiError::not_found("route", name))
}

async fn place_of(web: &Web, after: &str) -> Result<(RouteId, i64), ApiError> {
    let parts = after.rsplit_once(':').and_then(|(route, seq)| Some((route, seq.parse().ok()?)));
    let Some((route, seq)) = parts else {
        let remedy = "pass `next` of the page before";
        return Err(ApiError::wrong(
            Kind::Malformed,
            "after",
            Some(after),
            "is no place in this list",
            remedy,
        ));
    };
    Ok((route_named(web, route).await?, seq))
}

impl From<MessageView> for Message {
    fn from(view: MessageView) -> Self {
        Self {
            alert: view.key.alert,
            route: view.route,
            seq: view.key.seq,
            number: view.address,
            area: view.area,
            area_name: view.area_name,
            state: view.state,
            state_text: view.state_text,
            attempts: view.attempts,
            code: view.code,
            reason: view.reason,
            submitted_at: view.submitted_at,
            ended_at: view.ended_at,
        }
    }
}

impl From<TrailEntry> for Step {
    fn from(entry: TrailEntry) -> Self {
        Self {
            at: entry.at,
            what: entry.what,
            lane: entry.lane,
            attempt: entry.attempt,
            part: entry.part,
            verdict: entry.verdict,
            reference: entry.reference,
            code: entry.code,
            reason: entry.reason,
            provider_at: entry.provider_at,
            raw: entry.raw,
        }
    }
}
