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

/// Opens the ledger at `url` (`sqlite:PATH` or `postgres://…`) and brings its schema up to date if `migrate`.
///
/// # Errors
/// An address that is none, a ledger that is newer, foreign, in use, read-only or out of reach.
pub async fn open(url: &str, migrate: bool) -> Result<Store> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let store = Arc::new(Sqlite::open(path, migrate).await?);
        return Ok(Store { ledger: store.clone(), catalog: store.clone(), reports: store });
    }
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let store = Arc::new(Postgres::open(url, migrate).await?);
        return Ok(Store { ledger: store.clone(), catalog: store.clone(), reports: store });
    }
    let scheme = url.split(':').next().unwrap_or_default().to_owned();
    Err(LedgerError::Address { url: scheme, why: "the scheme is neither sqlite nor postgres".into() })
}
