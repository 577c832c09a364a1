//! Virtual time: the runtime's, which stands still while anyone works and jumps to the next timer when nobody does; and
//! the wall clock on top of it, which may be set back.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use contract::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep_until};

const BEGAN_S: i64 = 1_800_000_000;

/// Lets virtual time pass.
pub(super) async fn pass(time: Duration) {
    sleep_until(Instant::now() + time).await;
}

#[derive(Debug)]
pub(super) struct WallClock {
    began: Instant,
    moved_s: AtomicI64,
}

impl WallClock {
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), moved_s: AtomicI64::new(0) }
    }

    /// Since the run began, whatever the wall clock shows.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn set_back(&self, by_s: i64) {
        self.moved_s.fetch_sub(by_s, Ordering::SeqCst);
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let moved = SignedDuration::from_secs(BEGAN_S + self.moved_s.load(Ordering::SeqCst));
        let passed = SignedDuration::try_from(self.began.elapsed()).unwrap();
        Timestamp::UNIX_EPOCH + moved + passed
    }
}
