//! The truth: every alert, target, message, attempt and receipt, on SQLite or PostgreSQL.
//!
//! Facts are appended (see `migrations/`); a message's state is what its facts say, and the counters in
//! `dispatch` move in the same commit as the facts that moved them. Three traits by role: [`Ledger`] is the
//! hot path (few verbs, each one bounded transaction over a batch), [`Catalog`] is set-up and decisions,
//! [`Reports`] only reads. One conformance suite defines all three for both engines.

mod batch;
mod catalog;
mod error;
mod hot;
mod open;
mod reports;

pub mod postgres;
pub mod sqlite;

pub use catalog::*;
pub use error::{LedgerError, Result};
pub use hot::*;
pub use open::{LeaseTime, Store, open, open_with};
pub use reports::*;
