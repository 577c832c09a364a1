//! What the engine shows of itself while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use contract::Rate;
use tokio::sync::{Notify, futures::Notified};

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
    /// Throttle replies since the start.
    pub throttles: u64,
    /// Serves only while the other lanes of its routes can't.
    pub standby: bool,
}

/// A cheap way to reach the running engine: to wake it, and to look at its lanes.
#[derive(Debug, Clone, Default)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    wake: Notify,
    lanes: Mutex<Vec<LaneStatus>>,
}

impl Handle {
    /// Something was approved, resumed or cancelled: look now instead of at the next tick.
    pub fn wake(&self) {
        self.shared.wake.notify_waiters();
    }

    /// Ready when somebody calls [`Handle::wake`], counted from this call, not from the first wait: take it before
    /// looking whether there is work.
    pub fn woken(&self) -> Notified<'_> {
        self.shared.wake.notified()
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
}
