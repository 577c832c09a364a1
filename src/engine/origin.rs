//! Which message a receipt is for, where it may have come over another lane than the message went: lanes of one account at
//! a provider, on whatever node they are, hear of each other's messages.

use std::{sync::Arc, time::Duration};

use contract::Receipt;

use super::Handle;
use crate::{
    coordination::Sent,
    domain::LaneId,
    ledger::{KnownPart, Ledger, LedgerError},
};

/// A receipt may be faster than the commit of the answer on the other lane; it waits this long once.
const COMMIT_WAIT: Duration = Duration::from_millis(150);

/// The lanes of one account.
#[derive(Debug, Clone)]
pub struct Account {
    /// At the provider; the same on every node.
    pub name: String,
    /// Its lanes, in the order of their ids.
    pub lanes: Vec<LaneId>,
}

impl Account {
    /// With a single lane everything is its own.
    fn is_shared(&self) -> bool {
        self.lanes.len() > 1
    }

    /// Tells the others what this lane's provider called the parts that it took.
    pub(crate) fn remember(&self, handle: &Handle, lane: LaneId, taken: Vec<(String, KnownPart)>) {
        if self.is_shared() && !taken.is_empty() {
            let sent = taken.into_iter().map(|(reference, part)| (reference, Sent { lane, part }));
            handle.coordination().remember(&self.name, sent.collect());
        }
    }

    /// The origin of each receipt: the lane, and the part if it is known without asking the ledger. A receipt that nobody
    /// knows keeps the lane over which it came.
    ///
    /// # Errors
    /// If the ledger can't be asked.
    pub(crate) async fn origins(
        &self,
        handle: &Handle,
        ledger: &Arc<dyn Ledger>,
        came_over: LaneId,
        receipts: &[&Receipt],
    ) -> Result<Vec<(LaneId, Option<KnownPart>)>, LedgerError> {
        let mut origins = vec![(came_over, None); receipts.len()];
        if !self.is_shared() {
            return Ok(origins);
        }
        let mut open: Vec<usize> = (0..receipts.len()).collect();
        for last in [false, true] {
            open = self.look(handle, ledger, receipts, &open, &mut origins).await?;
            if open.is_empty() || last {
                break;
            }
            tokio::time::sleep(COMMIT_WAIT).await;
        }
        Ok(origins)
    }

    /// Returns those still unknown.
    async fn look(
        &self,
        handle: &Handle,
        ledger: &Arc<dyn Ledger>,
        receipts: &[&Receipt],
        open: &[usize],
        origins: &mut [(LaneId, Option<KnownPart>)],
    ) -> Result<Vec<usize>, LedgerError> {
        let receipt = |index: usize| receipts.get(index).copied();
        let first = |index: &usize| {
            receipt(*index).and_then(|receipt| receipt.references.first().cloned()).unwrap_or_default()
        };
        let asked: Vec<_> = open.iter().map(first).collect();
        let recalled = handle.coordination().recall(&self.name, &asked).await;
        let mut unknown = Vec::new();
        for (at, index) in open.iter().enumerate() {
            let (Some(origin), Some(receipt)) = (origins.get_mut(*index), receipt(*index)) else { continue };
            if let Some(sent) = recalled.get(at).copied().flatten() {
                *origin = (sent.lane, Some(sent.part));
            } else if let Some(lane) = ledger.lane_of(&self.lanes, &receipt.references).await? {
                *origin = (lane, None);
            } else {
                unknown.push(*index);
            }
        }
        Ok(unknown)
    }
}
