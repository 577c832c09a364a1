//! What the driver reports, told apart by what the caller can do about it; and when to run a verb once more.

use std::borrow::Cow;
use std::io;

use crate::ledger::LedgerError;

/// Deadlocks are designed out and `read committed` has no serialization failures of its own; what remains is a server
/// whose administrator set another isolation level.
const TRIES_MAX: u32 = 5;

/// Why a verb stopped: its own finding, or the driver's error, not yet told apart.
#[derive(Debug)]
pub(super) enum Halt {
    Found(LedgerError),
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Halt {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        Self::Found(error)
    }
}

impl Halt {
    /// `place` names the ledger in texts.
    pub(super) fn told(self, place: &str) -> LedgerError {
        match self {
            Self::Found(error) => error,
            Self::Driver(error) => told(error, place),
        }
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Found(_) => None,
            Self::Driver(error) => error.as_database_error()?.code(),
        }
    }
}

fn told(error: sqlx::Error, place: &str) -> LedgerError {
    let place = place.to_owned();
    match &error {
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::StorageFull => LedgerError::Full { place },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => LedgerError::Unavailable(error),
        sqlx::Error::Database(cause) => match cause.code().as_deref().map(class) {
            Some(Class::Unreachable) => LedgerError::Unavailable(error),
            Some(Class::Full) => LedgerError::Full { place },
            Some(Class::ReadOnly) => LedgerError::ReadOnly { place, why: cause.message().to_owned() },
            Some(Class::NoAccess) => LedgerError::NotALedger { place, why: cause.message().to_owned() },
            Some(Class::Other) | None => LedgerError::Statement(error),
        },
        _ => LedgerError::Statement(error),
    }
}

enum Class {
    Unreachable,
    Full,
    ReadOnly,
    NoAccess,
    Other,
}

/// SQLSTATE, PostgreSQL manual appendix A.
fn class(code: &str) -> Class {
    match code {
        "53100" => Class::Full,
        "25006" => Class::ReadOnly,
        // No such database, or not for us.
        "3D000" | "28000" | "28P01" | "42501" => Class::NoAccess,
        // Lost races that were tried often enough, and waits that were cut: later there is less of a crowd.
        "40001" | "40P01" | "55P03" => Class::Unreachable,
        // Connection exceptions, insufficient resources, operator intervention (shutdown, terminated, cancelled), and a
        // transaction that was idle for too long.
        _ if ["08", "53", "57", "58"].iter().any(|start| code.starts_with(start)) => Class::Unreachable,
        "25P03" => Class::Unreachable,
        _ => Class::Other,
    }
}

/// Counts the runs of one verb.
pub(super) struct Tries(u32);

impl Tries {
    pub(super) const fn new() -> Self {
        Self(1)
    }

    /// Is the failure one that a further run of the whole transaction may avoid, and is there one left?
    pub(super) fn again(&mut self, halt: &Halt) -> bool {
        self.0 += 1;
        let lost_race = matches!(halt.code().as_deref(), Some("40001" | "40P01"));
        lost_race && self.0 <= TRIES_MAX
    }
}
