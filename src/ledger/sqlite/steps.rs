//! Later steps of plans, doubts that a provider can be asked about, and people whom an earlier alert reached.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::lease::fence;
use super::rows::{apply_shifts, count, json, keys, limit, put_retries};
use super::{Sqlite, sql};
use crate::domain::{AlertId, LaneId, MessageKey, RouteId, State};
use crate::ledger::batch::stored::{key, lane, micros, number, time};
use crate::ledger::batch::{RetryRow, Shifts};
use crate::ledger::{Doubt, Ownership, Progress};

impl Sqlite {
    pub(super) async fn escalate_chunk(&self, now: Timestamp, rows_max: usize) -> Result<Progress, Halt> {
        let mut tx = self.begin_write().await?;
        let due: Option<(i64, i64, i64, i64, i64)> =
            sqlx::query_as(sql::STEP_PICK).bind(micros(now)).fetch_optional(&mut *tx).await?;
        let Some((alert, step, from, targets, expires_at)) = due else { return Ok(Progress::Done(0)) };
        let over = expires_at <= micros(now);
        let to = if over { targets } else { targets.min(from.saturating_add(limit(rows_max))) };
        let mut made = 0;
        if !over && to > from {
            let new = sqlx::query(sql::STEP_MESSAGES)
                .bind(alert)
                .bind(from)
                .bind(to)
                .bind(step)
                .execute(&mut *tx)
                .await?;
            made = count(new.rows_affected());
            sqlx::query(sql::DISPATCH_GROW).bind(alert).execute(&mut *tx).await?;
        }
        sqlx::query(sql::STEP_MOVE)
            .bind(alert)
            .bind(step)
            .bind(to)
            .bind((to >= targets).then_some(micros(now)))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        // Another step may be due as well: the next call finds out.
        Ok(Progress::More(made))
    }

    pub(super) async fn read_doubts(&self, routes: &[RouteId], rows_max: usize) -> Result<Vec<Doubt>, Halt> {
        let rows: Vec<(i64, i64, i64, i64, String, i64)> = sqlx::query_as(sql::DOUBTS)
            .bind(json(&routes)?)
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter()
            .map(|(alert, route, seq, attempt, address, at)| {
                Ok(Doubt {
                    key: key(alert, route, seq)?,
                    attempt: number(attempt, "doubt", "attempt")?,
                    address,
                    at: time(at, "doubt", "at")?,
                })
            })
            .collect()
    }

    pub(super) async fn read_accepted_references(
        &self,
        lane: LaneId,
        rows_max: usize,
    ) -> Result<Vec<String>, Halt> {
        Ok(sqlx::query_scalar(sql::ACCEPTED_REFERENCES)
            .bind(i64::from(lane.0))
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?)
    }

    pub(super) async fn requeue_absent(
        &self,
        now: Timestamp,
        owner: &Ownership,
        messages: &[MessageKey],
    ) -> Result<usize, Halt> {
        let mut tx = self.begin_write().await?;
        fence(&mut tx, owner).await?;
        let retries = absent(&mut tx, now, messages).await?;
        if retries.is_empty() {
            return Ok(0);
        }
        let mut shifts = Shifts::default();
        for retry in &retries {
            shifts.shift(retry.key, State::Uncertain, State::Queued);
        }
        let back: Vec<MessageKey> = retries.iter().map(|retry| retry.key).collect();
        sqlx::query(sql::DOUBT_RESOLVE).bind(keys(back)?).execute(&mut *tx).await?;
        put_retries(&mut tx, &retries).await?;
        apply_shifts(&mut tx, &shifts).await?;
        tx.commit().await?;
        Ok(retries.len())
    }

    pub(super) async fn find_lane(
        &self,
        lanes: &[LaneId],
        references: &[String],
    ) -> Result<Option<LaneId>, Halt> {
        let found: Option<i64> = sqlx::query_scalar(sql::LANE_OF)
            .bind(json(&lanes)?)
            .bind(json(&references)?)
            .fetch_optional(&self.readers)
            .await?;
        Ok(found.map(|id| lane(id, "submission")).transpose()?)
    }

    pub(super) async fn find_reference(
        &self,
        alert: AlertId,
        route: RouteId,
    ) -> Result<Option<String>, Halt> {
        Ok(sqlx::query_scalar(sql::REFERENCE_OF)
            .bind(alert.0)
            .bind(i64::from(route.0))
            .fetch_optional(&self.readers)
            .await?)
    }
}

/// Those still in doubt, as attempts to come.
async fn absent(
    connection: &mut SqliteConnection,
    now: Timestamp,
    messages: &[MessageKey],
) -> Result<Vec<RetryRow>, Halt> {
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(sql::ABSENT_PICK)
        .bind(keys(messages.iter().copied())?)
        .bind(micros(now))
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|(alert, route, seq, attempt)| {
            let attempt = number::<i32>(attempt, "doubt", "attempt")?.saturating_add(1);
            let key = key(alert, route, seq)?;
            Ok(RetryRow { key, due_at: now, attempt, strikes: 0, possible_repeat: false })
        })
        .collect()
}

/// Looks through the next messages of the earlier alert. True: all have been seen.
pub(super) async fn search_reached(
    connection: &mut SqliteConnection,
    alert: AlertId,
    earlier: AlertId,
    rows_max: usize,
) -> Result<bool, Halt> {
    let stands: Option<(i64, i64, i64)> =
        sqlx::query_as(sql::REACH_STANDS).bind(alert.0).fetch_optional(&mut *connection).await?;
    let Some((route, seq, 0)) = stands else { return Ok(true) };
    let last: Option<(i64, i64)> = sqlx::query_as(sql::REACH_LAST)
        .bind(earlier.0)
        .bind(route)
        .bind(seq)
        .bind(limit(rows_max))
        .fetch_optional(&mut *connection)
        .await?;
    if last.is_some() {
        sqlx::query(sql::REACH_FIND)
            .bind(earlier.0)
            .bind(route)
            .bind(seq)
            .bind(limit(rows_max))
            .bind(alert.0)
            .execute(&mut *connection)
            .await?;
    }
    let (to_route, to_seq) = last.unwrap_or((route, seq));
    sqlx::query(sql::REACH_MOVE)
        .bind(alert.0)
        .bind(to_route)
        .bind(to_seq)
        .bind(i64::from(last.is_none()))
        .execute(connection)
        .await?;
    Ok(last.is_none())
}
