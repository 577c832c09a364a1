//! The engine's end of the seam, in memory: a sink that refuses when told to, and a keychain.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::{sync::Notify, time::timeout};

use crate::{Finding, Inbound, Keychain, NotRecorded, Receipt, ReceiptSink, Stored, Tokens, Turn};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps everything it is given.
#[derive(Debug, Default)]
pub struct MemorySink {
    pub receipts: Mutex<Vec<Receipt>>,
    pub inbound: Mutex<Vec<Inbound>>,
    pub findings: Mutex<Vec<Finding>>,
    pub refuses: AtomicBool,
    changed: Notify,
}

impl MemorySink {
    fn keep<T>(&self, list: &Mutex<Vec<T>>, more: Vec<T>) -> Result<(), NotRecorded> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(NotRecorded("the disk is full".to_owned()));
        }
        lock(list).extend(more);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Waits until it is so. False: it was not within `bound`.
    pub async fn until(&self, bound: Duration, so: impl Fn(&Self) -> bool) -> bool {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if so(self) {
                    return;
                }
                changed.await;
            }
        };
        timeout(bound, wait).await.is_ok()
    }
}

#[async_trait]
impl ReceiptSink for MemorySink {
    async fn record(&self, receipts: Vec<Receipt>) -> Result<(), NotRecorded> {
        self.keep(&self.receipts, receipts)
    }

    async fn inbound(&self, messages: Vec<Inbound>) -> Result<(), NotRecorded> {
        self.keep(&self.inbound, messages)
    }

    async fn found(&self, findings: Vec<Finding>) -> Result<(), NotRecorded> {
        self.keep(&self.findings, findings)
    }
}

#[derive(Debug)]
struct Slot {
    stored: Stored,
    taken: bool,
}

/// A keychain that two connectors can share, as two nodes share the ledger. A hold ends only when it is passed back or
/// used: tests need no time-outs.
#[derive(Debug, Default)]
pub struct MemoryKeychain {
    slots: Mutex<HashMap<String, Slot>>,
    /// Refuses to store: what a connector got must then not be used.
    pub refuses: AtomicBool,
}

impl MemoryKeychain {
    /// With this pair under this name.
    #[must_use]
    pub fn with(name: &str, tokens: Tokens) -> Self {
        let slot = Slot { stored: Stored { edition: 1, tokens }, taken: false };
        Self { slots: Mutex::new(HashMap::from([(name.to_owned(), slot)])), refuses: AtomicBool::new(false) }
    }
}

#[async_trait]
impl Keychain for MemoryKeychain {
    async fn tokens(&self, name: &str) -> Result<Option<Stored>, NotRecorded> {
        Ok(lock(&self.slots).get(name).map(|slot| slot.stored.clone()))
    }

    async fn turn(&self, name: &str, seen: i64, _hold: Duration) -> Result<Turn, NotRecorded> {
        Ok(match lock(&self.slots).get_mut(name) {
            None => Turn::Empty,
            Some(slot) if slot.stored.edition != seen => Turn::Newer(slot.stored.clone()),
            Some(slot) if slot.taken => Turn::Busy,
            Some(slot) => {
                slot.taken = true;
                Turn::Ours(slot.stored.clone())
            }
        })
    }

    async fn pass(&self, name: &str, seen: i64) -> Result<(), NotRecorded> {
        if let Some(slot) = lock(&self.slots).get_mut(name)
            && slot.stored.edition == seen
        {
            slot.taken = false;
        }
        Ok(())
    }

    async fn replace(&self, name: &str, seen: i64, tokens: &Tokens) -> Result<Option<i64>, NotRecorded> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(NotRecorded("the disk is full".to_owned()));
        }
        let mut slots = lock(&self.slots);
        if slots.get(name).map_or(0, |slot| slot.stored.edition) != seen {
            return Ok(None);
        }
        let stored = Stored { edition: seen + 1, tokens: tokens.clone() };
        slots.insert(name.to_owned(), Slot { stored, taken: false });
        Ok(Some(seen + 1))
    }
}
