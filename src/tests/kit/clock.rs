//! The machine's clock as it would be after somebody set it.

use std::sync::atomic::{AtomicI64, Ordering};

use contract::{Clock, SystemClock};
use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct SteppedClock {
    off_s: AtomicI64,
}

impl SteppedClock {
    pub(crate) fn off_by(seconds: i64) -> Self {
        Self { off_s: AtomicI64::new(seconds) }
    }

    /// Forward, or back.
    pub(crate) fn step(&self, seconds: i64) {
        self.off_s.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        let off = SignedDuration::from_secs(self.off_s.load(Ordering::SeqCst));
        SystemClock.now().checked_add(off).expect("near today")
    }
}
