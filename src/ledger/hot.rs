//! The hot path: verbs over batches, each one bounded transaction that may be called again after a lost
//! connection without counting anything twice.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;
use crate::domain::{AlertId, ClaimId, Counts, LaneId, MessageKey, RouteId, Selection};

/// Proof of ownership that every write of a lane's owner carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    pub lane: LaneId,
    pub node: String,
    pub epoch: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// Ours until then. `epoch` grew if the lane changed hands (also from an earlier run of this node).
    Granted { ownership: Ownership, until: Timestamp },
    HeldBy {
        node: String,
        until: Timestamp,
        /// Its owner says that it can send.
        ready: bool,
    },
}

/// Which end of the priorities a claim looks at first: bulk keeps a small share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Favour {
    Urgent,
    Bulk,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimAsk {
    pub routes: Vec<RouteId>,
    pub messages_max: usize,
    pub favour: Favour,
}

/// A batch that this lane alone may send, committed before its first byte leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub id: ClaimId,
    pub alert: AlertId,
    pub route: RouteId,
    pub priority: i16,
    pub expires_at: Timestamp,
    pub messages: Vec<Claimed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub seq: i64,
    pub address: String,
    /// From 1.
    pub attempt: i32,
    pub strikes: i32,
    /// Parts that earlier attempts got through (sorted).
    pub parts_done: Vec<u8>,
    pub possible_repeat: bool,
}

/// How one attempt ended, as facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub key: MessageKey,
    pub claim: ClaimId,
    pub attempt: i32,
    /// Accepted parts with the provider's reference (empty: none given).
    pub accepted: Vec<(u8, String)>,
    pub end: End,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Sent,
    Failed(Why),
    /// Back to the queue: throttled, proved unsent, or refused for a passing reason.
    Again {
        why: Why,
        kind: AgainKind,
        due_at: Timestamp,
        strikes: i32,
    },
    /// No answer known. The dispatch's policy decides: `hold` leaves it in doubt, `resend` queues it again
    /// as a possible repeat, due at `resend_at`.
    Uncertain {
        why: Why,
        resend_at: Timestamp,
        strikes: i32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgainKind {
    Refused,
    Throttled,
    NotSent,
}

/// The provider's code and our sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub code: String,
    pub text: String,
}

/// A late answer: a part reported as uncertain was accepted after all. Its attempt has been settled, in the same flush at
/// the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub key: MessageKey,
    pub attempt: i32,
    pub part: u8,
    pub reference: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Settlements that moved a message. The others were known, came after their claim was taken over (their accepted
    /// parts count as found), or found their message closed by a receipt.
    pub applied: usize,
    /// Waiting receipts that found their message in this flush.
    pub receipts_matched: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFact {
    pub lane: LaneId,
    /// Known from memory, and believed if something of that attempt was settled; otherwise looked up by `references`.
    pub known: Option<KnownPart>,
    /// Normal forms in order. A match by any but the first must agree with `address`.
    pub references: Vec<String>,
    pub address: Option<String>,
    pub verdict: contract::ReceiptVerdict,
    pub code: Option<String>,
    pub provider_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub raw: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPart {
    pub key: MessageKey,
    pub attempt: i32,
    pub part: u8,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Messages that reached their verdict by these receipts.
    pub closed: usize,
    /// Kept until their submission turns up.
    pub unmatched: usize,
    /// Duplicates, contradictions, progress: kept, changed nothing.
    pub stayed: usize,
}

/// An open submission, to refill the memory of references after a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReference {
    pub lane: LaneId,
    pub reference: String,
    pub part: KnownPart,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// This many rows were done and more are waiting.
    More(usize),
    Done(usize),
}

/// Which routes an alert uses, and how a person is addressed on each. Empty lists: not used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routing {
    /// (carrier slug, route): SMS, by the person's carrier.
    pub by_carrier: Vec<(String, RouteId)>,
    /// Addressed by telephone number whatever the carrier (Zalo templates by phone).
    pub by_phone: Vec<RouteId>,
    /// Addressed by the contact that the route has of the person (followers).
    pub by_contact: Vec<RouteId>,
}

/// An alert, and the approval that somebody is working for: approved anew meanwhile, it is no business of his.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    pub alert: AlertId,
    /// `approved_at` of the row.
    pub at: Timestamp,
}

/// How a dispatch is to be made when fan-out begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchPlan {
    pub route: RouteId,
    pub parts: i64,
    /// The plan's step that uses it, from 1.
    pub step: i64,
    /// Nothing is attempted after this: the beginning of the next step, or the alert's own expiry if that is earlier.
    pub expires_at: Timestamp,
    /// A page: one message for all, to this address, never sent again on a guess.
    pub page: Option<String>,
}

/// A later step of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPlan {
    /// From 2.
    pub step: i64,
    pub due_at: Timestamp,
}

/// A message in doubt that a provider may be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub key: MessageKey,
    pub attempt: i32,
    pub address: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    pub expired: usize,
    pub cancelled: usize,
    /// Claims of dead or replaced owners turned into doubt (or into resends by policy).
    pub uncertain: usize,
    pub unconfirmed: usize,
    /// Alerts that came to their end.
    pub completed: usize,
    /// A bound was hit: call again soon.
    pub more: bool,
}

