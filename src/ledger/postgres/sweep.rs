//! What time alone changes. Each kind is a transaction of its own, so that no lane waits for the whole sweep.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::alerts::{Event, add_event};
use super::columns::limit;
use super::failure::Halt;
use super::rows::{add_closings, add_doubts, shift};
use super::settle::{take_retries, write};
use super::{Postgres, locks, sql};
use crate::domain::{Action, AlertId, ClaimId, LaneId, MessageKey, Phase};
use crate::ledger::batch::stored::{self, micros, number, word};
use crate::ledger::batch::{
    ClaimFacts, DispatchKey, RetryFacts, SettleFacts, Stopped, dispatch_of, plan_settle, plan_stopped,
};
use crate::ledger::{End, Result, Settlement, Swept, Why};

/// A claim whose owner is gone; locked.
struct Orphan {
    id: ClaimId,
    lane: LaneId,
    dispatch: DispatchKey,
    range: Option<(i64, i64)>,
    messages: i64,
}

impl Postgres {
    pub(super) async fn sweep_all(
        &self,
        now: Timestamp,
        receipt_wait: Duration,
        rows_max: usize,
    ) -> Result<Swept, Halt> {
        let mut swept = Swept::default();
        let expired: Vec<i64> =
            query_scalar(sql::SWEEP_EXPIRE).bind(micros(now)).fetch_all(&self.pool).await?;
        swept.expired += usize::try_from(expired.iter().sum::<i64>()).unwrap_or(usize::MAX);
        self.sweep_retries(now, rows_max, &mut swept).await?;
        query(sql::SWEEP_LANES).bind(self.lease_now(now)).execute(&self.pool).await?;
        self.sweep_claims(now, rows_max, &mut swept).await?;
        let wait = SignedDuration::try_from(receipt_wait).unwrap_or(SignedDuration::MAX);
        let expired_by = now.saturating_sub(wait).unwrap_or(Timestamp::MIN);
        self.sweep_overdue(now, expired_by, rows_max, &mut swept).await?;
        self.sweep_alerts(now, rows_max, &mut swept).await?;
        query(sql::SWEEP_STOPPED).execute(&self.pool).await?;
        Ok(swept)
    }

