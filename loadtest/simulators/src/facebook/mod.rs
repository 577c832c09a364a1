//! The Facebook Graph platform for one Page, written from the published documents alone.
//!
//! [`FacebookScript`] says what it is like, [`Facebook`] runs it, [`Counts`] is its own account of what
//! happened and [`Facebook::posts`] what really exists: the ground truth behind answers that were lost.
//! Batches (`POST /` with `batch`), videos and Reels are not part of it. Many may run in one process.

mod account;
mod ask;
mod count;
pub mod error;
pub mod fault;
mod fields;
mod gate;
mod hooks;
mod insights;
mod listing;
mod node;
mod platform;
mod publish;
mod reply;
pub mod script;
mod serve;
mod show;
mod wire;
mod world;

pub use count::Counts;
pub use error::GraphError;
pub use fault::{Calls, Fault, FaultKind, When};
pub use hooks::{Push, feed_event};
pub use platform::{Facebook, Post};
pub use script::{FacebookScript, TokenKind, TokenScript};
