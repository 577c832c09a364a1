//! What a batch means, decided once for both engines: which rows a flush of outcomes or receipts adds, which messages
//! move from where to where, and by how much the counters of each dispatch change. No SQL here; the engines load the
//! facts, ask for a plan, and write it in the same transaction.

mod people;
mod queues;
mod reach;
mod record;
mod settle;
mod stopped;
pub(super) mod stored;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{LedgerError, Result};
use crate::domain::{AlertId, Counts, MessageKey, RouteId, State, UncertainPolicy};

pub(super) use people::{ImportPlan, KnownPerson, plan_import};
pub(super) use queues::{lease_rows, queue_rows};
pub(super) use reach::{hopes, listed, reach_rows, split_cursor, target_rows};
pub(super) use record::{Folded, Matched, closing_row, each_once, plan_record};
pub(super) use settle::{ClaimFacts, RetryFacts, SettleFacts, SettlePlan, plan_settle};
pub(super) use stopped::{Stopped, plan_stopped};

/// A dispatch, as a key.
pub(super) type DispatchKey = (AlertId, RouteId);

pub(super) fn dispatch_of(key: MessageKey) -> DispatchKey {
    (key.alert, key.route)
}

/// By how much the counters of each dispatch change.
#[derive(Debug, Default)]
pub(super) struct Shifts {
    by_dispatch: BTreeMap<DispatchKey, Counts>,
}

impl Shifts {
    pub(super) fn shift(&mut self, key: MessageKey, from: State, to: State) {
        self.shift_many(dispatch_of(key), from, to, 1);
    }

    pub(super) fn shift_many(&mut self, dispatch: DispatchKey, from: State, to: State, messages: i64) {
        self.by_dispatch.entry(dispatch).or_default().shift(Some(from), Some(to), messages);
    }

    pub(super) fn parts_submitted(&mut self, key: MessageKey, parts: i64) {
        self.by_dispatch.entry(dispatch_of(key)).or_default().parts_submitted += parts;
    }

    /// The changes, in the order of dispatches (which is also the order in which their rows are to be locked); those
    /// that cancel out are left out.
    pub(super) fn changes(&self) -> impl Iterator<Item = (DispatchKey, Counts)> {
        self.by_dispatch
            .iter()
            .filter(|(_, counts)| **counts != Counts::default())
            .map(|(dispatch, counts)| (*dispatch, *counts))
    }
}

/// What a dispatch says about its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) parts: i64,
    pub(super) policy: UncertainPolicy,
    /// Expired or cancelled: nothing goes back to its queue.
    pub(super) ended_as: Option<State>,
    pub(super) expires_at: Timestamp,
    /// It has rows in `doubt`.
    pub(super) doubts: bool,
    /// It has rows in `retry`.
    pub(super) retries: bool,
}

pub(super) type RulesByDispatch = BTreeMap<DispatchKey, Rules>;

/// The rules of a message's dispatch. A fact about a message without a dispatch cannot have been written by us.
pub(super) fn rules_of(rules: &RulesByDispatch, key: MessageKey) -> Result<&Rules> {
    rules.get(&dispatch_of(key)).ok_or_else(|| LedgerError::Inconsistent {
        table: "dispatch",
        column: "alert, route",
        row: key.to_string(),
        why: "a fact names a message whose dispatch does not exist".into(),
    })
}

/// A row for `submission`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SubmissionRow {
    pub(super) key: MessageKey,
    pub(super) attempt: i32,
    /// 0 stands for the whole attempt.
    pub(super) part: u8,
    pub(super) outcome: &'static str,
    pub(super) reference: Option<String>,
    pub(super) code: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) at: Timestamp,
}

/// A row for `closing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClosingRow {
    pub(super) key: MessageKey,
    pub(super) verdict: State,
    pub(super) attempt: Option<i32>,
    pub(super) code: Option<String>,
    pub(super) provider_at: Option<Timestamp>,
    pub(super) at: Timestamp,
    pub(super) raw: Option<String>,
}

/// A row for `doubt` of the kind `uncertain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DoubtRow {
    pub(super) key: MessageKey,
    pub(super) attempt: i32,
    pub(super) reason: String,
    pub(super) at: Timestamp,
}

/// A row for `retry`, waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RetryRow {
    pub(super) key: MessageKey,
    pub(super) due_at: Timestamp,
    pub(super) attempt: i32,
    pub(super) strikes: i32,
    pub(super) possible_repeat: bool,
}
