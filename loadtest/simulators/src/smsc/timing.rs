//! When things came, by the carrier's own watch: the first and the last part of all and of each text, and how long
//! receipts waited for their acknowledgement.

use super::chance::hash;
use super::text::decode;
use super::wire::Submit;
use std::collections::HashMap;
use tokio::time::Instant;

/// Different texts watched; those that come later are counted in the whole only.
const TEXTS_MAX: usize = 4_096;
/// Waits are counted by the millisecond up to here, longer ones as this.
const WAIT_MS_MAX: usize = 10_000;

/// Accepted parts between two instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub first: Instant,
    pub last: Instant,
    pub parts: u64,
}

/// One text, to however many numbers, and when it came. Of a long message every part is a text of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSeen {
    pub text: String,
    pub span: Span,
}

/// How many waits there were of each length in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    by_ms: Vec<u64>,
}

impl Waits {
    pub(crate) fn add(&mut self, ms: u64) {
        let at = usize::try_from(ms).unwrap_or(WAIT_MS_MAX).min(WAIT_MS_MAX);
        if self.by_ms.len() <= at {
            self.by_ms.resize(at + 1, 0);
        }
        self.by_ms[at] += 1;
    }

    pub fn count(&self) -> u64 {
        self.by_ms.iter().sum()
    }

    /// The shortest time, in milliseconds, that this share (0.0 to 1.0) of the waits did not exceed; `None`: there
    /// was no wait.
    pub fn quantile_ms(&self, share: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut passed = 0;
        let at = self.by_ms.iter().position(|count| {
            passed += count;
            passed >= wanted
        });
        at.map(|ms| ms as u64)
    }

    /// Those of another carrier too.
    pub fn merge(&mut self, other: &Self) {
        if self.by_ms.len() < other.by_ms.len() {
            self.by_ms.resize(other.by_ms.len(), 0);
        }
        self.by_ms.iter_mut().zip(&other.by_ms).for_each(|(own, more)| *own += more);
    }
}

/// In microseconds since the start.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) first_us: u64,
    pub(crate) last_us: u64,
    pub(crate) parts: u64,
}

impl Seen {
    fn at(us: u64) -> Self {
        Self { first_us: us, last_us: us, parts: 0 }
    }

    fn again(&mut self, us: u64) {
        self.last_us = us;
        self.parts += 1;
    }
}

#[derive(Debug, Default)]
pub(crate) struct Timing {
    pub(crate) all: Option<Seen>,
    texts: HashMap<u64, (String, Seen)>,
    pub(crate) acknowledgements: Waits,
}

impl Timing {
    pub(crate) fn accepted(&mut self, submit: &Submit<'_>, us: u64) {
        self.all.get_or_insert_with(|| Seen::at(us)).again(us);
        let key = hash(u64::from(submit.data_coding), submit.text);
        if let Some((_, seen)) = self.texts.get_mut(&key) {
            seen.again(us);
        } else if self.texts.len() < TEXTS_MAX {
            let mut seen = Seen::at(us);
            seen.again(us);
            self.texts.insert(key, (decode(submit.data_coding, submit.text), seen));
        }
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &(String, Seen)> {
        self.texts.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        let mut waits = Waits::default();
        assert_eq!(waits.quantile_ms(0.5), None);
        for ms in 1..=100 {
            waits.add(ms);
        }
        let found = [0.0, 0.5, 0.99, 0.991, 1.0].map(|share| waits.quantile_ms(share));
        assert_eq!(found, [Some(1), Some(50), Some(99), Some(100), Some(100)]);
        let mut longer = Waits::default();
        longer.add(1 << 40);
        waits.merge(&longer);
        assert_eq!((waits.count(), waits.quantile_ms(1.0)), (101, Some(10_000)));
    }
}
