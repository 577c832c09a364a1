//! From an address in the settings to an open ledger.

use std::sync::Arc;

use super::{Catalog, Ledger, LedgerError, Reports, Result, postgres::Postgres, sqlite::Sqlite};

/// The same ledger in its three roles.
#[derive(Clone)]
pub struct Store {
    pub ledger: Arc<dyn Ledger>,
    pub catalog: Arc<dyn Catalog>,
    pub reports: Arc<dyn Reports>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// By whose clock leases of lanes begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeaseTime {
    /// The ledger's own: the server's on PostgreSQL, a steady one on SQLite. Nodes whose clocks differ or step agree on who
    /// owns a lane.
    #[default]
    Ledger,
    /// The `now` of each call, for stories that tell their own time.
    Given,
}

/// Opens the ledger at `url` (`sqlite:PATH` or `postgres://…`) and brings its schema up to date if `migrate`. Leases are
/// kept by the ledger's own clock.
///
/// # Errors
/// An address that is none, a ledger that is newer, foreign, in use, read-only or out of reach.
pub async fn open(url: &str, migrate: bool) -> Result<Store> {
    open_with(url, migrate, LeaseTime::Ledger).await
}

/// The same with a say in the time of leases.
///
/// # Errors
/// As [`open`].
pub async fn open_with(url: &str, migrate: bool, lease_time: LeaseTime) -> Result<Store> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let store = Arc::new(Sqlite::open(path, migrate).await?.lease_time(lease_time));
        return Ok(Store { ledger: store.clone(), catalog: store.clone(), reports: store });
    }
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let store = Arc::new(Postgres::open(url, migrate).await?.lease_time(lease_time));
        return Ok(Store { ledger: store.clone(), catalog: store.clone(), reports: store });
    }
    let scheme = url.split(':').next().unwrap_or_default().to_owned();
    Err(LedgerError::Address { url: scheme, why: "the scheme is neither sqlite nor postgres".into() })
}
