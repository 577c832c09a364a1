//! From receipts to rows, closings and counters.

use std::collections::{BTreeMap, HashSet};

use contract::ReceiptVerdict;
use jiff::Timestamp;

use super::stored::verdict_word;
use super::{ClosingRow, RulesByDispatch, rules_of};
use crate::domain::verdict::fold;
use crate::domain::{MessageKey, PartVerdict, State, Verdict};
use crate::ledger::{KnownPart, ReceiptFact, Result};

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

/// Receipts that nothing is known of yet, each once however often the batch has it.
pub(in crate::ledger) fn each_once<'a>(strangers: Vec<&'a ReceiptFact>) -> Vec<&'a ReceiptFact> {
    let mut seen = HashSet::new();
    let said = |receipt: &'a ReceiptFact| {
        (receipt.lane, receipt.references.first(), verdict_word(receipt.verdict), &receipt.address)
    };
    strangers
        .into_iter()
        .filter(|receipt| receipt.references.is_empty() || seen.insert(said(receipt)))
        .collect()
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

/// What the receipts of one message of several parts say, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Folded {
    by_part: BTreeMap<i64, PartVerdict>,
}

impl Folded {
    pub(in crate::ledger) fn add(&mut self, part: i64, verdict: PartVerdict) {
        let so_far = self.by_part.entry(part).or_default();
        *so_far = so_far.then(verdict);
    }

    /// The verdict over all parts of a message that has `parts` of them, if there is one yet.
    pub(in crate::ledger) fn verdict(&self, parts: i64) -> Option<State> {
        let heard: Vec<PartVerdict> = self.by_part.range(1..=parts).map(|(_, verdict)| *verdict).collect();
        fold(usize::try_from(parts).unwrap_or(usize::MAX), &heard).map(|verdict| match verdict {
            Verdict::Delivered => State::Delivered,
            Verdict::Undelivered => State::Undelivered,
        })
    }
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
