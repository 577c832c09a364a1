//! Set-up and decisions: accounts, people, imports, alerts and what was done to them.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Result;
use crate::domain::{
    AlertId, AlertKind, Audience, Content, ContentHash, ImportId, LaneId, Mode, PersonId, Phase, PictureHash,
    Plan, RouteId, Severity, UncertainPolicy, UserId,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Author,
    Approver,
    Auditor,
    Admin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub name: String,
    pub role: Role,
    pub key_id: String,
    /// SHA-256 of the secret half of the key, hex.
    pub key_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    pub key_id: String,
    pub key_hash: String,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// Answer to a request that names an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// First time: do the work, then call `idempotency_end`.
    Fresh,
    /// Done before with the same body: answer the same.
    Replay { status: u16, response: String },
    /// The same key with another body.
    Conflict,
    /// The first request is still at work.
    Busy,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PeopleGroup {
    pub slug: String,
    pub name: String,
    /// May receive exercises.
    pub exercise: bool,
    pub people: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CarrierSource {
    Prefix,
    Override,
}

/// One row of an import that passed the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub line: i64,
    pub external_id: String,
    /// E.164 digits without `+`.
    pub phone: String,
    pub carrier: Option<String>,
    pub carrier_source: CarrierSource,
    pub area: String,
    pub name: Option<String>,
    /// Slugs; they exist.
    pub groups: Vec<String>,
    pub opted_out: bool,
    pub warning: Option<String>,
}

/// One row that did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    pub line: i64,
    pub field: String,
    pub note: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportCounts {
    pub total: i64,
    pub new: i64,
    pub changed: i64,
    pub same: i64,
    pub refused: i64,
    pub warned: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    Running,
    Finished,
    Interrupted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub id: ImportId,
    pub name: String,
    pub state: ImportState,
    pub counts: ImportCounts,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub note: Option<String>,
}

/// Verdict of one row: `new`, `changed`, `same` or `refused`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ImportRow {
    pub line: i64,
    pub verdict: String,
    pub field: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub external_id: String,
    pub phone: Option<String>,
    pub carrier: Option<String>,
    pub carrier_source: Option<CarrierSource>,
    pub area: String,
    pub name: Option<String>,
    pub groups: Vec<String>,
    pub opted_out_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct NewAlert {
    pub kind: AlertKind,
    pub mode: Mode,
    pub severity: Severity,
    pub refers_to: Option<AlertId>,
    pub content: Content,
    pub content_hash: ContentHash,
    pub audience: Audience,
    pub plan: Plan,
    pub uncertain: UncertainPolicy,
    pub author: UserId,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct AlertRow {
    pub id: AlertId,
    pub kind: AlertKind,
    pub mode: Mode,
    pub severity: Severity,
    pub phase: Phase,
    pub version: i64,
    pub refers_to: Option<AlertId>,
    pub content: Content,
    pub content_hash: ContentHash,
    pub approved_hash: Option<ContentHash>,
    pub audience: Audience,
    pub plan: Plan,
    pub uncertain: UncertainPolicy,
    pub author: UserId,
    pub approver: Option<UserId>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub approved_at: Option<Timestamp>,
    pub frozen_at: Option<Timestamp>,
    pub targets: i64,
    pub excluded: i64,
    pub target_digest: Option<String>,
    pub fanned_to: i64,
    pub ended_at: Option<Timestamp>,
}

/// A decided change of phase. It is applied only if the alert still is in `from` with `version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseChange {
    pub alert: AlertId,
    pub version: i64,
    pub from: Phase,
    pub to: Phase,
    /// `domain::Action::as_str`.
    pub action: String,
    /// None: the gateway itself.
    pub account: Option<UserId>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    Yes,
    /// Somebody was faster: the alert is now in this phase and version.
    Stale {
        phase: Phase,
        version: i64,
    },
    NoSuchAlert,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertEvent {
    pub n: i64,
    pub at: Timestamp,
    pub account: Option<UserId>,
    pub account_name: Option<String>,
    pub action: String,
    pub from_phase: Option<Phase>,
    pub to_phase: Phase,
    pub version: i64,
    pub reason: Option<String>,
    pub content_hash: ContentHash,
}

/// A picture as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub hash: PictureHash,
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {}, {} bytes)", self.hash.0, self.media_type, self.bytes.len())
    }
}

/// One version of a form from which alerts are begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateVersion {
    pub name: String,
    /// From 1, without gaps; the highest counts.
    pub version: i64,
    /// JSON; the office knows what is in it.
    pub form: String,
    /// No longer to be used, until there is a later version.
    pub retired: bool,
    /// Who wrote this version.
    pub account: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    pub template: TemplateVersion,
    pub account_name: Option<String>,
    pub at: Timestamp,
}

