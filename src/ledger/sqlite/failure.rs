//! What SQLite reports, told apart by what the caller can do about it (result codes: <https://sqlite.org/rescode.html>).

use std::io;

use crate::ledger::LedgerError;

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
}

fn told(error: sqlx::Error, place: &str) -> LedgerError {
    let place = place.to_owned();
    match &error {
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::StorageFull => LedgerError::Full { place },
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => LedgerError::Unavailable(error),
        sqlx::Error::Database(cause) => {
            let why = cause.message().to_owned();
            match cause.code().and_then(|code| code.parse::<u32>().ok()).map(class) {
                Some(Class::Busy) => LedgerError::Unavailable(error),
                Some(Class::Full) => LedgerError::Full { place },
                Some(Class::ReadOnly) => LedgerError::ReadOnly { place, why },
                Some(Class::NotOurs) => LedgerError::NotALedger { place, why },
                Some(Class::Other) | None => LedgerError::Statement(error),
            }
        }
        _ => LedgerError::Statement(error),
    }
}

enum Class {
    /// Another process holds the file, or the disk did not answer.
    Busy,
    Full,
    ReadOnly,
    NotOurs,
    Other,
}

/// Extended result codes carry the plain one in their low byte.
fn class(code: u32) -> Class {
    match code & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR
        5 | 6 | 10 => Class::Busy,
        // SQLITE_FULL
        13 => Class::Full,
        // SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN
        3 | 8 | 14 => Class::ReadOnly,
        // SQLITE_CORRUPT, SQLITE_NOTADB
        11 | 26 => Class::NotOurs,
        _ => Class::Other,
    }
}
