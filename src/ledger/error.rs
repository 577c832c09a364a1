//! What can go wrong with the ledger itself, told apart by what the caller can do about it.

/// The ledger could not do the work. Outcomes of the work (a conflict, a duplicate) are values instead.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Connection lost or refused, pool exhausted, server restarting: the same call may succeed later.
    /// Whether a commit that was under way took place is not known; every verb may be called again with
    /// the same facts.
    #[error("the ledger cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The caller is no longer the owner of the lane; it must stop writing for it.
    #[error("lane {lane} is no longer owned with epoch {epoch}")]
    Fenced { lane: i32, epoch: i64 },
    #[error(
        "the ledger at {place} was made by a newer version (its schema has migration {found}, this program knows up to {known}): use a newer loa, or another ledger"
    )]
    SchemaTooNew { place: String, found: i64, known: i64 },
    #[error("the ledger at {place} has migration {missing} not applied: run `loa migrate`")]
    SchemaTooOld { place: String, missing: i64 },
    #[error("{place} is not a Loa ledger: {why}")]
    NotALedger { place: String, why: String },
    #[error("the ledger at {place} cannot be written: {why}")]
    ReadOnly { place: String, why: String },
    #[error("no space left for the ledger at {place}: free disk space; nothing was half-written")]
    Full { place: String },
    #[error(
        "the ledger at {place} is in use by another process: stop it first, or use PostgreSQL for several"
    )]
    InUse { place: String },
    #[error("'{url}' is not a ledger address: {why}; use sqlite:PATH or postgres://…")]
    Address { url: String, why: String },
    /// A row that this program cannot have written.
    #[error("inconsistent row in {table}.{column} ({row}): {why}")]
    Inconsistent { table: &'static str, column: &'static str, row: String, why: String },
    #[error("the ledger refused a statement")]
    Statement(#[source] sqlx::Error),
}

pub type Result<T, E = LedgerError> = std::result::Result<T, E>;

impl LedgerError {
    /// Is it worth trying the same call again after a while?
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full { .. })
    }
}
