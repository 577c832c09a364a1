//! How an attempt can end: a closed list of values, never an `Err`.

use std::time::Duration;

use jiff::Timestamp;

use crate::Ticket;

/// What a connector tells the engine about attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The end of one attempt; exactly one for each submission.
    Outcome { ticket: Ticket, outcome: Outcome },
    /// A part whose outcome was already reported as uncertain turned out to be accepted.
    Late { ticket: Ticket, part: PartReference },
}

/// The end of one attempt: the parts that got through, and the answer for the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Parts accepted in this attempt, also when a later part was refused or lost.
    pub accepted: Vec<PartReference>,
    pub answer: Answer,
}

/// The provider's name for an accepted part, in the connector's normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReference {
    /// From 1.
    pub part: u8,
    /// Empty if the provider gave none; then no receipt can be matched.
    pub reference: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every part is with the provider.
    Accepted,
    /// The provider said no.
    Refused { reason: Reason, scope: Scope },
    /// Too fast. Costs no attempt and slows the lane.
    Throttled { reason: Reason, retry_after: Duration },
    /// The provider takes nothing of this kind before `until` (a spent quota, the night). Costs no attempt; the connector
    /// shows itself as down until then.
    Deferred { reason: Reason, until: Timestamp },
    /// Proved: no byte of it left.
    NotSent { reason: Reason },
    /// Bytes may have left and no answer is known. Never to be called failed.
    Uncertain { reason: Reason },
}

impl Answer {
    /// Why it was not accepted.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Accepted => None,
            Self::Refused { reason, .. }
            | Self::Throttled { reason, .. }
            | Self::Deferred { reason, .. }
            | Self::NotSent { reason }
            | Self::Uncertain { reason } => Some(reason),
        }
    }
}

/// What a refusal is about, and so what would be refused again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Message,
    Recipient,
    /// The account, the sender or the link: every message on this lane would meet the same answer.
    Lane,
}

/// Why, in the provider's words and in ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub class: ReasonClass,
    /// The provider's code as it prints it (`0x00000058`, `-124`), or our own word (`timeout`).
    pub code: String,
    /// One sentence for a person. No numbers of recipients, no secrets.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonClass {
    /// May well succeed later.
    Temporary,
    /// Will not succeed however often it is tried.
    Permanent,
    /// Not in the provider's table; the table's row for the unknown decided the rest.
    Unknown,
}
