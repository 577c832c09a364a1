//! Groups: who is in several lists, who takes part in exercises.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::ledger::PeopleGroup;
use crate::office::GroupForm;
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json};

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupBody {
    /// a-z, 0-9 and `-`; names the group in lists and audiences.
    #[schema(example = "truong-thon")]
    slug: String,
    #[schema(example = "Trưởng thôn")]
    name: String,
    /// Its members have agreed to receive exercises.
    #[serde(default)]
    exercise: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    slug: String,
    name: String,
    exercise: bool,
    people: i64,
}

/// Create a group, or change its name
#[utoipa::path(post, path = "/groups", tag = "people", operation_id = "put_group", request_body = GroupBody, responses((status = 200, body = GroupBody)))]
pub(crate) async fn put(
    State(web): State<Web>,
    Caller(by): Caller,
    Json(GroupBody { slug, name, exercise }): Json<GroupBody>,
) -> Result<Json<GroupBody>, ApiError> {
    let form = GroupForm { slug, name, exercise };
    web.office.group_put(&by, &form).await?;
    let GroupForm { slug, name, exercise } = form;
    Ok(Json(GroupBody { slug, name, exercise }))
}

/// All groups with the number of their people
#[utoipa::path(get, path = "/groups", tag = "people", operation_id = "list_groups", responses((status = 200, body = List<Group>)))]
pub(crate) async fn list(State(web): State<Web>, Caller(by): Caller) -> Result<Json<List<Group>>, ApiError> {
    Ok(Json(List::of(web.office.groups(&by).await?)))
}

impl From<PeopleGroup> for Group {
    fn from(PeopleGroup { slug, name, exercise, people }: PeopleGroup) -> Self {
        Self { slug, name, exercise, people }
    }
}
