//! Where providers' callbacks arrive, on any node: read, kept, and only then answered. The lane's owner may be another
//! node, so nothing here needs its connector or its memory; the ledger finds what a receipt belongs to.

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use contract::{CallbackAnswer, CallbackFacts, CallbackRequest, Callbacks, Clock, Receipt, ReceiptVerdict};

use super::{Account, Handle, settle::full};
use crate::{
    domain::{LaneId, RouteId},
    ledger::{KnownPart, LedgerError, ReceiptFact, Store},
};

/// One lane's callbacks.
#[derive(Debug, Clone)]
pub struct CallbackLane {
    pub lane: LaneId,
    /// Lanes whose provider calls the same address (one application): a receipt may be for any.
    pub account: Account,
    /// Where followers and templates of this lane belong.
    pub route: RouteId,
    pub reader: Arc<dyn Callbacks>,
}

/// What to answer the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackReply {
    pub status: u16,
    pub body: String,
}

#[derive(Debug, Clone)]
pub struct CallbackDesk {
    lanes: Arc<ArcSwap<BTreeMap<String, CallbackLane>>>,
    store: Store,
    handle: Handle,
    clock: Arc<dyn Clock>,
}

impl CallbackDesk {
    #[must_use]
    pub fn new(
        lanes: BTreeMap<String, CallbackLane>,
        store: Store,
        handle: Handle,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { lanes: Arc::new(ArcSwap::from_pointee(lanes)), store, handle, clock }
    }

    /// From now on these lanes are called back.
    pub fn replace(&self, lanes: BTreeMap<String, CallbackLane>) {
        self.lanes.store(Arc::new(lanes));
    }

    /// Reads and keeps one request. 404 for a lane without callbacks, 503 while the ledger is away (the provider will
    /// come again), otherwise what the provider expects.
    pub async fn take(&self, lane: &str, request: &CallbackRequest) -> CallbackReply {
        let lanes = self.lanes.load_full();
        let Some(at) = lanes.get(lane) else { return reply(404, "no such lane") };
        match at.reader.read(request) {
            CallbackAnswer::Keep(facts) => match self.keep(at, facts).await {
                Ok(()) => reply(200, ""),
                Err(error) => {
                    tracing::error!(lane, error = %full(&error), "callback not kept; the provider shall come again");
                    reply(503, "not kept, come again")
                }
            },
            CallbackAnswer::Ignore => reply(200, ""),
            CallbackAnswer::Echo(text) => CallbackReply { status: 200, body: text },
            CallbackAnswer::Refuse { status, why } => {
                tracing::warn!(
                    lane,
                    why,
                    bytes = request.body.len(),
                    "callback refused; nothing of it is believed"
                );
                reply(status, why)
            }
        }
    }

    async fn keep(&self, at: &CallbackLane, facts: CallbackFacts) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let CallbackFacts { receipts, inbound, findings } = facts;
        if !receipts.is_empty() {
            let strangers: Vec<_> = receipts.iter().collect();
            let origins = at.account.origins(&self.handle, &self.store.ledger, at.lane, &strangers).await?;
            let facts: Vec<_> = receipts
                .into_iter()
                .zip(origins)
                .map(|(receipt, (lane, known))| self.fact(receipt, lane, known))
                .collect();
            self.store.ledger.record(now, &facts).await?;
        }
        if !inbound.is_empty() {
            self.store.ledger.keep_inbound(now, at.lane, &inbound).await?;
        }
        if !findings.is_empty() {
            self.store.ledger.keep_findings(now, at.route, &findings).await?;
        }
        Ok(())
    }

    fn fact(&self, receipt: Receipt, lane: LaneId, known: Option<KnownPart>) -> ReceiptFact {
        let plain = receipt.verdict == ReceiptVerdict::Delivered;
        ReceiptFact {
            lane,
            known,
            references: receipt.references,
            address: receipt.address,
            verdict: receipt.verdict,
            code: receipt.code,
            provider_at: receipt.provider_at,
            received_at: self.clock.now(),
            raw: if plain { None } else { receipt.raw },
        }
    }
}

fn reply(status: u16, body: &str) -> CallbackReply {
    CallbackReply { status, body: body.to_owned() }
}
