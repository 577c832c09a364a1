//! Retries whose alert ended while they waited.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ClosingRow, DoubtRow, Shifts};
use crate::domain::{LaneId, MessageKey, State};
use crate::ledger::Swept;

/// Why a message that waited to be sent again is in doubt once more.
const LAPSED: &str =
    "the alert ended before the message could be sent again; the earlier attempt may have arrived";

/// A waiting retry of an ended dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct Stopped {
    pub(in crate::ledger) key: MessageKey,
    /// How the dispatch ended.
    pub(in crate::ledger) verdict: State,
    /// The attempt that may have arrived, and its lane.
    pub(in crate::ledger) may_have_arrived: Option<(LaneId, i32)>,
}

/// What their end writes.
#[derive(Debug, Default)]
pub(in crate::ledger) struct StoppedPlan {
    pub(in crate::ledger) closings: Vec<ClosingRow>,
    pub(in crate::ledger) doubts: BTreeMap<LaneId, Vec<DoubtRow>>,
    /// All of them: their retry rows go.
    pub(in crate::ledger) keys: Vec<MessageKey>,
    pub(in crate::ledger) shifts: Shifts,
}

/// What was never taken ends as its dispatch did; what may have arrived is in doubt.
pub(in crate::ledger) fn plan_stopped(now: Timestamp, stopped: &[Stopped], swept: &mut Swept) -> StoppedPlan {
    let mut plan = StoppedPlan::default();
    for Stopped { key, verdict, may_have_arrived } in stopped.iter().copied() {
        plan.keys.push(key);
        if let Some((lane, attempt)) = may_have_arrived {
            swept.uncertain += 1;
            plan.shifts.shift(key, State::Queued, State::Uncertain);
            let doubt = DoubtRow { key, attempt, reason: LAPSED.to_owned(), at: now };
            plan.doubts.entry(lane).or_default().push(doubt);
            continue;
        }
        match verdict {
            State::Cancelled => swept.cancelled += 1,
            _ => swept.expired += 1,
        }
        plan.shifts.shift(key, State::Queued, verdict);
        let (attempt, code, provider_at, raw) = (None, None, None, None);
        plan.closings.push(ClosingRow { key, verdict, attempt, code, provider_at, at: now, raw });
    }
    plan
}
