//! How attempts ended: facts and counters in one transaction.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::columns::{Keys, each, position};
use super::failure::Halt;
use super::record::waiting_receipts;
use super::rows::{add_closings, add_doubts, add_submissions, put_retries, shift};
use super::{Postgres, locks, sql};
use crate::domain::{AlertId, ClaimId, LaneId, MessageKey, RouteId, State, UncertainPolicy};
use crate::ledger::batch::stored::{key, micros, number};
use crate::ledger::batch::{
    ClaimFacts, DispatchKey, RetryFacts, Rules, RulesByDispatch, SettleFacts, SettlePlan, Shifts,
    SubmissionRow, dispatch_of, plan_settle,
};
use crate::ledger::{End, Found, KnownPart, Ownership, Result, Settled, Settlement};

/// A part that is newly known to be accepted, and its reference.
pub(super) type NewReference = (KnownPart, String);

impl Postgres {
    pub(super) async fn settle_once(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ended: &[Settlement],
        found: &[Found],
    ) -> Result<Settled, Halt> {
        let mut tx = self.begin().await?;
        let waiting = locks::fence_alone(&mut tx, owner).await?;
        let keys = ended.iter().map(|end| end.key).chain(found.iter().map(|found| found.key));
        let dispatches = keys.map(dispatch_of).collect();
        let plain = !waiting && found.is_empty() && ended.iter().all(is_plain);
        let rules = if plain { any_rules(&dispatches) } else { locks::rules(&mut tx, &dispatches).await? };
        let facts = SettleFacts {
            claims: claims(&mut tx, owner.lane, ended).await?,
            known: known(&mut tx, ended).await?,
            retries: retries(&mut tx, ended).await?,
            rules,
        };
        let mut plan = plan_settle(ended, &facts)?;
        let mut references = write(&mut tx, now, owner.lane, &plan).await?;
        if plain && (dispatches.len() > 1 || !plan.late.is_empty()) {
            locks::rules(&mut tx, &dispatches).await?;
        }
        references.extend(find(&mut tx, owner.lane, found, &plan.late, &mut plan.shifts).await?);
        let receipts_matched = if waiting && !references.is_empty() {
            waiting_receipts(&mut tx, owner.lane, &references, &facts.rules, &mut plan.shifts).await?
        } else {
            0
        };
        shift(&mut tx, &plan.shifts).await?;
        tx.commit().await?;
        Ok(Settled { applied: plan.applied, receipts_matched })
    }
}

/// A first attempt that got through: whatever else happens to its dispatch, that is so. Nobody else can move its message
/// before our commit, so most flushes need not keep the dispatch locked while they are written.
fn is_plain(settlement: &Settlement) -> bool {
    settlement.attempt == 1 && matches!(settlement.end, End::Sent)
}

/// For plain flushes: no rule of a dispatch bears on them.
fn any_rules(dispatches: &BTreeSet<DispatchKey>) -> RulesByDispatch {
    let rules = Rules {
        parts: 1,
        policy: UncertainPolicy::Hold,
        ended_as: None,
        expires_at: Timestamp::MIN,
        doubts: true,
        retries: true,
    };
    dispatches.iter().map(|dispatch| (*dispatch, rules)).collect()
}

/// Writes a plan except for its counters. Returns the references it added.
pub(super) async fn write(
    connection: &mut PgConnection,
    now: Timestamp,
    lane: LaneId,
    plan: &SettlePlan,
) -> Result<Vec<NewReference>, Halt> {
    add_submissions(connection, lane, &plan.submissions).await?;
    add_closings(connection, &plan.closings).await?;
    add_doubts(connection, lane, &plan.doubts).await?;
    put_retries(connection, &plan.retries).await?;
    take_retries(connection, plan.retries_done.iter().copied().collect()).await?;
    if !plan.unsettled.is_empty() {
        query(sql::CLAIM_SETTLED)
            .bind(plan.unsettled.keys().map(|claim| claim.0).collect::<Vec<_>>())
            .bind(plan.unsettled.values().copied().collect::<Vec<_>>())
            .bind(micros(now))
            .execute(connection)
            .await?;
    }
    Ok(plan.submissions.iter().filter_map(reference_of).collect())
}

fn reference_of(row: &SubmissionRow) -> Option<NewReference> {
    let reference = row.reference.clone()?;
    Some((KnownPart { key: row.key, attempt: row.attempt, part: row.part }, reference))
}

async fn claims(
    connection: &mut PgConnection,
    lane: LaneId,
    ended: &[Settlement],
) -> Result<HashMap<ClaimId, ClaimFacts>, Halt> {
    type Row = (i64, i64, i64, Option<i64>, Option<i64>, bool);
    let ids: BTreeSet<i64> = ended.iter().map(|end| end.claim.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = query_as(sql::SETTLE_CLAIMS)
        .bind(ids.into_iter().collect::<Vec<_>>())
        .bind(i64::from(lane.0))
        .fetch_all(connection)
        .await?;
    let mut facts = HashMap::new();
    for (id, alert, route, from, to, closed) in rows {
        let dispatch = (AlertId(alert), RouteId(number(route, "claim", "route")?));
        facts.insert(ClaimId(id), ClaimFacts { dispatch, range: from.zip(to), closed });
    }
    Ok(facts)
}

async fn known(connection: &mut PgConnection, ended: &[Settlement]) -> Result<HashSet<usize>, Halt> {
    if ended.is_empty() {
        return Ok(HashSet::new());
    }
    let keys: Keys = ended.iter().map(|end| end.key).collect();
    let ordinals: Vec<i64> = query_scalar(sql::SETTLE_KNOWN)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(ended, |end| i64::from(end.attempt)))
        .fetch_all(connection)
        .await?;
    Ok(ordinals.into_iter().map(position).collect::<Result<_>>()?)
}

