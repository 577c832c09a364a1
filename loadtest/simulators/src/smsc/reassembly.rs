//! Long messages come as parts, in any order and mixed with other messages. A message is whole when
//! every part of one reference has come; only then its text and its identity are known.

use super::wire::Concat;
use std::collections::{HashMap, VecDeque};

/// Most messages waiting for parts at one time; the oldest is given up, as a phone does.
const OPEN_MAX: usize = 65_536;
/// Buffers kept for the next message.
const SPARE_MAX: usize = 1_024;

/// Which message a part belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) number: u64,
    pub(crate) source: u32,
    pub(crate) reference: u16,
    pub(crate) total: u8,
}

#[derive(Debug, Default)]
struct Open {
    /// One per part; `None` until it comes.
    parts: Vec<Option<Vec<u8>>>,
    here: u8,
    /// Which opening of this key it is: tells an old entry of the order of opening from a new one.
    opening: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    open: HashMap<Key, Open>,
    order: VecDeque<(Key, u64)>,
    openings: u64,
    spare: Vec<Vec<u8>>,
    whole: Vec<u8>,
}

impl Reassembly {
    /// Takes a part in; returns the whole text when it was the last missing one. A part that is already
    /// here is replaced: its sender repeats itself, or uses the reference for another message.
    pub(crate) fn add(&mut self, key: Key, concat: Concat, text: &[u8]) -> Option<&[u8]> {
        if !self.open.contains_key(&key) {
            self.make_room();
            self.openings += 1;
            let parts = (0..concat.total).map(|_| None).collect();
            self.open.insert(key, Open { parts, here: 0, opening: self.openings });
            self.order.push_back((key, self.openings));
        }
        let open = self.open.get_mut(&key)?;
        let slot = open.parts.get_mut(usize::from(concat.number).checked_sub(1)?)?;
        match slot {
            Some(part) => {
                part.clear();
                part.extend_from_slice(text);
            }
            None => {
                let mut part = self.spare.pop().unwrap_or_default();
                part.extend_from_slice(text);
                *slot = Some(part);
                open.here += 1;
            }
        }
        if open.here < concat.total {
            return None;
        }
        self.whole.clear();
        for mut part in self.open.remove(&key)?.parts.into_iter().flatten() {
            self.whole.extend_from_slice(&part);
            if self.spare.len() < SPARE_MAX {
                part.clear();
                self.spare.push(part);
            }
        }
        Some(&self.whole)
    }

    fn make_room(&mut self) {
        // Closed messages leave their entry in the order; it must not grow with the traffic.
        while self.order.len() >= OPEN_MAX {
            let Some((key, opening)) = self.order.pop_front() else { return };
            if self.open.get(&key).is_some_and(|open| open.opening == opening) {
                self.open.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(reassembly: &mut Reassembly, reference: u16, number: u8, text: &str) -> Option<String> {
        let key = Key { number: 84_900_000_001, source: 0, reference, total: 3 };
        let whole = reassembly.add(key, Concat { reference, total: 3, number }, text.as_bytes());
        whole.map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn parts_come_in_any_order_and_mixed() {
        let mut reassembly = Reassembly::default();
        assert_eq!(add(&mut reassembly, 1, 3, "c"), None);
        assert_eq!(add(&mut reassembly, 2, 1, "x"), None);
        assert_eq!(add(&mut reassembly, 1, 1, "a"), None);
        assert_eq!(add(&mut reassembly, 1, 1, "A"), None, "a repetition is not another part");
        assert_eq!(add(&mut reassembly, 1, 2, "b"), Some("Abc".into()));
        assert_eq!(add(&mut reassembly, 1, 2, "b"), None, "the reference is free again");
    }

    #[test]
    fn what_never_completes_is_given_up() {
        let mut reassembly = Reassembly::default();
        for reference in 0..=u16::MAX {
            add(&mut reassembly, reference, 1, "a");
            add(&mut reassembly, reference, 2, "b");
        }
        assert!(reassembly.open.len() <= OPEN_MAX && reassembly.order.len() <= OPEN_MAX);
        assert_eq!(add(&mut reassembly, u16::MAX, 3, "c"), Some("abc".into()));
    }
}
