//! The keychain of connectors whose tokens rotate, kept in the ledger: durable, and one for all nodes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{Clock, Keychain, NotRecorded, Stored, Tokens, Turn};
use jiff::Timestamp;

use super::settle::full;
use crate::ledger::{LedgerError, Store};

#[derive(Debug, Clone)]
pub struct LedgerKeys {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl LedgerKeys {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn not_recorded(error: LedgerError) -> NotRecorded {
    NotRecorded(full(&error))
}

#[async_trait]
impl Keychain for LedgerKeys {
    async fn tokens(&self, name: &str) -> Result<Option<Stored>, NotRecorded> {
        self.store.catalog.tokens(name).await.map_err(not_recorded)
    }

    async fn turn(&self, name: &str, seen: i64, hold: Duration) -> Result<Turn, NotRecorded> {
        let now = self.clock.now();
        let until = now.checked_add(hold).unwrap_or(Timestamp::MAX);
        self.store.catalog.tokens_turn(now, name, seen, until).await.map_err(not_recorded)
    }

    async fn pass(&self, name: &str, seen: i64) -> Result<(), NotRecorded> {
        self.store.catalog.tokens_pass(name, seen).await.map_err(not_recorded)
    }

    async fn replace(&self, name: &str, seen: i64, tokens: &Tokens) -> Result<Option<i64>, NotRecorded> {
        self.store.catalog.tokens_replace(self.clock.now(), name, seen, tokens).await.map_err(not_recorded)
    }
}
