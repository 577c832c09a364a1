//! Keeps a lane at its granted rate, in parts per second, and below it after the provider said "too fast".
//!
//! The bucket is small and refills slightly slower than granted, so that no sliding second carries more
//! than the grant: burst + refill = grant.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use contract::Rate;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

/// Share of a second's grant that may leave at once: covers the runtime's timer resolution.
const BURST_SHARE: f64 = 0.008;
/// One throttle reply slows the lane to this share of its rate…
const DECREASE: f64 = 0.7;
/// …at most once in this time, since replies to one burst come together.
const DECREASE_EVERY: Duration = Duration::from_millis(500);
/// Without a throttle reply the lane takes back this share of its grant each second.
const INCREASE_SHARE_PER_S: f64 = 0.05;
/// A lane never slows below this share of its grant: it must notice when the provider recovers.
const FLOOR_SHARE: f64 = 0.02;

/// What the two halves of a lane tell each other: the one that settles sees throttle replies,
/// the one that sends slows down.
#[derive(Debug, Default)]
pub(crate) struct Brake {
    throttles: AtomicU64,
    refusals: AtomicU64,
    /// Parts per second the sending half allows itself, in thousandths.
    rate_now_milli: AtomicU64,
}

impl Brake {
    pub(crate) fn throttled(&self, replies: u64) {
        self.throttles.fetch_add(replies, Ordering::Relaxed);
    }

    /// The provider refused the account or the sender itself: every message would meet the same.
    pub(crate) fn refused_by_provider(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(crate) fn rate_now(&self) -> f64 {
        self.rate_now_milli.load(Ordering::Relaxed) as f64 / 1000.0
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are small and positive"
    )]
    fn show_rate(&self, per_s: f64) {
        self.rate_now_milli.store((per_s * 1000.0) as u64, Ordering::Relaxed);
    }

    pub(crate) fn throttles(&self) -> u64 {
        self.throttles.load(Ordering::Relaxed)
    }
}

/// Additive increase, multiplicative decrease, around a governor.
#[derive(Debug)]
pub(crate) struct Pacer {
    granted_per_s: f64,
    now_per_s: f64,
    limiter: DefaultDirectRateLimiter,
    burst: u32,
    throttles_seen: u64,
    decreased_at: Option<Instant>,
    increased_at: Instant,
}

impl Pacer {
    pub(crate) fn new(granted: Rate) -> Self {
        let granted_per_s = granted.as_per_second();
        let (limiter, burst) = limiter(granted_per_s);
        let now = Instant::now();
        Self {
            granted_per_s,
            now_per_s: granted_per_s,
            limiter,
            burst,
            throttles_seen: 0,
            decreased_at: None,
            increased_at: now,
        }
    }

    /// Parts per second the lane allows itself now.
    pub(crate) fn per_second(&self) -> f64 {
        self.now_per_s
    }

    /// How many parts one admission should ask for: what fits the bucket.
    pub(crate) fn slice(&self) -> u32 {
        self.burst
    }

    /// Waits until `parts` may leave.
    pub(crate) async fn admit(&mut self, parts: u32, brake: &Brake) {
        self.adapt(brake, Instant::now());
        brake.show_rate(self.now_per_s);
        let mut left = parts;
        while let Some(wanted) = NonZeroU32::new(left.min(self.burst)) {
            match self.limiter.check_n(wanted) {
                Ok(Ok(())) => left -= wanted.get(),
                Ok(Err(not_until)) => {
                    use governor::clock::Clock as _;
                    let wait = not_until.wait_time_from(governor::clock::DefaultClock::default().now());
                    tokio::time::sleep(wait).await;
                }
                // The bucket shrank under us; ask for less.
                Err(_) => self.burst = (self.burst / 2).max(1),
            }
        }
    }

    fn adapt(&mut self, brake: &Brake, now: Instant) {
        let throttles = brake.throttles();
        if throttles > self.throttles_seen {
            self.throttles_seen = throttles;
            let resting = self.decreased_at.is_some_and(|at| now - at < DECREASE_EVERY);
            if !resting {
                self.decreased_at = Some(now);
                self.increased_at = now;
                self.set(self.now_per_s * DECREASE);
            }
            return;
        }
        let quiet = now - self.increased_at;
        if self.now_per_s < self.granted_per_s && quiet >= Duration::from_secs(1) {
            self.increased_at = now;
            self.set(self.now_per_s + self.granted_per_s * INCREASE_SHARE_PER_S * quiet.as_secs_f64());
        }
    }

    fn set(&mut self, per_s: f64) {
        self.now_per_s = per_s.clamp(self.granted_per_s * FLOOR_SHARE, self.granted_per_s);
        (self.limiter, self.burst) = limiter(self.now_per_s);
    }
}

/// A bucket whose burst and refill together give `per_s` in any sliding second.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the target's range")]
fn limiter(per_s: f64) -> (DefaultDirectRateLimiter, u32) {
    let burst = (per_s * BURST_SHARE).floor().clamp(1.0, 100_000.0);
    let refill_per_s = if burst > 1.0 { per_s - burst } else { per_s * (1.0 - BURST_SHARE) };
    let period = Duration::from_secs_f64(1.0 / refill_per_s.max(0.001));
    let burst = NonZeroU32::new(burst as u32).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(period.max(Duration::from_nanos(1)))
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(burst);
    let limiter = RateLimiter::direct(quota);
    // A bucket starts full; a lane that just slowed down or began must not open with a burst.
    let emptied = limiter.check_n(burst);
    debug_assert!(matches!(emptied, Ok(Ok(()))), "the burst fits its own bucket");
    (limiter, burst.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttle_replies_slow_the_lane_and_quiet_gives_it_back() {
        let brake = Brake::default();
        let mut pacer = Pacer::new(Rate::per_second(1000));
        let mut now = Instant::now();
        brake.throttled(30);
        pacer.adapt(&brake, now);
        assert!((pacer.per_second() - 700.0).abs() < 1e-6, "one decrease for replies that came together");
        brake.throttled(30);
        pacer.adapt(&brake, now + Duration::from_millis(100));
        assert!((pacer.per_second() - 700.0).abs() < 1e-6, "not again within the same half second");
        for _ in 0..7 {
            now += Duration::from_millis(1001);
            pacer.adapt(&brake, now);
        }
        assert!((pacer.per_second() - 1000.0).abs() < 1.0, "back at the grant: {}", pacer.per_second());
    }

    #[test]
    fn burst_and_refill_never_exceed_the_grant() {
        for per_s in [1.0, 50.0, 100.0, 999.0, 1000.0, 20_000.0] {
            let (_, burst) = limiter(per_s);
            assert!(f64::from(burst) <= (per_s * BURST_SHARE).max(1.0), "{per_s}: {burst}");
        }
    }
}
