//! What time alone changes: expiry, claims of owners that are gone, receipts that never came, alerts that are over.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::rows::{
    add_closings, add_doubts, add_event, apply_shifts, count, json, limit, load_rules, take_retries,
};
use super::settle::write_plan;
use super::{Sqlite, sql};
use crate::domain::{Action, AlertId, ClaimId, LaneId, MessageKey, Phase};
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{ClaimFacts, RetryFacts, SettleFacts, dispatch_of, plan_settle, plan_stopped};
use crate::ledger::{End, Settlement, Swept, Why};

impl Sqlite {
    pub(super) async fn sweep_all(
        &self,
        now: Timestamp,
        receipt_wait: Duration,
        rows_max: usize,
    ) -> Result<Swept, Halt> {
        let mut swept = Swept::default();
        let mut tx = self.begin_write().await?;
        expire_dispatches(&mut tx, now, &mut swept).await?;
        end_retries(&mut tx, now, rows_max, &mut swept).await?;
        take_over_claims(&mut tx, now, self.lease_now(now), rows_max, &mut swept).await?;
        mark_overdue(&mut tx, now, receipt_wait, rows_max, &mut swept).await?;
        end_alerts(&mut tx, now, rows_max, &mut swept).await?;
        tx.commit().await?;
        Ok(swept)
    }
}

async fn expire_dispatches(
    connection: &mut SqliteConnection,
    now: Timestamp,
    swept: &mut Swept,
) -> Result<(), Halt> {
    let expired: Vec<i64> =
        sqlx::query_scalar(sql::SWEEP_EXPIRE).bind(micros(now)).fetch_all(connection).await?;
    for messages in expired {
        swept.expired += usize::try_from(messages).unwrap_or_default();
    }
    Ok(())
}

/// Retries of dispatches that have ended never run.
async fn end_retries(
    connection: &mut SqliteConnection,
    now: Timestamp,
    rows_max: usize,
    swept: &mut Swept,
) -> Result<(), Halt> {
    type Row = (i64, i64, i64, String, i64, Option<i64>);
    let rows: Vec<Row> =
        sqlx::query_as(sql::SWEEP_RETRIES).bind(limit(rows_max)).fetch_all(&mut *connection).await?;
    swept.more |= !rows.is_empty() && rows.len() >= rows_max;
    let stopped = rows.into_iter().map(stored::stopped).collect::<Result<Vec<_>, _>>()?;
    let plan = plan_stopped(now, &stopped, swept);
    take_retries(connection, &plan.keys).await?;
    add_closings(connection, &plan.closings).await?;
    for (lane, doubts) in &plan.doubts {
        add_doubts(connection, *lane, doubts).await?;
    }
    apply_shifts(connection, &plan.shifts).await
}

/// An open claim whose owner is gone.
struct Orphan {
    id: ClaimId,
    lane: LaneId,
    facts: ClaimFacts,
}

/// The epoch of a lane whose lease is over grows first, so that a stale owner is refused from here on.
async fn take_over_claims(
    connection: &mut SqliteConnection,
    now: Timestamp,
    lease_now: Timestamp,
    rows_max: usize,
    swept: &mut Swept,
) -> Result<(), Halt> {
    type Row = (i64, i64, i64, i64, Option<i64>, Option<i64>, i64);
    sqlx::query(sql::SWEEP_LANES).bind(micros(lease_now)).execute(&mut *connection).await?;
    let rows: Vec<Row> =
        sqlx::query_as(sql::SWEEP_CLAIMS).bind(limit(rows_max)).fetch_all(&mut *connection).await?;
    swept.more |= !rows.is_empty() && rows.len() >= rows_max;
    let mut room = limit(rows_max);
    for (id, lane, alert, route, from, to, messages) in rows {
        if room <= 0 {
            swept.more = true;
            break;
        }
        room -= messages;
        let dispatch = (AlertId(alert), stored::route(route, "dispatch")?);
        let facts = ClaimFacts { dispatch, range: from.zip(to), closed: false };
        let orphan = Orphan { id: ClaimId(id), lane: stored::lane(lane, "claim")?, facts };
        swept.uncertain += take_over(connection, now, &orphan).await?;
    }
    Ok(())
}

/// Its unanswered messages are treated like attempts without an answer; then it is closed.
async fn take_over(
    connection: &mut SqliteConnection,
    now: Timestamp,
    orphan: &Orphan,
) -> Result<usize, Halt> {
    let (ended, retries) = unanswered(connection, now, orphan).await?;
    let rules = load_rules(connection, ended.iter().map(|settlement| dispatch_of(settlement.key))).await?;
    let claims = HashMap::from([(orphan.id, orphan.facts)]);
    let plan = plan_settle(&ended, &SettleFacts { claims, retries, rules, ..SettleFacts::default() })?;
    write_plan(connection, now, orphan.lane, &plan).await?;
    apply_shifts(connection, &plan.shifts).await?;
    sqlx::query(sql::CLAIM_CLOSE).bind(json(&[orphan.id])?).bind(micros(now)).execute(connection).await?;
    Ok(plan.applied)
}

