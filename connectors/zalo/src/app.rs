//! The minute budget that all lanes of one app share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use crate::hours::next_minute;

/// After "too many calls" the app starts again so much after the minute, at the most.
const JITTER_MS: i64 = 3_000;

/// Calls that one app may make in a minute. Lanes of one app in one process share one.
#[derive(Debug)]
pub struct App {
    per_minute: f64,
    budget: Mutex<Budget>,
}

#[derive(Debug)]
struct Budget {
    left: f64,
    filled_at: Option<Timestamp>,
    paused_until: Option<Timestamp>,
}

impl App {
    #[must_use]
    pub fn new(requests_per_minute: u32) -> Arc<Self> {
        let per_minute = f64::from(requests_per_minute.max(1));
        let budget = Budget { left: 1.0_f64.max(per_minute / 60.0), filled_at: None, paused_until: None };
        Arc::new(Self { per_minute, budget: Mutex::new(budget) })
    }

    /// Zero: one call may go and is counted. Otherwise: come again after so long.
    pub(crate) fn take(&self, now: Timestamp) -> Duration {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = budget.paused_until {
            let wait = until.duration_since(now);
            // A clock set back must not freeze the app: no pause is longer than a minute and its jitter.
            let longest = SignedDuration::from_millis(60_000 + JITTER_MS);
            if wait.is_positive() {
                return wait.min(longest).unsigned_abs();
            }
            budget.paused_until = None;
        }
        let passed = budget.filled_at.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0));
        budget.filled_at = Some(now);
        // One second's worth may be saved up, so that no minute sees much more than its due.
        let most = (self.per_minute / 60.0).max(1.0);
        budget.left = (budget.left + passed * self.per_minute / 60.0).min(most);
        if budget.left >= 1.0 {
            budget.left -= 1.0;
            return Duration::ZERO;
        }
        Duration::from_secs_f64(((1.0 - budget.left) * 60.0 / self.per_minute).clamp(0.001, 60.0))
    }

    /// The platform says that this minute is used up; how long that lasts.
    pub(crate) fn exhausted(&self, now: Timestamp) -> Duration {
        let jitter = SignedDuration::from_millis(rand::random_range(0..=JITTER_MS));
        let minute = next_minute(now);
        let until = minute.saturating_add(jitter).unwrap_or(minute);
        self.budget.lock().unwrap_or_else(PoisonError::into_inner).paused_until = Some(until);
        until.duration_since(now).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_what_it_holds_and_a_pause_ends_with_it() {
        let app = App::new(120);
        let start: Timestamp = "2026-11-22T01:00:10Z".parse().unwrap();
        assert_eq!((app.take(start), app.take(start)), (Duration::ZERO, Duration::ZERO));
        let wait = app.take(start);
        assert!(wait > Duration::from_millis(400) && wait <= Duration::from_millis(500), "{wait:?}");
        let later = start + SignedDuration::from_millis(501);
        assert_eq!(app.take(later), Duration::ZERO);
        let pause = app.exhausted(later);
        assert!(pause >= Duration::from_secs(49) && pause < Duration::from_secs(53), "{pause:?}");
        assert!(app.take(later) > Duration::from_secs(40));
        assert_eq!(app.take(later + SignedDuration::from_secs(54)), Duration::ZERO);
    }
}
