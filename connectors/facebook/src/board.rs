//! What is known of the lane, added up to one word and one sentence.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contract::Health;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::usage::Usage;

/// Longest pause believed, whatever a header says.
const PAUSE_MAX: Duration = Duration::from_secs(86_400);

/// Why a person must act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) code: String,
    pub(crate) text: String,
    /// Until then nothing is tried, even if an inspection finds nothing wrong.
    pub(crate) until: Option<Instant>,
}

/// A time in which nothing is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) why: String,
    pub(crate) until: Instant,
}

/// What is wrong without stopping the lane, by what it is about: the latest word on each counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    Token,
    DataAccess,
    Rights,
    Page,
    VersionEnd,
    VersionServed,
    Duplicate,
}

#[derive(Debug, Default)]
struct State {
    /// Why Meta can't be reached; `Some` at the start.
    away: Option<String>,
    stop: Option<Stop>,
    pause: Option<Pause>,
    warnings: BTreeMap<About, String>,
    used_percent: u32,
}

/// Kept by all parts of the connector.
#[derive(Debug)]
pub(crate) struct Board {
    state: Mutex<State>,
    health: watch::Sender<Health>,
    /// Something changed that the inspector waits for.
    pub(crate) changed: Notify,
    version: String,
    stop_percent: u32,
    pause_s: u64,
}

impl Board {
    pub(crate) fn new(version: &str, stop_percent: u32, pause_s: u64) -> Self {
        let state =
            State { away: Some("the token has not been inspected yet".to_owned()), ..State::default() };
        let health = watch::Sender::new(judge(&state, Instant::now()));
        Self {
            state: Mutex::new(state),
            health,
            changed: Notify::new(),
            version: version.to_owned(),
            stop_percent,
            pause_s,
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// What an answer's headers told.
    pub(crate) fn heard(&self, usage: Option<Usage>, version: Option<&str>) {
        let other = version.filter(|version| *version != self.version && !version.is_empty());
        if version.is_some() {
            let text = other.map(|other| {
                let other: String = other.chars().filter(char::is_ascii_graphic).take(20).collect();
                format!("asked for API {} and was answered by {other}: set a newer api_version", self.version)
            });
            self.warn(About::VersionServed, text);
        }
        let usage = usage.unwrap_or_default();
        self.change(|state| state.used_percent = usage.percent);
        if usage.percent >= self.stop_percent || usage.minutes > 0 {
            let told = Duration::from_secs(usage.minutes.saturating_mul(60)).min(PAUSE_MAX);
            let pause = if told.is_zero() { Duration::from_secs(self.pause_s) } else { told };
            self.pause(format!("usage {} %", usage.percent), pause);
        }
    }

    /// Nothing is to be sent for `pause`; the longer of two counts. Returns how long it is now.
    pub(crate) fn pause(&self, why: String, pause: Duration) -> Duration {
        let until = Instant::now() + pause.min(PAUSE_MAX);
        self.change(|state| match &state.pause {
            Some(longer) if longer.until >= until => {}
            _ => state.pause = Some(Pause { why, until }),
        });
        self.changed.notify_one();
        self.paused().map_or(pause, |(_, left)| left)
    }

    pub(crate) fn paused(&self) -> Option<(String, Duration)> {
        let state = self.lock();
        let pause = state.pause.as_ref()?;
        let left = pause.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| (pause.why.clone(), left))
    }

    pub(crate) fn pause_end(&self) -> Option<Instant> {
        self.lock().pause.as_ref().map(|pause| pause.until)
    }

    pub(crate) fn used_percent(&self) -> u32 {
        self.lock().used_percent
    }

    pub(crate) fn away(&self, why: Option<String>) {
        let newly = self.change(|state| {
            let newly = state.away.is_none() && why.is_some();
            state.away = why;
            newly
        });
        if newly {
            self.changed.notify_one();
        }
    }

    pub(crate) fn is_away(&self) -> bool {
        self.lock().away.is_some()
    }

    pub(crate) fn stop(&self, stop: Stop) {
        self.change(|state| state.stop = Some(stop));
        self.changed.notify_one();
    }

    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.lock().stop.clone()
    }

    /// An inspection found nothing wrong: what stood longer than it had to is tried again.
    pub(crate) fn release(&self, now: Instant) {
        self.change(|state| {
            if state.stop.as_ref().is_some_and(|stop| stop.until.is_none_or(|until| until <= now)) {
                state.stop = None;
            }
        });
    }

    pub(crate) fn warn(&self, about: About, text: Option<String>) {
        self.change(|state| match text {
            Some(text) => {
                state.warnings.insert(about, text);
            }
            None => {
                state.warnings.remove(&about);
            }
        });
    }

    /// Pauses end by themselves.
    pub(crate) fn refresh(&self, now: Instant) {
        self.change(|state| {
            if state.pause.as_ref().is_some_and(|pause| pause.until <= now) {
                state.pause = None;
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        let health = judge(&state, Instant::now());
        self.health.send_if_modified(|shown| {
            let differs = *shown != health;
            *shown = health;
            differs
        });
        result
    }
}

fn judge(state: &State, now: Instant) -> Health {
    if let Some(stop) = &state.stop {
        return Health::Stopped(stop.text.clone());
    }
    if let Some(away) = &state.away {
        return Health::Down(away.clone());
    }
    if let Some(pause) = state.pause.as_ref().filter(|pause| pause.until > now) {
        let minutes = (pause.until - now).as_secs().div_ceil(60).max(1);
        return Health::Down(format!("{}, again in {minutes} min", pause.why));
    }
    let warnings: Vec<_> = state.warnings.values().map(String::as_str).collect();
    if warnings.is_empty() { Health::Ready } else { Health::Limited(warnings.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_word_is_shown() {
        let board = Board::new("v26.0", 90, 600);
        let shown = || board.subscribe().borrow().clone();
        assert!(matches!(shown(), Health::Down(_)), "nothing is known yet");
        board.away(None);
        assert_eq!(shown(), Health::Ready);
        board.heard(Some(Usage { percent: 92, minutes: 12 }), Some("v25.0"));
        assert_eq!(shown(), Health::Down("usage 92 %, again in 12 min".to_owned()));
        board.stop(Stop { code: "190".into(), text: "new token".into(), until: None });
        assert_eq!(shown(), Health::Stopped("new token".to_owned()));
        board.release(Instant::now());
        board.refresh(Instant::now() + Duration::from_secs(12 * 60));
        assert!(matches!(shown(), Health::Limited(text) if text.contains("v25.0")));
        board.heard(None, Some("v26.0"));
        assert_eq!(shown(), Health::Ready);
    }

    #[test]
    fn a_refusal_of_metas_stands_for_its_time() {
        let board = Board::new("v26.0", 90, 600);
        board.away(None);
        let until = Some(Instant::now() + Duration::from_secs(3600));
        board.stop(Stop { code: "368".into(), text: "blocked".into(), until });
        board.release(Instant::now());
        assert!(board.stopped().is_some(), "an inspection alone doesn't lift a block");
        board.release(Instant::now() + Duration::from_secs(3600));
        assert_eq!(board.stopped(), None);
    }
}
