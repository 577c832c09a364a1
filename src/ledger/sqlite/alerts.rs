//! Alerts, and what people decide about them.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::failure::Halt;
use super::rows::{add_event, apply_shifts, json, keys, limit, put_retries};
use super::{Sqlite, sql};
use crate::domain::{AlertId, MessageKey, Phase, State, UserId};
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{RetryRow, Shifts};
use crate::ledger::{AlertEvent, AlertRow, Applied, LedgerError, NewAlert, PhaseChange, Result};

impl Sqlite {
    pub(super) async fn add_alert(&self, now: Timestamp, alert: &NewAlert) -> Result<AlertId, Halt> {
        let id: i64 = sqlx::query_scalar(sql::ALERT_ADD)
            .bind(alert.kind.as_str())
            .bind(alert.mode.as_str())
            .bind(alert.severity.as_str())
            .bind(alert.refers_to.map(|id| id.0))
            .bind(json(&alert.content)?)
            .bind(alert.content_hash.to_string())
            .bind(json(&alert.audience)?)
            .bind(alert.uncertain.as_str())
            .bind(alert.author.0)
            .bind(micros(alert.expires_at))
            .bind(micros(now))
            .bind(json(&alert.plan)?)
            .fetch_one(&self.writer)
            .await?;
        Ok(AlertId(id))
    }

    pub(super) async fn read_alert(&self, alert: AlertId) -> Result<Option<AlertRow>, Halt> {
        let row = sqlx::query(sql::ALERT_READ).bind(alert.0).fetch_optional(&self.readers).await?;
        row.map(|row| alert_row(&row)).transpose()
    }

    pub(super) async fn read_alerts(
        &self,
        phase: Option<Phase>,
        before: Option<AlertId>,
        rows_max: usize,
    ) -> Result<Vec<AlertRow>, Halt> {
        let rows = sqlx::query(sql::ALERTS)
            .bind(phase.map(Phase::as_str))
            .bind(before.map(|id| id.0))
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(alert_row).collect()
    }

    pub(super) async fn read_alerts_to_fan_out(&self) -> Result<Vec<AlertRow>, Halt> {
        let rows = sqlx::query(sql::ALERTS_TO_FAN_OUT).fetch_all(&self.readers).await?;
        rows.iter().map(alert_row).collect()
    }

    pub(super) async fn edit_alert(
        &self,
        now: Timestamp,
        alert: AlertId,
        version: i64,
        next: &NewAlert,
    ) -> Result<Applied, Halt> {
        let mut tx = self.begin_write().await?;
        let Some((phase, _)) = stands(&mut tx, alert).await? else { return Ok(Applied::NoSuchAlert) };
        let done = sqlx::query(sql::ALERT_EDIT)
            .bind(alert.0)
            .bind(version)
            .bind(next.kind.as_str())
            .bind(next.mode.as_str())
            .bind(next.severity.as_str())
            .bind(next.refers_to.map(|id| id.0))
            .bind(json(&next.content)?)
            .bind(next.content_hash.to_string())
            .bind(json(&next.audience)?)
            .bind(next.uncertain.as_str())
            .bind(next.author.0)
            .bind(micros(next.expires_at))
            .bind(micros(now))
            .bind(json(&next.plan)?)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return stale(&mut tx, alert).await;
        }
        drop_frozen(&mut tx, alert).await?;
        let event = (Some(next.author), "edit", Some(phase), Phase::Draft, None);
        add_event(&mut tx, now, alert, event).await?;
        tx.commit().await?;
        Ok(Applied::Yes)
    }

    pub(super) async fn change_alert(&self, now: Timestamp, change: &PhaseChange) -> Result<Applied, Halt> {
        let mut tx = self.begin_write().await?;
        let done = sqlx::query(sql::ALERT_CHANGE)
            .bind(change.alert.0)
            .bind(change.version)
            .bind(change.from.as_str())
            .bind(change.to.as_str())
            .bind(micros(now))
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return stale(&mut tx, change.alert).await;
        }
        follow(&mut tx, now, change).await?;
        let event =
            (change.account, change.action.as_str(), Some(change.from), change.to, change.reason.as_deref());
        add_event(&mut tx, now, change.alert, event).await?;
        tx.commit().await?;
        Ok(Applied::Yes)
    }

    pub(super) async fn read_alert_events(&self, alert: AlertId) -> Result<Vec<AlertEvent>, Halt> {
        type Row = (
            i64,
            i64,
            Option<i64>,
            Option<String>,
            String,
            Option<String>,
            String,
            i64,
            Option<String>,
            String,
        );
        let rows: Vec<Row> = sqlx::query_as(sql::ALERT_EVENTS).bind(alert.0).fetch_all(&self.readers).await?;
        rows.into_iter()
            .map(|(n, at, account, account_name, action, from, to, version, reason, hash)| {
                Ok(AlertEvent {
                    n,
                    at: stored::time(at, "alert", "at")?,
                    account: account.map(UserId),
                    account_name,
                    action,
                    from_phase: from
                        .map(|from| stored::word(&from, "alert_event", "from_phase"))
                        .transpose()?,
                    to_phase: stored::word(&to, "alert_event", "to_phase")?,
                    version,
                    reason,
                    content_hash: stored::word(&hash, "alert_event", "content_hash")?,
                })
            })
            .collect()
    }

    pub(super) async fn resend_doubts(
        &self,
        now: Timestamp,
        alert: AlertId,
        account: UserId,
    ) -> Result<i64, Halt> {
        let mut tx = self.begin_write().await?;
        let rows: Vec<(i64, i64, i64, i64)> =
            sqlx::query_as(sql::RESEND_PICK).bind(alert.0).bind(micros(now)).fetch_all(&mut *tx).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut shifts = Shifts::default();
        let mut retries = Vec::with_capacity(rows.len());
        for (alert, route, seq, attempt) in rows {
            let key = stored::key(alert, route, seq)?;
            let attempt = stored::number::<i32>(attempt, "doubt", "attempt")?.saturating_add(1);
            shifts.shift(key, State::Uncertain, State::Queued);
            retries.push(RetryRow { key, due_at: now, attempt, strikes: 0, possible_repeat: true });
        }
        let messages: Vec<MessageKey> = retries.iter().map(|retry| retry.key).collect();
        sqlx::query(sql::DOUBT_RESOLVE).bind(keys(messages)?).execute(&mut *tx).await?;
        put_retries(&mut tx, &retries).await?;
        apply_shifts(&mut tx, &shifts).await?;
        if let Some((phase, _)) = stands(&mut tx, alert).await? {
            let event = (Some(account), "resend", Some(phase), phase, None);
            add_event(&mut tx, now, alert, event).await?;
        }
        tx.commit().await?;
        Ok(limit(retries.len()))
    }
}

