//! Reading: what the office watches and the auditors check. Pages by key, never by offset.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Result, Routing};
use crate::domain::{AlertId, Counts, LaneId, MessageKey, RouteId, Selection, State};

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
    /// (route, people who have an address on it), duplicates counted once.
    pub by_route: Vec<(RouteId, i64)>,
    /// People with an address on at least one route.
    pub people: i64,
    /// (`domain::ExclusionReason::as_str`, people)
    pub excluded: Vec<(String, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRow {
    pub seq: i64,
    /// Where SMS go, if SMS is one of the alert's channels and a carrier's route serves the person.
    pub sms: Option<(RouteId, String)>,
    /// Addresses on the other routes, in the order of routes.
    pub legs: Vec<(RouteId, String)>,
}

/// One target with the one state that all channels together come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachRow {
    /// Where the next page begins: after this.
    pub cursor: i64,
    pub target_seq: i64,
    /// `None` where the person is known to a channel only by the provider's id.
    pub phone: Option<String>,
    pub area: String,
    pub state: State,
    /// The route of the message that decided.
    pub route: Option<RouteId>,
}

/// A message from a person to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    pub id: i64,
    pub lane: String,
    pub from: String,
    pub to: String,
    pub text: String,
    /// The alert that it answers, where the provider says which message it speaks about.
    pub alert: Option<AlertId>,
    pub at: Timestamp,
}

/// What was seen of a post, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExhibitRow {
    pub route: RouteId,
    pub reference: String,
    pub permalink: Option<String>,
    pub metrics: Vec<(String, Option<i64>)>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExclusionRow {
    pub person: i64,
    pub reason: String,
    pub area: String,
}

/// What waits and what is under way on one route, over everything that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    pub route: RouteId,
    pub queued: i64,
    pub in_flight: i64,
    pub uncertain: i64,
    /// When the oldest alert with something queued was approved.
    pub oldest_at: Option<Timestamp>,
}

/// A lane and whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRow {
    pub lane: LaneId,
    pub name: String,
    /// `None`: nobody; with a lease that is over, whoever held it last.
    pub node: Option<String>,
    pub until: Timestamp,
    /// The holder says that it can send.
    pub ready: bool,
}

/// Reading only.
#[async_trait]
pub trait Reports: Send + Sync {
    /// What the selection would come to. Up to `listed_max` people chosen by commune or group are taken from the indexes;
    /// more are looked for among all, which is faster for many.
    async fn audience(
        &self,
        selection: &Selection,
        routing: &Routing,
        listed_max: usize,
    ) -> Result<AudiencePreview>;
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
    /// Per commune, each person once with the best of their messages ([`crate::domain::verdict::person`]);
    /// `possible_repeats` and `parts_submitted` stay 0 here. A page's post is nobody's message.
    async fn by_area(&self, alert: AlertId) -> Result<Vec<AreaCounts>>;
    /// Targets after the cursor (0: from the first) with their folded state, only those in `states` (empty: all).
    async fn persons(
        &self,
        alert: AlertId,
        states: &[State],
        after: i64,
        rows_max: usize,
    ) -> Result<Vec<ReachRow>>;
    /// Newest first, ids below `before`.
    async fn inbox(&self, before: Option<i64>, rows_max: usize) -> Result<Vec<InboxRow>>;
    /// Of the posts of one alert.
    async fn exhibits(&self, alert: AlertId, rows_max: usize) -> Result<Vec<ExhibitRow>>;
    /// Receipts that match nothing yet, per lane.
    async fn unmatched(&self) -> Result<Vec<(String, i64)>>;
    /// Queues by route; a few rows, whatever the number of messages.
    async fn queues(&self) -> Result<Vec<QueueRow>>;
    async fn leases(&self) -> Result<Vec<LeaseRow>>;
    /// A cheap statement that shows the ledger answers.
    async fn ping(&self) -> Result<()>;
}
