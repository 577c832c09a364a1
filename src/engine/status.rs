//! What the engine shows of itself while it runs.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use contract::Rate;
use tokio::sync::{Notify, futures::Notified};

use super::meters::Meters;
use crate::{
    coordination::{Coordination, Local, News},
    domain::{AlertId, LaneId},
};

/// One lane as the office and the carrier's engineer see it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct LaneStatus {
    pub name: String,
    pub routes: Vec<String>,
    pub kind: &'static str,
    /// What the provider granted.
    #[schema(value_type = String, example = "500/s")]
    pub granted: Rate,
    /// Parts per second the lane allows itself now; below the grant after throttling.
    pub rate_now: f64,
    pub health: String,
    pub can_send: bool,
    pub owner: Option<String>,
    /// Submissions without an answer.
    pub in_flight: usize,
    /// Most submissions that may be without an answer.
    pub window: usize,
    /// Throttle replies since the start.
    pub throttles: u64,
    /// Serves only while the other lanes of its routes can't.
    pub standby: bool,
}

/// A cheap way to reach the running engine: to wake it, to look at its lanes, and to hear what it tells others.
#[derive(Debug, Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    coordination: Arc<dyn Coordination>,
    wake: Notify,
    released: Notify,
    lanes: Mutex<Vec<LaneStatus>>,
    /// Alerts whose counts moved since the last announcement.
    moved: Mutex<BTreeSet<AlertId>>,
    meters: Meters,
}

impl Default for Handle {
    fn default() -> Self {
        Self::new(Arc::new(Local::default()))
    }
}

impl Handle {
    #[must_use]
    pub fn new(coordination: Arc<dyn Coordination>) -> Self {
        Self {
            shared: Arc::new(Shared {
                coordination,
                wake: Notify::new(),
                released: Notify::new(),
                lanes: Mutex::default(),
                moved: Mutex::default(),
                meters: Meters::default(),
            }),
        }
    }

    #[must_use]
    pub fn coordination(&self) -> &Arc<dyn Coordination> {
        &self.shared.coordination
    }

    #[must_use]
    pub fn meters(&self) -> &Meters {
        &self.shared.meters
    }

    /// Something was approved, resumed or cancelled: all nodes look now instead of at the next tick.
    pub fn wake(&self) {
        self.shared.wake.notify_waiters();
        self.shared.coordination.announce(News::Look);
    }

    /// Ready when somebody calls [`Handle::wake`], here or elsewhere, counted from this call, not from the first wait: take
    /// it before looking whether there is work.
    pub fn woken(&self) -> Notified<'_> {
        self.shared.wake.notified()
    }

    /// Ready when a lane is given back somewhere, counted from this call.
    pub(crate) fn lane_released(&self) -> Notified<'_> {
        self.shared.released.notified()
    }

    pub(crate) fn release(&self, lane: LaneId) {
        self.shared.coordination.announce(News::Released(lane));
    }

    /// Passes news on to those of this process who wait for it.
    pub(crate) fn hear(&self, news: &News) {
        match news {
            News::Look => self.shared.wake.notify_waiters(),
            News::Released(_) => self.shared.released.notify_waiters(),
            // Who watches an alert listens for himself.
            News::Moved(_) => {}
        }
    }

    /// Counts of these alerts have moved; said to everybody a few times a second.
    pub(crate) fn moved(&self, alerts: impl IntoIterator<Item = AlertId>) {
        self.shared.moved.lock().unwrap_or_else(PoisonError::into_inner).extend(alerts);
    }

    pub(crate) fn announce_moved(&self) {
        let moved = std::mem::take(&mut *self.shared.moved.lock().unwrap_or_else(PoisonError::into_inner));
        if !moved.is_empty() {
            self.shared.coordination.announce(News::Moved(moved.into_iter().collect()));
        }
    }

    #[must_use]
    pub fn lanes(&self) -> Vec<LaneStatus> {
        self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn show(&self, status: LaneStatus) {
        let mut lanes = self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        match lanes.iter_mut().find(|lane| lane.name == status.name) {
            Some(lane) => *lane = status,
            None => lanes.push(status),
        }
    }

    /// A lane that left the settings.
    pub(crate) fn hide(&self, name: &str) {
        self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner).retain(|lane| lane.name != name);
    }
}
