//! Memory of the providers' references that still wait for a receipt. Only a short cut: what it does not
//! hold, the ledger's index finds.

use std::collections::{HashMap, VecDeque};

use crate::ledger::KnownPart;

/// Bounded by count; the oldest go first, since the newest are the likeliest to get their receipt.
#[derive(Debug)]
pub(crate) struct References {
    known: HashMap<Box<str>, KnownPart>,
    order: VecDeque<Box<str>>,
    max: usize,
}

impl References {
    pub(crate) fn new(max: usize) -> Self {
        Self { known: HashMap::new(), order: VecDeque::new(), max }
    }

    pub(crate) fn insert(&mut self, reference: &str, part: KnownPart) {
        if reference.is_empty() || self.max == 0 {
            return;
        }
        while self.order.len() >= self.max {
            match self.order.pop_front() {
                Some(oldest) => self.known.remove(&oldest),
                None => break,
            };
        }
        if self.known.insert(reference.into(), part).is_none() {
            self.order.push_back(reference.into());
        }
    }

    /// The part of a final receipt. It stays known: the same receipt may well come again, and the bound
    /// takes care of memory.
    pub(crate) fn get(&self, reference: &str) -> Option<KnownPart> {
        self.known.get(reference).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AlertId, MessageKey, RouteId};

    #[test]
    fn the_oldest_go_when_it_is_full() {
        let part = |seq| KnownPart {
            key: MessageKey { alert: AlertId(1), route: RouteId(1), seq },
            attempt: 1,
            part: 1,
        };
        let mut references = References::new(2);
        for seq in 1..=3 {
            references.insert(&format!("id{seq}"), part(seq));
        }
        references.insert("", part(9));
        assert_eq!(references.get("id1"), None);
        assert_eq!(references.get("id3").map(|known| known.key.seq), Some(3));
        assert_eq!(references.get(""), None);
    }
}
