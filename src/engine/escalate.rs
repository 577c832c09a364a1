//! Begins the later steps of plans when they are due.

use std::sync::Arc;

use contract::Clock;

use super::{Handle, Settings};
use crate::ledger::{LedgerError, Progress, Store};

#[derive(Debug)]
pub(crate) struct Escalator {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handle: Handle,
}

impl Escalator {
    /// One chunk of one step; says whether more is waiting.
    pub(crate) async fn step(&self) -> Result<bool, LedgerError> {
        match self.store.ledger.escalate(self.clock.now(), self.settings.fanout_rows).await? {
            Progress::More(made) => {
                self.begun(made);
                Ok(true)
            }
            Progress::Done(made) => {
                self.begun(made);
                Ok(false)
            }
        }
    }

    fn begun(&self, made: usize) {
        if made > 0 {
            tracing::info!(messages = made, "a plan's next step begins for those not reached");
            self.handle.wake();
        }
    }
}
