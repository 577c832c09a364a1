//! Why the office did not do what it was asked. Everything wrong with a form comes at once; each complaint names the
//! field, what was given, what is wrong with it and what to do.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use super::{
    Act,
    words::{self, Text},
};
use crate::{
    domain::{AlertId, Phase, Refusal},
    ledger::{LedgerError, Role},
};

pub type Result<T, E = OfficeError> = std::result::Result<T, E>;

#[derive(Debug, Error)]
pub enum OfficeError {
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: String },
    /// What was given cannot be taken.
    #[error("{0}")]
    Refused(Complaints),
    /// Right in itself, but not as things stand now.
    #[error("{0}")]
    Conflict(Conflict),
    #[error("the role {} may not {}; it takes the role {}", words::role(*role).en, words::act(*act).en, act.roles())]
    Forbidden { role: Role, act: Act },
    /// The rule of four eyes: the person is wrong, not the role.
    #[error("{0}")]
    FourEyes(Refusal),
    /// The program is closing: the work ended in good order and can be done again.
    #[error("the gateway is closing; try again when it is back")]
    Stopped,
    /// A file could not be put together.
    #[error("the file could not be written")]
    Written(#[source] std::io::Error),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// All that is wrong with what was given; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Complaints(pub Vec<Complaint>);

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complaint {
    pub field: String,
    /// As it was given; masked if it is a telephone number, empty if nothing was given.
    pub value: String,
    pub reason: Text,
    pub remedy: Text,
}

/// Why it cannot be done now.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Conflict {
    #[error("{0}")]
    Alert(Refusal),
    /// Somebody was faster.
    #[error(
        "alert {alert} was changed meanwhile: it is now `{phase}`, version {version}{}; look at it again",
        by(last)
    )]
    Stale { alert: AlertId, phase: Phase, version: i64, last: Option<LastChange> },
    #[error("{what} `{value}` exists already; choose another name")]
    Taken { what: &'static str, value: String },
    /// Somebody stored or retired it at the same time.
    #[error("template `{name}` was changed meanwhile; look at it again")]
    Template { name: String },
    #[error("{key}: {why}")]
    Setting { key: &'static str, why: Text },
    #[error("alert {alert} is `{phase}`: {why}")]
    NotNow { alert: AlertId, phase: Phase, why: Text },
}

/// Who changed an alert last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastChange {
    pub action: String,
    /// None: the gateway itself.
    pub account: Option<String>,
    pub at: Timestamp,
}

/// A refused value is echoed at most this far.
const VALUE_CHARS_MAX: usize = 80;

impl Complaint {
    /// `reason` and `remedy` as (Vietnamese, English).
    pub(crate) fn new(field: &str, value: &str, reason: impl Into<Text>, remedy: impl Into<Text>) -> Self {
        let value = value.chars().take(VALUE_CHARS_MAX).collect();
        Self { field: field.to_owned(), value, reason: reason.into(), remedy: remedy.into() }
    }
}

impl Complaints {
    /// `value`, unless something is wrong with it.
    pub(crate) fn or<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(OfficeError::Refused(self)) }
    }

    /// As [`Complaints::or`] where there is nothing to give.
    pub(crate) fn or_refused<T>(self) -> Result<T> {
        Err(OfficeError::Refused(self))
    }

    pub(crate) fn add(&mut self, field: &str, value: &str, reason: impl Into<Text>, remedy: impl Into<Text>) {
        self.0.push(Complaint::new(field, value, reason, remedy));
    }
}

impl OfficeError {
    pub(crate) fn no(what: &'static str, id: impl fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    pub(crate) fn refused(complaint: Complaint) -> Self {
        Self::Refused(Complaints(vec![complaint]))
    }
}

impl From<Refusal> for OfficeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::FourEyes { .. } => Self::FourEyes(refusal),
            Refusal::NoReason { .. } => Self::refused(Complaint::new(
                "reason",
                "",
                ("chưa nêu lý do", "no reason is given"),
                ("ghi lý do trong vài chữ", "say why in a few words"),
            )),
            Refusal::WrongPhase { .. }
            | Refusal::NeedsPerson { .. }
            | Refusal::NeedsEngine { .. }
            | Refusal::PastExpiry { .. }
            | Refusal::NotYetExpired { .. }
            | Refusal::ReferenceMissing { .. }
            | Refusal::ReferenceUnexpected { .. }
            | Refusal::ReferenceToItself { .. }
            | Refusal::NotApproved { .. }
            | Refusal::ContentDiffers { .. } => Self::Conflict(Conflict::Alert(refusal)),
        }
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, complaint) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "\n" };
            write!(f, "{separator}{complaint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, reason, remedy } = self;
        let shown = if value.is_empty() { String::new() } else { format!(" `{value}`") };
        write!(f, "{field}{shown}: {}; {} / {}; {}", reason.vi, remedy.vi, reason.en, remedy.en)
    }
}

fn by(last: &Option<LastChange>) -> String {
    last.as_ref().map_or_else(String::new, |last| {
        let who = last.account.as_deref().unwrap_or("the gateway");
        format!(" (`{}` by {who} at {})", last.action, last.at)
    })
}
