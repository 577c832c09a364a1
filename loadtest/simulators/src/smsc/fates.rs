//! The state of every accepted part, one octet each, for `query_sm` and `cancel_sm`. Bounded: the
//! oldest are forgotten, as a message centre does.

use super::receipts::State;
use std::collections::VecDeque;

const KEPT_MAX: usize = 8_000_000;

#[derive(Debug, Default)]
pub(crate) struct Fates {
    states: VecDeque<u8>,
    first: u64,
}

impl Fates {
    /// Enters a message and returns its serial.
    pub(crate) fn add(&mut self, state: State) -> u64 {
        if self.states.len() == KEPT_MAX {
            self.states.pop_front();
            self.first += 1;
        }
        self.states.push_back(state as u8);
        self.first + self.states.len() as u64 - 1
    }

    pub(crate) fn get(&self, serial: u64) -> Option<State> {
        let at = serial.checked_sub(self.first)?;
        self.states.get(usize::try_from(at).ok()?).copied().and_then(State::from_code)
    }

    pub(crate) fn set(&mut self, serial: u64, state: State) {
        let at = serial.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some(kept) = at.and_then(|at| self.states.get_mut(at)) {
            *kept = state as u8;
        }
    }
}