    /// Retries of dispatches that have ended and are not under way.
    async fn sweep_retries(&self, now: Timestamp, rows_max: usize, swept: &mut Swept) -> Result<(), Halt> {
        let mut tx = self.begin().await?;
        let dispatches: BTreeSet<DispatchKey> =
            stopped(&mut tx, rows_max).await?.iter().map(|stopped| dispatch_of(stopped.key)).collect();
        if dispatches.is_empty() {
            return Ok(());
        }
        locks::rules(&mut tx, &dispatches).await?;
        // Looked up again under the lock; what came from elsewhere meanwhile has its turn next time.
        let mut ended = stopped(&mut tx, rows_max).await?;
        swept.more |= ended.len() >= rows_max;
        ended.retain(|stopped| dispatches.contains(&dispatch_of(stopped.key)));
        let plan = plan_stopped(now, &ended, swept);
        add_closings(&mut tx, &plan.closings).await?;
        for (lane, doubts) in &plan.doubts {
            add_doubts(&mut tx, *lane, doubts).await?;
        }
        take_retries(&mut tx, plan.keys.into_iter().collect()).await?;
        shift(&mut tx, &plan.shifts).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Claims of owners that are gone: what has no answer is in doubt, or sent again by policy.
    async fn sweep_claims(&self, now: Timestamp, rows_max: usize, swept: &mut Swept) -> Result<(), Halt> {
        let mut tx = self.begin().await?;
        let mut orphans = orphans(&mut tx, rows_max).await?;
        let all = orphans.len();
        let mut messages = 0;
        orphans.retain(|orphan| {
            let within = messages == 0 || messages + orphan.messages <= limit(rows_max);
            messages += orphan.messages;
            within
        });
        swept.more |= orphans.len() < all || all >= rows_max;
        if orphans.is_empty() {
            return Ok(());
        }
        let rules = locks::rules(&mut tx, &orphans.iter().map(|orphan| orphan.dispatch).collect()).await?;
        let mut by_lane: BTreeMap<LaneId, Vec<Orphan>> = BTreeMap::new();
        let ids: Vec<i64> = orphans.iter().map(|orphan| orphan.id.0).collect();
        for orphan in orphans {
            by_lane.entry(orphan.lane).or_default().push(orphan);
        }
        for (lane, orphans) in by_lane {
            let mut facts = SettleFacts { rules: rules.clone(), ..SettleFacts::default() };
            let mut ended = Vec::new();
            for orphan in &orphans {
                unanswered(&mut tx, now, orphan, &mut facts, &mut ended).await?;
            }
            let plan = plan_settle(&ended, &facts)?;
            swept.uncertain += plan.applied;
            write(&mut tx, now, lane, &plan).await?;
            shift(&mut tx, &plan.shifts).await?;
        }
        query(sql::CLAIM_CLOSE).bind(ids).bind(micros(now)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Receipts that were due long ago.
    async fn sweep_overdue(
        &self,
        now: Timestamp,
        expired_by: Timestamp,
        rows_max: usize,
        swept: &mut Swept,
    ) -> Result<(), Halt> {
        let mut left = limit(rows_max);
        while left > 0 {
            let mut tx = self.begin().await?;
            let picked: Option<(i64, i64, i64, i64)> =
                query_as(sql::SWEEP_OVERDUE_PICK).bind(micros(expired_by)).fetch_optional(&mut *tx).await?;
            let Some((alert, route, swept_to, cursor)) = picked else { return Ok(()) };
            let end = cursor - 1;
            let to = end.min(swept_to.saturating_add(left));
            let overdue = query(sql::SWEEP_OVERDUE)
                .bind(alert)
                .bind(route)
                .bind(swept_to)
                .bind(to)
                .bind(micros(now))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            // From its end a dispatch is examined anew, for answers that came late.
            let next = if to >= end { 0 } else { to };
            query(sql::SWEEP_OVERDUE_MOVE)
                .bind(alert)
                .bind(route)
                .bind(i64::try_from(overdue).unwrap_or(i64::MAX))
                .bind(next)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            swept.unconfirmed += usize::try_from(overdue).unwrap_or(usize::MAX);
            left -= (to - swept_to).max(1);
        }
        swept.more = true;
        Ok(())
    }

    /// Alerts with nothing left to wait for.
    async fn sweep_alerts(&self, now: Timestamp, rows_max: usize, swept: &mut Swept) -> Result<(), Halt> {
        let ended: Vec<(i64, String, String)> =
            query_as(sql::SWEEP_ENDED).bind(micros(now)).bind(limit(rows_max)).fetch_all(&self.pool).await?;
        swept.more |= ended.len() >= rows_max;
        for (alert, from, to) in ended {
            let (from, to): (Phase, Phase) = (word(&from, "alert", "phase")?, word(&to, "alert", "phase")?);
            swept.completed += usize::from(self.end_alert(now, AlertId(alert), from, to).await?);
        }
        Ok(())
    }

    async fn end_alert(&self, now: Timestamp, alert: AlertId, from: Phase, to: Phase) -> Result<bool, Halt> {
        let mut tx = self.begin().await?;
        let moved = query(sql::SWEEP_ALERT)
            .bind(alert.0)
            .bind(to.as_str())
            .bind(micros(now))
            .bind(from.as_str())
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        query(sql::SWEEP_DISPATCHES).bind(alert.0).execute(&mut *tx).await?;
        let action = if to == Phase::Expired { Action::Expire } else { Action::Complete };
        add_event(&mut tx, now, alert, &Event::own(&action, from, to)).await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn stopped(connection: &mut PgConnection, rows_max: usize) -> Result<Vec<Stopped>, Halt> {
    type Row = (i64, i64, i64, String, i64, Option<i64>);
    let rows: Vec<Row> = query_as(sql::SWEEP_RETRIES).bind(limit(rows_max)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(stored::stopped).collect::<Result<_>>()?)
}

async fn orphans(connection: &mut PgConnection, rows_max: usize) -> Result<Vec<Orphan>, Halt> {
    type Row = (i64, i64, i64, i64, Option<i64>, Option<i64>, i64);
    let rows: Vec<Row> = query_as(sql::SWEEP_CLAIMS).bind(limit(rows_max)).fetch_all(connection).await?;
    let mut orphans = Vec::with_capacity(rows.len());
    for (id, lane, alert, route, from, to, messages) in rows {
        orphans.push(Orphan {
            id: ClaimId(id),
            lane: stored::lane(lane, "claim")?,
            dispatch: (AlertId(alert), stored::route(route, "claim")?),
            range: from.zip(to),
            messages,
        });
    }
    Ok(orphans)
}

/// The attempts of a claim that nobody has answered for, as attempts that ended without an answer.
async fn unanswered(
    connection: &mut PgConnection,
    now: Timestamp,
    orphan: &Orphan,
    facts: &mut SettleFacts,
    ended: &mut Vec<Settlement>,
) -> Result<(), Halt> {
    let (alert, route) = orphan.dispatch;
    let claim = ClaimFacts { dispatch: orphan.dispatch, range: orphan.range, closed: false };
    facts.claims.insert(orphan.id, claim);
    let attempts: Vec<(i64, i64, i64)> = match orphan.range {
        Some((from, to)) => {
            let seqs: Vec<i64> = query_scalar(sql::SWEEP_RANGE)
                .bind(alert.0)
                .bind(i64::from(route.0))
                .bind(from)
                .bind(to)
                .fetch_all(connection)
                .await?;
            seqs.into_iter().map(|seq| (seq, 1, 0)).collect()
        }
        None => query_as(sql::SWEEP_TAKEN).bind(orphan.id.0).fetch_all(connection).await?,
    };
    let mut retries = HashMap::new();
    for (seq, attempt, strikes) in attempts {
        let attempt = number(attempt, "retry", "attempt")?;
        if orphan.range.is_none() {
            let retry = RetryFacts { attempt, possible_repeat: false, claim: Some(orphan.id) };
            retries.insert(ended.len(), retry);
        }
        ended.push(Settlement {
            key: MessageKey { alert, route, seq },
            claim: orphan.id,
            attempt,
            accepted: Vec::new(),
            end: End::Uncertain {
                why: Why { code: "crash".into(), text: "the sender stopped between claim and answer".into() },
                resend_at: now,
                strikes: number(strikes, "retry", "strikes")?,
            },
            at: now,
        });
    }
    facts.retries.extend(retries);
    Ok(())
}
