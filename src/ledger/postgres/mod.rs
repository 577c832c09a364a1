//! The ledger on PostgreSQL: several nodes share it. A verb is one short transaction; its statements lie beside this file
//! (`*.sql`, twins of the SQLite ones) and take whole batches as arrays.
//!
//! Locks are always taken in the same order, so that verbs never wait for each other in a circle: the lane's row (shared
//! by claims, alone by flushes and by whoever changes the owner), then dispatch rows ordered by (alert, route), then the
//! rest ordered by key. Should the server still break a tie, the verb is run again (`failure::Tries`).
//! Plans are made once (`open.rs`), so a batch comes with all columns of the keys that it looks up: a condition on a
//! constant would tempt the planner to start from the table. `(SELECT true … LIMIT 1) IS NOT NULL` stands where EXISTS
//! would be answered by hashing a whole table.

mod accounts;
mod alerts;
mod catalog;
mod claim;
mod columns;
mod failure;
mod fanout;
mod findings;
mod hot;
mod keychain;
mod lease;
mod locks;
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

use sqlx::postgres::PgPool;

use failure::Halt;

use super::{LeaseTime, LedgerError};

/// The open ledger: a bounded pool of connections.
#[derive(Debug)]
pub struct Postgres {
    pool: PgPool,
    /// Host, port and database for error texts; never the password.
    place: String,
    lease_time: LeaseTime,
}

type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;

impl Postgres {
    async fn begin(&self) -> Result<Transaction, Halt> {
        Ok(self.pool.begin().await?)
    }

    fn told(&self, halt: Halt) -> LedgerError {
        halt.told(&self.place)
    }
}

/// Runs `$verb` (an expression that makes a fresh future of `Result<_, Halt>` each time) until it succeeds, fails for
/// good, or has lost too often against others.
macro_rules! retried {
    ($self:ident, $verb:expr) => {{
        let mut tries = $crate::ledger::postgres::failure::Tries::new();
        loop {
            match $verb.await {
                Ok(done) => break Ok(done),
                Err(halt) if tries.again(&halt) => {}
                Err(halt) => break Err($self.told(halt)),
            }
        }
    }};
}
use retried;
