//! From receipts to rows, closings and counters.

use std::collections::{BTreeMap, HashSet};

use contract::ReceiptVerdict;
use jiff::Timestamp;

use super::{ClosingRow, RulesByDispatch, rules_of};
use crate::domain::{MessageKey, State};
use crate::ledger::{KnownPart, Result};

/// A receipt whose message is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct Matched {
    pub(in crate::ledger) part: KnownPart,
    /// The message had come to its end before this batch.
    pub(in crate::ledger) closed: bool,
    pub(in crate::ledger) verdict: ReceiptVerdict,
    pub(in crate::ledger) code: Option<String>,
    pub(in crate::ledger) provider_at: Option<Timestamp>,
    pub(in crate::ledger) received_at: Timestamp,
    pub(in crate::ledger) raw: Option<String>,
}

/// What a batch of receipts writes.
#[derive(Debug, Default)]
pub(in crate::ledger) struct RecordPlan {
    /// Positions of receipts that are kept as such.
    pub(in crate::ledger) kept: Vec<usize>,
    /// Messages of one part that end here.
    pub(in crate::ledger) closings: Vec<ClosingRow>,
    /// Messages of several parts that may end here: to be folded once their receipts are kept. The position is that of
    /// the batch's last final receipt for them.
    pub(in crate::ledger) to_fold: BTreeMap<MessageKey, usize>,
}

/// Decides what a batch means. Of several final receipts for a message of one part the first closes it.
pub(in crate::ledger) fn plan_record(receipts: &[Matched], rules: &RulesByDispatch) -> Result<RecordPlan> {
    let mut plan = RecordPlan::default();
    let mut closing = HashSet::new();
    for (position, receipt) in receipts.iter().enumerate() {
        let key = receipt.part.key;
        let single = rules_of(rules, key)?.parts == 1;
        match verdict_of(receipt.verdict) {
            Some(verdict) if single && !receipt.closed && closing.insert(key) => {
                plan.closings.push(closing_row(receipt, verdict));
            }
            Some(_) if !single && !receipt.closed => {
                plan.kept.push(position);
                plan.to_fold.insert(key, position);
            }
            Some(_) | None => plan.kept.push(position),
        }
    }
    Ok(plan)
}

/// What the receipts of one message of several parts say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Folded {
    pub(in crate::ledger) delivered: HashSet<i64>,
    pub(in crate::ledger) failed: bool,
}

/// The verdict over all parts: one that failed is enough, delivered needs every part; otherwise nothing yet.
pub(in crate::ledger) fn fold(parts: i64, folded: &Folded) -> Option<State> {
    if folded.failed {
        return Some(State::Undelivered);
    }
    (1..=parts).all(|part| folded.delivered.contains(&part)).then_some(State::Delivered)
}

/// The end of a message by this receipt.
pub(in crate::ledger) fn closing_row(receipt: &Matched, verdict: State) -> ClosingRow {
    ClosingRow {
        key: receipt.part.key,
        verdict,
        attempt: Some(receipt.part.attempt),
        code: receipt.code.clone(),
        provider_at: receipt.provider_at,
        at: receipt.received_at,
        raw: receipt.raw.clone(),
    }
}

fn verdict_of(verdict: ReceiptVerdict) -> Option<State> {
    match verdict {
        ReceiptVerdict::Delivered => Some(State::Delivered),
        ReceiptVerdict::Failed => Some(State::Undelivered),
        ReceiptVerdict::Progress | ReceiptVerdict::Unknown => None,
    }
}
