//! How many messages of a dispatch stand where. The ledger keeps these figures in the same commit as the facts; here
//! is their arithmetic and the law they obey: what was accepted is always found again in exactly one state.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::message::State;

/// Messages by state, for one dispatch or summed over several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All messages ever taken in: the sum of the ten states.
    pub accepted: i64,
    pub queued: i64,
    /// Claimed: in the hands of a lane.
    pub in_flight: i64,
    /// Taken by the provider, receipt awaited.
    pub sent: i64,
    pub delivered: i64,
    pub undelivered: i64,
    pub unconfirmed: i64,
    pub failed: i64,
    pub expired: i64,
    pub cancelled: i64,
    pub uncertain: i64,
    /// Messages sent again after having been uncertain: the most that can have arrived twice.
    pub possible_repeats: i64,
    /// Parts handed to providers, repeats included; what the bill counts.
    pub parts_submitted: i64,
}

impl Counts {
    /// Every accepted message is in exactly one state and no figure is negative.
    pub fn conserved(&self) -> bool {
        let by_state: i64 = State::ALL.iter().map(|state| self.of(*state)).sum();
        let no_debt = State::ALL.iter().all(|state| self.of(*state) >= 0);
        by_state == self.accepted && no_debt && self.possible_repeats >= 0 && self.parts_submitted >= 0
    }

    /// `n` messages go from one state to another. From `None` they are newly accepted, to `None` they are taken out
    /// again (a dispatch that is withdrawn before it began).
    pub fn shift(&mut self, from: Option<State>, to: Option<State>, n: i64) {
        match from {
            Some(state) => *self.slot(state) -= n,
            None => self.accepted += n,
        }
        match to {
            Some(state) => *self.slot(state) += n,
            None => self.accepted -= n,
        }
    }

    /// The figure for one state.
    pub const fn of(&self, state: State) -> i64 {
        match state {
            State::Queued => self.queued,
            State::Claimed => self.in_flight,
            State::Sent => self.sent,
            State::Delivered => self.delivered,
            State::Undelivered => self.undelivered,
            State::Unconfirmed => self.unconfirmed,
            State::Failed => self.failed,
            State::Uncertain => self.uncertain,
            State::Expired => self.expired,
            State::Cancelled => self.cancelled,
        }
    }

    /// Messages that no event moves any more.
    pub fn settled(&self) -> i64 {
        State::ALL.iter().filter(|state| state.is_final()).map(|state| self.of(*state)).sum()
    }

    /// Messages that a lane may still have to work on: waiting or in its hands.
    pub const fn pending(&self) -> i64 {
        self.queued + self.in_flight
    }

    const fn slot(&mut self, state: State) -> &mut i64 {
        match state {
            State::Queued => &mut self.queued,
            State::Claimed => &mut self.in_flight,
            State::Sent => &mut self.sent,
            State::Delivered => &mut self.delivered,
            State::Undelivered => &mut self.undelivered,
            State::Unconfirmed => &mut self.unconfirmed,
            State::Failed => &mut self.failed,
            State::Uncertain => &mut self.uncertain,
            State::Expired => &mut self.expired,
            State::Cancelled => &mut self.cancelled,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        // Taken apart by name: a figure that is added to the struct and forgotten here does not compile.
        let Self {
            accepted,
            queued,
            in_flight,
            sent,
            delivered,
            undelivered,
            unconfirmed,
            failed,
            expired,
            cancelled,
            uncertain,
            possible_repeats,
            parts_submitted,
        } = other;
        self.accepted += accepted;
        self.queued += queued;
        self.in_flight += in_flight;
        self.sent += sent;
        self.delivered += delivered;
        self.undelivered += undelivered;
        self.unconfirmed += unconfirmed;
        self.failed += failed;
        self.expired += expired;
        self.cancelled += cancelled;
        self.uncertain += uncertain;
        self.possible_repeats += possible_repeats;
        self.parts_submitted += parts_submitted;
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::message::{Event, Step};
    use super::*;

    #[test]
    fn a_missing_message_breaks_conservation() {
        let mut counts = Counts::default();
        counts.shift(None, Some(State::Queued), 10);
        counts.shift(Some(State::Queued), Some(State::Claimed), 4);
        assert!(counts.conserved());
        assert_eq!((counts.queued, counts.in_flight, counts.pending(), counts.settled()), (6, 4, 10, 0));
        assert!(!Counts { queued: 5, ..counts }.conserved());
        assert!(!Counts { queued: 11, in_flight: -1, ..counts }.conserved());
    }

    proptest! {
        #[test]
        fn what_the_table_allows_conserves(events in prop::collection::vec(prop::sample::select(Event::ALL), 0..80)) {
            let mut state = State::Queued;
            let mut counts = Counts::default();
            counts.shift(None, Some(state), 3);
            for event in events {
                if let Step::To(to) = state.after(event) {
                    counts.shift(Some(state), Some(to), 3);
                    state = to;
                }
                prop_assert!(counts.conserved());
                prop_assert_eq!(counts.of(state), 3);
            }
            let twice: Counts = [counts, counts].into_iter().sum();
            prop_assert!(twice.conserved());
            prop_assert_eq!(twice.accepted, 6);
        }
    }
}
