//! How much a lane has claimed and not yet settled: what a crash at this moment would leave in doubt.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

/// A lane that was granted more than a claim in this time may have that much more under way; a slower one never has more
/// than a claim.
const SPAN: Duration = Duration::from_millis(200);
/// Longest wait for room before the dispatcher looks around again.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Shared by whoever claims and whoever settles, for one period of ownership.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unsettled(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    messages: AtomicUsize,
    settled: Notify,
}

impl Unsettled {
    /// Most messages that may be claimed and unsettled.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are small and positive"
    )]
    pub(crate) fn most(claim_messages_max: usize, messages_per_s: f64) -> usize {
        claim_messages_max.max((messages_per_s * SPAN.as_secs_f64()) as usize)
    }

    /// How many more may be claimed; waits a while if a claim would be too small to be worth its commit.
    pub(crate) async fn room(&self, most: usize) -> usize {
        let worth = (most / 4).max(1);
        let settled = self.0.settled.notified();
        let room = most.saturating_sub(self.0.messages.load(Ordering::Acquire));
        if room >= worth {
            return room;
        }
        // Late or not, the next look decides.
        let _late = timeout(LOOK_EVERY, settled).await;
        let room = most.saturating_sub(self.0.messages.load(Ordering::Acquire));
        if room >= worth { room } else { 0 }
    }

    pub(crate) fn claimed(&self, messages: usize) {
        self.0.messages.fetch_add(messages, Ordering::AcqRel);
    }

    pub(crate) fn settled(&self, messages: usize) {
        let before = self.0.messages.fetch_sub(messages, Ordering::AcqRel);
        debug_assert!(before >= messages, "{messages} settled of {before}");
        self.0.settled.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_lane_has_never_more_than_a_claim_open() {
        let most = Unsettled::most(200, 1000.0);
        assert_eq!((most, Unsettled::most(200, 50_000.0)), (200, 10_000));
        let open = Unsettled::default();
        assert_eq!(open.room(most).await, 200);
        open.claimed(120);
        assert_eq!(open.room(most).await, 80);
        open.claimed(60);
        assert_eq!(open.room(most).await, 0, "20 are not worth a claim");
        open.settled(100);
        assert_eq!(open.room(most).await, 120);
    }
}
