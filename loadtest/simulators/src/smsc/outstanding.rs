//! Requests of the message centre that wait for their response: receipts mostly. Sequence numbers are
//! given in order, so the position in the queue is the difference of two numbers.

use super::receipts::Receipt;
use std::collections::VecDeque;

/// Sequence numbers are 1 to 0x7FFFFFFF (5.1.4).
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

#[derive(Debug)]
pub(crate) enum Request {
    Receipt { receipt: Receipt, sent_ms: u64 },
    EnquireLink,
    Unbind,
    Other,
}

#[derive(Debug)]
pub(crate) struct Outstanding {
    requests: VecDeque<Option<Request>>,
    first: u32,
    receipts: usize,
}

impl Default for Outstanding {
    fn default() -> Self {
        Self { requests: VecDeque::new(), first: 1, receipts: 0 }
    }
}

impl Outstanding {
    /// Enters a request and returns its sequence number.
    pub(crate) fn add(&mut self, request: Request) -> u32 {
        let sequence = step(self.first, self.requests.len() as u32);
        self.receipts += usize::from(matches!(request, Request::Receipt { .. }));
        self.requests.push_back(Some(request));
        sequence
    }

    /// Takes the request that a response answers.
    pub(crate) fn answer(&mut self, sequence: u32) -> Option<Request> {
        if !(1..=SEQUENCE_MAX).contains(&sequence) {
            return None;
        }
        let wrapped = if sequence < self.first { SEQUENCE_MAX } else { 0 };
        let at = (sequence + wrapped - self.first) as usize;
        let request = self.requests.get_mut(at)?.take()?;
        self.receipts -= usize::from(matches!(request, Request::Receipt { .. }));
        self.drop_answered();
        Some(request)
    }

    /// The oldest receipt, if it was sent at or before this time.
    pub(crate) fn take_sent_before(&mut self, sent_ms_max: u64) -> Option<Receipt> {
        let oldest = self.requests.iter_mut().find(|slot| matches!(slot, Some(Request::Receipt { .. })))?;
        match oldest {
            Some(Request::Receipt { receipt, sent_ms }) if *sent_ms <= sent_ms_max => {
                let receipt = *receipt;
                *oldest = None;
                self.receipts -= 1;
                self.drop_answered();
                Some(receipt)
            }
            _ => None,
        }
    }

    pub(crate) fn oldest_sent_ms(&self) -> Option<u64> {
        self.requests.iter().find_map(|slot| match slot {
            Some(Request::Receipt { sent_ms, .. }) => Some(*sent_ms),
            _ => None,
        })
    }

    pub(crate) fn receipts(&self) -> usize {
        self.receipts
    }

    /// All receipts without an answer, the newest first.
    pub(crate) fn drain_newest_first(&mut self) -> impl Iterator<Item = Receipt> {
        self.receipts = 0;
        self.requests.drain(..).rev().filter_map(|slot| match slot {
            Some(Request::Receipt { receipt, .. }) => Some(receipt),
            _ => None,
        })
    }

    fn drop_answered(&mut self) {
        while let Some(None) = self.requests.front() {
            self.requests.pop_front();
            self.first = step(self.first, 1);
        }
    }
}

/// So many numbers further, past the ceiling to 1.
fn step(sequence: u32, by: u32) -> u32 {
    let next = u64::from(sequence) + u64::from(by);
    let ceiling = u64::from(SEQUENCE_MAX);
    (if next > ceiling { next - ceiling } else { next }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_in_any_order_and_past_the_ceiling() {
        let mut outstanding = Outstanding { first: SEQUENCE_MAX - 1, ..Outstanding::default() };
        let sequences: Vec<u32> = (0..4).map(|_| outstanding.add(Request::Other)).collect();
        assert_eq!(sequences, [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1, 2]);
        for sequence in [1, SEQUENCE_MAX - 1, 2, SEQUENCE_MAX] {
            assert!(outstanding.answer(sequence).is_some(), "{sequence}");
            assert!(outstanding.answer(sequence).is_none(), "{sequence} again");
        }
        assert_eq!(outstanding.add(Request::Other), 3);
        assert!(outstanding.answer(0).is_none() && outstanding.answer(4).is_none());
    }
}