async fn retries(
    connection: &mut PgConnection,
    ended: &[Settlement],
) -> Result<HashMap<usize, RetryFacts>, Halt> {
    type Row = (i64, i64, i64, Option<i64>);
    let later: Vec<usize> = (0..ended.len()).filter(|position| ended[*position].attempt > 1).collect();
    if later.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Keys = later.iter().map(|position| ended[*position].key).collect();
    let rows: Vec<Row> = query_as(sql::SETTLE_RETRIES)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .fetch_all(connection)
        .await?;
    let mut facts = HashMap::new();
    for (ordinal, attempt, possible_repeat, claim) in rows {
        let retry = RetryFacts {
            attempt: number(attempt, "retry", "attempt")?,
            possible_repeat: possible_repeat != 0,
            claim: claim.map(ClaimId),
        };
        facts.insert(later[position(ordinal)?], retry);
    }
    Ok(facts)
}

/// Late answers: parts that were accepted after all. A message of which every part was accepted is sent.
async fn find(
    connection: &mut PgConnection,
    lane: LaneId,
    found: &[Found],
    late: &[Found],
    shifts: &mut Shifts,
) -> Result<Vec<NewReference>, Halt> {
    let fresh = new_parts(connection, found, late).await?;
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    add_submissions(connection, lane, &fresh).await?;
    fresh.iter().for_each(|row| shifts.parts_submitted(row.key, 1));
    let sent = complete(connection, fresh.iter().map(|row| row.key).collect()).await?;
    let doubts: Vec<(i64, i64, i64)> = query_as(sql::DOUBT_RESOLVE)
        .bind(&sent.alerts)
        .bind(&sent.routes)
        .bind(&sent.seqs)
        .fetch_all(&mut *connection)
        .await?;
    for (alert, route, seq) in doubts {
        shifts.shift(key(alert, route, seq)?, State::Uncertain, State::Sent);
    }
    for (key, from) in take_retries(connection, sent).await? {
        shifts.shift(key, from, State::Sent);
    }
    Ok(fresh.iter().filter_map(reference_of).collect())
}

/// Rows for parts not known yet. `found` must speak of an attempt that was answered before; for `late` the claim is the
/// proof.
async fn new_parts(
    connection: &mut PgConnection,
    found: &[Found],
    late: &[Found],
) -> Result<Vec<SubmissionRow>, Halt> {
    let mut seen = HashSet::new();
    let all: Vec<(&Found, bool)> = found
        .iter()
        .map(|found| (found, false))
        .chain(late.iter().map(|late| (late, true)))
        .filter(|(found, _)| seen.insert((found.key, found.attempt, found.part)))
        .collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Keys = all.iter().map(|(found, _)| found.key).collect();
    let rows: Vec<(i64, bool, bool)> = query_as(sql::FOUND_KNOWN)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(&all, |(found, _)| i64::from(found.attempt)))
        .bind(each(&all, |(found, _)| i64::from(found.part)))
        .fetch_all(connection)
        .await?;
    let mut fresh = Vec::new();
    for (ordinal, attempt_known, part_known) in rows {
        let (found, proved) = all[position(ordinal)?];
        if part_known || !(attempt_known || proved) {
            continue;
        }
        fresh.push(SubmissionRow {
            key: found.key,
            attempt: found.attempt,
            part: found.part,
            outcome: "accepted",
            reference: Some(found.reference.clone()).filter(|text| !text.is_empty()),
            code: None,
            reason: None,
            at: found.at,
        });
    }
    Ok(fresh)
}

async fn complete(connection: &mut PgConnection, keys: BTreeSet<MessageKey>) -> Result<Keys, Halt> {
    let all: Vec<MessageKey> = keys.into_iter().collect();
    let columns: Keys = all.iter().copied().collect();
    let ordinals: Vec<i64> = query_scalar(sql::FOUND_COMPLETE)
        .bind(columns.alerts)
        .bind(columns.routes)
        .bind(columns.seqs)
        .fetch_all(connection)
        .await?;
    Ok(ordinals.into_iter().map(|ordinal| Ok(all[position(ordinal)?])).collect::<Result<_>>()?)
}

/// Removes retry rows and says in which state that finds each message.
pub(super) async fn take_retries(
    connection: &mut PgConnection,
    keys: Keys,
) -> Result<Vec<(MessageKey, State)>, Halt> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64, i64, bool)> = query_as(sql::RETRY_TAKE)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .fetch_all(connection)
        .await?;
    let state = |under_way| if under_way { State::Claimed } else { State::Queued };
    Ok(rows
        .into_iter()
        .map(|(alert, route, seq, under_way)| Ok((key(alert, route, seq)?, state(under_way))))
        .collect::<Result<_>>()?)
}
