//! The life of an alert: who may do what to it in which phase. Pure and total; the ledger stores what comes out.
//!
//! Four eyes: whoever wrote or last edited a version cannot approve it. Editing after submission or approval makes a
//! new version without an approval. What is sent is what was approved: the hashes are compared before the dispatch.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::hash::ContentHash;
use super::ids::{AlertId, UserId};
use super::words::words;

/// How grave the event is, as in CAP 1.2 (`severity`). It is also the priority in the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    Extreme,
    Severe,
    Moderate,
    Minor,
}

words!(Severity, "severity", {
    Extreme => "extreme",
    Severe => "severe",
    Moderate => "moderate",
    Minor => "minor",
});

impl Severity {
    /// Overtakes bulk, passes quiet hours, is sent again rather than held when its fate is uncertain.
    pub const fn is_urgent(self) -> bool {
        match self {
            Self::Extreme | Self::Severe => true,
            Self::Moderate | Self::Minor => false,
        }
    }

    /// Priority in the queues; higher goes first.
    pub const fn priority(self) -> i16 {
        match self {
            Self::Extreme => 4,
            Self::Severe => 3,
            Self::Moderate => 2,
            Self::Minor => 1,
        }
    }
}

/// What the alert is to earlier ones (CAP 1.2 `msgType`; a correction of false or wrong news is an update there).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertKind {
    Alert,
    Update,
    Cancel,
    Correction,
}

words!(AlertKind, "kind", {
    Alert => "alert",
    Update => "update",
    Cancel => "cancel",
    Correction => "correction",
});

impl AlertKind {
    /// It speaks about an earlier alert and must say which.
    pub const fn needs_reference(self) -> bool {
        match self {
            Self::Alert => false,
            Self::Update | Self::Cancel | Self::Correction => true,
        }
    }
}

/// In earnest or a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Live,
    Exercise,
}

words!(Mode, "mode", { Live => "live", Exercise => "exercise" });

/// What to do with messages of which nobody knows whether they left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UncertainPolicy {
    /// Send again and record a possible repeat: better twice than never.
    Resend,
    /// A person decides.
    Hold,
}

words!(UncertainPolicy, "uncertain_policy", { Resend => "resend", Hold => "hold" });

impl UncertainPolicy {
    /// The policy of an alert that names none.
    pub const fn default_for(severity: Severity) -> Self {
        if severity.is_urgent() { Self::Resend } else { Self::Hold }
    }
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Being written, also after it was returned for edit.
    Draft,
    /// Waits for approval.
    Submitted,
    /// Approved; its targets are frozen; nothing has been sent.
    Approved,
    Dispatching,
    Paused,
    /// Everything that could be sent was. Final.
    Completed,
    /// The approver said no. Final.
    Rejected,
    /// Withdrawn or stopped. Final.
    Cancelled,
    /// Past its expiry. Final.
    Expired,
}

words!(Phase, "phase", {
    Draft => "draft",
    Submitted => "submitted",
    Approved => "approved",
    Dispatching => "dispatching",
    Paused => "paused",
    Completed => "completed",
    Rejected => "rejected",
    Cancelled => "cancelled",
    Expired => "expired",
});

impl Phase {
    /// No action leads out of it.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Rejected | Self::Cancelled | Self::Expired => true,
            Self::Draft | Self::Submitted | Self::Approved | Self::Dispatching | Self::Paused => false,
        }
    }

    /// Where `action` leads from here; `None` where it makes no sense. The rules about persons, hashes and time are
    /// in [`Alert::check`].
    pub const fn after(self, action: &Action) -> Option<Self> {
        let to = match (self, action) {
            (Self::Draft, Action::Submit) => Self::Submitted,
            (Self::Submitted, Action::Approve) => Self::Approved,
            (Self::Submitted, Action::Reject { .. }) => Self::Rejected,
            (Self::Submitted | Self::Approved, Action::Return { .. }) => Self::Draft,
            (Self::Draft | Self::Submitted | Self::Approved, Action::Edit) => Self::Draft,
            (Self::Approved, Action::Begin) => Self::Dispatching,
            (Self::Dispatching, Action::Pause) => Self::Paused,
            (Self::Paused, Action::Resume) => Self::Dispatching,
            // Receipts come in while it is paused: the last of them may complete it.
            (Self::Dispatching | Self::Paused, Action::Complete) => Self::Completed,
            (
                Self::Draft | Self::Submitted | Self::Approved | Self::Dispatching | Self::Paused,
                Action::Cancel { .. },
            ) => Self::Cancelled,
            (
                Self::Draft | Self::Submitted | Self::Approved | Self::Dispatching | Self::Paused,
                Action::Expire,
            ) => Self::Expired,
            (
                Self::Draft
                | Self::Submitted
                | Self::Approved
                | Self::Dispatching
                | Self::Paused
                | Self::Completed
                | Self::Rejected
                | Self::Cancelled
                | Self::Expired,
                _,
            ) => return None,
        };
        Some(to)
    }
}