/// What else a change of phase changes.
async fn follow(connection: &mut SqliteConnection, now: Timestamp, change: &PhaseChange) -> Result<(), Halt> {
    let alert = change.alert;
    match change.to {
        Phase::Approved => {
            sqlx::query(sql::ALERT_APPROVE)
                .bind(alert.0)
                .bind(change.account.map(|account| account.0))
                .bind(micros(now))
                .execute(connection)
                .await?;
        }
        Phase::Draft => {
            sqlx::query(sql::ALERT_UNAPPROVE).bind(alert.0).execute(&mut *connection).await?;
            drop_frozen(connection, alert).await?;
        }
        Phase::Paused | Phase::Dispatching => {
            let state = if change.to == Phase::Paused { "paused" } else { "running" };
            sqlx::query(sql::DISPATCH_PAUSE).bind(alert.0).bind(state).execute(connection).await?;
        }
        Phase::Cancelled | Phase::Expired => {
            sqlx::query(sql::DISPATCH_END).bind(alert.0).bind(change.to.as_str()).execute(connection).await?;
        }
        Phase::Submitted | Phase::Completed | Phase::Rejected => {}
    }
    Ok(())
}

/// What was frozen for an approval that no longer stands.
async fn drop_frozen(connection: &mut SqliteConnection, alert: AlertId) -> Result<(), Halt> {
    sqlx::query(sql::TARGET_DROP).bind(alert.0).execute(&mut *connection).await?;
    sqlx::query(sql::LEG_DROP).bind(alert.0).execute(&mut *connection).await?;
    sqlx::query(sql::REACHED_DROP).bind(alert.0).execute(&mut *connection).await?;
    sqlx::query(sql::EXCLUSION_DROP).bind(alert.0).execute(connection).await?;
    Ok(())
}

async fn stands(connection: &mut SqliteConnection, alert: AlertId) -> Result<Option<(Phase, i64)>, Halt> {
    let row: Option<(String, i64)> =
        sqlx::query_as(sql::ALERT_STANDS).bind(alert.0).fetch_optional(connection).await?;
    row.map(|(phase, version)| Ok((stored::word(&phase, "alert", "phase")?, version))).transpose()
}

async fn stale(connection: &mut SqliteConnection, alert: AlertId) -> Result<Applied, Halt> {
    Ok(match stands(connection, alert).await? {
        Some((phase, version)) => Applied::Stale { phase, version },
        None => Applied::NoSuchAlert,
    })
}

/// Columns in the order of the `alert_read`, `alerts` and `alerts_to_fan_out` statements.
fn alert_row(row: &SqliteRow) -> Result<AlertRow, Halt> {
    let text = |index: usize| row.try_get::<String, _>(index);
    let text_maybe = |index: usize| row.try_get::<Option<String>, _>(index);
    let number = |index: usize| row.try_get::<i64, _>(index);
    let number_maybe = |index: usize| row.try_get::<Option<i64>, _>(index);
    Ok(AlertRow {
        id: AlertId(number(0)?),
        kind: stored::word(&text(1)?, "alert", "kind")?,
        mode: stored::word(&text(2)?, "alert", "mode")?,
        severity: stored::word(&text(3)?, "alert", "severity")?,
        phase: stored::word(&text(4)?, "alert", "phase")?,
        version: number(5)?,
        refers_to: number_maybe(6)?.map(AlertId),
        content: from_json("content", &text(7)?)?,
        content_hash: stored::word(&text(8)?, "alert", "content_hash")?,
        approved_hash: text_maybe(9)?
            .map(|hash| stored::word(&hash, "alert", "approved_hash"))
            .transpose()?,
        audience: from_json("audience", &text(10)?)?,
        uncertain: stored::word(&text(11)?, "alert", "uncertain")?,
        author: UserId(number(12)?),
        approver: number_maybe(13)?.map(UserId),
        expires_at: stored::time(number(14)?, "alert", "at")?,
        created_at: stored::time(number(15)?, "alert", "at")?,
        updated_at: stored::time(number(16)?, "alert", "at")?,
        approved_at: stored::time_option(number_maybe(17)?, "alert", "at")?,
        frozen_at: stored::time_option(number_maybe(18)?, "alert", "at")?,
        targets: number(19)?,
        excluded: number(20)?,
        target_digest: text_maybe(21)?,
        fanned_to: number(22)?,
        ended_at: stored::time_option(number_maybe(23)?, "alert", "at")?,
        plan: from_json("plan", &text(24)?)?,
    })
}

fn from_json<T: serde::de::DeserializeOwned>(column: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| LedgerError::Inconsistent {
        table: "alert",
        column,
        // The text itself may be long and is not repeated.
        row: format!("{} bytes", text.len()),
        why: error.to_string(),
    })
}