/// Set-up and decisions.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Creates the account; `None` if the name is taken.
    async fn account_add(&self, now: Timestamp, account: &NewAccount) -> Result<Option<UserId>>;
    async fn account_by_key(&self, key_id: &str) -> Result<Option<Account>>;
    async fn accounts(&self) -> Result<Vec<Account>>;
    /// False if there is no such account or it is revoked already.
    async fn account_revoke(&self, now: Timestamp, account: UserId) -> Result<bool>;

    async fn idempotency_begin(
        &self,
        now: Timestamp,
        account: UserId,
        key: &str,
        body_hash: &str,
    ) -> Result<Idempotency>;
    async fn idempotency_end(&self, account: UserId, key: &str, status: u16, response: &str) -> Result<()>;
    /// Forgets a begun key whose work came to nothing, so that it may be tried again.
    async fn idempotency_drop(&self, account: UserId, key: &str) -> Result<()>;

    /// Ids of these names, made where missing, in the same order.
    async fn routes(&self, names: &[String]) -> Result<Vec<RouteId>>;
    async fn lanes(&self, names: &[String]) -> Result<Vec<LaneId>>;
    async fn route_names(&self) -> Result<Vec<(RouteId, String)>>;

    /// Creates or renames.
    async fn group_put(&self, now: Timestamp, slug: &str, name: &str, exercise: bool) -> Result<()>;
    async fn groups(&self) -> Result<Vec<PeopleGroup>>;

    async fn import_begin(&self, now: Timestamp, account: UserId, name: &str) -> Result<ImportId>;
    /// One batch of rows, one transaction: people made or changed by `external_id`, memberships replaced, verdicts kept.
    /// Calling it again with the same lines changes nothing. Returns the figures of the whole import so far. A carrier told by
    /// `person_carrier` stays while the number stays; who opted out stays out.
    async fn import_rows(
        &self,
        now: Timestamp,
        import: ImportId,
        good: &[PersonRow],
        refused: &[RefusedRow],
    ) -> Result<ImportCounts>;
    async fn import_end(
        &self,
        now: Timestamp,
        import: ImportId,
        state: ImportState,
        note: Option<&str>,
    ) -> Result<()>;
    async fn import(&self, import: ImportId) -> Result<Option<Import>>;
    /// Rows after `after_line`, in order, at most `rows_max`.
    async fn import_rows_page(
        &self,
        import: ImportId,
        after_line: i64,
        rows_max: usize,
    ) -> Result<Vec<ImportRow>>;

    async fn people(
        &self,
        area: Option<&str>,
        group: Option<&str>,
        after: PersonId,
        rows_max: usize,
    ) -> Result<Vec<Person>>;
    async fn person(&self, person: PersonId) -> Result<Option<Person>>;
    /// Opts a person out or in again. False: no such person.
    async fn person_opt_out(&self, now: Timestamp, person: PersonId, opted_out: bool) -> Result<bool>;
    /// Carrier known from elsewhere than the prefix (number portability). False: no such person.
    async fn person_carrier(&self, now: Timestamp, person: PersonId, carrier: &str) -> Result<bool>;

    async fn alert_add(&self, now: Timestamp, alert: &NewAlert) -> Result<AlertId>;
    async fn alert(&self, alert: AlertId) -> Result<Option<AlertRow>>;
    /// Newest first, ids below `before`.
    async fn alerts(
        &self,
        phase: Option<Phase>,
        before: Option<AlertId>,
        rows_max: usize,
    ) -> Result<Vec<AlertRow>>;
    /// A new version (`version` + 1, also of a draft: two editors cannot overwrite each other unseen): replaces content,
    /// audience, expiry and the rest, sets the author, clears approval and freeze, phase `draft`.
    async fn alert_edit(
        &self,
        now: Timestamp,
        alert: AlertId,
        version: i64,
        next: &NewAlert,
    ) -> Result<Applied>;
    /// Applies a decided change and writes its event in the same commit. `Approved` also stores approver, approved hash and
    /// `people_until`; `Paused`/`Dispatching` set the open dispatches to `paused`/`running`; `Cancelled` ends every open
    /// dispatch as cancelled (queued range becomes cancelled in the counters at once).
    async fn alert_change(&self, now: Timestamp, change: &PhaseChange) -> Result<Applied>;
    async fn alert_events(&self, alert: AlertId) -> Result<Vec<AlertEvent>>;
    /// Alerts in `Approved` or `Dispatching` that are not fully fanned out, urgent first.
    async fn alerts_to_fan_out(&self) -> Result<Vec<AlertRow>>;
    /// A person's decision over held doubts: they go back to the queue as possible repeats. Returns how many.
    async fn resend_uncertain(&self, now: Timestamp, alert: AlertId, account: UserId) -> Result<i64>;

    /// The pair stored under this name.
    async fn tokens(&self, name: &str) -> Result<Option<contract::Stored>>;
    /// The sole right to replace edition `seen` until `until`; see [`contract::Keychain::turn`].
    async fn tokens_turn(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        until: Timestamp,
    ) -> Result<contract::Turn>;
    async fn tokens_pass(&self, name: &str, seen: i64) -> Result<()>;
    /// Stores the pair after edition `seen` (0: none yet) and keeps the one before; `None` if there is another one now.
    async fn tokens_replace(
        &self,
        now: Timestamp,
        name: &str,
        seen: i64,
        tokens: &contract::Tokens,
    ) -> Result<Option<i64>>;

    /// Stores a picture once; false: it was there.
    async fn picture_add(&self, now: Timestamp, account: UserId, picture: &Picture) -> Result<bool>;
    async fn picture(&self, hash: &PictureHash) -> Result<Option<Picture>>;

    /// Templates that a route's provider has, as last seen.
    async fn templates(&self, route: RouteId) -> Result<Vec<contract::TemplateFacts>>;

    /// A version more of a form from which alerts are begun. False: there is such a version already.
    async fn alert_template_add(&self, now: Timestamp, template: &TemplateVersion) -> Result<bool>;
    /// Those in force, each in its last version, by name.
    async fn alert_templates(&self, rows_max: usize) -> Result<Vec<TemplateRow>>;
    /// All versions of one, the last first; none: there never was such a one.
    async fn alert_template_versions(&self, name: &str, rows_max: usize) -> Result<Vec<TemplateRow>>;
}
