//! The moving part: it turns approved alerts into messages, paces and sends them over the lanes this node
//! owns, and makes every answer and receipt durable before anyone is told that it was received.

mod bodies;
mod chance;
mod consent;
mod desk;
mod dispatch;
mod escalate;
mod fanout;
mod keys;
mod lane;
mod lanes;
mod meters;
mod news;
mod origin;
mod owner;
mod pace;
mod reconcile;
mod references;
mod settings;
mod settle;
mod setup;
mod status;
mod sweep;
mod tenure;
mod unsettled;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use contract::Clock;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use bodies::Bodies;
pub use chance::Chance;
pub use consent::{Consent, ConsentRefusal, ConsentStart};
pub use desk::{CallbackDesk, CallbackLane, CallbackReply};
pub use keys::LedgerKeys;
pub use lane::{Connect, LaneSpec};
pub use meters::Meters;
pub use news::watch;
pub use origin::Account;
pub use settings::Settings;
pub use setup::{Reach, Rendering, RouteSetup, Setup};
pub use status::{Handle, LaneStatus};

use self::{
    escalate::Escalator,
    fanout::{Fanned, Fanout},
    lanes::{LaneSet, LaneTools},
    settle::full,
    sweep::Sweeper,
};
use crate::{domain::AreaCatalogue, ledger::Store};

/// Pause of a loop after the ledger failed to answer.
const LEDGER_PAUSE: Duration = Duration::from_millis(500);

/// Everything the engine is made of.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub setup: Arc<ArcSwap<Setup>>,
    pub lanes: Vec<LaneSpec>,
    pub areas: Arc<AreaCatalogue>,
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    pub chance: Chance,
    pub handle: Handle,
}

/// The running engine. Dropping it does not stop it; [`Engine::stop`] does, in order.
#[derive(Debug)]
pub struct Engine {
    lanes: LaneSet,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Engine {
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let bodies = Arc::new(Bodies::new(parts.setup.clone(), parts.store.clone()));
        let fanout = Fanout {
            store: parts.store.clone(),
            setup: parts.setup.clone(),
            areas: parts.areas,
            bodies: bodies.clone(),
            settings: parts.settings.clone(),
            clock: parts.clock.clone(),
            handle: parts.handle.clone(),
            readings: BTreeMap::default(),
            stuck: BTreeSet::default(),
        };
        tasks.spawn(run_fanout(fanout, stop.clone()));
        let sweeper = Sweeper {
            store: parts.store.clone(),
            settings: parts.settings.clone(),
            clock: parts.clock.clone(),
            handle: parts.handle.clone(),
        };
        tasks.spawn(run_sweeper(sweeper, stop.clone()));
        let escalator = Escalator {
            store: parts.store.clone(),
            settings: parts.settings.clone(),
            clock: parts.clock.clone(),
            handle: parts.handle.clone(),
        };
        tasks.spawn(run_escalator(escalator, stop.clone()));
        tasks.spawn(news::hear(parts.handle.clone(), stop.clone()));
        tasks.spawn(news::tell_moved(parts.handle.clone(), stop.clone()));
        tasks.close();
        let lanes = LaneSet::new(LaneTools {
            node: parts.setup.load().node.clone(),
            keychain: Arc::new(LedgerKeys::new(parts.store.clone(), parts.clock.clone())),
            store: parts.store,
            settings: parts.settings,
            clock: parts.clock,
            chance: parts.chance,
            bodies,
            handle: parts.handle,
        });
        for spec in parts.lanes {
            lanes.begin(spec);
        }
        Self { lanes, tasks, stop }
    }

    /// Begins, changes and ends lanes until they are those of `specs`. A lane in `kept` goes on as it is, at its new rate;
    /// the others are drained first. Returns when every lane that had to end has ended.
    pub async fn set_lanes(&self, specs: Vec<LaneSpec>, kept: &[String]) {
        self.lanes.set(specs, kept).await;
    }

    /// Drains the lanes, keeps every answer that comes in time, gives the leases back.
    pub async fn stop(self) {
        self.stop.cancel();
        self.lanes.end().await;
        self.tasks.wait().await;
    }
}

async fn run_fanout(mut fanout: Fanout, stop: CancellationToken) {
    let handle = fanout.handle.clone();
    while !stop.is_cancelled() {
        // Taken before the look, so that a wake-up in between is not lost.
        let woken = handle.woken();
        let pause = match fanout.step().await {
            Ok(Fanned::Worked) => continue,
            Ok(Fanned::Idle | Fanned::Stuck) => fanout.settings.idle,
            Err(error) => {
                tracing::error!(error = %full(&error), "fan-out waits for the ledger");
                LEDGER_PAUSE
            }
        };
        tokio::select! {
            biased;
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn run_sweeper(sweeper: Sweeper, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match sweeper.step().await {
            Ok(true) => continue,
            Ok(false) => sweeper.settings.sweep_every,
            Err(error) => {
                tracing::error!(error = %full(&error), "sweep waits for the ledger");
                LEDGER_PAUSE
            }
        };
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn run_escalator(escalator: Escalator, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match escalator.step().await {
            Ok(true) => continue,
            Ok(false) => escalator.settings.escalate_every,
            Err(error) => {
                tracing::error!(error = %full(&error), "the next step waits for the ledger");
                LEDGER_PAUSE
            }
        };
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}
