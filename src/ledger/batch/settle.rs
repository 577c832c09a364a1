//! From the ends of attempts to rows and counters.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    ClosingRow, DoubtRow, RetryRow, Rules, RulesByDispatch, Shifts, SubmissionRow, dispatch_of, rules_of,
};
use crate::domain::{ClaimId, MessageKey, State, UncertainPolicy};
use crate::ledger::{AgainKind, End, Found, Result, Settlement, Why};

/// A claim that a flush names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct ClaimFacts {
    pub(in crate::ledger) dispatch: super::DispatchKey,
    /// First attempts `[from, to)`; `None`: later attempts, named by their retry rows.
    pub(in crate::ledger) range: Option<(i64, i64)>,
    pub(in crate::ledger) closed: bool,
}

/// The retry row of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct RetryFacts {
    pub(in crate::ledger) attempt: i32,
    pub(in crate::ledger) possible_repeat: bool,
    pub(in crate::ledger) claim: Option<ClaimId>,
}

/// What the ledger knows before the flush.
#[derive(Debug, Default)]
pub(in crate::ledger) struct SettleFacts {
    /// The claims of this lane by id.
    pub(in crate::ledger) claims: HashMap<ClaimId, ClaimFacts>,
    /// Positions of settlements whose attempt has its end already.
    pub(in crate::ledger) known: HashSet<usize>,
    /// Retry rows by the position of the settlement; asked for attempts after the first.
    pub(in crate::ledger) retries: HashMap<usize, RetryFacts>,
    pub(in crate::ledger) rules: RulesByDispatch,
}

/// What the flush writes.
#[derive(Debug, Default)]
pub(in crate::ledger) struct SettlePlan {
    pub(in crate::ledger) submissions: Vec<SubmissionRow>,
    pub(in crate::ledger) closings: Vec<ClosingRow>,
    pub(in crate::ledger) doubts: Vec<DoubtRow>,
    /// Retry rows to be made or replaced.
    pub(in crate::ledger) retries: Vec<RetryRow>,
    /// Messages whose retry row has done its work.
    pub(in crate::ledger) retries_done: Vec<MessageKey>,
    /// Accepted parts of attempts that have their end already (a claim that was taken over, a second answer): to be treated
    /// like late answers. Of a repeated flush they are known.
    pub(in crate::ledger) late: Vec<Found>,
    pub(in crate::ledger) unsettled: BTreeMap<ClaimId, i64>,
    pub(in crate::ledger) shifts: Shifts,
    pub(in crate::ledger) applied: usize,
}

/// How a settlement's message stood when its attempt ended.
enum Stood {
    /// In the hands of this claim. The flag: it is a possible repeat.
    Claimed { possible_repeat: bool },
    /// A receipt or a late answer to an earlier attempt has moved it on.
    Gone,
    /// This claim never had it.
    Never,
}

/// Decides what a flush means. The first end of an attempt stands, but proof of acceptance counts whenever it comes. A
/// settlement that names a claim that never had the message changes nothing.
pub(in crate::ledger) fn plan_settle(ended: &[Settlement], facts: &SettleFacts) -> Result<SettlePlan> {
    let mut plan = SettlePlan::default();
    let mut seen = HashSet::with_capacity(ended.len());
    for (position, settlement) in ended.iter().enumerate() {
        let Some(claim) = facts.claims.get(&settlement.claim) else { continue };
        if !seen.insert((settlement.key, settlement.attempt)) {
            continue;
        }
        if claim.closed || facts.known.contains(&position) {
            plan.late.extend(late_parts(settlement));
            continue;
        }
        let stood = stood(settlement, claim, facts.retries.get(&position));
        if matches!(stood, Stood::Never) {
            continue;
        }
        plan.add_submissions(settlement);
        *plan.unsettled.entry(settlement.claim).or_default() += 1;
        if let Stood::Claimed { possible_repeat } = stood {
            plan.apply(settlement, rules_of(&facts.rules, settlement.key)?, possible_repeat);
        }
    }
    Ok(plan)
}

fn stood(settlement: &Settlement, claim: &ClaimFacts, retry: Option<&RetryFacts>) -> Stood {
    if claim.dispatch != dispatch_of(settlement.key) {
        return Stood::Never;
    }
    match (claim.range, retry) {
        (Some((from, to)), _) if settlement.attempt == 1 && (from..to).contains(&settlement.key.seq) => {
            Stood::Claimed { possible_repeat: false }
        }
        (Some(_), _) => Stood::Never,
        (None, Some(retry))
            if retry.claim == Some(settlement.claim) && retry.attempt == settlement.attempt =>
        {
            Stood::Claimed { possible_repeat: retry.possible_repeat }
        }
        // Waiting again under the same or a later number: this attempt has been accounted for.
        (None, Some(_)) => Stood::Never,
        (None, None) if settlement.attempt > 1 => Stood::Gone,
        (None, None) => Stood::Never,
    }
}

