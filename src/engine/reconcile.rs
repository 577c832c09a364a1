//! Asks providers that can be asked what became of messages in doubt. Found: it was sent. Proved absent: it goes back to
//! the queue. Anything else leaves it in doubt for the next look, or for a person.

use std::{sync::Arc, time::Duration};

use contract::{Clock, Connector, Doubtful, PartReference, Reconciled, Report, Ticket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Bodies, LaneSpec, settle::full};
use crate::ledger::{Doubt, LedgerError, Ownership, Store};

/// Between two looks at the same doubts. A page lists a new post only after a while.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Doubts asked about in one look; channels that can be asked carry few messages.
const DOUBTS_MAX: usize = 20;
/// Earlier messages that a search must find before its silence proves anything.
const CONTROLS_MAX: usize = 5;

pub(crate) struct Reconciler {
    pub(crate) spec: LaneSpec,
    pub(crate) store: Store,
    pub(crate) owner: Ownership,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) reports: mpsc::Sender<Vec<Report>>,
    pub(crate) stop: CancellationToken,
}

impl Reconciler {
    pub(crate) async fn run(self) {
        while !self.stop.is_cancelled() {
            if let Err(error) = self.step().await {
                tracing::warn!(lane = %self.spec.name, error = %full(&error), "doubts were not looked at");
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    async fn step(&self) -> Result<(), LedgerError> {
        let doubts = self.store.ledger.doubts(&self.spec.routes, DOUBTS_MAX).await?;
        if doubts.is_empty() {
            return Ok(());
        }
        let controls = self.store.ledger.accepted_references(self.spec.id, CONTROLS_MAX).await?;
        for doubt in doubts {
            self.look(&doubt, &controls).await?;
        }
        Ok(())
    }

    async fn look(&self, doubt: &Doubt, controls: &[String]) -> Result<(), LedgerError> {
        let key = doubt.key;
        let body = match self.bodies.of_id(key.alert, key.route).await? {
            Ok(body) => body,
            Err(why) => {
                tracing::warn!(message = %key, why, "a doubt cannot be looked up");
                return Ok(());
            }
        };
        let doubtful = Doubtful {
            body,
            address: doubt.address.as_str().into(),
            since: doubt.at,
            controls: controls.to_vec(),
        };
        match self.connector.reconcile(doubtful).await {
            Reconciled::Sent { reference } => {
                tracing::info!(message = %key, "in doubt, and found at the provider");
                let ticket = Ticket {
                    alert: key.alert.0,
                    route: key.route.0,
                    seq: key.seq,
                    attempt: doubt.attempt,
                    strikes: 0,
                    claim: 0,
                };
                let report = Report::Late { ticket, part: PartReference { part: 1, reference } };
                // The writer outlives this task; if it is gone, the next owner looks again.
                let _gone = self.reports.send(vec![report]).await;
            }
            Reconciled::NotSent => {
                let now = self.clock.now();
                let back = self.store.ledger.proved_absent(now, &self.owner, &[key]).await?;
                tracing::info!(message = %key, back, "in doubt, and proved absent at the provider: sent again");
            }
            Reconciled::Unknown(why) => {
                tracing::debug!(message = %key, why, "still in doubt");
            }
        }
        Ok(())
    }
}
