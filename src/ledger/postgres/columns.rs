//! Batches as columns: arrays of keys, bounds, positions.

use crate::domain::MessageKey;
use crate::ledger::Result;
use crate::ledger::batch::stored::number;

/// Message keys as three arrays.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) alerts: Vec<i64>,
    pub(super) routes: Vec<i64>,
    pub(super) seqs: Vec<i64>,
}

impl Keys {
    pub(super) fn push(&mut self, key: MessageKey) {
        self.alerts.push(key.alert.0);
        self.routes.push(key.route.0.into());
        self.seqs.push(key.seq);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }
}

impl FromIterator<MessageKey> for Keys {
    fn from_iter<I: IntoIterator<Item = MessageKey>>(keys: I) -> Self {
        let mut columns = Self::default();
        keys.into_iter().for_each(|key| columns.push(key));
        columns
    }
}

/// One column of a batch.
pub(super) fn each<'a, R, T>(rows: &'a [R], column: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(column).collect()
}

/// A bound from our side as a LIMIT.
pub(super) fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}

/// Rows that a statement touched.
pub(super) fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// A position of a batch (from 0) from WITH ORDINALITY (from 1).
pub(super) fn position(ordinal: i64) -> Result<usize> {
    number(ordinal.saturating_sub(1), "batch", "position")
}

/// The other way round.
pub(super) fn ordinal(position: usize) -> i64 {
    limit(position).saturating_add(1)
}
