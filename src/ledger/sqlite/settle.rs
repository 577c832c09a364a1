//! How attempts ended: loads what the plan needs, writes the plan, then lets late answers and waiting receipts follow.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::lease::fence;
use super::record::{apply_receipts, waiting_receipts};
use super::rows::{
    add_closings, add_doubts, add_submissions, apply_shifts, json, keys, load_rules, put_retries,
    take_retries,
};
use super::{Sqlite, sql};
use crate::domain::{AlertId, ClaimId, LaneId, MessageKey, State};
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{
    ClaimFacts, RetryFacts, SettleFacts, SettlePlan, Shifts, SubmissionRow, dispatch_of, plan_settle,
};
use crate::ledger::{Found, Ownership, Settled, Settlement};

impl Sqlite {
    pub(super) async fn settle_batch(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ended: &[Settlement],
        found: &[Found],
    ) -> Result<Settled, Halt> {
        let mut tx = self.begin_write().await?;
        let fence = fence(&mut tx, owner).await?;
        let facts = load_facts(&mut tx, owner.lane, ended).await?;
        let plan = plan_settle(ended, &facts)?;
        write_plan(&mut tx, now, owner.lane, &plan).await?;
        let SettlePlan { submissions, late, mut shifts, applied, .. } = plan;
        let mut settled = Settled { applied, receipts_matched: 0 };
        let found = apply_found(&mut tx, owner.lane, found, &late, &mut shifts).await?;
        if fence.receipts_wait {
            let new = submissions.iter().chain(&found);
            let receipts = waiting_receipts(&mut tx, owner.lane, new).await?;
            settled.receipts_matched = receipts.len();
            apply_receipts(&mut tx, receipts, &mut shifts).await?;
        }
        apply_shifts(&mut tx, &shifts).await?;
        tx.commit().await?;
        Ok(settled)
    }
}

async fn load_facts(
    connection: &mut SqliteConnection,
    lane: LaneId,
    ended: &[Settlement],
) -> Result<SettleFacts, Halt> {
    if ended.is_empty() {
        return Ok(SettleFacts::default());
    }
    let claims = load_claims(connection, lane, ended).await?;
    let known = load_known(connection, ended).await?;
    let retries = load_retries(connection, ended).await?;
    let rules = load_rules(connection, ended.iter().map(|settlement| dispatch_of(settlement.key))).await?;
    Ok(SettleFacts { claims, known, retries, rules })
}

async fn load_claims(
    connection: &mut SqliteConnection,
    lane: LaneId,
    ended: &[Settlement],
) -> Result<HashMap<ClaimId, ClaimFacts>, Halt> {
    type Row = (i64, i64, i64, Option<i64>, Option<i64>, bool);
    let ids: BTreeSet<ClaimId> = ended.iter().map(|settlement| settlement.claim).collect();
    let rows: Vec<Row> =
        sqlx::query_as(sql::SETTLE_CLAIMS).bind(lane.0).bind(json(&ids)?).fetch_all(connection).await?;
    let mut claims = HashMap::new();
    for (id, alert, route, from, to, closed) in rows {
        let dispatch = (AlertId(alert), stored::route(route, "dispatch")?);
        claims.insert(ClaimId(id), ClaimFacts { dispatch, range: from.zip(to), closed });
    }
    Ok(claims)
}

async fn load_known(connection: &mut SqliteConnection, ended: &[Settlement]) -> Result<HashSet<usize>, Halt> {
    let attempts: Vec<_> = ended
        .iter()
        .map(|settlement| {
            let key = settlement.key;
            (key.alert, key.route, key.seq, settlement.attempt)
        })
        .collect();
    let positions: Vec<i64> =
        sqlx::query_scalar(sql::SETTLE_KNOWN).bind(json(&attempts)?).fetch_all(connection).await?;
    Ok(positions.into_iter().filter_map(|position| usize::try_from(position).ok()).collect())
}

