//! Provinces and communes an alert can be for.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::domain;
use crate::web::Web;
use crate::web::error::{ApiError, Kind};
use crate::web::extract::{Caller, Json, Query};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AreasAsked {
    /// Code of a province: its communes. Without it: the provinces.
    #[param(example = "20")]
    province: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Area {
    /// Two digits for a province, five for a commune; leading zeros count.
    #[schema(example = "06361")]
    code: String,
    #[schema(example = "Phường Đông Kinh")]
    name: String,
    /// Province of a commune.
    province: Option<String>,
    population: Option<u32>,
}

/// Provinces, or the communes of one
#[utoipa::path(get, path = "/areas", tag = "people", operation_id = "list_areas", params(AreasAsked), responses((status = 200, body = List<Area>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(_): Caller,
    Query(asked): Query<AreasAsked>,
) -> Result<Json<List<Area>>, ApiError> {
    let areas = &web.office.areas;
    match asked.province {
        None => Ok(Json(List::of(areas.provinces()))),
        Some(code) if areas.get(&code).is_some_and(|area| area.kind.is_province()) => {
            Ok(Json(List::of(areas.communes(&code))))
        }
        Some(code) => {
            let remedy = "take a code from the list of provinces";
            Err(ApiError::wrong(
                Kind::Malformed,
                "province",
                Some(&code),
                "is not the code of a province",
                remedy,
            ))
        }
    }
}

impl From<&domain::Area> for Area {
    fn from(area: &domain::Area) -> Self {
        Self {
            code: area.code.clone(),
            name: area.display_name(),
            province: area.parent.clone(),
            population: area.population,
        }
    }
}
