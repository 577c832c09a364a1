//! Whom an alert reached over all its channels, what people wrote back, and what was seen of its posts.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{List, NumbersWanted, Page, csv, schema};
use crate::domain::{AlertId, State as MessageState};
use crate::office::{ExhibitView, InboxView, PersonReach, Reached, Text};
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json, Limit, Path, Query, maybe_number};
use crate::web::mask::masked;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PersonsAsked {
    #[param(value_type = Option<schema::State>)]
    state: Option<MessageState>,
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "maybe_number")]
    after: Option<i64>,
    #[serde(default)]
    #[param(value_type = u32, required = false, maximum = 500, example = 100)]
    limit: Limit,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileAsked {
    /// Without it: everybody.
    #[param(inline)]
    reached: Option<ReachedAsked>,
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReachedAsked {
    /// Delivered on some channel.
    Yes,
    /// Nothing has reached them so far.
    No,
    /// It has left for them, and nobody knows whether it arrived.
    Unknown,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InboxAsked {
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
    /// `next` of the page before.
    #[serde(default, deserialize_with = "maybe_number")]
    before: Option<i64>,
    #[serde(default)]
    #[param(value_type = u32, required = false, maximum = 500, example = 100)]
    limit: Limit,
}

/// A target with the one state that all channels together come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonState {
    /// Number in the frozen list, from 1.
    target: i64,
    /// Masked unless asked for whole by those who may; null where the person is known only by a provider's id.
    #[schema(example = "+8490***321")]
    number: Option<String>,
    area: String,
    area_name: String,
    #[schema(value_type = schema::State)]
    state: MessageState,
    state_text: Text,
    /// Of the message that decided.
    route: Option<String>,
}

/// A message from a person to us.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxMessage {
    id: i64,
    lane: String,
    /// Masked unless asked for whole by those who may.
    from: String,
    to: String,
    /// Telephone numbers in it are masked likewise.
    text: String,
    /// The alert that it answers, where the provider says so.
    #[schema(value_type = Option<i64>)]
    alert: Option<AlertId>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// What was seen of a post at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Exhibit {
    route: String,
    /// The platform's id of the post.
    reference: String,
    permalink: Option<String>,
    metrics: Vec<Metric>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct Metric {
    #[schema(example = "shares")]
    metric: String,
    /// Null: the platform did not tell.
    value: Option<i64>,
}

/// Persons of an alert, each with the best that all channels came to
#[utoipa::path(get, path = "/alerts/{id}/people", tag = "reports", operation_id = "list_reach", params(("id" = i64, Path), PersonsAsked), responses((status = 200, body = Page<PersonState>)))]
pub(crate) async fn persons(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Query(asked): Query<PersonsAsked>,
) -> Result<Json<Page<PersonState>>, ApiError> {
    let states: Vec<MessageState> = asked.state.into_iter().collect();
    let (after, rows_max) = (asked.after.unwrap_or(0), asked.limit.rows());
    let rows = web.office.persons(&by, id, &states, after, rows_max, asked.numbers.into()).await?;
    Ok(Json(Page::new(rows, rows_max, |row: &PersonReach| row.cursor.to_string())))
}

/// Persons of an alert, as CSV
///
/// `reached=no` is the list for loudspeakers and for those who go from door to door.
#[utoipa::path(get, path = "/alerts/{id}/people.csv", tag = "reports", operation_id = "export_reach", params(("id" = i64, Path), FileAsked), responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn persons_csv(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Query(asked): Query<FileAsked>,
) -> Result<Response, ApiError> {
    let rows = web.office.persons_csv(&by, id, asked.reached.map(Into::into), asked.numbers.into()).await?;
    Ok(csv(&format!("loa-alert-{id}-people.csv"), rows))
}

/// What people wrote back, newest first
#[utoipa::path(get, path = "/inbox", tag = "reports", operation_id = "list_inbox", params(InboxAsked), responses((status = 200, body = Page<InboxMessage>)))]
pub(crate) async fn inbox(
    State(web): State<Web>,
    Caller(by): Caller,
    Query(asked): Query<InboxAsked>,
) -> Result<Json<Page<InboxMessage>>, ApiError> {
    let rows_max = asked.limit.rows();
    let mut rows = web.office.inbox(&by, asked.before, rows_max, asked.numbers.into()).await?;
    if matches!(asked.numbers, NumbersWanted::Masked) {
        for row in &mut rows {
            row.text = masked(&row.text);
        }
    }
    Ok(Json(Page::new(rows, rows_max, |row: &InboxView| row.id.to_string())))
}

/// What was seen of an alert's posts, newest first
#[utoipa::path(get, path = "/alerts/{id}/exhibits", tag = "reports", operation_id = "list_exhibits", params(("id" = i64, Path)), responses((status = 200, body = List<Exhibit>)))]
pub(crate) async fn exhibits(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<List<Exhibit>>, ApiError> {
    Ok(Json(List::of(web.office.exhibits(&by, id).await?)))
}

impl From<ReachedAsked> for Reached {
    fn from(asked: ReachedAsked) -> Self {
        match asked {
            ReachedAsked::Yes => Self::Yes,
            ReachedAsked::No => Self::No,
            ReachedAsked::Unknown => Self::Unknown,
        }
    }
}

impl From<PersonReach> for PersonState {
    fn from(row: PersonReach) -> Self {
        let PersonReach { cursor: _, target, number, area, area_name, state, state_text, route } = row;
        Self { target, number, area, area_name, state, state_text, route }
    }
}

impl From<InboxView> for InboxMessage {
    fn from(InboxView { id, lane, from, to, text, alert, at }: InboxView) -> Self {
        Self { id, lane, from, to, text, alert, at }
    }
}

impl From<ExhibitView> for Exhibit {
    fn from(ExhibitView { route, reference, permalink, metrics, at }: ExhibitView) -> Self {
        let metrics = metrics.into_iter().map(|(metric, value)| Metric { metric, value }).collect();
        Self { route, reference, permalink, metrics, at }
    }
}
