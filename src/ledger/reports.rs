//! Reading: what the office watches and the auditors check. Pages by key, never by offset.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Result, Routing};
use crate::domain::{AlertId, Counts, MessageKey, RouteId, Selection, State};

/// Where a page of messages starts: after this (route, seq).
pub type After = Option<(RouteId, i64)>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    pub route: Option<RouteId>,
    pub state: Option<State>,
    pub area: Option<String>,
    /// E.164 digits.
    pub address: Option<String>,
}

/// One message as a list or a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub key: MessageKey,
    pub target_seq: i64,
    pub address: String,
    pub area: String,
    pub state: State,
    pub attempts: i32,
    /// Of the last answer or receipt that says why.
    pub code: Option<String>,
    pub reason: Option<String>,
    pub submitted_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// One entry of a message's trail, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEntry {
    pub at: Timestamp,
    /// `claimed`, `accepted`, `refused`, `throttled`, `not_sent`, `uncertain`, `receipt`, `closed`, `waiting`.
    pub what: String,
    pub lane: Option<String>,
    pub attempt: Option<i32>,
    pub part: Option<i32>,
    pub verdict: Option<String>,
    pub reference: Option<String>,
    pub code: Option<String>,
    pub reason: Option<String>,
    pub provider_at: Option<Timestamp>,
    pub raw: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaCounts {
    pub area: String,
    pub targets: i64,
    pub counts: Counts,
    pub excluded: i64,
}

/// What an audience would come to, before anything is frozen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AudiencePreview {
    /// (route, targets), duplicates counted once.
    pub by_route: Vec<(RouteId, i64)>,
    /// (`domain::ExclusionReason::as_str`, people)
    pub excluded: Vec<(String, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRow {
    pub seq: i64,
    pub phone: String,
    pub route: RouteId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExclusionRow {
    pub person: i64,
    pub reason: String,
    pub area: String,
}

/// Reading only.
#[async_trait]
pub trait Reports: Send + Sync {
    async fn audience(&self, selection: &Selection, routing: &Routing) -> Result<AudiencePreview>;
    /// Frozen targets after `after_seq`, in order.
    async fn targets(&self, alert: AlertId, after_seq: i64, rows_max: usize) -> Result<Vec<TargetRow>>;
    async fn exclusions(
        &self,
        alert: AlertId,
        after_person: i64,
        rows_max: usize,
    ) -> Result<Vec<ExclusionRow>>;
    /// (reason, people)
    async fn exclusion_counts(&self, alert: AlertId) -> Result<Vec<(String, i64)>>;
    async fn messages(
        &self,
        alert: AlertId,
        filter: &MessageFilter,
        after: After,
        rows_max: usize,
    ) -> Result<Vec<MessageRow>>;
    /// `None`: no such message.
    async fn message(&self, key: MessageKey) -> Result<Option<MessageRow>>;
    async fn trail(&self, key: MessageKey) -> Result<Vec<TrailEntry>>;
    /// Per commune; `possible_repeats` and `parts_submitted` stay 0 here.
    async fn by_area(&self, alert: AlertId) -> Result<Vec<AreaCounts>>;
    /// Receipts that match nothing yet, per lane.
    async fn unmatched(&self) -> Result<Vec<(String, i64)>>;
    /// A cheap statement that shows the ledger answers.
    async fn ping(&self) -> Result<()>;
}
