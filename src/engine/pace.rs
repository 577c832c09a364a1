//! Keeps a lane at its granted rate, in parts per second, and below it after the provider said "too fast".
//!
//! Two bounds together: a bucket, which spreads what leaves evenly and lets a late wake-up be made good, and a look back
//! at what has left, so that no sliding second carries more than the grant however much is made good. The parts of one
//! message leave together, so the bucket is never smaller than a message. Time is the runtime's, so that a test may
//! pause it.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use contract::Rate;
use tokio::time::Instant;

/// What the lane may make good at once after a late wake-up, as a share of a second's grant.
const BURST_SHARE: f64 = 0.1;
/// What leaves together when nothing is late: a few timer ticks' worth.
const SLICE_SHARE: f64 = 0.004;
/// The provider's sliding second is looked at as if it were longer by this: parts do not travel equally fast.
const JITTER: Duration = Duration::from_millis(8);
const WINDOW: Duration = Duration::from_secs(1).saturating_add(JITTER);
/// The bucket refills so that the window is just not full.
const REFILL_SHARE: f64 = 0.992;
/// Throttle replies slow the lane by so many times the share they are of what it sends in…
const DECREASE_GAIN: f64 = 2.0;
/// …this time: a few strays, when the provider read late, must not cost what a lower limit has to…
const DECREASE_SPAN: Duration = Duration::from_millis(500);
/// …and within it to no less than this share of its rate.
const DECREASE_MOST: f64 = 0.7;
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

/// Additive increase, multiplicative decrease, around a bucket and a look back.
#[derive(Debug)]
pub(crate) struct Pacer {
    granted_per_s: f64,
    now_per_s: f64,
    bucket: Bucket,
    window: Window,
    throttles_seen: u64,
    setback: Option<Setback>,
    increased_at: Instant,
}

/// Throttle replies that belong together.
#[derive(Debug, Clone, Copy)]
struct Setback {
    began: Instant,
    from_per_s: f64,
    replies: u64,
}

impl Setback {
    #[expect(clippy::cast_precision_loss, reason = "replies of half a second")]
    fn to_per_s(self) -> f64 {
        let sent = self.from_per_s * DECREASE_SPAN.as_secs_f64();
        let kept = 1.0 - DECREASE_GAIN * self.replies as f64 / sent;
        self.from_per_s * kept.max(DECREASE_MOST)
    }
}

impl Pacer {
    pub(crate) fn new(granted: Rate) -> Self {
        let granted_per_s = granted.as_per_second();
        let now = Instant::now();
        Self {
            granted_per_s,
            now_per_s: granted_per_s,
            bucket: Bucket::empty(granted_per_s, now),
            window: Window::default(),
            throttles_seen: 0,
            setback: None,
            increased_at: now,
        }
    }

    /// A new grant from now on; what has left before still counts.
    pub(crate) fn regrant(&mut self, granted: Rate) {
        self.granted_per_s = granted.as_per_second();
        self.set(self.granted_per_s, Instant::now());
    }

    /// Parts per second the lane allows itself now.
    pub(crate) fn per_second(&self) -> f64 {
        self.now_per_s
    }

