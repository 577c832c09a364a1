//! The window: submissions on the wire by sequence number, their deadlines in order, and a bounded memory
//! of those that timed out, so that a late answer still finds its owner.

use std::collections::{HashMap, VecDeque};

use contract::Ticket;
use tokio::time::Instant;

/// Sequence numbers run from 1 to here and start again (SMPP 3.4 section 3.2).
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;
/// Timed-out parts remembered per session. A peer that stays silent for more than this is not late but lost.
const LATE_MAX: usize = 4096;

/// One part on the wire, or in the write buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Index of its message.
    pub(crate) flight: usize,
    pub(crate) part: u8,
    /// Where its PDU begins in the stream of all octets of the session.
    pub(crate) begins_at: u64,
}

#[derive(Debug)]
pub(crate) struct Window {
    parts_max: usize,
    last_sequence: u32,
    parts: HashMap<u32, Part>,
    /// Deadlines never go back within a session, so a queue keeps them in order.
    deadlines: VecDeque<(Instant, u32)>,
    late: HashMap<u32, (Ticket, u8)>,
    late_order: VecDeque<u32>,
}

impl Window {
    pub(crate) fn new(parts_max: usize, last_sequence: u32) -> Self {
        Self {
            parts_max,
            last_sequence,
            parts: HashMap::with_capacity(parts_max),
            deadlines: VecDeque::with_capacity(parts_max),
            late: HashMap::new(),
            late_order: VecDeque::new(),
        }
    }

    pub(crate) fn free(&self) -> usize {
        self.parts_max.saturating_sub(self.parts.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The next sequence number no unanswered part has.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        loop {
            self.last_sequence = if self.last_sequence >= SEQUENCE_MAX { 1 } else { self.last_sequence + 1 };
            if !self.parts.contains_key(&self.last_sequence) {
                return self.last_sequence;
            }
        }
    }

    pub(crate) fn insert(&mut self, sequence: u32, part: Part, deadline: Instant) {
        self.parts.insert(sequence, part);
        self.deadlines.push_back((deadline, sequence));
    }

    pub(crate) fn remove(&mut self, sequence: u32) -> Option<Part> {
        let part = self.parts.remove(&sequence)?;
        self.forget_answered();
        Some(part)
    }

    /// Keeps the queue of deadlines about as long as the window, whatever the order of answers.
    fn forget_answered(&mut self) {
        while self.deadlines.front().is_some_and(|(_, sequence)| !self.parts.contains_key(sequence)) {
            self.deadlines.pop_front();
        }
        if self.deadlines.len() > 4 * self.parts_max + 64 {
            self.deadlines.retain(|(_, sequence)| self.parts.contains_key(sequence));
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }

    /// A part whose time is over, if there is one.
    pub(crate) fn pop_expired(&mut self, now: Instant) -> Option<(u32, Part)> {
        while let Some(&(deadline, sequence)) = self.deadlines.front() {
            if deadline > now {
                return None;
            }
            self.deadlines.pop_front();
            if let Some(part) = self.parts.remove(&sequence) {
                return Some((sequence, part));
            }
        }
        None
    }

    /// All that is left, when the session is over.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Part> {
        self.deadlines.clear();
        std::mem::take(&mut self.parts).into_values()
    }

    pub(crate) fn remember_late(&mut self, sequence: u32, ticket: Ticket, part: u8) {
        if self.late_order.len() >= LATE_MAX
            && let Some(oldest) = self.late_order.pop_front()
        {
            self.late.remove(&oldest);
        }
        self.late.insert(sequence, (ticket, part));
        self.late_order.push_back(sequence);
    }

    pub(crate) fn take_late(&mut self, sequence: u32) -> Option<(Ticket, u8)> {
        self.late.remove(&sequence)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn part(flight: usize) -> Part {
        Part { flight, part: 1, begins_at: 0 }
    }

    #[test]
    fn sequence_numbers_start_again_and_skip_the_unanswered() {
        let mut window = Window::new(10, SEQUENCE_MAX - 1);
        let now = Instant::now();
        window.insert(2, part(0), now);
        let drawn: Vec<_> = (0..4).map(|_| window.next_sequence()).collect();
        assert_eq!(drawn, [SEQUENCE_MAX, 1, 3, 4]);
    }

    #[test]
    fn deadlines_stay_bounded_while_one_answer_is_missing() {
        let mut window = Window::new(4, 0);
        let now = Instant::now();
        window.insert(1, part(0), now);
        for sequence in 2..10_000 {
            window.insert(sequence, part(1), now + Duration::from_millis(u64::from(sequence)));
            window.remove(sequence);
        }
        assert!(window.deadlines.len() <= 4 * 4 + 65, "{}", window.deadlines.len());
        assert_eq!(window.pop_expired(now), Some((1, part(0))));
        assert_eq!(window.pop_expired(now + Duration::from_secs(60)), None);
        assert!(window.is_empty());
    }

    #[test]
    fn the_memory_of_the_late_is_bounded() {
        let mut window = Window::new(4, 0);
        let ticket = Ticket { alert: 1, route: 1, seq: 1, attempt: 1, strikes: 0, claim: 1 };
        for sequence in 0..=4096 {
            window.remember_late(sequence, ticket, 1);
        }
        assert_eq!(window.take_late(0), None);
        assert_eq!(window.take_late(4096), Some((ticket, 1)));
        assert_eq!(window.take_late(4096), None);
    }
}
