//! The generic cell rate algorithm in microseconds: one number per quota, the time at which its bucket would be full
//! again. `gcra.lua` computes the same on the coordinator's clock.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Grant, Quota};

/// Quotas remembered at once. Beyond, those whose buckets are full again are forgotten, which changes nothing.
const BUCKETS_MAX: usize = 10_000;
/// Rounding must not cost a unit.
const ROUNDING: f64 = 1e-6;

/// Takes up to `wanted` at `now_us`; `full_at_us` is what was left by the last call.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the target's range")]
pub(super) fn take(full_at_us: Option<f64>, now_us: f64, quota: &Quota, wanted: u32) -> (f64, Grant) {
    let interval = quota.interval_us();
    let depth = interval * f64::from(quota.burst.max(1));
    // Later than a whole bucket it can't be, unless the clock went back or the quota was changed.
    let full_at = full_at_us.unwrap_or(now_us).clamp(now_us, now_us + depth);
    let free = ((now_us + depth - full_at) / interval + ROUNDING).floor().clamp(0.0, f64::from(u32::MAX));
    let units = wanted.min(free as u32);
    let full_at = full_at + f64::from(units) * interval;
    let retry_us = if units < wanted.max(1) { (full_at + interval - now_us - depth).max(0.0) } else { 0.0 };
    (full_at, Grant { units, retry_after: Duration::from_micros(retry_us.ceil() as u64) })
}

/// The buckets of one process, on its monotonic clock.
#[derive(Debug)]
pub(super) struct Buckets {
    began: Instant,
    full_at_us: Mutex<HashMap<String, f64>>,
}

impl Default for Buckets {
    fn default() -> Self {
        Self { began: Instant::now(), full_at_us: Mutex::default() }
    }
}

impl Buckets {
    pub(super) fn admit(&self, quota: &Quota, wanted: u32) -> Grant {
        self.take(quota, wanted, |_| None)
    }

    /// The same, but a bucket that is seen for the first time is empty: who was cut off from the others must not begin with
    /// a burst of its own.
    pub(super) fn admit_from_empty(&self, quota: &Quota, wanted: u32) -> Grant {
        self.take(quota, wanted, |now_us| Some(now_us + quota.interval_us() * f64::from(quota.burst.max(1))))
    }

    fn take(&self, quota: &Quota, wanted: u32, first: impl Fn(f64) -> Option<f64>) -> Grant {
        let now_us = self.began.elapsed().as_secs_f64() * 1_000_000.0;
        let mut buckets = self.full_at_us.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, full_at| *full_at > now_us);
        }
        let before = buckets.get(&quota.key).copied().or_else(|| first(now_us));
        let (full_at, grant) = take(before, now_us, quota, wanted);
        // A crowd of distinct busy keys beyond the bound is not remembered: it is let through rather than held up.
        if buckets.len() < BUCKETS_MAX || buckets.contains_key(&quota.key) {
            buckets.insert(quota.key.clone(), full_at);
        }
        grant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten a second, three at once.
    fn quota() -> Quota {
        Quota { key: "q".into(), per_s: 10.0, burst: 3 }
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_says_when_to_come_again() {
        // (full at, now, wanted) -> (units, retry after in ms)
        let cases = [
            (None, 0.0, 2, (2, 0)),
            (None, 0.0, 5, (3, 100)),
            (Some(200_000.0), 0.0, 5, (1, 100)),
            (Some(300_000.0), 0.0, 1, (0, 100)),
            (Some(300_000.0), 40_000.0, 1, (0, 60)),
            (Some(300_000.0), 100_000.0, 1, (1, 0)),
            (Some(300_000.0), 0.0, 0, (0, 100)),
            (Some(200_000.0), 0.0, 0, (0, 0)),
            (Some(9e12), 0.0, 1, (0, 100)),
        ];
        for (full_at, now, wanted, (units, retry_ms)) in cases {
            let (_, grant) = take(full_at, now, &quota(), wanted);
            let expected = Grant { units, retry_after: Duration::from_millis(retry_ms) };
            assert_eq!(grant, expected, "full at {full_at:?}, now {now}, wanted {wanted}");
        }
    }

    #[test]
    fn no_sliding_second_takes_more_than_a_grant() {
        for granted in [1.0, 7.0, 66.0, 500.0, 12_345.0] {
            let quota = Quota::granted("q", granted);
            let (mut full_at, mut taken) = (None, Vec::new());
            for step in 0..4000_u32 {
                let now = f64::from(step) * 1_000.0;
                let (next, grant) = take(full_at, now, &quota, u32::MAX);
                full_at = Some(next);
                taken.push(grant.units);
            }
            let most = taken.windows(1000).map(|second| second.iter().sum::<u32>()).max().unwrap_or(0);
            assert!(f64::from(most) <= granted, "{most} in a second of {granted}");
            assert!(f64::from(most) >= (granted * 0.93).floor(), "{most} in a second of {granted}");
        }
    }
}