/// What someone wants to do to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    Submit,
    Approve,
    /// Back to the author.
    Return {
        reason: String,
    },
    Reject {
        reason: String,
    },
    /// The dispatch begins.
    Begin,
    Pause,
    Resume,
    Cancel {
        reason: String,
    },
    /// Every message has come to its end.
    Complete,
    /// The time is over.
    Expire,
    /// Anything that is approved was changed: text, severity, audience, plan or expiry.
    Edit,
}

impl Action {
    /// The word for it in refusals, journals and the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Return { .. } => "return",
            Self::Reject { .. } => "reject",
            Self::Begin => "begin",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel { .. } => "cancel",
            Self::Complete => "complete",
            Self::Expire => "expire",
            Self::Edit => "edit",
        }
    }

    /// The reason, for actions that have to give one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Return { reason } | Self::Reject { reason } | Self::Cancel { reason } => Some(reason),
            Self::Submit
            | Self::Approve
            | Self::Begin
            | Self::Pause
            | Self::Resume
            | Self::Complete
            | Self::Expire
            | Self::Edit => None,
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    Person(UserId),
    /// The gateway itself, on the clock or on what its queues show.
    Engine,
}

impl From<UserId> for Actor {
    fn from(user: UserId) -> Self {
        Self::Person(user)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(user) => write!(f, "user {user}"),
            Self::Engine => f.write_str("the gateway"),
        }
    }
}

/// Who approved, what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub by: UserId,
    pub at: Timestamp,
    /// The hash of the content as the approver saw it.
    pub content: ContentHash,
}

/// What has to be known of an alert to decide what may be done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub id: AlertId,
    /// Counted from 1; an edit after submission makes the next one.
    pub version: i32,
    pub phase: Phase,
    pub kind: AlertKind,
    pub mode: Mode,
    pub severity: Severity,
    /// The earlier alert that an update, cancel or correction speaks about.
    pub reference: Option<AlertId>,
    /// Who wrote this version.
    pub author: UserId,
    /// Who edited this version last, if anyone did after its author.
    pub editor: Option<UserId>,
    /// The hash of the content as it stands now.
    pub content: ContentHash,
    pub expires_at: Timestamp,
    /// The approval of this version.
    pub approval: Option<Approval>,
}

/// Why an action on an alert is not done. The alert is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("alert {alert}: `{action}` is not possible while its phase is `{phase}`; {remedy}")]
    WrongPhase { alert: AlertId, phase: Phase, action: &'static str, remedy: &'static str },
    #[error(
        "alert {alert} version {version}: approver {approver} wrote or last edited this version; \
         another person has to approve it"
    )]
    FourEyes { alert: AlertId, version: i32, approver: UserId },
    #[error("alert {alert}: `{action}` is a person's decision; sign in and repeat it")]
    NeedsPerson { alert: AlertId, action: &'static str },
    #[error(
        "alert {alert}: `{action}` is found by the gateway, not decided by {actor}; use `cancel` to end it"
    )]
    NeedsEngine { alert: AlertId, action: &'static str, actor: Actor },
    #[error("alert {alert}: reason of `{action}` is empty; say why in a few words")]
    NoReason { alert: AlertId, action: &'static str },
    #[error(
        "alert {alert}: expires_at {expires_at} has passed (now {now}); edit the alert and set a later time"
    )]
    PastExpiry { alert: AlertId, expires_at: Timestamp, now: Timestamp },
    #[error(
        "alert {alert}: expires_at {expires_at} has not come yet (now {now}); use `cancel` to end it earlier"
    )]
    NotYetExpired { alert: AlertId, expires_at: Timestamp, now: Timestamp },
    #[error(
        "alert {alert}: reference is missing, but kind is `{kind}`; name the earlier alert it speaks about"
    )]
    ReferenceMissing { alert: AlertId, kind: AlertKind },
    #[error(
        "alert {alert}: reference is {reference}, but kind `alert` begins something new; \
         use kind `update`, `cancel` or `correction`, or remove the reference"
    )]
    ReferenceUnexpected { alert: AlertId, reference: AlertId },
    #[error("alert {alert}: reference {alert} is the alert itself; name an earlier one")]
    ReferenceToItself { alert: AlertId },
    #[error("alert {alert}: approval is missing; submit this version and have another person approve it")]
    NotApproved { alert: AlertId },
    #[error(
        "alert {alert}: content {found} is not what was approved or shown, {expected}; \
         open the alert again and approve it as it stands"
    )]
    ContentDiffers { alert: AlertId, expected: ContentHash, found: ContentHash },
}

