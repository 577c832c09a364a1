//! In which order an alert uses its channels.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{List, schema};
use crate::domain::{self, Channel};
use crate::office::{self, PlanForm};
use crate::web::Web;
use crate::web::error::ApiError;
use crate::web::extract::{Caller, Json};

/// The steps in order; each for those whom the steps before it did not reach.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Plan {
    steps: Vec<PlanStep>,
}

/// Channels used together.
#[derive(Debug, Serialize, ToSchema)]
struct PlanStep {
    #[schema(value_type = Vec<schema::Channel>)]
    channels: Vec<Channel>,
    /// Seconds after the beginning of the step before; 0 for the first.
    wait_s: u32,
}

/// The name of a plan (see `GET /plans`), or the steps themselves.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum PlanAsked {
    Named(String),
    Steps(Plan),
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedPlan {
    name: String,
    steps: Vec<PlanStep>,
}

/// Plans that an alert may name
#[utoipa::path(get, path = "/plans", tag = "alerts", operation_id = "list_plans", responses((status = 200, body = List<NamedPlan>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(by): Caller,
) -> Result<Json<List<NamedPlan>>, ApiError> {
    Ok(Json(List::of(web.office.plans(&by)?)))
}

impl From<domain::Plan> for Plan {
    fn from(plan: domain::Plan) -> Self {
        let step = |domain::PlanStep { channels, wait_s }| PlanStep { channels, wait_s };
        Self { steps: plan.steps.into_iter().map(step).collect() }
    }
}

impl From<PlanForm> for PlanAsked {
    fn from(form: PlanForm) -> Self {
        match form {
            PlanForm::Named(name) => Self::Named(name),
            PlanForm::Steps(plan) => Self::Steps(plan.into()),
        }
    }
}

impl From<office::NamedPlan> for NamedPlan {
    fn from(office::NamedPlan { name, plan }: office::NamedPlan) -> Self {
        Self { name, steps: Plan::from(plan).steps }
    }
}