async fn load_retries(
    connection: &mut SqliteConnection,
    ended: &[Settlement],
) -> Result<HashMap<usize, RetryFacts>, Halt> {
    let later: Vec<usize> = (0..ended.len()).filter(|position| ended[*position].attempt > 1).collect();
    if later.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted = keys(later.iter().map(|position| ended[*position].key))?;
    let rows: Vec<(i64, i64, bool, Option<i64>)> =
        sqlx::query_as(sql::SETTLE_RETRIES).bind(wanted).fetch_all(connection).await?;
    let mut retries = HashMap::new();
    for (place, attempt, possible_repeat, claim) in rows {
        let Some(position) = usize::try_from(place).ok().and_then(|place| later.get(place)) else { continue };
        let attempt = stored::number(attempt, "retry", "attempt")?;
        retries.insert(*position, RetryFacts { attempt, possible_repeat, claim: claim.map(ClaimId) });
    }
    Ok(retries)
}

/// Writes all of a plan but its counters and late answers.
pub(super) async fn write_plan(
    connection: &mut SqliteConnection,
    now: Timestamp,
    lane: LaneId,
    plan: &SettlePlan,
) -> Result<(), Halt> {
    add_submissions(connection, lane, &plan.submissions).await?;
    add_closings(connection, &plan.closings).await?;
    add_doubts(connection, lane, &plan.doubts).await?;
    put_retries(connection, &plan.retries).await?;
    take_retries(connection, &plan.retries_done).await?;
    if !plan.unsettled.is_empty() {
        let settled: Vec<_> = plan.unsettled.iter().collect();
        sqlx::query(sql::CLAIM_SETTLED).bind(json(&settled)?).bind(micros(now)).execute(connection).await?;
    }
    Ok(())
}

/// Late answers: keeps the parts and moves the messages of which every part is now accepted. Returns the new parts.
async fn apply_found(
    connection: &mut SqliteConnection,
    lane: LaneId,
    found: &[Found],
    late: &[Found],
    shifts: &mut Shifts,
) -> Result<Vec<SubmissionRow>, Halt> {
    let new = new_parts(connection, found, late).await?;
    if new.is_empty() {
        return Ok(new);
    }
    add_submissions(connection, lane, &new).await?;
    for row in &new {
        shifts.parts_submitted(row.key, 1);
    }
    let messages: Vec<MessageKey> =
        new.iter().map(|row| row.key).collect::<BTreeSet<_>>().into_iter().collect();
    let places: Vec<i64> = sqlx::query_scalar(sql::FOUND_COMPLETE)
        .bind(keys(messages.iter().copied())?)
        .fetch_all(&mut *connection)
        .await?;
    let complete: Vec<MessageKey> = places
        .into_iter()
        .filter_map(|place| usize::try_from(place).ok().and_then(|place| messages.get(place)).copied())
        .collect();
    if complete.is_empty() {
        return Ok(new);
    }
    let resolved: Vec<(i64, i64, i64)> = sqlx::query_as(sql::DOUBT_RESOLVE)
        .bind(keys(complete.iter().copied())?)
        .fetch_all(&mut *connection)
        .await?;
    for (alert, route, seq) in resolved {
        shifts.shift(stored::key(alert, route, seq)?, State::Uncertain, State::Sent);
    }
    for (message, under_way) in take_retries(connection, &complete).await? {
        shifts.shift(message, if under_way { State::Claimed } else { State::Queued }, State::Sent);
    }
    Ok(new)
}

/// Parts not known yet. `found` must speak of an attempt that was answered before; for `late` the claim is the proof.
async fn new_parts(
    connection: &mut SqliteConnection,
    found: &[Found],
    late: &[Found],
) -> Result<Vec<SubmissionRow>, Halt> {
    let mut seen = HashSet::new();
    let all: Vec<&Found> = found
        .iter()
        .chain(late)
        .filter(|found| seen.insert((found.key, found.attempt, found.part)))
        .collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<_> = all
        .iter()
        .map(|found| (found.key.alert, found.key.route, found.key.seq, found.attempt, found.part))
        .collect();
    let rows: Vec<(i64, bool, bool)> =
        sqlx::query_as(sql::FOUND_KNOWN).bind(json(&asked)?).fetch_all(connection).await?;
    let mut new = Vec::new();
    for (place, attempt_known, part_known) in rows {
        let Some(found) = usize::try_from(place).ok().and_then(|place| all.get(place)) else { continue };
        let proved = attempt_known || late.contains(found);
        if proved && !part_known {
            new.push(SubmissionRow {
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
    }
    Ok(new)
}
