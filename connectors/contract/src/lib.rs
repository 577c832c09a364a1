//! What the engine asks of a channel, and what a channel may answer.
//!
//! A connector translates: it turns a [`Submission`] into its provider's protocol and the provider's
//! answers into [`Report`]s and [`Receipt`]s. It never paces, retries, orders or stores; the engine does.
//! Every submission handed over gets exactly one [`Outcome`], also when the link dies or closes.

mod clock;
mod connector;
mod outcome;
mod rate;
mod receipt;
mod submission;

pub use clock::{Clock, ManualClock, SystemClock};
pub use connector::{Connector, Context, Health, Profile};
pub use outcome::{Answer, Outcome, PartReference, Reason, ReasonClass, Report, Scope};
pub use rate::{Rate, RateError};
pub use receipt::{Inbound, NotRecorded, Receipt, ReceiptSink, ReceiptVerdict};
pub use submission::{Body, SmsBody, SmsEncoding, Submission, Ticket};