async fn unanswered(
    connection: &mut SqliteConnection,
    now: Timestamp,
    orphan: &Orphan,
) -> Result<(Vec<Settlement>, HashMap<usize, RetryFacts>), Halt> {
    let (alert, route) = orphan.facts.dispatch;
    let lost = |seq, attempt, strikes| Settlement {
        key: MessageKey { alert, route, seq },
        claim: orphan.id,
        attempt,
        accepted: Vec::new(),
        end: End::Uncertain {
            why: Why { code: "crash".into(), text: "the sender stopped between claim and answer".into() },
            resend_at: now,
            strikes,
        },
        at: now,
    };
    let mut retries = HashMap::new();
    if let Some((from, to)) = orphan.facts.range {
        let seqs: Vec<i64> = sqlx::query_scalar(sql::SWEEP_RANGE)
            .bind(alert.0)
            .bind(route.0)
            .bind(from)
            .bind(to)
            .fetch_all(connection)
            .await?;
        return Ok((seqs.into_iter().map(|seq| lost(seq, 1, 0)).collect(), retries));
    }
    let rows: Vec<(i64, i64, i64)> =
        sqlx::query_as(sql::SWEEP_TAKEN).bind(orphan.id.0).fetch_all(connection).await?;
    let mut ended = Vec::with_capacity(rows.len());
    for (seq, attempt, strikes) in rows {
        let attempt = stored::number(attempt, "retry", "attempt")?;
        let claim = Some(orphan.id);
        retries.insert(ended.len(), RetryFacts { attempt, possible_repeat: false, claim });
        ended.push(lost(seq, attempt, stored::number(strikes, "retry", "strikes")?));
    }
    Ok((ended, retries))
}

/// A step through the dispatches whose receipts are overdue, `rows_max` messages long.
async fn mark_overdue(
    connection: &mut SqliteConnection,
    now: Timestamp,
    receipt_wait: Duration,
    rows_max: usize,
    swept: &mut Swept,
) -> Result<(), Halt> {
    let wait = SignedDuration::try_from(receipt_wait).unwrap_or(SignedDuration::MAX);
    let Ok(expired_before) = now.saturating_sub(wait) else { return Ok(()) };
    let picked: Vec<(i64, i64, i64, i64)> = sqlx::query_as(sql::SWEEP_OVERDUE_PICK)
        .bind(micros(expired_before))
        .bind(limit(rows_max))
        .fetch_all(&mut *connection)
        .await?;
    let mut room = limit(rows_max);
    for (alert, route, swept_to, cursor) in picked {
        let last = cursor.saturating_sub(1);
        let to = swept_to.saturating_add(room).min(last);
        room -= to - swept_to;
        let marked = sqlx::query(sql::SWEEP_OVERDUE)
            .bind(alert)
            .bind(route)
            .bind(swept_to)
            .bind(to)
            .bind(micros(now))
            .execute(&mut *connection)
            .await?
            .rows_affected();
        swept.unconfirmed += count(marked);
        sqlx::query(sql::SWEEP_OVERDUE_MOVE)
            .bind(alert)
            .bind(route)
            .bind(limit(count(marked)))
            .bind(if to < last { to } else { 0 })
            .execute(&mut *connection)
            .await?;
        if to < last || room <= 0 {
            swept.more = true;
            break;
        }
    }
    Ok(())
}

async fn end_alerts(
    connection: &mut SqliteConnection,
    now: Timestamp,
    rows_max: usize,
    swept: &mut Swept,
) -> Result<(), Halt> {
    sqlx::query(sql::SWEEP_STOPPED).execute(&mut *connection).await?;
    let ended: Vec<(i64, String, String)> = sqlx::query_as(sql::SWEEP_ENDED)
        .bind(micros(now))
        .bind(limit(rows_max))
        .fetch_all(&mut *connection)
        .await?;
    swept.more |= !ended.is_empty() && ended.len() >= rows_max;
    for (alert, from, to) in ended {
        let (from, to): (Phase, Phase) =
            (stored::word(&from, "alert", "phase")?, stored::word(&to, "alert", "phase")?);
        let action = if to == Phase::Expired { Action::Expire } else { Action::Complete };
        sqlx::query(sql::SWEEP_ALERT)
            .bind(alert)
            .bind(to.as_str())
            .bind(micros(now))
            .execute(&mut *connection)
            .await?;
        sqlx::query(sql::SWEEP_DISPATCHES).bind(alert).execute(&mut *connection).await?;
        add_event(connection, now, AlertId(alert), (None, action.as_str(), Some(from), to, None)).await?;
        swept.completed += 1;
    }
    Ok(())
}