    /// How many parts one admission should ask for.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are small and positive"
    )]
    pub(crate) fn slice(&self) -> u32 {
        ((self.now_per_s * SLICE_SHARE) as u32).max(1)
    }

    /// Waits until `parts` may leave together.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are far below 2^32")]
    pub(crate) async fn admit(&mut self, parts: u32, brake: &Brake) {
        self.adapt(brake, Instant::now());
        brake.show_rate(self.now_per_s);
        while let Some(at) = self.bucket.take(parts, Instant::now()) {
            tokio::time::sleep_until(at).await;
        }
        // Never above the grant; a grant below one part a second still lets one leave.
        let limit = (self.now_per_s as u32).max(1);
        while let Err(wait) = self.window.leave(Instant::now(), parts, limit) {
            tokio::time::sleep(wait).await;
        }
    }

    /// What was admitted last has left only now: it waited for a free place in the provider's window.
    pub(crate) fn departed(&mut self) {
        self.window.left_late(Instant::now());
    }

    fn adapt(&mut self, brake: &Brake, now: Instant) {
        let throttles = brake.throttles();
        if throttles > self.throttles_seen {
            let fresh = Setback { began: now, from_per_s: self.now_per_s, replies: 0 };
            let mut setback = self.setback.filter(|one| now - one.began < DECREASE_SPAN).unwrap_or(fresh);
            setback.replies += throttles - self.throttles_seen;
            self.throttles_seen = throttles;
            self.setback = Some(setback);
            self.increased_at = now;
            self.set(setback.to_per_s(), now);
            return;
        }
        let quiet = now - self.increased_at;
        if self.now_per_s < self.granted_per_s && quiet >= Duration::from_secs(1) {
            self.increased_at = now;
            self.set(self.now_per_s + self.granted_per_s * INCREASE_SHARE_PER_S * quiet.as_secs_f64(), now);
        }
    }

    fn set(&mut self, per_s: f64, now: Instant) {
        self.now_per_s = per_s.clamp(self.granted_per_s * FLOOR_SHARE, self.granted_per_s);
        self.bucket = Bucket::empty(self.now_per_s, now);
    }
}

/// How much may leave at once, and how fast that comes back.
#[derive(Debug, Clone)]
struct Bucket {
    /// Parts.
    capacity: f64,
    refill_per_s: f64,
    /// When it would be full if nothing left any more.
    full_at: Instant,
}

impl Bucket {
    /// It starts empty: a lane that just slowed down or began must not open with a burst.
    fn empty(per_s: f64, now: Instant) -> Self {
        let capacity = (per_s * BURST_SHARE).max(1.0);
        let refill_per_s = (per_s * REFILL_SHARE).max(0.001);
        Self { capacity, refill_per_s, full_at: now + Duration::from_secs_f64(capacity / refill_per_s) }
    }

    fn span(&self, parts: f64) -> Duration {
        Duration::from_secs_f64(parts / self.refill_per_s)
    }

    /// Takes them, or says when to ask again. What is larger than the bucket leaves from a full one and owes the rest.
    fn take(&mut self, parts: u32, now: Instant) -> Option<Instant> {
        let parts = f64::from(parts);
        let latest = now + self.span((self.capacity - parts).max(0.0));
        if self.full_at > latest {
            return Some(now + (self.full_at - latest));
        }
        self.full_at = self.full_at.max(now) + self.span(parts);
        None
    }
}

/// What has left within the last second.
#[derive(Debug, Default)]
struct Window {
    left: VecDeque<(Instant, u32)>,
    parts: u32,
}

impl Window {
    /// Notes that `parts` leave now; `Err`: how long until there may be room for them. More than the limit leave alone.
    fn leave(&mut self, now: Instant, parts: u32, limit: u32) -> Result<(), Duration> {
        while let Some((at, gone)) = self.left.front().copied().filter(|(at, _)| *at + WINDOW <= now) {
            debug_assert!(at <= now, "time goes forward");
            self.parts -= gone;
            self.left.pop_front();
        }
        match self.left.front() {
            Some((oldest, _)) if self.parts + parts > limit => Err(*oldest + WINDOW - now),
            _ => {
                self.left.push_back((now, parts));
                self.parts += parts;
                Ok(())
            }
        }
    }

