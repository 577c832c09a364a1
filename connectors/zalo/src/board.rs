//! What the lane's troubles add up to, in one word and one sentence.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use contract::{Health, Reason};
use jiff::Timestamp;
use tokio::sync::watch;

/// Nothing is sent before `until`.
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    pub(crate) until: Timestamp,
    pub(crate) reason: Reason,
}

#[derive(Debug, Default)]
struct State {
    /// The tokens, when they are in the way.
    tokens: Option<Health>,
    /// Not seen to work yet, or not any more.
    unreached: Option<String>,
    /// A person must act; found by a send or by the survey.
    stopped: Option<(String, Timestamp)>,
    hold: Option<Hold>,
    limits: BTreeMap<&'static str, String>,
}

#[derive(Debug)]
pub(crate) struct Board {
    state: Mutex<State>,
    health: watch::Sender<Health>,
}

impl Board {
    pub(crate) fn new() -> Self {
        let unreached = "connecting".to_owned();
        let health = watch::Sender::new(Health::Down(unreached.clone()));
        Self { state: Mutex::new(State { unreached: Some(unreached), ..State::default() }), health }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    fn change(&self, now: Timestamp, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.hold = state.hold.take().filter(|hold| hold.until > now);
        let health = judge(&state);
        self.health.send_if_modified(|shown| {
            let differs = *shown != health;
            *shown = health;
            differs
        });
    }

    /// Lets a hold end.
    pub(crate) fn tick(&self, now: Timestamp) {
        self.change(now, |_| {});
    }

    pub(crate) fn tokens(&self, now: Timestamp, trouble: Option<Health>) {
        self.change(now, |state| state.tokens = trouble);
    }

    pub(crate) fn unreached(&self, now: Timestamp, why: &str) {
        self.change(now, |state| state.unreached = Some(why.to_owned()));
    }

    pub(crate) fn stopped(&self, now: Timestamp, why: &str) {
        self.change(now, |state| state.stopped = Some((why.to_owned(), now)));
    }

    /// The platform answers as it should.
    pub(crate) fn reached(&self, now: Timestamp) {
        self.change(now, |state| (state.unreached, state.stopped) = (None, None));
    }

    pub(crate) fn limit(&self, now: Timestamp, key: &'static str, text: Option<String>) {
        self.change(now, |state| match text {
            Some(text) => {
                state.limits.insert(key, text);
            }
            None => {
                state.limits.remove(key);
            }
        });
    }

    /// The later of two holds stands.
    pub(crate) fn hold(&self, now: Timestamp, hold: Hold) {
        self.change(now, |state| {
            if state.hold.as_ref().is_none_or(|held| held.until < hold.until) {
                state.hold = Some(hold);
            }
        });
    }

    pub(crate) fn held(&self, now: Timestamp) -> Option<Hold> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hold.clone().filter(|hold| hold.until > now)
    }

    pub(crate) fn is_unreached(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).unreached.is_some()
    }

    /// Since when a person has had to act.
    pub(crate) fn stopped_since(&self) -> Option<Timestamp> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped.as_ref().map(|(_, since)| *since)
    }
}

fn judge(state: &State) -> Health {
    if let Some((why, _)) = &state.stopped {
        return Health::Stopped(why.clone());
    }
    if let Some(health) = &state.tokens {
        return health.clone();
    }
    if let Some(why) = &state.unreached {
        return Health::Down(why.clone());
    }
    if let Some(hold) = &state.hold {
        return Health::Down(format!("nothing is taken until {}: {}", hold.until, hold.reason.text));
    }
    if state.limits.is_empty() {
        return Health::Ready;
    }
    let limits: Vec<_> = state.limits.values().map(String::as_str).collect();
    Health::Limited(limits.join("; "))
}
