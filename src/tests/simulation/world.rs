//! Everything that outlives a process of the gateway: the ledger, the carriers, the wall clock; and the record of what
//! happened, with whatever should not have.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use loa::ledger::{Result, Store};
use tokio::{runtime::Handle, task::unconstrained};

use super::{provider::Provider, time::WallClock, trouble::Trouble, watch::Watch};

/// A run that goes wrong does so in the first places; the others follow from them.
const WRONGS_MAX: usize = 20;

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) clock: Arc<WallClock>,
    /// As it is, without faults: for looking from outside.
    pub(super) store: Store,
    /// Where the ledger's own tasks run, in real time.
    ledger_runtime: Handle,
    pub(super) provider: Mutex<Provider>,
    pub(super) trouble: Mutex<Trouble>,
    pub(super) watch: Mutex<Watch>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    trace: Vec<String>,
    wrongs: VecDeque<String>,
    aloud: bool,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "World of seed {}", self.seed)
    }
}

impl World {
    pub(super) fn new(
        seed: u64,
        store: Store,
        ledger_runtime: Handle,
        provider: Provider,
        trouble: Trouble,
    ) -> Self {
        Self {
            seed,
            clock: Arc::new(WallClock::start()),
            store,
            ledger_runtime,
            provider: Mutex::new(provider),
            trouble: Mutex::new(trouble),
            watch: Mutex::new(Watch::default()),
            record: Mutex::new(Record::default()),
        }
    }

    /// Work of the ledger in one piece: nothing else happens meanwhile and no virtual time passes.
    pub(super) fn at_once<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let _there = self.ledger_runtime.enter();
        futures::executor::block_on(unconstrained(work))
    }

    /// Says each entry as it is written.
    pub(super) fn aloud(&self) {
        lock(&self.record).aloud = true;
    }

    pub(super) fn note(&self, what: &str) {
        let line = format!("{:>9.3} {what}", self.clock.elapsed().as_secs_f64());
        let mut record = lock(&self.record);
        if record.aloud {
            println!("{line}");
        }
        record.trace.push(line);
    }

    /// Something that must never happen.
    pub(super) fn wrong(&self, what: &str) {
        self.note(&format!("WRONG: {what}"));
        let line = format!("at {:.3} s: {what}", self.clock.elapsed().as_secs_f64());
        let wrongs = &mut lock(&self.record).wrongs;
        if wrongs.len() < WRONGS_MAX {
            wrongs.push_back(line);
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        !lock(&self.record).wrongs.is_empty()
    }

    /// Trace and wrongs.
    pub(super) fn record(&self) -> (Vec<String>, Vec<String>) {
        let record = lock(&self.record);
        (record.trace.clone(), record.wrongs.iter().cloned().collect())
    }
}
