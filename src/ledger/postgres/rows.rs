//! Rows that plans ask for, written a batch at a time.

use sqlx::postgres::PgConnection;
use sqlx::query;

use super::columns::{Keys, each};
use super::failure::Halt;
use super::sql;
use crate::domain::LaneId;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{ClosingRow, DoubtRow, RetryRow, Shifts, SubmissionRow};

pub(super) async fn add_submissions(
    connection: &mut PgConnection,
    lane: LaneId,
    rows: &[SubmissionRow],
) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Keys = rows.iter().map(|row| row.key).collect();
    query(sql::SUBMISSION_ADD)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(rows, |row| i64::from(row.attempt)))
        .bind(each(rows, |row| i64::from(row.part)))
        .bind(each(rows, |row| row.outcome))
        .bind(each(rows, |row| row.reference.as_deref()))
        .bind(each(rows, |row| row.code.as_deref()))
        .bind(each(rows, |row| row.reason.as_deref()))
        .bind(each(rows, |row| micros(row.at)))
        .bind(i64::from(lane.0))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn add_closings(connection: &mut PgConnection, rows: &[ClosingRow]) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Keys = rows.iter().map(|row| row.key).collect();
    query(sql::CLOSING_ADD)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(rows, |row| row.verdict.as_str()))
        .bind(each(rows, |row| row.attempt.map(i64::from)))
        .bind(each(rows, |row| row.code.as_deref()))
        .bind(each(rows, |row| row.provider_at.map(micros)))
        .bind(each(rows, |row| micros(row.at)))
        .bind(each(rows, |row| row.raw.as_deref()))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn add_doubts(
    connection: &mut PgConnection,
    lane: LaneId,
    rows: &[DoubtRow],
) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Keys = rows.iter().map(|row| row.key).collect();
    query(sql::DOUBT_ADD)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(rows, |row| i64::from(row.attempt)))
        .bind(each(rows, |row| row.reason.as_str()))
        .bind(each(rows, |row| micros(row.at)))
        .bind(i64::from(lane.0))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn put_retries(connection: &mut PgConnection, rows: &[RetryRow]) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Keys = rows.iter().map(|row| row.key).collect();
    query(sql::RETRY_PUT)
        .bind(keys.alerts)
        .bind(keys.routes)
        .bind(keys.seqs)
        .bind(each(rows, |row| micros(row.due_at)))
        .bind(each(rows, |row| i64::from(row.attempt)))
        .bind(each(rows, |row| i64::from(row.strikes)))
        .bind(each(rows, |row| i64::from(row.possible_repeat)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves the counters: last of all, in the same transaction as the facts.
pub(super) async fn shift(connection: &mut PgConnection, shifts: &Shifts) -> Result<(), Halt> {
    let changes: Vec<_> = shifts.changes().collect();
    if changes.is_empty() {
        return Ok(());
    }
    query(sql::DISPATCH_SHIFT)
        .bind(each(&changes, |((alert, _), _)| alert.0))
        .bind(each(&changes, |((_, route), _)| i64::from(route.0)))
        .bind(each(&changes, |(_, counts)| counts.accepted))
        .bind(each(&changes, |(_, counts)| counts.queued))
        .bind(each(&changes, |(_, counts)| counts.in_flight))
        .bind(each(&changes, |(_, counts)| counts.sent))
        .bind(each(&changes, |(_, counts)| counts.delivered))
        .bind(each(&changes, |(_, counts)| counts.undelivered))
        .bind(each(&changes, |(_, counts)| counts.unconfirmed))
        .bind(each(&changes, |(_, counts)| counts.failed))
        .bind(each(&changes, |(_, counts)| counts.expired))
        .bind(each(&changes, |(_, counts)| counts.cancelled))
        .bind(each(&changes, |(_, counts)| counts.uncertain))
        .bind(each(&changes, |(_, counts)| counts.possible_repeats))
        .bind(each(&changes, |(_, counts)| counts.parts_submitted))
        .execute(connection)
        .await?;
    Ok(())
}
