//! The people of the lists, one by one. A telephone number is never part of an address: search by commune and group.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{NumbersWanted, Page};
use crate::domain::PersonId;
use crate::ledger::CarrierSource;
use crate::office::{PeopleFilter, PersonView};
use crate::web::Web;
use crate::web::error::{ApiError, Kind};
use crate::web::extract::{Caller, Json, Limit, Path, Query, maybe_number};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleAsked {
    /// Commune code.
    area: Option<String>,
    /// Slug of a group.
    group: Option<String>,
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
pub(crate) struct PersonAsked {
    #[serde(default)]
    #[param(inline)]
    numbers: NumbersWanted,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    #[schema(value_type = i64)]
    id: PersonId,
    /// The office's own key.
    external_id: String,
    /// Masked unless asked for whole by those who may.
    #[schema(example = "+8490***321")]
    phone: Option<String>,
    carrier: Option<String>,
    /// `prefix`, or `override` where the number was taken to another carrier.
    #[schema(value_type = Option<String>)]
    carrier_source: Option<CarrierSource>,
    area: String,
    area_name: String,
    name: Option<String>,
    groups: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    opted_out_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// What is to change; exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonChange {
    /// True: no alert any more. False: again.
    opted_out: Option<bool>,
    /// The carrier the number was taken to.
    #[schema(example = "vinaphone")]
    carrier: Option<String>,
}

/// People in the order of their ids
#[utoipa::path(get, path = "/people", tag = "people", operation_id = "list_people", params(PeopleAsked), responses((status = 200, body = Page<Person>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(by): Caller,
    Query(asked): Query<PeopleAsked>,
) -> Result<Json<Page<Person>>, ApiError> {
    let filter = PeopleFilter { area: asked.area, group: asked.group, numbers: asked.numbers.into() };
    let after = PersonId(asked.after.unwrap_or(0));
    let people = web.office.people(&by, &filter, after, asked.limit.rows()).await?;
    Ok(Json(Page::new(people, asked.limit.rows(), |person: &PersonView| person.id.to_string())))
}

/// One person
#[utoipa::path(get, path = "/people/{id}", tag = "people", operation_id = "show_person", params(("id" = i64, Path), PersonAsked), responses((status = 200, body = Person)))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<PersonId>,
    Query(asked): Query<PersonAsked>,
) -> Result<Json<Person>, ApiError> {
    Ok(Json(web.office.person(&by, id, asked.numbers.into()).await?.into()))
}

/// Opt a person out or in, or correct the carrier
#[utoipa::path(patch, path = "/people/{id}", tag = "people", operation_id = "change_person", params(("id" = i64, Path)), request_body = PersonChange, responses((status = 200, body = Person)))]
pub(crate) async fn change(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(id): Path<PersonId>,
    Json(change): Json<PersonChange>,
) -> Result<Json<Person>, ApiError> {
    let person = match (change.opted_out, change.carrier) {
        (Some(opted_out), None) => web.office.person_opt_out(&by, id, opted_out).await?,
        (None, Some(carrier)) => web.office.person_carrier(&by, id, &carrier).await?,
        // Two changes are two commits; half of a request must not stay behind.
        (Some(_), Some(_)) | (None, None) => {
            let reason = "one of opted_out and carrier is to be given";
            return Err(ApiError::wrong(
                Kind::Invalid,
                "opted_out",
                None,
                reason,
                "send one request per change",
            ));
        }
    };
    Ok(Json(person.into()))
}

impl From<PersonView> for Person {
    fn from(person: PersonView) -> Self {
        Self {
            id: person.id,
            external_id: person.external_id,
            phone: person.phone,
            carrier: person.carrier,
            carrier_source: person.carrier_source,
            area: person.area,
            area_name: person.area_name,
            name: person.name,
            groups: person.groups,
            opted_out_at: person.opted_out_at,
            updated_at: person.updated_at,
        }
    }
}
