//! What a provider posts to us. Reading it is pure, so that any node may answer, not only the lane's owner.

use jiff::Timestamp;

use crate::{Finding, Inbound, Receipt};

/// One request at `/callback/{lane}`, as it came.
#[derive(Debug, Clone)]
pub struct CallbackRequest {
    pub method: CallbackMethod,
    /// Names in lower case, decoded values, in order.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes received: signatures cover them, not what they parse to.
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

impl CallbackRequest {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackMethod {
    Get,
    Post,
}

/// What to do with a request and what to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackAnswer {
    /// Genuine. Keep the facts, then answer 200 with an empty body; 503 if they cannot be kept.
    Keep(CallbackFacts),
    /// Genuine and about nothing we keep (a probe, an event nobody needs): 200.
    Ignore,
    /// The verification challenge: 200 with exactly this text.
    Echo(String),
    /// Not genuine, or not proved so. Counted and logged, nothing of it is believed; answered with this status.
    Refuse { status: u16, why: &'static str },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackFacts {
    pub receipts: Vec<Receipt>,
    pub inbound: Vec<Inbound>,
    pub findings: Vec<Finding>,
}

/// Verifies and translates a lane's callbacks. Pure: no clock, no I/O; duplicates are harmless to the ledger.
pub trait Callbacks: Send + Sync + std::fmt::Debug {
    fn read(&self, request: &CallbackRequest) -> CallbackAnswer;
}
