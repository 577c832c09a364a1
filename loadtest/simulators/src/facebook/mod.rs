//! The Facebook Graph platform for one Page, written from the published documents alone.
//!
//! [`FacebookScript`] says what it is like, [`Facebook`] runs it, [`Counts`] is its own account of what
//! happened and [`Facebook::posts`] what really exists: the ground truth behind answers that were lost.
//!
//! ```
//! use simulators::facebook::{Facebook, FacebookScript, Fault, FaultKind, When};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let lost = Fault::new(FaultKind::CommitThenCode2, When::Every(10));
//! let script = FacebookScript { faults: vec![lost], ..FacebookScript::default() };
//! let facebook = Facebook::start(script, "127.0.0.1:0").await?;
//! println!("POST {}/v26.0/100000000000001/feed with the token page-token", facebook.base());
//! facebook.script_update(|script| script.listing.delayed_ms = 2_000);
//! assert!(facebook.posts().is_empty(), "nobody came");
//! facebook.stop().await;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Batches (`POST /` with `batch`), videos, Reels and a webhook at the time of a scheduled post are not part
//! of it. Many may run in one process.

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
