//! Between Rust and rows: batches as JSON arrays, times as microseconds, words as types; and the inserts that several
//! verbs share.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::sql;
use crate::domain::{AlertId, LaneId, MessageKey, Phase, State, UncertainPolicy, UserId};
use crate::ledger::Result;
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{
    ClosingRow, DispatchKey, DoubtRow, RetryRow, Rules, RulesByDispatch, Shifts, SubmissionRow,
};

pub(super) fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

pub(super) fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}

/// A batch as a statement takes it.
pub(super) fn json(batch: &impl Serialize) -> Result<String, Halt> {
    serde_json::to_string(batch).map_err(|error| sqlx::Error::Encode(error.into()).into())
}

/// `[[alert, route, seq], …]`
pub(super) fn keys(keys: impl IntoIterator<Item = MessageKey>) -> Result<String, Halt> {
    json(&keys.into_iter().map(|key| (key.alert, key.route, key.seq)).collect::<Vec<_>>())
}

/// What these dispatches say about their messages.
pub(super) async fn load_rules(
    connection: &mut SqliteConnection,
    dispatches: impl IntoIterator<Item = DispatchKey>,
) -> Result<RulesByDispatch, Halt> {
    type Row = (i64, i64, i64, String, Option<String>, i64, bool, bool);
    let wanted: std::collections::BTreeSet<DispatchKey> = dispatches.into_iter().collect();
    if wanted.is_empty() {
        return Ok(RulesByDispatch::new());
    }
    let rows: Vec<Row> =
        sqlx::query_as(sql::DISPATCH_RULES).bind(json(&wanted)?).fetch_all(connection).await?;
    let mut rules = RulesByDispatch::new();
    for (alert, route, parts, policy, ended_as, expires_at, doubts, retries) in rows {
        let policy: UncertainPolicy = stored::word(&policy, "dispatch", "uncertain_policy")?;
        let ended_as =
            ended_as.map(|text| stored::word::<State>(&text, "dispatch", "ended_as")).transpose()?;
        let expires_at = stored::time(expires_at, "dispatch", "expires_at")?;
        rules.insert(
            (AlertId(alert), stored::route(route, "dispatch")?),
            Rules { parts, policy, ended_as, expires_at, doubts, retries },
        );
    }
    Ok(rules)
}

pub(super) async fn add_submissions(
    connection: &mut SqliteConnection,
    lane: LaneId,
    rows: &[SubmissionRow],
) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = rows
        .iter()
        .map(|row| {
            let key = row.key;
            (
                (key.alert, key.route, key.seq, row.attempt, row.part),
                (row.outcome, &row.reference, &row.code, &row.reason, micros(row.at)),
            )
        })
        .map(|((alert, route, seq, attempt, part), (outcome, reference, code, reason, at))| {
            (alert, route, seq, attempt, part, outcome, reference, code, reason, at)
        })
        .collect();
    sqlx::query(sql::SUBMISSION_ADD).bind(json(&batch)?).bind(lane.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn add_closings(connection: &mut SqliteConnection, rows: &[ClosingRow]) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = rows
        .iter()
        .map(|row| {
            let (key, provider_at) = (row.key, row.provider_at.map(micros));
            let verdict = row.verdict.as_str();
            (
                key.alert,
                key.route,
                key.seq,
                verdict,
                row.attempt,
                &row.code,
                provider_at,
                micros(row.at),
                &row.raw,
            )
        })
        .collect();
    sqlx::query(sql::CLOSING_ADD).bind(json(&batch)?).execute(connection).await?;
    Ok(())
}

pub(super) async fn add_doubts(
    connection: &mut SqliteConnection,
    lane: LaneId,
    rows: &[DoubtRow],
) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = rows
        .iter()
        .map(|row| (row.key.alert, row.key.route, row.key.seq, row.attempt, &row.reason, micros(row.at)))
        .collect();
    sqlx::query(sql::DOUBT_ADD).bind(json(&batch)?).bind(lane.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn put_retries(connection: &mut SqliteConnection, rows: &[RetryRow]) -> Result<(), Halt> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch: Vec<_> = rows
        .iter()
        .map(|row| {
            let (key, repeat) = (row.key, i64::from(row.possible_repeat));
            (key.alert, key.route, key.seq, micros(row.due_at), row.attempt, row.strikes, repeat)
        })
        .collect();
    sqlx::query(sql::RETRY_PUT).bind(json(&batch)?).execute(connection).await?;
    Ok(())
}

/// Removes retry rows; the flag: the attempt was under way.
pub(super) async fn take_retries(
    connection: &mut SqliteConnection,
    messages: &[MessageKey],
) -> Result<Vec<(MessageKey, bool)>, Halt> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64, i64, bool)> =
        sqlx::query_as(sql::RETRY_TAKE).bind(keys(messages.iter().copied())?).fetch_all(connection).await?;
    rows.into_iter()
        .map(|(alert, route, seq, claimed)| Ok((stored::key(alert, route, seq)?, claimed)))
        .collect()
}

/// Moves the counters.
pub(super) async fn apply_shifts(connection: &mut SqliteConnection, shifts: &Shifts) -> Result<(), Halt> {
    let changes: Vec<[i64; 15]> = shifts
        .changes()
        .map(|((alert, route), by)| {
            [
                alert.0,
                i64::from(route.0),
                by.accepted,
                by.queued,
                by.in_flight,
                by.sent,
                by.delivered,
                by.undelivered,
                by.unconfirmed,
                by.failed,
                by.expired,
                by.cancelled,
                by.uncertain,
                by.possible_repeats,
                by.parts_submitted,
            ]
        })
        .collect();
    if !changes.is_empty() {
        sqlx::query(sql::DISPATCH_SHIFT).bind(json(&changes)?).execute(connection).await?;
    }
    Ok(())
}

/// Who (`None`: the gateway itself), what, from where to where, why.
pub(super) type EventRow<'a> = (Option<UserId>, &'a str, Option<Phase>, Phase, Option<&'a str>);

/// Writes what was done to an alert.
pub(super) async fn add_event(
    connection: &mut SqliteConnection,
    now: Timestamp,
    alert: AlertId,
    (account, action, from, to, reason): EventRow<'_>,
) -> Result<(), Halt> {
    sqlx::query(sql::ALERT_EVENT_ADD)
        .bind(alert.0)
        .bind(micros(now))
        .bind(account.map(|account| account.0))
        .bind(action)
        .bind(from.map(Phase::as_str))
        .bind(to.as_str())
        .bind(reason)
        .execute(connection)
        .await?;
    Ok(())
}
