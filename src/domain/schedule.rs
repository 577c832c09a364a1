//! When to try again, until when at all, and when to leave people asleep. Time is a parameter, and so is chance: the
//! jitter comes in as a fraction.

use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use thiserror::Error;

use super::alert::Severity;
use super::words::words;

/// Why a message was not taken, as far as trying again depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonClass {
    /// The provider is in trouble; it may pass.
    Temporary,
    /// Too fast. The lane slows down; it costs the message no attempt.
    Throttled,
    /// It never left: no bind, a broken connection before the first byte. It costs no attempt.
    NotSent,
    /// It will never be taken.
    Permanent,
    /// A code that is in no table.
    Unknown,
}

words!(ReasonClass, "reason_class", {
    Temporary => "temporary",
    Throttled => "throttled",
    NotSent => "not-sent",
    Permanent => "permanent",
    Unknown => "unknown",
});

impl ReasonClass {
    /// It counts against [`RetryPolicy::attempts_max`].
    pub const fn costs_attempt(self) -> bool {
        match self {
            Self::Temporary | Self::Permanent | Self::Unknown => true,
            Self::Throttled | Self::NotSent => false,
        }
    }
}

/// Growth of the delay within one class: `first_ms`, twice that, four times, up to `cap_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first_ms: u64,
    pub cap_ms: u64,
}

/// When a message that was not taken is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts that reached the provider, the first one included.
    pub attempts_max: u32,
    pub temporary: Backoff,
    pub throttled: Backoff,
    pub not_sent: Backoff,
    pub unknown: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            // With the delays below: about forty minutes of a provider's trouble.
            attempts_max: 10,
            temporary: Backoff { first_ms: 5_000, cap_ms: 600_000 },
            // The lane's own pacing does the waiting; this only keeps the message from the front of the queue.
            throttled: Backoff { first_ms: 1_000, cap_ms: 30_000 },
            not_sent: Backoff { first_ms: 500, cap_ms: 30_000 },
            unknown: Backoff { first_ms: 30_000, cap_ms: 900_000 },
        }
    }
}

/// What becomes of a message that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    At(Timestamp),
    Never(GiveUp),
}

/// Why there is no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GiveUp {
    Permanent,
    AttemptsSpent,
    /// The next attempt would come after the alert's expiry.
    PastExpiry,
}

words!(GiveUp, "give_up", {
    Permanent => "permanent",
    AttemptsSpent => "attempts-spent",
    PastExpiry => "past-expiry",
});

/// A delay is stretched or shortened by at most this share of itself, so that a thousand messages that failed together
/// do not come back together.
const JITTER_SHARE: f64 = 0.25;
/// Doubling stops here: beyond it any cap is long reached.
const DOUBLINGS_MAX: u32 = 20;

impl RetryPolicy {
    /// The next attempt of a message that was tried `tries` times (at least once) and not taken for a reason of
    /// `class`. `jitter` is a random fraction from 0 to 1.
    pub fn next(
        &self,
        class: ReasonClass,
        tries: u32,
        jitter: f64,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Retry {
        let backoff = match class {
            ReasonClass::Temporary => self.temporary,
            ReasonClass::Throttled => self.throttled,
            ReasonClass::NotSent => self.not_sent,
            ReasonClass::Unknown => self.unknown,
            ReasonClass::Permanent => return Retry::Never(GiveUp::Permanent),
        };
        if class.costs_attempt() && tries >= self.attempts_max {
            return Retry::Never(GiveUp::AttemptsSpent);
        }
        match now.checked_add(backoff.delay(tries, jitter)) {
            Ok(at) if at < expires_at => Retry::At(at),
            Ok(_) | Err(_) => Retry::Never(GiveUp::PastExpiry),
        }
    }
}

impl Backoff {
    /// The delay after `tries` tries.
    pub fn delay(self, tries: u32, jitter: f64) -> SignedDuration {
        let doublings = tries.saturating_sub(1).min(DOUBLINGS_MAX);
        let delay_ms = self.first_ms.saturating_mul(1 << doublings).min(self.cap_ms);
        // A fraction that is none (NaN, out of range) must not become a wild delay.
        let fraction = if (0.0..=1.0).contains(&jitter) { jitter } else { 0.5 };
        let stretched = delay_ms as f64 * (1.0 + JITTER_SHARE * (2.0 * fraction - 1.0));
        SignedDuration::from_millis(stretched as i64)
    }
}

/// Time left until expiry; `None` when there is none. A channel limits the validity of what it sends by this.
pub fn remaining(now: Timestamp, expires_at: Timestamp) -> Option<SignedDuration> {
    Some(expires_at.duration_since(now)).filter(|left| left.is_positive())
}

/// How long an alert that names no expiry is worth sending: the graver the event, the sooner the text is outdated.
pub const fn default_expiry(severity: Severity) -> SignedDuration {
    match severity {
        Severity::Extreme => SignedDuration::from_hours(6),
        Severity::Severe => SignedDuration::from_hours(12),
        Severity::Moderate => SignedDuration::from_hours(24),
        Severity::Minor => SignedDuration::from_hours(48),
    }
}

/// Vietnam has kept UTC+7 without summer time since 1975: the rule is written out, no zone database is read.
const VIETNAM: Offset = Offset::constant(7);

/// The hours in which people are not to be woken without need. Local time of Vietnam; `from` belongs to them, `to` does
/// not. The same `from` and `to`: there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    pub from: Time,
    pub to: Time,
}

impl Default for QuietHours {
    /// 22:00 to 06:00.
    fn default() -> Self {
        Self { from: Time::constant(22, 0, 0, 0), to: Time::constant(6, 0, 0, 0) }
    }
}

/// What the quiet hours say about sending at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// Not quiet now.
    Open,
    /// Quiet, but the alert is urgent: it goes.
    Urgent,
    /// Quiet: a person should know before sending.
    Warn { until: Timestamp },
}

/// Settings that cannot be hours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("quiet_hours: `{given}` is no span of hours; write it as `22:00-06:00`")]
pub struct QuietHoursError {
    pub given: String,
}

impl std::str::FromStr for QuietHours {
    type Err = QuietHoursError;

    fn from_str(text: &str) -> Result<Self, QuietHoursError> {
        let read = |time: &str| time.trim().parse::<Time>().ok();
        let span =
            text.split_once('-').and_then(|(from, to)| Some(Self { from: read(from)?, to: read(to)? }));
        span.ok_or_else(|| QuietHoursError { given: text.chars().take(40).collect() })
    }
}

impl QuietHours {
    /// Whether an alert of this severity should go out at `at`.
    pub fn check(&self, severity: Severity, at: Timestamp) -> Quiet {
        let local = at.to_zoned(TimeZone::fixed(VIETNAM));
        if !self.contains(local.time()) {
            return Quiet::Open;
        }
        if severity.is_urgent() {
            return Quiet::Urgent;
        }
        Quiet::Warn { until: self.end_after(&local) }
    }

    fn contains(&self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            time >= self.from || time < self.to
        }
    }

    /// The next time the quiet hours end: today, or tomorrow when they run over midnight.
    fn end_after(&self, local: &Zoned) -> Timestamp {
        let today = local.date();
        let day = if local.time() < self.to { today } else { today.saturating_add(1.day()) };
        // At the very end of the calendar there is no such time; the quiet hours then end at once.
        VIETNAM.to_timestamp(day.to_datetime(self.to)).unwrap_or_else(|_| local.timestamp())
    }
}

#[cfg(test)]
mod tests;