    fn left_late(&mut self, now: Instant) {
        if let Some((at, _)) = self.left.back_mut() {
            *at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttle_replies_slow_the_lane_and_quiet_gives_it_back() {
        let brake = Brake::default();
        let mut pacer = Pacer::new(Rate::per_second(1000));
        let mut now = Instant::now();
        let near = |pacer: &Pacer, per_s: f64| (pacer.per_second() - per_s).abs() < 1e-6;
        brake.throttled(5);
        pacer.adapt(&brake, now);
        assert!(near(&pacer, 980.0), "five of five hundred are strays");
        brake.throttled(45);
        pacer.adapt(&brake, now + Duration::from_millis(100));
        assert!(near(&pacer, 800.0), "with those that came soon after they are a tenth");
        brake.throttled(300);
        pacer.adapt(&brake, now + Duration::from_millis(200));
        assert!(near(&pacer, 700.0), "no lower within the same half second");
        brake.throttled(300);
        pacer.adapt(&brake, now + Duration::from_millis(600));
        assert!(near(&pacer, 490.0), "lower in the next");
        now += Duration::from_millis(600);
        for _ in 0..11 {
            now += Duration::from_millis(1001);
            pacer.adapt(&brake, now);
        }
        assert!((pacer.per_second() - 1000.0).abs() < 1.0, "back at the grant: {}", pacer.per_second());
    }

    #[test]
    fn no_sliding_second_holds_more_than_the_limit_however_late_the_wake_ups() {
        let start = Instant::now();
        let at = |us: u64| start + Duration::from_micros(us);
        let mut window = Window::default();
        let mut left: Vec<(u64, u32)> = Vec::new();
        // Wakes up now and then only, and tries to make good at once what it missed.
        for tick in 0..3_000_u64 {
            let us = tick * 997 + tick % 7 * 5_000;
            let us = us.max(left.last().map_or(0, |(last, _)| *last));
            while window.leave(at(us), 3, 100).is_ok() {
                left.push((us, 3));
            }
        }
        for (us, _) in &left {
            let second = left.iter().filter(|(at, _)| (*us..us + 1_000_000).contains(at));
            assert!(second.map(|(_, parts)| parts).sum::<u32>() <= 100);
        }
        let all: u32 = left.iter().map(|(_, parts)| parts).sum();
        assert!(all > 290, "nor much less: {all}");
    }

    #[test]
    fn a_message_larger_than_the_grant_leaves_alone() {
        let now = Instant::now();
        let mut window = Window::default();
        assert_eq!(window.leave(now, 3, 1), Ok(()));
        assert_eq!(window.leave(now, 3, 1), Err(WINDOW));
        assert_eq!(window.leave(now + WINDOW, 3, 1), Ok(()));
    }

    /// Half a minute of a full queue; returns parts per second over all of it.
    async fn flood(per_s: u32, message_parts: u32, stall: impl Fn(u32) -> Duration) -> f64 {
        const SPAN: Duration = Duration::from_secs(30);
        let brake = Brake::default();
        let mut pacer = Pacer::new(Rate::per_second(per_s));
        let began = Instant::now();
        let mut second: VecDeque<(Instant, u32)> = VecDeque::new();
        let (mut total, mut turn) = (0, 0);
        while began.elapsed() < SPAN {
            let parts = (pacer.slice() / message_parts).max(1) * message_parts;
            pacer.admit(parts, &brake).await;
            turn += 1;
            tokio::time::sleep_until(Instant::now() + stall(turn)).await;
            let now = Instant::now();
            while second.front().is_some_and(|(at, _)| now - *at >= Duration::from_secs(1)) {
                second.pop_front();
            }
            second.push_back((now, parts));
            let sliding: u32 = second.iter().map(|(_, parts)| parts).sum();
            assert!(sliding <= per_s, "{per_s}/s, {message_parts} parts: {sliding} in a second");
            pacer.departed();
            total += parts;
        }
        f64::from(total) / began.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn no_sliding_second_above_the_grant_and_the_grant_is_held() {
        let prompt = |_| Duration::ZERO;
        for per_s in [50, 100, 200, 999, 1000, 2000, 20_000] {
            let held = flood(per_s, 1, prompt).await / f64::from(per_s);
            assert!(held > 0.985, "{per_s}/s: {held}");
        }
        for (per_s, message_parts) in [(20, 3), (50, 3), (100, 2), (1000, 5), (4, 4)] {
            flood(per_s, message_parts, prompt).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waited_for_the_window_does_not_catch_up() {
        for (per_s, message_parts) in [(50, 1), (50, 3), (1000, 1)] {
            let held = |turn: u32| Duration::from_millis(if turn.is_multiple_of(20) { 700 } else { 0 });
            flood(per_s, message_parts, held).await;
        }
    }
}
