//! Looks, at a steady pace, after everything that time alone changes.

use std::sync::Arc;

use contract::Clock;

use super::{Handle, Settings};
use crate::ledger::{LedgerError, Store, Swept};

#[derive(Debug)]
pub(crate) struct Sweeper {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handle: Handle,
}

impl Sweeper {
    /// One bounded sweep; says whether more is waiting.
    pub(crate) async fn step(&self) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let swept =
            self.store.ledger.sweep(now, self.settings.receipt_wait, self.settings.sweep_rows).await?;
        let Swept { expired, cancelled, uncertain, unconfirmed, completed, more } = swept;
        if expired + cancelled + uncertain + unconfirmed + completed > 0 {
            tracing::info!(expired, cancelled, uncertain, unconfirmed, completed, "swept");
        }
        if uncertain > 0 {
            // Some may have gone back to the queue by their alert's policy.
            self.handle.wake();
        }
        Ok(more)
    }
}
