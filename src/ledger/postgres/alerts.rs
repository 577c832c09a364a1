//! Alerts, and what people decide about them.

use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Row, query, query_as, query_scalar};

use super::columns::{Keys, limit};
use super::failure::Halt;
use super::rows::{put_retries, shift};
use super::{Postgres, locks, sql};
use crate::domain::{Action, AlertId, Phase, State, UserId};
use crate::ledger::batch::stored::{key, micros, number, time, time_option, word};
use crate::ledger::batch::{RetryRow, Shifts, dispatch_of};
use crate::ledger::{AlertEvent, AlertRow, Applied, LedgerError, NewAlert, PhaseChange, Result};

/// What was done to an alert.
pub(super) struct Event<'a> {
    /// None: the gateway itself.
    pub(super) account: Option<UserId>,
    pub(super) action: &'a str,
    pub(super) from: Phase,
    pub(super) to: Phase,
    pub(super) reason: Option<&'a str>,
}

impl Event<'_> {
    /// What the gateway itself does.
    pub(super) fn own(action: &Action, from: Phase, to: Phase) -> Self {
        Self { account: None, action: action.as_str(), from, to, reason: None }
    }
}

/// Writes it into the alert's history.
pub(super) async fn add_event(
    connection: &mut PgConnection,
    now: Timestamp,
    alert: AlertId,
    event: &Event<'_>,
) -> Result<(), Halt> {
    query(sql::ALERT_EVENT_ADD)
        .bind(alert.0)
        .bind(micros(now))
        .bind(event.account.map(|account| account.0))
        .bind(event.action)
        .bind(event.from.as_str())
        .bind(event.to.as_str())
        .bind(event.reason)
        .execute(connection)
        .await?;
    Ok(())
}

impl Postgres {
    pub(super) async fn add_alert(&self, now: Timestamp, alert: &NewAlert) -> Result<AlertId, Halt> {
        let id: i64 = query_scalar(sql::ALERT_ADD)
            .bind(alert.kind.as_str())
            .bind(alert.mode.as_str())
            .bind(alert.severity.as_str())
            .bind(alert.refers_to.map(|id| id.0))
            .bind(json("content", &alert.content)?)
            .bind(alert.content_hash.to_string())
            .bind(json("audience", &alert.audience)?)
            .bind(alert.uncertain.as_str())
            .bind(alert.author.0)
            .bind(micros(alert.expires_at))
            .bind(micros(now))
            .bind(json("plan", &alert.plan)?)
            .fetch_one(&self.pool)
            .await?;
        Ok(AlertId(id))
    }

    pub(super) async fn read_alert(&self, alert: AlertId) -> Result<Option<AlertRow>, Halt> {
        let row = query(sql::ALERT_READ).bind(alert.0).fetch_optional(&self.pool).await?;
        row.map(|row| alert_row(&row)).transpose()
    }

    pub(super) async fn read_alerts(
        &self,
        phase: Option<Phase>,
        before: Option<AlertId>,
        rows_max: usize,
    ) -> Result<Vec<AlertRow>, Halt> {
        let rows = query(sql::ALERTS)
            .bind(phase.map(Phase::as_str))
            .bind(before.map(|id| id.0))
            .bind(limit(rows_max))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(alert_row).collect()
    }

    pub(super) async fn read_alerts_to_fan_out(&self) -> Result<Vec<AlertRow>, Halt> {
        let rows = query(sql::ALERTS_TO_FAN_OUT).fetch_all(&self.pool).await?;
        rows.iter().map(alert_row).collect()
    }

