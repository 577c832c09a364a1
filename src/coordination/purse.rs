//! A node's hold on a shared quota: units are fetched in slices, so that there is no round trip per message.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use super::{Coordination, Quota};

/// A slice not used by then is dropped: it belongs to the span it was given for.
pub(super) const SLICE_LIFE: Duration = Duration::from_millis(20);
/// Longest single wait before asking again: the quota may have been changed, or the coordinator come back.
const WAIT_MAX: Duration = Duration::from_secs(1);
const WAIT_MIN: Duration = Duration::from_millis(1);

/// Shared by the lanes of this process that draw on the same quota.
#[derive(Debug)]
pub struct Purse {
    quota: Quota,
    coordination: Arc<dyn Coordination>,
    slice: Mutex<Slice>,
}

#[derive(Debug)]
struct Slice {
    units: u32,
    until: Instant,
}

impl Purse {
    #[must_use]
    pub fn new(quota: Quota, coordination: Arc<dyn Coordination>) -> Self {
        Self { quota, coordination, slice: Mutex::new(Slice { units: 0, until: Instant::now() }) }
    }

    #[must_use]
    pub fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Waits until `units` may be used. Lanes are served in the order in which they ask.
    pub async fn take(&self, units: u32) {
        let mut slice = self.slice.lock().await;
        let mut left = units;
        loop {
            if slice.until <= Instant::now() {
                slice.units = 0;
            }
            let used = slice.units.min(left);
            slice.units -= used;
            left -= used;
            if left == 0 {
                return;
            }
            let grant = self.coordination.admit(&self.quota, self.quota.burst.max(1)).await;
            if grant.units > 0 {
                *slice = Slice { units: grant.units, until: Instant::now() + SLICE_LIFE };
            } else {
                tokio::time::sleep(grant.retry_after.clamp(WAIT_MIN, WAIT_MAX)).await;
            }
        }
    }
}
