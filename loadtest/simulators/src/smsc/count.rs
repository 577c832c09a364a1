//! The carrier's own books: what was accepted for which number, what came twice, what was answered and
//! what was reported. They are kept apart from the gateway's and compared with them.

use super::chance::{hash, join};
use super::reassembly::{Key, Reassembly};
use super::receipts::State;
use super::tally::Tally;
use super::text::decode;
use super::wire::Submit;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Repeated parts remembered to fold them to messages; beyond it each counts as a message of its own.
const REPEATS_MAX: usize = 1_000_000;
/// Texts kept per number, and numbers texts are kept for.
const TEXTS_PER_NUMBER_MAX: usize = 8;
const TEXT_NUMBERS_MAX: usize = 100_000;

/// Totals since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// `submit_sm` and `data_sm` read, whatever became of them.
    pub submits: u64,
    /// Answered with status 0, or accepted while the answer was lost.
    pub accepted_parts: u64,
    /// Whole messages accepted, copies included.
    pub messages: u64,
    /// Different (number, tag); the tag is a hash of sender and whole text.
    pub distinct_messages: u64,
    /// Parts accepted again: same number, total, part number and content (of a message in one part: same
    /// sender, number and text).
    pub duplicate_parts: u64,
    /// Extra copies of messages, whole or in part: of a long message the part repeated most counts.
    pub duplicate_messages: u64,
    /// Answered with another status than 0, throttled ones not included.
    pub refused: u64,
    pub refused_by_status: BTreeMap<u32, u64>,
    pub throttled: u64,
    /// Accepted, but the answer was withheld or the connection ended before it.
    pub responses_lost: u64,
    pub receipts_sent: ReceiptsSent,
    /// Sent again, not contained in `receipts_sent`.
    pub receipts_resent: u64,
    pub receipts_acked: u64,
    /// Answered with another status than 0.
    pub receipts_nacked: u64,
    /// Sent, neither acknowledged nor given up.
    pub receipts_unacked: u64,
    /// Waiting for their time or for a bind.
    pub receipts_waiting: u64,
    /// Given up: too many kept, refused for good, or lost with a connection.
    pub receipts_dropped: u64,
    /// Most submits of one account within any sliding second.
    pub max_in_any_second: u32,
    /// Most submits of one bind that were read and not yet answered.
    pub max_unanswered: u32,
    pub connections: u64,
    pub binds: u64,
    pub binds_refused: u64,
    /// Asked for by a client.
    pub unbinds: u64,
    /// Connections ended by this side: faults, verbs, protocol errors.
    pub drops: u64,
    /// Asked for by clients.
    pub enquire_links: u64,
    pub cancelled: u64,
    /// `generic_nack` received.
    pub nacks: u64,
    /// PDUs that could not be read.
    pub malformed: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ReceiptsSent {
    pub delivered: u64,
    pub undeliverable: u64,
    pub expired: u64,
    pub rejected: u64,
    pub unknown: u64,
    pub deleted: u64,
    pub accepted: u64,
    pub enroute: u64,
}

impl ReceiptsSent {
    pub fn total(&self) -> u64 {
        let Self { delivered, undeliverable, expired, rejected, unknown, deleted, accepted, enroute } = self;
        delivered + undeliverable + expired + rejected + unknown + deleted + accepted + enroute
    }

    pub(crate) fn add(&mut self, state: State) {
        *match state {
            State::Enroute => &mut self.enroute,
            State::Delivered => &mut self.delivered,
            State::Expired => &mut self.expired,
            State::Deleted => &mut self.deleted,
            State::Undeliverable => &mut self.undeliverable,
            State::Accepted => &mut self.accepted,
            State::Unknown => &mut self.unknown,
            State::Rejected => &mut self.rejected,
        } += 1;
    }
}

impl Key {
    /// One number for the message that a part belongs to.
    fn message(self) -> u64 {
        let rest = u64::from(self.source) << 24 | u64::from(self.reference) << 8 | u64::from(self.total);
        join(self.number, rest)
    }
}

