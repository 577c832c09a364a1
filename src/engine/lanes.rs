//! The lanes of this node, each with its worker; new settings change them one by one while the others go on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use contract::{Clock, Keychain, Rate};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Bodies, Chance, Handle, LaneSpec, Settings, owner::LaneWorker};
use crate::ledger::Store;

/// What every lane's worker is given.
pub(crate) struct LaneTools {
    pub(crate) node: String,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Chance,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) handle: Handle,
    pub(crate) keychain: Arc<dyn Keychain>,
}

pub(crate) struct LaneSet {
    tools: LaneTools,
    running: Mutex<BTreeMap<String, Running>>,
}

struct Running {
    granted: watch::Sender<Rate>,
    stop: CancellationToken,
    worker: JoinHandle<()>,
}

impl std::fmt::Debug for LaneSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaneSet").field("node", &self.tools.node).finish_non_exhaustive()
    }
}

impl LaneSet {
    pub(crate) fn new(tools: LaneTools) -> Self {
        Self { tools, running: Mutex::default() }
    }

    pub(crate) fn begin(&self, spec: LaneSpec) {
        let (granted, rate) = watch::channel(spec.rate);
        let stop = CancellationToken::new();
        let name = spec.name.clone();
        let tools = &self.tools;
        let worker = LaneWorker {
            spec,
            rate,
            node: tools.node.clone(),
            store: tools.store.clone(),
            settings: tools.settings.clone(),
            clock: tools.clock.clone(),
            chance: tools.chance.clone(),
            bodies: tools.bodies.clone(),
            handle: tools.handle.clone(),
            keychain: tools.keychain.clone(),
            stop: stop.clone(),
        };
        let worker = tokio::spawn(worker.run());
        self.lock().insert(name, Running { granted, stop, worker });
    }

    pub(crate) async fn set(&self, specs: Vec<LaneSpec>, kept: &[String]) {
        let stays = |name: &String| kept.contains(name);
        let ending: Vec<_> = {
            let mut running = self.lock();
            let names: Vec<_> = running.keys().filter(|name| !stays(name)).cloned().collect();
            names.into_iter().filter_map(|name| running.remove_entry(&name)).collect()
        };
        finish(ending.iter().map(|(_, lane)| lane));
        for (name, lane) in ending {
            ended(&name, lane.worker).await;
            if !specs.iter().any(|spec| spec.name == name) {
                self.tools.handle.hide(&name);
            }
        }
        for spec in specs {
            let granted = self.lock().get(&spec.name).map(|lane| lane.granted.clone());
            match granted {
                Some(granted) => {
                    granted.send_if_modified(|rate| std::mem::replace(rate, spec.rate) != spec.rate);
                }
                None => self.begin(spec),
            }
        }
    }

    pub(crate) async fn end(&self) {
        let lanes = std::mem::take(&mut *self.lock());
        finish(lanes.values());
        for (name, lane) in lanes {
            ended(&name, lane.worker).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All are told before any is waited for: they drain side by side.
fn finish<'a>(lanes: impl Iterator<Item = &'a Running>) {
    for lane in lanes {
        lane.stop.cancel();
    }
}

async fn ended(name: &str, worker: JoinHandle<()>) {
    if let Err(error) = worker.await {
        tracing::error!(lane = name, %error, "the lane's worker ended badly; its lease ends by itself");
    }
}
