//! A carrier's message centre (SMSC) speaking SMPP 3.4, written from the specification alone.
//!
//! [`SmscScript`] says what it is like, [`Smsc`] runs it, [`Counts`] is its own account of what
//! happened: what was accepted for whom, what came twice, how fast it came, which receipts were
//! acknowledged. Many may run in one process.

mod account;
mod centre;
mod chance;
mod characters;
mod count;
mod fates;
mod ids;
mod link;
mod listener;
mod outgoing;
mod outstanding;
mod plan;
mod rate;
mod reassembly;
mod receipts;
pub mod script;
mod session;
pub mod status;
mod tally;
mod text;
mod time_queue;
mod timing;
mod wire;

pub use count::{Counts, ReceiptsSent};
pub use listener::Smsc;
pub use script::SmscScript;
pub use timing::{Span, TextSeen, Waits};
