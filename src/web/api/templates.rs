//! Templates: stored forms from which alerts are begun.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alert::{AlertBody, Audience};
use super::content::Content;
use super::plans::PlanAsked;
use super::{List, schema};
use crate::domain::{self, AlertKind, Mode, Severity, UncertainPolicy, UserId};
use crate::office::{self, PlanForm, TemplateForm};
use crate::web::Web;
use crate::web::error::{ApiError, FieldError};
use crate::web::extract::{Caller, Json, Path};

/// What an alert begins with. Texts may have blanks, such as `{{song}}`: an alert is submitted only when all of them
/// are filled in.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateBody {
    /// What people choose it by.
    #[schema(example = "Xả lũ hồ chứa")]
    title: String,
    /// Of `update`, `cancel` and `correction`: `refers_to` is chosen when an alert is begun.
    #[schema(value_type = schema::AlertKind)]
    kind: AlertKind,
    #[schema(value_type = schema::Mode)]
    mode: Mode,
    #[schema(value_type = schema::Severity)]
    severity: Severity,
    content: Content,
    #[serde(default)]
    audience: Audience,
    /// SMS alone if absent. A plan that is named is looked up when an alert is begun.
    #[schema(value_type = Option<PlanAsked>)]
    plan: Option<PlanForm>,
    #[schema(value_type = Option<schema::UncertainPolicy>)]
    uncertain: Option<UncertainPolicy>,
    /// How long an alert stays valid, in seconds from when it is begun; by severity if absent.
    #[schema(example = 21600, minimum = 60, maximum = 2592000)]
    valid_s: Option<u32>,
}

/// A template as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredTemplate {
    name: String,
    version: i64,
    /// No longer in use; storing it again puts it back.
    retired: bool,
    template: TemplateBody,
    blanks: Vec<Blank>,
    /// What is wrong with the texts as they stand; it may be the blanks alone.
    warnings: Vec<FieldError>,
    /// Who stored or retired it and when, the last first.
    changes: Vec<TemplateChange>,
}

/// To be filled in before an alert is submitted.
#[derive(Debug, Serialize, ToSchema)]
struct Blank {
    /// Path of the field, `content.sms_accented` or `content.zalo.parameters.noi_dung`.
    field: String,
    #[schema(example = "{{song}}")]
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct TemplateChange {
    version: i64,
    retired: bool,
    #[schema(value_type = i64)]
    account: UserId,
    account_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A template in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateLine {
    name: String,
    title: String,
    #[schema(value_type = schema::AlertKind)]
    kind: AlertKind,
    #[schema(value_type = schema::Mode)]
    mode: Mode,
    #[schema(value_type = schema::Severity)]
    severity: Severity,
    version: i64,
    /// Who stored this version.
    account_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Templates in use, by name
#[utoipa::path(get, path = "/templates", tag = "alerts", operation_id = "list_templates", responses((status = 200, body = List<TemplateLine>)))]
pub(crate) async fn list(
    State(web): State<Web>,
    Caller(by): Caller,
) -> Result<Json<List<TemplateLine>>, ApiError> {
    Ok(Json(List::of(web.office.templates(&by).await?)))
}

/// A template with all that became of it, also one that was retired
#[utoipa::path(get, path = "/templates/{name}", tag = "alerts", operation_id = "show_template", params(("name" = String, Path)), responses((status = 200, body = StoredTemplate)))]
pub(crate) async fn show(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Result<Json<StoredTemplate>, ApiError> {
    Ok(Json(web.office.template(&by, &name).await?.into()))
}

/// Store a template, in place of the one of this name
///
/// Plan and audience are checked as an alert's are. Faults of the texts come back as warnings: they are to be completed.
#[utoipa::path(put, path = "/templates/{name}", tag = "alerts", operation_id = "put_template", params(("name" = String, Path, description = "a-z, 0-9 and `-`")), request_body = TemplateBody, responses((status = 200, body = StoredTemplate)))]
pub(crate) async fn put(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(name): Path<String>,
    Json(body): Json<TemplateBody>,
) -> Result<Json<StoredTemplate>, ApiError> {
    Ok(Json(web.office.template_put(&by, &name, body.into()).await?.into()))
}

/// Take a template out of use
///
/// It stays readable with who did what and when.
#[utoipa::path(delete, path = "/templates/{name}", tag = "alerts", operation_id = "retire_template", params(("name" = String, Path)), responses((status = 200, body = StoredTemplate)))]
pub(crate) async fn retire(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Result<Json<StoredTemplate>, ApiError> {
    Ok(Json(web.office.template_retire(&by, &name).await?.into()))
}

/// An alert as the template begins it
///
/// Look at it, fill in the blanks, and send it to `POST /alerts`.
#[utoipa::path(get, path = "/templates/{name}/form", tag = "alerts", operation_id = "template_form", params(("name" = String, Path)), responses((status = 200, body = AlertBody)))]
pub(crate) async fn form(
    State(web): State<Web>,
    Caller(by): Caller,
    Path(name): Path<String>,
) -> Result<Json<AlertBody>, ApiError> {
    Ok(Json(web.office.template_form(&by, &name).await?.into()))
}

impl From<TemplateBody> for TemplateForm {
    fn from(body: TemplateBody) -> Self {
        Self {
            title: body.title,
            kind: body.kind,
            mode: body.mode,
            severity: body.severity,
            content: body.content.into(),
            audience: body.audience.into(),
            plan: body.plan,
            uncertain: body.uncertain,
            valid_s: body.valid_s,
        }
    }
}

impl From<TemplateForm> for TemplateBody {
    fn from(form: TemplateForm) -> Self {
        Self {
            title: form.title,
            kind: form.kind,
            mode: form.mode,
            severity: form.severity,
            content: form.content.into(),
            audience: form.audience.into(),
            plan: form.plan,
            uncertain: form.uncertain,
            valid_s: form.valid_s,
        }
    }
}

impl From<office::Template> for StoredTemplate {
    fn from(template: office::Template) -> Self {
        let office::Template { name, form, blanks, warnings, changes } = template;
        let (version, retired) = changes.first().map(|last| (last.version, last.retired)).unwrap_or_default();
        let blank = |domain::Blank { field, text }| Blank { field, text };
        Self {
            name,
            version,
            retired,
            template: form.into(),
            blanks: blanks.into_iter().map(blank).collect(),
            warnings: warnings.into_iter().map(Into::into).collect(),
            changes: changes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<office::TemplateChange> for TemplateChange {
    fn from(change: office::TemplateChange) -> Self {
        let office::TemplateChange { version, retired, account, account_name, at } = change;
        Self { version, retired, account, account_name, at }
    }
}

impl From<office::TemplateLine> for TemplateLine {
    fn from(office::TemplateLine { name, form, last }: office::TemplateLine) -> Self {
        Self {
            name,
            title: form.title,
            kind: form.kind,
            mode: form.mode,
            severity: form.severity,
            version: last.version,
            account_name: last.account_name,
            updated_at: last.at,
        }
    }
}
