//! How often each of millions of keys was seen, in eight octets per slot: a fingerprint and a small
//! count in one word, open addressing. At three million keys two of them share a fingerprint with a
//! probability below 10^-4; the count stops at its ceiling instead of overflowing.

use super::chance::mix;

const SLOTS_FIRST: usize = 1 << 10;
/// Slots looked through in one go: listing millions must not take memory for millions.
const PAGE_SLOTS: usize = 1 << 14;

/// Keys of `64 - COUNT_BITS` bits.
#[derive(Debug)]
pub(crate) struct Tally<const COUNT_BITS: u32> {
    slots: Vec<u64>,
    used: usize,
}

impl<const COUNT_BITS: u32> Default for Tally<COUNT_BITS> {
    fn default() -> Self {
        Self { slots: vec![0; SLOTS_FIRST], used: 0 }
    }
}

impl<const COUNT_BITS: u32> Tally<COUNT_BITS> {
    const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

    /// Counts the key once more and returns how often it has been seen now.
    pub(crate) fn add(&mut self, key: u64) -> u32 {
        if self.used * 5 >= self.slots.len() * 4 {
            self.grow();
        }
        let key = key << COUNT_BITS;
        let at = self.find(key);
        let count = self.slots[at] & Self::COUNT_MAX;
        self.used += usize::from(count == 0);
        let count = (count + 1).min(Self::COUNT_MAX);
        self.slots[at] = key | count;
        count as u32
    }

    pub(crate) fn get(&self, key: u64) -> u32 {
        (self.slots[self.find(key << COUNT_BITS)] & Self::COUNT_MAX) as u32
    }

    /// The entries of one stretch of slots, and where the next one starts; `None` past the end.
    pub(crate) fn page(&self, from: usize) -> Option<(Vec<(u64, u32)>, usize)> {
        let slots =
            self.slots.get(from..self.slots.len().min(from + PAGE_SLOTS)).filter(|s| !s.is_empty())?;
        let entry = |slot: &u64| (slot >> COUNT_BITS, (slot & Self::COUNT_MAX) as u32);
        let entries = slots.iter().filter(|&&slot| slot != 0).map(entry).collect();
        Some((entries, from + slots.len()))
    }

    /// Where the shifted key is or belongs. A used slot is never zero, for its count is not.
    fn find(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = mix(key) as usize & mask;
        while self.slots[at] != 0 && self.slots[at] & !Self::COUNT_MAX != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let slots = vec![0; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, slots);
        for slot in old.into_iter().filter(|&slot| slot != 0) {
            let at = self.find(slot & !Self::COUNT_MAX);
            self.slots[at] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_through_growth_and_stops_at_the_ceiling() {
        let mut tally = Tally::<8>::default();
        for round in 1..=3 {
            for key in 0..50_000u64 {
                assert_eq!(tally.add(key), round);
            }
        }
        assert_eq!((tally.used, tally.get(49_999), tally.get(50_000)), (50_000, 3, 0));
        let (mut from, mut listed) = (0, 0);
        while let Some((entries, next)) = tally.page(from) {
            listed += entries.iter().map(|(_, count)| count).sum::<u32>();
            from = next;
        }
        assert_eq!(listed, 150_000);
        for _ in 0..300 {
            tally.add(7);
        }
        assert_eq!(tally.get(7), 255);
    }
}
