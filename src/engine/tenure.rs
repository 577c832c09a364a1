//! How long a lane is surely ours, by this process's own steady clock. The ledger refuses the writes of a node that lost
//! its lane; only the node itself can keep its mouth shut towards the provider when it was held up (paused, swapped out,
//! cut off from the ledger) for longer than its lease.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// This share of a lease is left unused, for what lies between the look and the first byte.
const MARGIN_SHARE: u32 = 8;

#[derive(Debug, Clone)]
pub(crate) struct Tenure {
    taken_at: Instant,
    usable: Duration,
    /// Of the last renewal, counted from `taken_at`.
    renewed_us: Arc<AtomicU64>,
}

impl Tenure {
    /// `asked_at` is the instant before the ledger was asked: the lease can't have begun earlier.
    pub(crate) fn new(asked_at: Instant, lease: Duration) -> Self {
        let usable = lease.saturating_sub(lease / MARGIN_SHARE);
        Self { taken_at: asked_at, usable, renewed_us: Arc::default() }
    }

    /// The ledger said again that the lane is ours; it was asked at `asked_at`.
    pub(crate) fn renewed(&self, asked_at: Instant) {
        let since = asked_at.saturating_duration_since(self.taken_at).as_micros();
        self.renewed_us.fetch_max(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Since the ledger was last asked with success.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        let renewed = Duration::from_micros(self.renewed_us.load(Ordering::Relaxed));
        now.saturating_duration_since(self.taken_at).saturating_sub(renewed)
    }

    /// May something be sent in the lane's name?
    pub(crate) fn holds(&self, now: Instant) -> bool {
        self.age(now) < self.usable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(8);

    #[test]
    fn a_lane_is_ours_for_less_than_the_lease_since_it_was_asked_for() {
        let taken_at = Instant::now();
        let after = |ms| taken_at + Duration::from_millis(ms);
        let tenure = Tenure::new(taken_at, LEASE);
        assert!(tenure.holds(after(6_999)));
        assert!(!tenure.holds(after(7_000)), "an eighth is left unused");
        tenure.renewed(after(6_000));
        assert_eq!(tenure.age(after(9_000)).as_millis(), 3_000, "as of the question, not of the answer");
        assert!(tenure.holds(after(12_999)));
        tenure.renewed(after(5_000));
        assert!(tenure.holds(after(12_999)), "an answer that comes late takes nothing back");
        assert!(!tenure.holds(after(13_000)));
    }
}
