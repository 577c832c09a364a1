//! What became of an alert as a whole: figures, communes, those left out, and the full list as a file.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::preview::Excluded;
use super::{List, NumbersWanted, Page, csv, schema};
use crate::domain::{self, AlertId, Phase};
use crate::ledger::ExclusionRow;
use crate::office::{self, AreaReport};
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json, Limit, Path, Query, maybe_number};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExclusionsAsked {
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
pub(crate) struct ReportAsked {
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
}

/// Messages by state. What was accepted is always found again in exactly one of the ten states.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counts {
    accepted: i64,
    queued: i64,
    in_flight: i64,
    sent: i64,
    delivered: i64,
    undelivered: i64,
    unconfirmed: i64,
    failed: i64,
    expired: i64,
    cancelled: i64,
    uncertain: i64,
    /// Sent again after having been uncertain: the most that can have arrived twice.
    possible_repeats: i64,
    /// What the bill counts.
    parts_submitted: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertCounts {
    #[schema(value_type = i64)]
    alert: AlertId,
    #[schema(value_type = schema::Phase)]
    phase: Phase,
    /// Frozen after approval; with those left out they are everybody who was chosen.
    targets: i64,
    excluded: i64,
    /// Messages of all routes together.
    total: Counts,
    /// Null where persons have messages on several channels and `people=folded` was not asked.
    people: Option<People>,
    routes: Vec<RouteCounts>,
    exclusions: Vec<Excluded>,
}

/// Persons, each once with the best that all channels came to. A page's post is nobody's message.
#[derive(Debug, Serialize, ToSchema)]
struct People {
    targets: i64,
    excluded: i64,
    queued: i64,
    in_flight: i64,
    sent: i64,
    delivered: i64,
    undelivered: i64,
    unconfirmed: i64,
    failed: i64,
    expired: i64,
    cancelled: i64,
    uncertain: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct RouteCounts {
    route: String,
    /// Null where the route is no longer in the settings.
    #[schema(value_type = Option<schema::Channel>)]
    channel: Option<domain::Channel>,
    counts: Counts,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AreaCounts {
    area: String,
    name: String,
    targets: i64,
    excluded: i64,
    counts: Counts,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Exclusion {
    /// Id of the person.
    person: i64,
    #[schema(example = "opted-out")]
    reason: String,
    area: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountsQuery {
    /// `folded`: persons over several channels too; reads every message, so seconds for a million.
    people: Option<PeopleWanted>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PeopleWanted {
    Folded,
}

/// Figures of an alert, over all routes and by route
#[utoipa::path(get, path = "/alerts/{id}/counts", tag = "reports", operation_id = "count_alert", params(("id" = i64, Path), CountsQuery), responses((status = 200, body = AlertCounts)))]
pub(crate) async fn counts(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Query(asked): Query<CountsQuery>,
) -> Result<Json<AlertCounts>, ApiError> {
    Ok(Json(web.office.counts(&by, id, asked.people.is_some()).await?.into()))
}

/// Figures of an alert by commune, each person once
#[utoipa::path(get, path = "/alerts/{id}/areas", tag = "reports", operation_id = "count_areas", params(("id" = i64, Path)), responses((status = 200, body = List<AreaCounts>)))]
pub(crate) async fn areas(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
) -> Result<Json<List<AreaCounts>>, ApiError> {
    Ok(Json(List::of(web.office.by_area(&by, id).await?)))
}

/// Who was chosen and left out, and why
#[utoipa::path(get, path = "/alerts/{id}/exclusions", tag = "reports", operation_id = "list_exclusions", params(("id" = i64, Path), ExclusionsAsked), responses((status = 200, body = Page<Exclusion>)))]
pub(crate) async fn exclusions(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Query(asked): Query<ExclusionsAsked>,
) -> Result<Json<Page<Exclusion>>, ApiError> {
    web.office.alert(&by, id).await?;
    let rows_max = asked.limit.rows();
    let rows = web.office.store.reports.exclusions(id, asked.after.unwrap_or(0), rows_max).await?;
    Ok(Json(Page::new(rows, rows_max, |row: &ExclusionRow| row.person.to_string())))
}

/// Every message of an alert, as CSV
#[utoipa::path(get, path = "/alerts/{id}/report.csv", tag = "reports", operation_id = "export_report", params(("id" = i64, Path), ReportAsked), responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn report_csv(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<AlertId>,
    Query(asked): Query<ReportAsked>,
) -> Result<Response, ApiError> {
    let rows = web.office.report_csv(&by, id, asked.numbers.into()).await?;
    Ok(csv(&format!("loa-alert-{id}.csv"), rows))
}

impl From<domain::Counts> for Counts {
    fn from(counts: domain::Counts) -> Self {
        Self {
            accepted: counts.accepted,
            queued: counts.queued,
            in_flight: counts.in_flight,
            sent: counts.sent,
            delivered: counts.delivered,
            undelivered: counts.undelivered,
            unconfirmed: counts.unconfirmed,
            failed: counts.failed,
            expired: counts.expired,
            cancelled: counts.cancelled,
            uncertain: counts.uncertain,
            possible_repeats: counts.possible_repeats,
            parts_submitted: counts.parts_submitted,
        }
    }
}

impl From<office::AlertCounts> for AlertCounts {
    fn from(counts: office::AlertCounts) -> Self {
        Self {
            alert: counts.alert,
            phase: counts.phase,
            targets: counts.targets,
            excluded: counts.excluded,
            total: counts.total.into(),
            people: counts.people.map(Into::into),
            routes: counts
                .routes
                .into_iter()
                .map(|found| RouteCounts {
                    route: found.route,
                    channel: found.channel,
                    counts: found.counts.into(),
                })
                .collect(),
            exclusions: counts.exclusions.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<office::PeopleCounts> for People {
    fn from(office::PeopleCounts { targets, excluded, counts }: office::PeopleCounts) -> Self {
        Self {
            targets,
            excluded,
            queued: counts.queued,
            in_flight: counts.in_flight,
            sent: counts.sent,
            delivered: counts.delivered,
            undelivered: counts.undelivered,
            unconfirmed: counts.unconfirmed,
            failed: counts.failed,
            expired: counts.expired,
            cancelled: counts.cancelled,
            uncertain: counts.uncertain,
        }
    }
}

impl From<AreaReport> for AreaCounts {
    fn from(AreaReport { area, name, targets, excluded, counts }: AreaReport) -> Self {
        Self { area, name, targets, excluded, counts: counts.into() }
    }
}

impl From<ExclusionRow> for Exclusion {
    fn from(ExclusionRow { person, reason, area }: ExclusionRow) -> Self {
        Self { person, reason, area }
    }
}