/// Everything that is counted, and the little that has to be kept for it.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) totals: Counts,
    /// (number, tag) of whole messages and (number, total, part, content) of parts.
    seen: Tally<8>,
    /// Whole messages per number: fifteen digits are less than 2^50.
    numbers: Tally<14>,
    reassembly: Reassembly,
    /// Extra copies per part position of a long message (the key holds the position), and per message
    /// (position 0) the most of them.
    repeats: HashMap<u64, u32>,
    texts: HashMap<u64, VecDeque<String>>,
}

impl Books {
    /// Enters an accepted part. `source` is the interned sender.
    pub(crate) fn accept(&mut self, submit: &Submit<'_>, number: u64, source: u32, keep_texts: bool) {
        self.totals.accepted_parts += 1;
        let Some(concat) = submit.concat else {
            if self.whole(number, hash(u64::from(source), submit.text)) > 1 {
                self.totals.duplicate_parts += 1;
                self.totals.duplicate_messages += 1;
            }
            if keep_texts {
                self.keep(number, decode(submit.data_coding, submit.text));
            }
            return;
        };
        let position = u64::from(concat.total) << 8 | u64::from(concat.number);
        let content = hash(position ^ u64::from(source) << 16, submit.text);
        let key = Key { number, source, reference: concat.reference, total: concat.total };
        if self.seen.add(join(number, content)) > 1 {
            self.totals.duplicate_parts += 1;
            self.fold_repeat(key, concat.number);
        }
        let Some(text) = self.reassembly.add(key, concat, submit.text) else { return };
        let tag = hash(u64::from(source), text);
        let text = keep_texts.then(|| decode(submit.data_coding, text));
        // A copy that was cut at other places repeats no part, and is a copy all the same.
        if self.whole(number, tag) > 1 && !self.repeats.contains_key(&join(key.message(), 0)) {
            self.totals.duplicate_messages += 1;
        }
        if let Some(text) = text {
            self.keep(number, text);
        }
    }

    pub(crate) fn accepted(&self, number: u64) -> u32 {
        self.numbers.get(number)
    }

    /// Whole messages from one sender with exactly this text, as it came over the line.
    pub(crate) fn copies(&self, number: u64, source: u32, octets: &[u8]) -> u32 {
        self.seen.get(join(number, hash(u64::from(source), octets)))
    }

    /// See [`Tally::page`].
    pub(crate) fn numbers_page(&self, from: usize) -> Option<(Vec<(u64, u32)>, usize)> {
        self.numbers.page(from)
    }

    pub(crate) fn texts(&self, number: u64) -> Vec<String> {
        self.texts.get(&number).into_iter().flatten().cloned().collect()
    }

    pub(crate) fn refuse(&mut self, status: u32) {
        if status == super::status::THROTTLED {
            self.totals.throttled += 1;
        } else {
            self.totals.refused += 1;
            *self.totals.refused_by_status.entry(status).or_default() += 1;
        }
    }

    /// Counts a whole message and returns how many copies of it there are.
    fn whole(&mut self, number: u64, tag: u64) -> u32 {
        self.totals.messages += 1;
        self.numbers.add(number);
        let copies = self.seen.add(join(number, tag));
        self.totals.distinct_messages += u64::from(copies == 1);
        copies
    }

    /// A message whose parts were repeated counts once, however many parts it has; a message with only
    /// one part repeated counts too. Hence the largest number of copies over its positions.
    fn fold_repeat(&mut self, key: Key, position: u8) {
        let message = key.message();
        if self.repeats.len() >= REPEATS_MAX {
            self.totals.duplicate_messages += 1;
            return;
        }
        let copies = self.repeats.entry(join(message, u64::from(position))).or_default();
        *copies += 1;
        let copies = *copies;
        let most = self.repeats.entry(join(message, 0)).or_default();
        if copies > *most {
            *most = copies;
            self.totals.duplicate_messages += 1;
        }
    }

    fn keep(&mut self, number: u64, text: String) {
        if self.texts.len() >= TEXT_NUMBERS_MAX && !self.texts.contains_key(&number) {
            return;
        }
        let texts = self.texts.entry(number).or_default();
        if texts.len() == TEXTS_PER_NUMBER_MAX {
            texts.pop_front();
        }
        texts.push_back(text);
    }
}
