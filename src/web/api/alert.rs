//! The shape of an alert, on its way in and on its way out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::Content;
use super::plans::{Plan, PlanAsked};
use super::schema;
use crate::domain::{self, AlertId, AlertKind, ContentHash, Mode, Phase, Severity, UncertainPolicy, UserId};
use crate::ledger::{AlertEvent, AlertRow};
use crate::office::{AlertForm, PlanForm};

/// An alert as somebody wrote it. Everything wrong with it is told at once.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertBody {
    /// `update`, `cancel` and `correction` speak about the alert in `refers_to`.
    #[schema(value_type = schema::AlertKind)]
    kind: AlertKind,
    #[schema(value_type = schema::Mode)]
    mode: Mode,
    #[schema(value_type = schema::Severity)]
    severity: Severity,
    #[schema(value_type = Option<i64>)]
    refers_to: Option<AlertId>,
    content: Content,
    /// A draft may leave it empty. Of a correction: empty, or `reached_by` the alert it refers to.
    #[serde(default)]
    audience: Audience,
    /// SMS alone if absent.
    #[schema(value_type = Option<PlanAsked>)]
    plan: Option<PlanForm>,
    /// What to do with messages of which nobody knows whether they left; by severity if absent.
    #[schema(value_type = Option<schema::UncertainPolicy>)]
    uncertain: Option<UncertainPolicy>,
    /// No attempt after this time; by severity if absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Those who live in one of the areas, and those who are in one of the groups; or everybody.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Audience {
    /// Codes of provinces and communes.
    areas: Vec<String>,
    /// Slugs.
    groups: Vec<String>,
    /// Stands alone.
    everyone: bool,
    /// Exactly those whom this earlier alert reached or may have reached; stands alone.
    #[schema(value_type = Option<i64>)]
    reached_by: Option<AlertId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alert {
    #[schema(value_type = i64)]
    id: AlertId,
    #[schema(value_type = schema::AlertKind)]
    kind: AlertKind,
    #[schema(value_type = schema::Mode)]
    mode: Mode,
    #[schema(value_type = schema::Severity)]
    severity: Severity,
    #[schema(value_type = schema::Phase)]
    phase: Phase,
    version: i64,
    #[schema(value_type = Option<i64>)]
    refers_to: Option<AlertId>,
    content: Content,
    /// Of everything an approver agrees to.
    #[schema(value_type = String)]
    content_hash: ContentHash,
    #[schema(value_type = Option<String>)]
    approved_hash: Option<ContentHash>,
    audience: Audience,
    plan: Plan,
    #[schema(value_type = schema::UncertainPolicy)]
    uncertain: UncertainPolicy,
    /// Who wrote this version.
    #[schema(value_type = i64)]
    author: UserId,
    #[schema(value_type = Option<i64>)]
    approver: Option<UserId>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    approved_at: Option<Timestamp>,
    /// When the list of targets was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    frozen_at: Option<Timestamp>,
    targets: i64,
    excluded: i64,
    /// SHA-256 over the frozen list.
    target_digest: Option<String>,
    /// Targets that have become messages so far.
    fanned_to: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// One entry of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// From 1, without gaps.
    n: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Null: the gateway itself.
    #[schema(value_type = Option<i64>)]
    account: Option<UserId>,
    account_name: Option<String>,
    #[schema(example = "approve")]
    action: String,
    #[schema(value_type = Option<schema::Phase>)]
    from_phase: Option<Phase>,
    #[schema(value_type = schema::Phase)]
    to_phase: Phase,
    version: i64,
    reason: Option<String>,
    #[schema(value_type = String)]
    content_hash: ContentHash,
}

impl From<AlertBody> for AlertForm {
    fn from(body: AlertBody) -> Self {
        Self {
            kind: body.kind,
            mode: body.mode,
            severity: body.severity,
            refers_to: body.refers_to,
            content: body.content.into(),
            audience: body.audience.into(),
            plan: body.plan,
            uncertain: body.uncertain,
            expires_at: body.expires_at,
        }
    }
}

impl From<AlertForm> for AlertBody {
    fn from(form: AlertForm) -> Self {
        Self {
            kind: form.kind,
            mode: form.mode,
            severity: form.severity,
            refers_to: form.refers_to,
            content: form.content.into(),
            audience: form.audience.into(),
            plan: form.plan,
            uncertain: form.uncertain,
            expires_at: form.expires_at,
        }
    }
}

impl From<Audience> for domain::Audience {
    fn from(Audience { areas, groups, everyone, reached_by }: Audience) -> Self {
        Self { areas, groups, everyone, reached_by }
    }
}

impl From<domain::Audience> for Audience {
    fn from(domain::Audience { areas, groups, everyone, reached_by }: domain::Audience) -> Self {
        Self { areas, groups, everyone, reached_by }
    }
}

impl From<AlertRow> for Alert {
    fn from(row: AlertRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            mode: row.mode,
            severity: row.severity,
            phase: row.phase,
            version: row.version,
            refers_to: row.refers_to,
            content: row.content.into(),
            content_hash: row.content_hash,
            approved_hash: row.approved_hash,
            audience: row.audience.into(),
            plan: row.plan.into(),
            uncertain: row.uncertain,
            author: row.author,
            approver: row.approver,
            expires_at: row.expires_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            approved_at: row.approved_at,
            frozen_at: row.frozen_at,
            targets: row.targets,
            excluded: row.excluded,
            target_digest: row.target_digest,
            fanned_to: row.fanned_to,
            ended_at: row.ended_at,
        }
    }
}

impl From<AlertEvent> for Event {
    fn from(event: AlertEvent) -> Self {
        Self {
            n: event.n,
            at: event.at,
            account: event.account,
            account_name: event.account_name,
            action: event.action,
            from_phase: event.from_phase,
            to_phase: event.to_phase,
            version: event.version,
            reason: event.reason,
            content_hash: event.content_hash,
        }
    }
}
