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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    pub from: String,
    pub to: String,
    pub text: String,
}

/// Where receipts and inbound messages go. Both return only after commit: until then the
/// provider must not be told that we have them.
#[async_trait]
pub trait ReceiptSink: Send + Sync {
    /// # Errors
    /// [`NotRecorded`] if they are not durable; the provider shall deliver them again.
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded>;

    /// # Errors
    /// [`NotRecorded`] as for [`ReceiptSink::record`].
    async fn inbound(&self, messages: Vec<Inbound>) -> Result<(), NotRecorded>;
}

/// The facts could not be made durable now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not recorded: {0}")]
pub struct NotRecorded(pub String);
