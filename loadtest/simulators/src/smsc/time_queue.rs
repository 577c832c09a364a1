//! Things that wait for their millisecond: one bucket per millisecond in use, in order. No timer per
//! thing, no allocation per thing.

use std::collections::BTreeMap;

#[derive(Debug)]
pub(crate) struct TimeQueue<B> {
    buckets: BTreeMap<u64, B>,
}

impl<B> Default for TimeQueue<B> {
    fn default() -> Self {
        Self { buckets: BTreeMap::new() }
    }
}

impl<B: Default> TimeQueue<B> {
    pub(crate) fn bucket(&mut self, due_ms: u64) -> &mut B {
        self.buckets.entry(due_ms).or_default()
    }

    /// The first bucket whose time has come.
    pub(crate) fn pop_due(&mut self, now_ms: u64) -> Option<B> {
        let first = self.buckets.first_entry()?;
        (*first.key() <= now_ms).then(|| first.remove())
    }

    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.buckets.first_key_value().map(|(due_ms, _)| *due_ms)
    }

    pub(crate) fn buckets(&self) -> impl Iterator<Item = &B> {
        self.buckets.values()
    }
}
