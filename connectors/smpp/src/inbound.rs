//! The receiving half of a session, without I/O: deliveries are gathered, handed over in batches and
//! acknowledged only once they are durable.

use std::sync::Arc;

use bytes::BytesMut;
use contract::ReceiptSink;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    codes,
    frame::Frame,
    receipt::{Fact, Reader},
    wire::{self, Deliver},
};

/// Batches at the sink at one time: enough that one can be written while the next gathers.
const BATCHES_MAX: usize = 4;
const BATCH_DELIVERIES_MAX: usize = 1000;
/// Deliveries not yet durable beyond which the socket isn't read any more. Far above what carriers leave
/// unacknowledged, since while nothing is read no answer to a submission is read either.
const HELD_DELIVERIES_MAX: usize = 10_000;

/// Whom to answer when a delivery is durable.
#[derive(Debug, Clone, Copy)]
struct Sender {
    request: u32,
    sequence: u32,
}

/// The sink's word on a batch.
#[derive(Debug)]
pub(crate) struct Recorded {
    receipts: Vec<Sender>,
    receipts_are_durable: bool,
    inbound: Vec<Sender>,
    inbound_is_durable: bool,
}

pub(crate) struct Inbound {
    reader: Reader,
    sink: Arc<dyn ReceiptSink>,
    tasks: TaskTracker,
    /// Ends what is at the sink when even the grace of closing is over.
    kill: CancellationToken,
    held: Vec<(Sender, Fact)>,
    /// All not yet acknowledged: those held and those at the sink.
    unacknowledged: usize,
    batches: usize,
    done: mpsc::Sender<Recorded>,
    recorded: mpsc::Receiver<Recorded>,
}

impl Inbound {
    pub(crate) fn new(
        reader: Reader,
        sink: Arc<dyn ReceiptSink>,
        tasks: TaskTracker,
        kill: CancellationToken,
    ) -> Self {
        let (done, recorded) = mpsc::channel(BATCHES_MAX);
        Self { reader, sink, tasks, kill, held: Vec::new(), unacknowledged: 0, batches: 0, done, recorded }
    }

    /// Takes a `deliver_sm` or `data_sm`. What can't be read at all is rejected for good, or the carrier
    /// would bring it back for days.
    pub(crate) fn take(&mut self, frame: &Frame<'_>, out: &mut BytesMut) -> bool {
        let Some(deliver) = Deliver::read(frame) else {
            wire::delivery_resp(out, frame.id, codes::RX_R_APPN, frame.sequence);
            return false;
        };
        self.held.push((Sender { request: frame.id, sequence: frame.sequence }, self.reader.read(&deliver)));
        self.unacknowledged += 1;
        true
    }

    pub(crate) fn is_full(&self) -> bool {
        self.unacknowledged >= HELD_DELIVERIES_MAX
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.unacknowledged == 0
    }

    /// Starts batches while there are any and the sink has a place.
    pub(crate) fn hand_over(&mut self) {
        while !self.held.is_empty() && self.batches < BATCHES_MAX {
            let rest = self.held.split_off(self.held.len().min(BATCH_DELIVERIES_MAX));
            let batch = std::mem::replace(&mut self.held, rest);
            self.batches += 1;
            let (sink, done, kill) = (Arc::clone(&self.sink), self.done.clone(), self.kill.clone());
            self.tasks.spawn(async move {
                if let Some(recorded) = kill.run_until_cancelled(record(batch, &*sink)).await {
                    // If the session is gone there is nobody to answer: the carrier delivers again.
                    let _gone = done.send(recorded).await;
                }
            });
        }
    }

    /// The next batch the sink is done with.
    pub(crate) async fn next_recorded(&mut self) -> Option<Recorded> {
        self.recorded.recv().await
    }

    /// Acknowledges a batch; what is not durable is to be delivered again. Returns how many are not.
    pub(crate) fn acknowledge(&mut self, recorded: &Recorded, out: &mut BytesMut) -> usize {
        self.batches = self.batches.saturating_sub(1);
        let mut refused = 0;
        let kinds = [
            (&recorded.receipts, recorded.receipts_are_durable),
            (&recorded.inbound, recorded.inbound_is_durable),
        ];
        for (senders, is_durable) in kinds {
            self.unacknowledged = self.unacknowledged.saturating_sub(senders.len());
            let status = if is_durable { codes::ROK } else { codes::RX_T_APPN };
            refused += if is_durable { 0 } else { senders.len() };
            for sender in senders {
                wire::delivery_resp(out, sender.request, status, sender.sequence);
            }
        }
        refused
    }
}

async fn record(batch: Vec<(Sender, Fact)>, sink: &dyn ReceiptSink) -> Recorded {
    let (mut receipts, mut receipt_senders) =
        (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
    let (mut messages, mut message_senders) = (Vec::new(), Vec::new());
    for (sender, fact) in batch {
        match fact {
            Fact::Receipt(receipt) => {
                receipts.push(receipt);
                receipt_senders.push(sender);
            }
            Fact::Inbound(message) => {
                messages.push(message);
                message_senders.push(sender);
            }
        }
    }
    let receipts_are_durable = receipts.is_empty() || sink.record(receipts).await.is_ok();
    let inbound_is_durable = messages.is_empty() || sink.inbound(messages).await.is_ok();
    Recorded { receipts: receipt_senders, receipts_are_durable, inbound: message_senders, inbound_is_durable }
}
