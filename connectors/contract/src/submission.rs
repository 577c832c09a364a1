//! What the engine hands to a channel: one message to one address.

use std::sync::Arc;

use jiff::Timestamp;

/// The engine's own name for one attempt at one message. A connector carries it back untouched,
/// also in an answer that comes long after the time-out, so that no memory of it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    pub alert: i64,
    pub route: i32,
    pub seq: i64,
    pub attempt: i32,
    /// Attempts so far that counted against the limit.
    pub strikes: i32,
    /// The claim under which this attempt is made.
    pub claim: i64,
}

/// One attempt at one message.
#[derive(Debug, Clone)]
pub struct Submission {
    pub ticket: Ticket,
    /// E.164 digits without `+` for SMS; the provider's own id for other channels.
    pub address: Arc<str>,
    /// Shared by all messages of a dispatch.
    pub body: Arc<Body>,
    /// Same for every attempt of one message, so that parts sent again still join on the handset.
    pub concat_reference: u16,
    /// Numbers (from 1) of parts an earlier attempt already got through; they are not sent again.
    pub parts_done: Vec<u8>,
    /// No attempt may leave after this, and the provider is told to forget the message then.
    pub expires_at: Timestamp,
}

impl Submission {
    /// How many parts are still to be sent.
    #[must_use]
    pub fn parts_left(&self) -> usize {
        self.body.parts().saturating_sub(self.parts_done.len())
    }
}

/// One approved meaning, rendered for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    Sms(SmsBody),
}

impl Body {
    /// What rate and cost count: SMS parts, otherwise 1.
    #[must_use]
    pub fn parts(&self) -> usize {
        match self {
            Self::Sms(sms) => sms.parts.len(),
        }
    }
}

/// An SMS, already cut. The connector adds the header that joins the parts, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsBody {
    pub encoding: SmsEncoding,
    /// User data of each part without header: GSM 03.38 septets one per octet, or UTF-16 big endian.
    pub parts: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmsEncoding {
    /// GSM 03.38 default alphabet with its extension table, one septet per octet (unpacked).
    Gsm7,
    /// UTF-16 big endian, as UCS-2 is in practice.
    Ucs2,
}
