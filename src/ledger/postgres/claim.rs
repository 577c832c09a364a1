//! The next batch for a lane: due retries, or a step of the cursor.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::columns::{Keys, each, limit};
use super::failure::Halt;
use super::lease::fence;
use super::{Postgres, sql};
use crate::domain::{AlertId, ClaimId, MessageKey, RouteId};
use crate::ledger::batch::stored::{micros, number, time};
use crate::ledger::{Claim, ClaimAsk, Claimed, Favour, Ownership};

/// Another lane may empty the dispatch while we wait for its row; then the next one is looked for.
const PICKS_MAX: u32 = 3;

/// A dispatch that has work; locked.
struct Picked {
    alert: AlertId,
    route: RouteId,
    priority: i16,
    expires_at: Timestamp,
    cursor: i64,
    end_seq: i64,
    /// It has retries that are due; they go first.
    due: bool,
}

impl Postgres {
    pub(super) async fn claim_once(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ask: &ClaimAsk,
    ) -> Result<Option<Claim>, Halt> {
        let mut tx = self.begin().await?;
        fence(&mut tx, owner).await?;
        let mut taken = None;
        for _ in 0..PICKS_MAX {
            taken = take(&mut tx, now, ask).await?;
            if taken.is_some() {
                break;
            }
        }
        let Some((picked, range, messages)) = taken else { return Ok(None) };
        let total = limit(messages.len());
        let id: i64 = query_scalar(sql::CLAIM_ADD)
            .bind(i64::from(owner.lane.0))
            .bind(owner.epoch)
            .bind(picked.alert.0)
            .bind(i64::from(picked.route.0))
            .bind(range.map(|(from, _)| from))
            .bind(range.map(|(_, to)| to))
            .bind(total)
            .bind(micros(now))
            .fetch_one(&mut *tx)
            .await?;
        if range.is_none() {
            let (alert, route) = (picked.alert, picked.route);
            let marked: Keys =
                messages.iter().map(|message| MessageKey { alert, route, seq: message.seq }).collect();
            query(sql::CLAIM_MARK)
                .bind(marked.alerts)
                .bind(marked.routes)
                .bind(marked.seqs)
                .bind(id)
                .execute(&mut *tx)
                .await?;
        }
        let repeats = messages.iter().filter(|message| message.possible_repeat).count();
        query(sql::CLAIM_MOVE)
            .bind(picked.alert.0)
            .bind(i64::from(picked.route.0))
            .bind(range.map_or(0, |(from, to)| to - from))
            .bind(total)
            .bind(limit(repeats))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let Picked { alert, route, priority, expires_at, .. } = picked;
        Ok(Some(Claim { id: ClaimId(id), alert, route, priority, expires_at, messages }))
    }
}

type Range = Option<(i64, i64)>;

/// A dispatch with its next messages; `None` if there is none, or if another lane was faster.
async fn take(
    connection: &mut PgConnection,
    now: Timestamp,
    ask: &ClaimAsk,
) -> Result<Option<(Picked, Range, Vec<Claimed>)>, Halt> {
    let Some(picked) = pick(connection, now, ask).await? else { return Ok(None) };
    if picked.due {
        let messages = later_attempts(connection, &picked, now, ask.messages_max).await?;
        if !messages.is_empty() {
            return Ok(Some((picked, None, messages)));
        }
    }
    if picked.cursor >= picked.end_seq {
        return Ok(None);
    }
    let to = picked.end_seq.min(picked.cursor.saturating_add(limit(ask.messages_max)));
    let messages = first_attempts(connection, &picked, to).await?;
    let range = (picked.cursor, to);
    Ok(Some((picked, Some(range), messages)))
}

async fn pick(connection: &mut PgConnection, now: Timestamp, ask: &ClaimAsk) -> Result<Option<Picked>, Halt> {
    let statement = match ask.favour {
        Favour::Urgent => sql::CLAIM_PICK_URGENT,
        Favour::Bulk => sql::CLAIM_PICK_BULK,
    };
    if ask.messages_max == 0 {
        return Ok(None);
    }
    let row: Option<(i64, i64, i64, i64, i64, i64, bool)> = query_as(statement)
        .bind(each(&ask.routes, |route| i64::from(route.0)))
        .bind(micros(now))
        .fetch_optional(connection)
        .await?;
    let Some((alert, route, priority, expires_at, cursor, end_seq, due)) = row else { return Ok(None) };
    Ok(Some(Picked {
        alert: AlertId(alert),
        route: RouteId(number(route, "dispatch", "route")?),
        priority: number(priority, "dispatch", "priority")?,
        expires_at: time(expires_at, "dispatch", "expires_at")?,
        cursor,
        end_seq,
        due,
    }))
}

async fn first_attempts(
    connection: &mut PgConnection,
    picked: &Picked,
    to: i64,
) -> Result<Vec<Claimed>, Halt> {
    let rows: Vec<(i64, String)> = query_as(sql::CLAIM_RANGE)
        .bind(picked.alert.0)
        .bind(i64::from(picked.route.0))
        .bind(picked.cursor)
        .bind(to)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(seq, address)| Claimed {
            seq,
            address,
            attempt: 1,
            strikes: 0,
            parts_done: Vec::new(),
            possible_repeat: false,
        })
        .collect())
}

async fn later_attempts(
    connection: &mut PgConnection,
    picked: &Picked,
    now: Timestamp,
    messages_max: usize,
) -> Result<Vec<Claimed>, Halt> {
    let rows: Vec<(i64, String, i64, i64, i64)> = query_as(sql::CLAIM_DUE)
        .bind(picked.alert.0)
        .bind(i64::from(picked.route.0))
        .bind(micros(now))
        .bind(limit(messages_max))
        .fetch_all(&mut *connection)
        .await?;
    let parts: Vec<(i64, i64)> = query_as(sql::CLAIM_PARTS_DONE)
        .bind(picked.alert.0)
        .bind(i64::from(picked.route.0))
        .bind(each(&rows, |(seq, ..)| *seq))
        .fetch_all(connection)
        .await?;
    let mut done: HashMap<i64, Vec<u8>> = HashMap::new();
    for (seq, part) in parts {
        done.entry(seq).or_default().push(number(part, "submission", "part")?);
    }
    let mut messages = Vec::with_capacity(rows.len());
    for (seq, address, attempt, strikes, possible_repeat) in rows {
        messages.push(Claimed {
            seq,
            address,
            attempt: number(attempt, "retry", "attempt")?,
            strikes: number(strikes, "retry", "strikes")?,
            parts_done: done.remove(&seq).unwrap_or_default(),
            possible_repeat: possible_repeat != 0,
        });
    }
    Ok(messages)
}