    pub(super) async fn edit_alert(
        &self,
        now: Timestamp,
        alert: AlertId,
        version: i64,
        next: &NewAlert,
    ) -> Result<Applied, Halt> {
        let mut tx = self.begin().await?;
        let Some((phase, _)) = stands(&mut tx, alert).await? else { return Ok(Applied::NoSuchAlert) };
        let done = query(sql::ALERT_EDIT)
            .bind(alert.0)
            .bind(version)
            .bind(next.kind.as_str())
            .bind(next.mode.as_str())
            .bind(next.severity.as_str())
            .bind(next.refers_to.map(|id| id.0))
            .bind(json("content", &next.content)?)
            .bind(next.content_hash.to_string())
            .bind(json("audience", &next.audience)?)
            .bind(next.uncertain.as_str())
            .bind(next.author.0)
            .bind(micros(next.expires_at))
            .bind(micros(now))
            .bind(json("plan", &next.plan)?)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return stale(&mut tx, alert).await;
        }
        drop_frozen(&mut tx, alert).await?;
        let event = Event { account: Some(next.author), ..Event::own(&Action::Edit, phase, Phase::Draft) };
        add_event(&mut tx, now, alert, &event).await?;
        tx.commit().await?;
        Ok(Applied::Yes)
    }

    pub(super) async fn change_alert(&self, now: Timestamp, change: &PhaseChange) -> Result<Applied, Halt> {
        let mut tx = self.begin().await?;
        let done = query(sql::ALERT_CHANGE)
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
        let event = Event {
            account: change.account,
            action: &change.action,
            from: change.from,
            to: change.to,
            reason: change.reason.as_deref(),
        };
        add_event(&mut tx, now, change.alert, &event).await?;
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
        let rows: Vec<Row> = query_as(sql::ALERT_EVENTS).bind(alert.0).fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|(n, at, account, account_name, action, from, to, version, reason, hash)| {
                Ok(AlertEvent {
                    n,
                    at: time(at, "alert_event", "at")?,
                    account: account.map(UserId),
                    account_name,
                    action,
                    from_phase: from.map(|from| word(&from, "alert_event", "from_phase")).transpose()?,
                    to_phase: word(&to, "alert_event", "to_phase")?,
                    version,
                    reason,
                    content_hash: word(&hash, "alert_event", "content_hash")?,
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
        let mut tx = self.begin().await?;
        let Some((phase, _)) = stands(&mut tx, alert).await? else { return Ok(0) };
        let dispatches = doubts(&mut tx, now, alert)
            .await?
            .into_iter()
            .map(|(alert, route, seq, _)| Ok(dispatch_of(key(alert, route, seq)?)))
            .collect::<Result<_>>()?;
        locks::rules(&mut tx, &dispatches).await?;
        // Looked up again under the lock.
        let rows = doubts(&mut tx, now, alert).await?;
        let mut shifts = Shifts::default();
        let mut retries = Vec::with_capacity(rows.len());
        for (alert, route, seq, attempt) in rows {
            let key = key(alert, route, seq)?;
            if !dispatches.contains(&dispatch_of(key)) {
                continue;
            }
            let attempt = number::<i32>(attempt, "doubt", "attempt")?.saturating_add(1);
            shifts.shift(key, State::Uncertain, State::Queued);
            retries.push(RetryRow { key, due_at: now, attempt, strikes: 0, possible_repeat: true });
        }
        if retries.is_empty() {
            return Ok(0);
        }
        let messages: Keys = retries.iter().map(|retry| retry.key).collect();
        query(sql::DOUBT_RESOLVE)
            .bind(messages.alerts)
            .bind(messages.routes)
            .bind(messages.seqs)
            .execute(&mut *tx)
            .await?;
        put_retries(&mut tx, &retries).await?;
        shift(&mut tx, &shifts).await?;
        let event = Event { account: Some(account), action: "resend", from: phase, to: phase, reason: None };
        add_event(&mut tx, now, alert, &event).await?;
        tx.commit().await?;
        Ok(limit(retries.len()))
    }
}

/// Held doubts of an alert that a person may send again.
async fn doubts(
    connection: &mut PgConnection,
    now: Timestamp,
    alert: AlertId,
) -> Result<Vec<(i64, i64, i64, i64)>, Halt> {
    Ok(query_as(sql::RESEND_PICK).bind(alert.0).bind(micros(now)).fetch_all(connection).await?)
}

/// What else a change of phase changes.
async fn follow(connection: &mut PgConnection, now: Timestamp, change: &PhaseChange) -> Result<(), Halt> {
    let alert = change.alert;
    match change.to {
        Phase::Approved => {
            query(sql::ALERT_APPROVE)
                .bind(alert.0)
                .bind(change.account.map(|account| account.0))
                .bind(micros(now))
                .execute(connection)
                .await?;
        }
        Phase::Draft => {
            query(sql::ALERT_UNAPPROVE).bind(alert.0).execute(&mut *connection).await?;
            drop_frozen(connection, alert).await?;
        }
        Phase::Paused | Phase::Dispatching => {
            let state = if change.to == Phase::Paused { "paused" } else { "running" };
            query(sql::DISPATCH_PAUSE).bind(alert.0).bind(state).execute(connection).await?;
        }
        Phase::Cancelled | Phase::Expired => {
            query(sql::DISPATCH_END).bind(alert.0).bind(change.to.as_str()).execute(connection).await?;
        }
        Phase::Submitted | Phase::Completed | Phase::Rejected => {}
    }
    Ok(())
}

/// What was frozen for an approval that no longer stands.
async fn drop_frozen(connection: &mut PgConnection, alert: AlertId) -> Result<(), Halt> {
    query(sql::TARGET_DROP).bind(alert.0).execute(&mut *connection).await?;
    query(sql::LEG_DROP).bind(alert.0).execute(&mut *connection).await?;
    query(sql::REACHED_DROP).bind(alert.0).execute(&mut *connection).await?;
    query(sql::EXCLUSION_DROP).bind(alert.0).execute(connection).await?;
    Ok(())
}

async fn stands(connection: &mut PgConnection, alert: AlertId) -> Result<Option<(Phase, i64)>, Halt> {
    let row: Option<(String, i64)> =
        query_as(sql::ALERT_STANDS).bind(alert.0).fetch_optional(connection).await?;
    row.map(|(phase, version)| Ok((word(&phase, "alert", "phase")?, version))).transpose()
}

async fn stale(connection: &mut PgConnection, alert: AlertId) -> Result<Applied, Halt> {
    Ok(match stands(connection, alert).await? {
        Some((phase, version)) => Applied::Stale { phase, version },
        None => Applied::NoSuchAlert,
    })
}

/// Columns in the order of the `alert_read`, `alerts` and `alerts_to_fan_out` statements.
fn alert_row(row: &PgRow) -> Result<AlertRow, Halt> {
    let text = |index: usize| row.try_get::<String, _>(index);
    let text_maybe = |index: usize| row.try_get::<Option<String>, _>(index);
    let number = |index: usize| row.try_get::<i64, _>(index);
    let number_maybe = |index: usize| row.try_get::<Option<i64>, _>(index);
    Ok(AlertRow {
        id: AlertId(number(0)?),
        kind: word(&text(1)?, "alert", "kind")?,
        mode: word(&text(2)?, "alert", "mode")?,
        severity: word(&text(3)?, "alert", "severity")?,
        phase: word(&text(4)?, "alert", "phase")?,
        version: number(5)?,
        refers_to: number_maybe(6)?.map(AlertId),
        content: from_json("content", &text(7)?)?,
        content_hash: word(&text(8)?, "alert", "content_hash")?,
        approved_hash: text_maybe(9)?.map(|hash| word(&hash, "alert", "approved_hash")).transpose()?,
        audience: from_json("audience", &text(10)?)?,
        uncertain: word(&text(11)?, "alert", "uncertain")?,
        author: UserId(number(12)?),
        approver: number_maybe(13)?.map(UserId),
        expires_at: time(number(14)?, "alert", "expires_at")?,
        created_at: time(number(15)?, "alert", "created_at")?,
        updated_at: time(number(16)?, "alert", "updated_at")?,
        approved_at: time_option(number_maybe(17)?, "alert", "approved_at")?,
        frozen_at: time_option(number_maybe(18)?, "alert", "frozen_at")?,
        targets: number(19)?,
        excluded: number(20)?,
        target_digest: text_maybe(21)?,
        fanned_to: number(22)?,
        ended_at: time_option(number_maybe(23)?, "alert", "ended_at")?,
        plan: from_json("plan", &text(24)?)?,
    })
}

fn json(column: &'static str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| LedgerError::Inconsistent {
        table: "alert",
        column,
        row: "new".into(),
        why: error.to_string(),
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
