//! From an address to an open ledger: who is at the other end, is it ours, which schema does it have.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, Executor, SqlSafeStr};

use super::failure::Halt;
use super::{Postgres, sql};
use crate::ledger::{LeaseTime, LedgerError, Result};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// On two cores more writers gain nothing (measured); the rest is for readers and for waiting.
const CONNECTIONS_MAX: u32 = 16;
const CONNECTIONS_MIN: u32 = 2;

/// Longer than a commit on a busy disk, shorter than a caller's patience.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that rested longer than this is asked whether it still lives before it is used. In a flood none rests
/// that long, so none pays the round trip.
const PING_AFTER: Duration = Duration::from_millis(500);

/// Statements kept prepared on a connection: all of ours.
const STATEMENTS_MAX: usize = 256;

/// Settings of each session. One plan per statement and connection is made, instead of one per call. It is made when the
/// tables are nearly empty and has to serve when they hold millions: every row of a batch is looked up by its index,
/// and no table is read whole. (Reports over a whole alert say otherwise for themselves: [`WHOLE`].)
/// A node that dies or is paused in a transaction gives its locks back, sooner than its leases end: whoever takes its lanes
/// over waits for those locks.
const SESSION: [(&str, &str); 11] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("default_transaction_isolation", "read committed"),
    ("synchronous_commit", "on"),
    ("client_min_messages", "warning"),
    ("idle_in_transaction_session_timeout", "3s"),
    ("tcp_keepalives_idle", "30"),
];

/// Begins a reading transaction in which tables may be read whole, planned for what they hold now.
pub(super) const WHOLE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = on; \
     SET LOCAL enable_bitmapscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Can the server be written, and does it hold our texts?
const SERVER: &str = "SELECT current_setting('transaction_read_only') = 'on', pg_is_in_recovery(), \
                      current_setting('server_encoding')";

impl Postgres {
    /// Opens the ledger at `url` and brings its schema up to date if `migrate`.
    ///
    /// # Errors
    /// No address, out of reach, read-only, another database than a ledger, or a schema of another version.
    pub async fn open(url: &str, migrate: bool) -> Result<Self> {
        let options = options(url)?;
        let place = place(&options);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .min_connections(CONNECTIONS_MIN)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, rest| {
                Box::pin(async move { Ok(rest.idle_for < PING_AFTER || connection.ping().await.is_ok()) })
            })
            .connect_with(options)
            .await
            .map_err(|error| Halt::from(error).told(&place))?;
        let ledger = Self { pool, place, lease_time: LeaseTime::default() };
        ledger.ready(migrate).await.map_err(|halt| ledger.told(halt))?;
        Ok(ledger)
    }

    /// The same ledger with leases kept by another clock.
    #[must_use]
    pub fn lease_time(self, lease_time: LeaseTime) -> Self {
        Self { lease_time, ..self }
    }

    /// Closes all connections, after the verbs that are under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn ready(&self, migrate: bool) -> Result<(), Halt> {
        let mut connection = self.pool.acquire().await?;
        self.check_writable(&mut connection).await?;
        let applied = self.applied(&mut connection).await?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
        if let Some(found) = applied.iter().copied().max().filter(|found| *found > known) {
            return Err(LedgerError::SchemaTooNew { place: self.place.clone(), found, known }.into());
        }
        let missing =
            MIGRATIONS.iter().map(|migration| migration.version).find(|version| !applied.contains(version));
        match missing {
            Some(_) if migrate => self.migrate(&mut connection).await?,
            Some(missing) => {
                return Err(LedgerError::SchemaTooOld { place: self.place.clone(), missing }.into());
            }
            None => {}
        }
        // A statement that does not fit the schema is found now, not in a flood.
        sqlx::query(sql::FREEZE_TABLE).execute(&mut *connection).await?;
        for statement in sql::ALL {
            (&mut *connection).prepare(statement.into_sql_str()).await?;
        }
        Ok(())
    }

    async fn check_writable(&self, connection: &mut PgConnection) -> Result<(), Halt> {
        let (read_only, standby, encoding): (bool, bool, String) =
            sqlx::query_as(SERVER).fetch_one(connection).await?;
        let place = self.place.clone();
        if standby {
            let why = "the server is a standby; name the primary".into();
            return Err(LedgerError::ReadOnly { place, why }.into());
        }
        if read_only {
            let why = "default_transaction_read_only is on; switch it off for this database and user".into();
            return Err(LedgerError::ReadOnly { place, why }.into());
        }
        if encoding != "UTF8" {
            let why = format!("its encoding is {encoding}; make it with ENCODING 'UTF8'");
            return Err(LedgerError::NotALedger { place, why }.into());
        }
        Ok(())
    }

    /// Versions of the migrations in the database; empty if it is empty.
    async fn applied(&self, connection: &mut PgConnection) -> Result<Vec<i64>, Halt> {
        let (tables, ours): (i64, bool) =
            sqlx::query_as(sql::OPEN_TABLES).fetch_one(&mut *connection).await?;
        if ours {
            return Ok(sqlx::query_scalar(sql::OPEN_APPLIED).fetch_all(connection).await?);
        }
        if tables > 0 {
            let why = format!("it holds {tables} tables of something else; name an empty database");
            return Err(LedgerError::NotALedger { place: self.place.clone(), why }.into());
        }
        Ok(Vec::new())
    }

    async fn migrate(&self, connection: &mut PgConnection) -> Result<(), Halt> {
        match MIGRATIONS.run_direct(None, connection, false).await {
            Ok(()) => Ok(()),
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(error.into()),
            Err(other) => {
                Err(LedgerError::NotALedger { place: self.place.clone(), why: other.to_string() }.into())
            }
        }
    }
}

fn options(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url).map_err(|error| LedgerError::Address {
        // The address may hold a password: only its scheme is repeated.
        url: url.split(':').next().unwrap_or_default().to_owned(),
        why: error.to_string(),
    })?;
    Ok(options.application_name("loa").statement_cache_capacity(STATEMENTS_MAX).options(SESSION))
}

fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |socket| socket.display().to_string(),
    );
    format!("{host}/{}", options.get_database().unwrap_or_else(|| options.get_username()))
}
