//! What the provider says afterwards. Both doors (pushed over a session, posted to a callback) end here.

use async_trait::async_trait;
use jiff::Timestamp;

/// A delivery receipt for one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The reference in its possible normal forms, the likeliest first: some providers write the same
    /// id in hex in one place and in decimal in another.
    pub references: Vec<String>,
    /// The recipient, if the receipt names one. A match by any but the first form must agree with it.
    pub address: Option<String>,
    pub verdict: ReceiptVerdict,
    /// The provider's error code as written.
    pub code: Option<String>,
    pub provider_at: Option<Timestamp>,
    /// The receipt as it came, cut to a bound and without the message text; kept unless plainly delivered.
    pub raw: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptVerdict {
    Delivered,
    /// A final no: undeliverable, expired, rejected, deleted.
    Failed,
    /// On its way; changes nothing but is kept.
    Progress,
    /// A word we do not know; kept, changes nothing.
    Unknown,
}

/// A message from a person to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbound {
    pub from: String,
    pub to: String,
    pub text: String,
    /// The provider's id of this message, by which a second copy is known; `None` where it has none.
    pub id: Option<String>,
    /// The provider's reference of the message of ours that this one answers, if it says so.
    pub answers: Option<String>,
}

/// What a connector learns beyond the messages it was given. A closed list; the ledger keeps each kind in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Somebody who can be addressed on this lane's routes, as last seen.
    Follower(Follower),
    /// This address does not want (or may not get) messages of this kind: no attempt on these routes any more.
    OptedOut { address: String, reason: String },
    /// A template as the provider has it now.
    Template(TemplateFacts),
    /// What can be shown of a post afterwards.
    Exhibit(Exhibit),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    pub address: String,
    /// False: not any more.
    pub follows: bool,
    /// Commune code (2025 vintage), where a tag or an answer says so.
    pub area: Option<String>,
    /// E.164 digits without `+`, where the person gave it.
    pub phone: Option<String>,
    pub last_interaction: Option<Timestamp>,
}

/// A template and what may be put into it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TemplateFacts {
    pub id: String,
    pub name: String,
    /// May be sent now.
    pub enabled: bool,
    pub parameters: Vec<TemplateParameter>,
    /// Price of one message in dong, where the provider tells it.
    pub price_dong: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TemplateParameter {
    pub name: String,
    pub required: bool,
    /// Characters of NFC text.
    pub min_length: u32,
    pub max_length: u32,
}

/// Evidence of one post, measured at one moment. What the platform did not tell is `None`, never 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    pub reference: String,
    pub permalink: Option<String>,
    /// Metric (`reactions`, `comments`, `shares`, `views`, ...) to value.
    pub metrics: Vec<(String, Option<i64>)>,
    pub at: Timestamp,
}

/// Where receipts, inbound messages and findings go. All return only after commit: until then the
/// provider must not be told that we have them.
#[async_trait]
pub trait ReceiptSink: Send + Sync {
    /// # Errors
    /// [`NotRecorded`] if they are not durable; the provider shall deliver them again.
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded>;

    /// # Errors
    /// [`NotRecorded`] as for [`ReceiptSink::record`].
    async fn inbound(&self, messages: Vec<Inbound>) -> Result<(), NotRecorded>;

    /// # Errors
    /// [`NotRecorded`] as for [`ReceiptSink::record`].
    async fn found(&self, findings: Vec<Finding>) -> Result<(), NotRecorded>;
}

/// The facts could not be made durable now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not recorded: {0}")]
pub struct NotRecorded(pub String);
