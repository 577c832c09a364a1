//! The ledger in one SQLite file that one process has to itself.
//!
//! All writing goes through one connection, so a verb (one short transaction) never waits for a lock inside it, only for
//! its turn; reports read beside it from their own connections. Statements lie beside this file (`*.sql`, twins of the
//! PostgreSQL ones) and take whole batches as JSON arrays: a statement costs a hop to the driver's thread.

mod accounts;
mod alerts;
mod catalog;
mod claim;
mod failure;
mod fanout;
mod findings;
mod hot;
mod keychain;
mod lease;
mod open;
mod people;
mod record;
mod reports;
mod rows;
mod settle;
mod sql;
mod steps;
mod sweep;
mod templates;

use std::{fs::File, time::Instant};

use jiff::Timestamp;
use sqlx::sqlite::SqlitePool;

use failure::Halt;

use super::{LeaseTime, LedgerError};

/// The open ledger.
#[derive(Debug)]
pub struct Sqlite {
    /// One connection.
    writer: SqlitePool,
    readers: SqlitePool,
    /// The path, for error texts.
    place: String,
    lease_time: LeaseTime,
    /// When the ledger was opened, by the day's clock and by a steady one.
    opened_at: (Timestamp, Instant),
    /// Held as long as the ledger is open.
    _lock: File,
}

type Transaction = sqlx::Transaction<'static, sqlx::Sqlite>;

impl Sqlite {
    async fn begin_write(&self) -> Result<Transaction, Halt> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The time that decides about leases. Unless it is given, it runs evenly: one process has the file, so that a day's
    /// clock that steps can only do harm.
    fn lease_now(&self, given: Timestamp) -> Timestamp {
        let (opened_at, since) = self.opened_at;
        match self.lease_time {
            LeaseTime::Ledger => opened_at.saturating_add(since.elapsed()).unwrap_or(Timestamp::MAX),
            LeaseTime::Given => given,
        }
    }

    fn told(&self, halt: Halt) -> LedgerError {
        halt.told(&self.place)
    }
}