impl Alert {
    /// The phase after `action`, or why it is refused. Nothing else decides this.
    pub fn check(&self, action: &Action, actor: Actor, now: Timestamp) -> Result<Phase, Refusal> {
        let to = self.phase.after(action).ok_or_else(|| self.wrong_phase(action))?;
        self.check_reason(action)?;
        let person = self.check_actor(action, actor)?;
        match action {
            Action::Submit => self.check_reference()?,
            Action::Approve => {
                self.check_reference()?;
                self.check_unexpired(now)?;
                self.check_four_eyes(person)?;
            }
            Action::Begin => {
                self.check_unexpired(now)?;
                self.check_approved_content(&self.content)?;
            }
            Action::Resume => self.check_unexpired(now)?,
            Action::Expire => self.check_expired(now)?,
            // Stopping and correcting must work at any time.
            Action::Return { .. }
            | Action::Reject { .. }
            | Action::Pause
            | Action::Cancel { .. }
            | Action::Complete
            | Action::Edit => {}
        }
        Ok(to)
    }

    /// The version after `action`: an edit of what others have already seen makes a new one and clears the approval;
    /// a draft that nobody else has seen is edited in place.
    pub const fn version_after(&self, action: &Action) -> i32 {
        match (action, self.phase) {
            (Action::Edit, Phase::Submitted | Phase::Approved) => self.version + 1,
            _ => self.version,
        }
    }

    /// What a person was shown is what the alert holds now: to be asked before an approval counts.
    pub fn check_shown(&self, shown: &ContentHash) -> Result<(), Refusal> {
        self.compare(shown, &self.content)
    }

    /// `content`, which is about to be sent, is what was approved.
    pub fn check_approved_content(&self, content: &ContentHash) -> Result<(), Refusal> {
        let approval = self.approval.as_ref().ok_or(Refusal::NotApproved { alert: self.id })?;
        self.compare(&approval.content, content)
    }

    fn compare(&self, expected: &ContentHash, found: &ContentHash) -> Result<(), Refusal> {
        if expected == found {
            return Ok(());
        }
        Err(Refusal::ContentDiffers { alert: self.id, expected: *expected, found: *found })
    }

    fn check_reason(&self, action: &Action) -> Result<(), Refusal> {
        match action.reason() {
            Some(reason) if reason.trim().is_empty() => {
                Err(Refusal::NoReason { alert: self.id, action: action.as_str() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Decisions need a person; ends that are read off the clock or the queues need the gateway.
    fn check_actor(&self, action: &Action, actor: Actor) -> Result<Option<UserId>, Refusal> {
        match (action, actor) {
            (Action::Complete | Action::Expire, Actor::Person(_)) => {
                Err(Refusal::NeedsEngine { alert: self.id, action: action.as_str(), actor })
            }
            (
                Action::Submit
                | Action::Approve
                | Action::Return { .. }
                | Action::Reject { .. }
                | Action::Edit,
                Actor::Engine,
            ) => Err(Refusal::NeedsPerson { alert: self.id, action: action.as_str() }),
            (_, Actor::Person(user)) => Ok(Some(user)),
            (_, Actor::Engine) => Ok(None),
        }
    }

    fn check_reference(&self) -> Result<(), Refusal> {
        match (self.kind.needs_reference(), self.reference) {
            (true, None) => Err(Refusal::ReferenceMissing { alert: self.id, kind: self.kind }),
            (false, Some(reference)) => Err(Refusal::ReferenceUnexpected { alert: self.id, reference }),
            (true, Some(reference)) if reference == self.id => {
                Err(Refusal::ReferenceToItself { alert: self.id })
            }
            (true, Some(_)) | (false, None) => Ok(()),
        }
    }

    fn check_unexpired(&self, now: Timestamp) -> Result<(), Refusal> {
        if now < self.expires_at {
            return Ok(());
        }
        Err(Refusal::PastExpiry { alert: self.id, expires_at: self.expires_at, now })
    }

    fn check_expired(&self, now: Timestamp) -> Result<(), Refusal> {
        if now >= self.expires_at {
            return Ok(());
        }
        Err(Refusal::NotYetExpired { alert: self.id, expires_at: self.expires_at, now })
    }

    fn check_four_eyes(&self, approver: Option<UserId>) -> Result<(), Refusal> {
        match approver {
            Some(approver) if approver == self.author || Some(approver) == self.editor => {
                Err(Refusal::FourEyes { alert: self.id, version: self.version, approver })
            }
            Some(_) => Ok(()),
            None => Err(Refusal::NeedsPerson { alert: self.id, action: Action::Approve.as_str() }),
        }
    }

    fn wrong_phase(&self, action: &Action) -> Refusal {
        let remedy = match self.phase {
            Phase::Draft => "submit it and have it approved first",
            Phase::Submitted => "it waits for approval: approve, return or reject it first",
            Phase::Approved => "it is approved: begin it, or edit it, which needs a new approval",
            Phase::Dispatching => "it is being sent: pause or cancel it, or send a correction",
            Phase::Paused => "it is paused: resume or cancel it, or send a correction",
            Phase::Completed | Phase::Rejected | Phase::Cancelled | Phase::Expired => {
                "it has ended: write a new alert, update or correction"
            }
        };
        Refusal::WrongPhase { alert: self.id, phase: self.phase, action: action.as_str(), remedy }
    }
}

#[cfg(test)]
mod tests;
