//! What the engine asks of a channel, and what a channel may answer.
//!
//! A connector translates: it turns a [`Submission`] into its provider's protocol and the provider's
//! answers into [`Report`]s and [`Receipt`]s. It never paces, retries, orders or stores; the engine does.
//! Every submission handed over gets exactly one [`Outcome`], also when the link dies or closes.

mod callback;
mod clock;
mod connector;
mod keychain;
mod outcome;
mod rate;
mod receipt;
mod submission;
#[cfg(feature = "suite")]
pub mod suite;

pub use callback::{CallbackAnswer, CallbackFacts, CallbackMethod, CallbackRequest, Callbacks};
pub use clock::{Clock, ManualClock, SystemClock};
pub use connector::{Connector, Context, Doubtful, Health, Profile, Reconciled};
pub use keychain::{Keychain, NoKeys, Stored, Tokens, Turn};
pub use outcome::{Answer, Outcome, PartReference, Reason, ReasonClass, Report, Scope};
pub use rate::{Rate, RateError};
pub use receipt::{
    Exhibit, Finding, Follower, Inbound, NotRecorded, Receipt, ReceiptSink, ReceiptVerdict, TemplateFacts,
    TemplateParameter,
};
pub use submission::{
    ArticleBody, Body, PHOTOS_MAX, Photo, PostAct, PostBody, SmsBody, SmsEncoding, Submission, TemplateBody,
    TextBody, Ticket,
};
