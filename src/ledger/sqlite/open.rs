//! From a path to an open ledger: is it ours, is it free, which schema does it have.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::{Clock, SystemClock};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

use super::failure::Halt;
use super::{Sqlite, sql};
use crate::ledger::{LeaseTime, LedgerError, Result};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Reports run beside the writer; on two cores more of them gain nothing.
const READERS_MAX: u32 = 3;

/// A backup tool may hold the file for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A verb waits its turn behind others for no longer than this.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Statements kept prepared on a connection: all of ours.
const STATEMENTS_MAX: usize = 256;

/// Page cache of the writer, negative: KiB. Holds the tails of the tables a flood appends to.
const WRITER_CACHE: &str = "-24576";
const READER_CACHE: &str = "-4096";

/// Pages of the log before they are copied home: fewer and larger copies than the default of 1000.
const CHECKPOINT_PAGES: &str = "4000";

/// The lock proves that owners of an earlier run are gone; a lane is taken anew with the next epoch.
const FREE_LANES: &str = "UPDATE lane SET owner = NULL, until = 0, ready = 0 WHERE owner IS NOT NULL";

impl Sqlite {
    /// Opens the ledger at `path`, makes it if it is missing and `migrate`, and brings its schema up to date if `migrate`.
    ///
    /// # Errors
    /// In use by another process, not writable, another file than a ledger, or a schema of another version.
    pub async fn open(path: &str, migrate: bool) -> Result<Self> {
        let lock = lock(path)?;
        let told = |halt: Halt| halt.told(path);
        check_header(Path::new(path), migrate).map_err(told)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(migrate)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS_MAX)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            // What undoes a statement that fails midway is as small as a batch: kept in a file it cost a sixth of all CPU.
            .pragma("temp_store", "MEMORY");
        let writer = pool(1).connect_with(options.clone().pragma("cache_size", WRITER_CACHE)).await;
        let writer = writer.map_err(|error| told(error.into()))?;
        ready(&writer, path, migrate).await.map_err(told)?;
        // What a report sorts or sets aside may be as long as the audience: it belongs on the disk.
        let readers = options
            .read_only(true)
            .create_if_missing(false)
            .pragma("cache_size", READER_CACHE)
            .pragma("temp_store", "FILE");
        let readers = pool(READERS_MAX).connect_with(readers).await.map_err(|error| told(error.into()))?;
        Ok(Self {
            writer,
            readers,
            place: path.to_owned(),
            lease_time: LeaseTime::default(),
            opened_at: (SystemClock.now(), Instant::now()),
            _lock: lock,
        })
    }

    /// The same ledger with leases kept by another clock.
    #[must_use]
    pub fn lease_time(self, lease_time: LeaseTime) -> Self {
        Self { lease_time, ..self }
    }

    /// Bounds the file to `pages_max` pages (of 4 KiB), or to what it has if that is more: a ledger that shares its disk
    /// says [`LedgerError::Full`] before the others run out of space.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn limit_pages(&self, pages_max: u32) -> Result<()> {
        let statement = AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages_max.max(1)));
        let done = sqlx::query(statement).execute(&self.writer).await;
        done.map(|_| ()).map_err(|error| self.told(error.into()))
    }

    /// Closes all connections, after the verbs that are under way.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn pool(connections_max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Takes the ledger for this process. The lock falls with the process, however it ends.
fn lock(path: &str) -> Result<File> {
    let beside = PathBuf::from(format!("{path}.lock"));
    let unwritable = |error: std::io::Error| LedgerError::ReadOnly {
        place: path.to_owned(),
        why: format!(
            "{}: {error}; name a directory that exists and that this user may write",
            beside.display()
        ),
    };
    let file = File::options().create(true).truncate(false).write(true).open(&beside).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::InUse { place: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

/// Refuses a file that is no SQLite database before anything is written to it, and one that is not there if it may not
/// be made.
fn check_header(path: &Path, migrate: bool) -> Result<(), Halt> {
    const HEADER: &[u8; 16] = b"SQLite format 3\0";
    let place = path.display().to_string();
    let mut file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let first = MIGRATIONS.iter().map(|migration| migration.version).min();
            return match first.filter(|_| !migrate) {
                Some(missing) => Err(LedgerError::SchemaTooOld { place, missing }.into()),
                None => Ok(()),
            };
        }
        Err(error) => return Err(LedgerError::ReadOnly { place, why: error.to_string() }.into()),
    };
    let mut found = Vec::new();
    let read = (&mut file).take(HEADER.len() as u64).read_to_end(&mut found);
    if let Err(error) = read {
        return Err(LedgerError::NotALedger { place, why: error.to_string() }.into());
    }
    if found.is_empty() || found == HEADER {
        return Ok(());
    }
    Err(LedgerError::NotALedger { place, why: "it is another kind of file; name a new one".into() }.into())
}

async fn ready(writer: &SqlitePool, path: &str, migrate: bool) -> Result<(), Halt> {
    let mut connection = writer.acquire().await?;
    let applied = applied(&mut connection, path).await?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let Some(found) = applied.iter().copied().max().filter(|found| *found > known) {
        return Err(LedgerError::SchemaTooNew { place: path.to_owned(), found, known }.into());
    }
    let missing =
        MIGRATIONS.iter().map(|migration| migration.version).find(|version| !applied.contains(version));
    match missing {
        Some(_) if migrate => run_migrations(&mut connection, path).await?,
        Some(missing) => return Err(LedgerError::SchemaTooOld { place: path.to_owned(), missing }.into()),
        None => {}
    }
    // The work table first: statements name it.
    sqlx::query(sql::FREEZE_TABLE).execute(&mut *connection).await?;
    sqlx::query(FREE_LANES).execute(&mut *connection).await?;
    // A statement that does not fit the schema is found now, not in a flood.
    for statement in sql::ALL {
        (&mut *connection).prepare(statement.into_sql_str()).await?;
    }
    Ok(())
}

/// Versions of the migrations in the file; empty if it is empty.
async fn applied(connection: &mut SqliteConnection, path: &str) -> Result<Vec<i64>, Halt> {
    let (tables, ours): (i64, bool) = sqlx::query_as(sql::OPEN_TABLES).fetch_one(&mut *connection).await?;
    if ours {
        return Ok(sqlx::query_scalar(sql::OPEN_APPLIED).fetch_all(connection).await?);
    }
    if tables > 0 {
        let why = format!("it holds {tables} tables of something else; name a new file");
        return Err(LedgerError::NotALedger { place: path.to_owned(), why }.into());
    }
    Ok(Vec::new())
}

async fn run_migrations(connection: &mut SqliteConnection, path: &str) -> Result<(), Halt> {
    match MIGRATIONS.run_direct(None, connection, false).await {
        Ok(()) => Ok(()),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(error.into()),
        Err(other) => Err(LedgerError::NotALedger { place: path.to_owned(), why: other.to_string() }.into()),
    }
}