/// The hot path. Every verb takes `now`; none keeps a connection after it returns.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Takes or renews the lane for `node`. A lane is free if nobody owns it or its lease is over. The
    /// epoch grows whenever the owner changes, and when `node` takes it without having held it.
    async fn lease(
        &self,
        now: Timestamp,
        lane: LaneId,
        node: &str,
        ttl: Duration,
        ready: bool,
    ) -> Result<Lease>;

    /// Gives the lane back at once; nothing happens if it is no longer ours.
    async fn release(&self, ownership: &Ownership) -> Result<()>;

    /// Freezes the next `rows_max` people of the alert's audience into targets and exclusions, in the order
    /// of their ids, numbered without gaps. Duplicated numbers: the lowest person id stays. Nothing happens if that approval does not
    /// stand any more.
    async fn freeze(
        &self,
        now: Timestamp,
        approved: Approved,
        selection: &Selection,
        routing: &Routing,
        rows_max: usize,
    ) -> Result<Progress>;

    /// Ends the freeze: stores count and digest, makes the dispatches (state `running`; counters 0, a page's with its one
    /// message), keeps the later steps and moves the alert to `dispatching`. With neither target nor page the alert is
    /// completed at once.
    async fn begin(
        &self,
        now: Timestamp,
        approved: Approved,
        digest: &str,
        plans: &[DispatchPlan],
        steps: &[StepPlan],
    ) -> Result<()>;

    /// Turns the next `rows_max` targets into messages of their dispatch: `accepted` and `queued` grow, `end_seq` too.
    /// Who has no address on the first step's routes begins with the first step that has one.
    async fn accept(&self, now: Timestamp, alert: AlertId, rows_max: usize) -> Result<Progress>;

    /// The next batch for this lane, or nothing. Chooses among running, unexpired dispatches of the asked routes by
    /// priority (then the older alert); inside a dispatch due retries come before first attempts.
    /// One transaction: ownership checked, cursor moved or retries marked, claim row written, counters moved.
    async fn claim(&self, now: Timestamp, owner: &Ownership, ask: &ClaimAsk) -> Result<Option<Claim>>;

    /// Records how attempts ended, moves counters, closes claims that have all their outcomes, matches waiting
    /// receipts to the new references. One transaction; calling it twice with the same facts changes nothing more.
    async fn settle(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ended: &[Settlement],
        found: &[Found],
    ) -> Result<Settled>;

    /// Records receipts: closes messages, keeps duplicates and contradictions, keeps what matches nothing yet.
    async fn record(&self, now: Timestamp, receipts: &[ReceiptFact]) -> Result<Recorded>;

    /// Works on steps that are due (or have nothing open before them): of the next `rows_max` targets, those who had a
    /// message in an earlier step and none delivered get one on this step's routes. `Done(0)`: no step is due.
    async fn escalate(&self, now: Timestamp, rows_max: usize) -> Result<Progress>;

    /// Everything that time alone changes, bounded by `rows_max` for each kind: expiry; the ends of cancelled and expired
    /// dispatches' retries; claims whose lane changed hands or whose lease ended (doubt, or resend by policy);
    /// receipts overdue by `receipt_wait` after the alert's expiry (`unconfirmed`); alerts that are complete.
    async fn sweep(&self, now: Timestamp, receipt_wait: Duration, rows_max: usize) -> Result<Swept>;

    /// Open submissions of a lane, newest first, at most `rows_max`.
    async fn open_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<OpenReference>>;

    /// Messages in doubt (`uncertain`, held) on these routes, oldest first.
    async fn doubts(&self, routes: &[RouteId], rows_max: usize) -> Result<Vec<Doubt>>;

    /// References of messages that the lane's provider took, newest first.
    async fn accepted_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<String>>;

    /// Messages in doubt that were proved absent at the provider go back to the queue, not as possible repeats. Returns how
    /// many still were in doubt.
    async fn proved_absent(&self, now: Timestamp, owner: &Ownership, keys: &[MessageKey]) -> Result<usize>;

    /// Which of these lanes was given any of these references. Providers with one address for all callbacks do not say.
    async fn lane_of(&self, lanes: &[LaneId], references: &[String]) -> Result<Option<LaneId>>;

    /// The provider's name for the alert's first message on this route, if it was taken: the post on a page.
    async fn reference_of(&self, alert: AlertId, route: RouteId) -> Result<Option<String>>;

    /// Keeps what a connector learnt about the people and templates of a route, and of its posts.
    async fn keep_findings(
        &self,
        now: Timestamp,
        route: RouteId,
        findings: &[contract::Finding],
    ) -> Result<()>;

    /// Counters of each dispatch of an alert; never summed from facts.
    async fn counts(&self, alert: AlertId) -> Result<Vec<(RouteId, Counts)>>;

    /// Keeps what people wrote back; a copy with a known id changes nothing.
    async fn keep_inbound(&self, now: Timestamp, lane: LaneId, messages: &[contract::Inbound]) -> Result<()>;
}