fn late_parts(settlement: &Settlement) -> impl Iterator<Item = Found> {
    settlement.accepted.iter().map(|(part, reference)| Found {
        key: settlement.key,
        attempt: settlement.attempt,
        part: *part,
        reference: reference.clone(),
        at: settlement.at,
    })
}

impl SettlePlan {
    fn add_submissions(&mut self, settlement: &Settlement) {
        let mut parts = 0;
        for (place, (part, reference)) in settlement.accepted.iter().enumerate() {
            if settlement.accepted[..place].iter().any(|(earlier, _)| earlier == part) {
                continue;
            }
            parts += 1;
            self.submissions.push(SubmissionRow {
                key: settlement.key,
                attempt: settlement.attempt,
                part: *part,
                outcome: "accepted",
                reference: Some(reference.clone()).filter(|text| !text.is_empty()),
                code: None,
                reason: None,
                at: settlement.at,
            });
        }
        self.shifts.parts_submitted(settlement.key, parts);
        let whole = match &settlement.end {
            End::Sent if parts > 0 => return,
            End::Sent => ("accepted", None),
            End::Failed(why) => ("refused", Some(why)),
            End::Again { why, kind, .. } => (again_word(*kind), Some(why)),
            End::Uncertain { why, .. } => ("uncertain", Some(why)),
        };
        self.submissions.push(SubmissionRow {
            key: settlement.key,
            attempt: settlement.attempt,
            part: 0,
            outcome: whole.0,
            reference: None,
            code: whole.1.map(|why| why.code.clone()),
            reason: whole.1.map(|why| why.text.clone()),
            at: settlement.at,
        });
    }

    fn apply(&mut self, settlement: &Settlement, rules: &Rules, possible_repeat: bool) {
        self.applied += 1;
        let key = settlement.key;
        let waits = match &settlement.end {
            End::Sent => {
                self.shifts.shift(key, State::Claimed, State::Sent);
                None
            }
            // What an attempt was answered says nothing of the one before it, which may have reached its person.
            End::Failed(why) if possible_repeat => {
                self.doubt(settlement, why);
                None
            }
            End::Failed(why) => {
                self.close(settlement, State::Failed, why);
                None
            }
            End::Again { why, due_at, strikes, .. } => match rules.ended_as {
                // An earlier attempt may have reached its person: that is never called expired or cancelled.
                Some(_) if possible_repeat => {
                    self.doubt(settlement, why);
                    None
                }
                Some(verdict) => {
                    self.close(settlement, verdict, why);
                    None
                }
                None => Some((*due_at, *strikes, possible_repeat)),
            },
            End::Uncertain { why, resend_at, strikes } => {
                let resend = match rules.policy {
                    UncertainPolicy::Resend => rules.ended_as.is_none() && *resend_at < rules.expires_at,
                    UncertainPolicy::Hold => false,
                };
                if !resend {
                    self.doubt(settlement, why);
                }
                resend.then_some((*resend_at, *strikes, true))
            }
        };
        match waits {
            Some((due_at, strikes, possible_repeat)) => {
                self.shifts.shift(key, State::Claimed, State::Queued);
                let attempt = settlement.attempt.saturating_add(1);
                self.retries.push(RetryRow { key, due_at, attempt, strikes, possible_repeat });
            }
            None if settlement.attempt > 1 => self.retries_done.push(key),
            None => {}
        }
    }

    fn close(&mut self, settlement: &Settlement, verdict: State, why: &Why) {
        self.shifts.shift(settlement.key, State::Claimed, verdict);
        self.closings.push(ClosingRow {
            key: settlement.key,
            verdict,
            attempt: Some(settlement.attempt),
            code: Some(why.code.clone()),
            provider_at: None,
            at: settlement.at,
            raw: None,
        });
    }

    fn doubt(&mut self, settlement: &Settlement, why: &Why) {
        self.shifts.shift(settlement.key, State::Claimed, State::Uncertain);
        self.doubts.push(DoubtRow {
            key: settlement.key,
            attempt: settlement.attempt,
            reason: why.text.clone(),
            at: settlement.at,
        });
    }
}

fn again_word(kind: AgainKind) -> &'static str {
    match kind {
        AgainKind::Refused => "refused",
        AgainKind::Throttled => "throttled",
        AgainKind::NotSent => "not_sent",
    }
}
