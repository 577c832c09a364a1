//! The next batch for a lane: due retries, or a step of the cursor.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::lease::fence;
use super::rows::{json, limit};
use super::{Sqlite, sql};
use crate::domain::{AlertId, ClaimId, RouteId};
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::{Claim, ClaimAsk, Claimed, Favour, Ownership};

/// A dispatch that has work.
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

impl Sqlite {
    pub(super) async fn claim_batch(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ask: &ClaimAsk,
    ) -> Result<Option<Claim>, Halt> {
        let mut tx = self.begin_write().await?;
        fence(&mut tx, owner).await?;
        let Some(picked) = pick(&mut tx, now, ask).await? else { return Ok(None) };
        let range = (!picked.due).then(|| {
            (picked.cursor, picked.end_seq.min(picked.cursor.saturating_add(limit(ask.messages_max))))
        });
        let messages = match range {
            Some((from, to)) => first_attempts(&mut tx, &picked, from, to).await?,
            None => later_attempts(&mut tx, &picked, now, ask.messages_max).await?,
        };
        let total = limit(messages.len());
        let id: i64 = sqlx::query_scalar(sql::CLAIM_ADD)
            .bind(owner.lane.0)
            .bind(owner.epoch)
            .bind(picked.alert.0)
            .bind(picked.route.0)
            .bind(range.map(|(from, _)| from))
            .bind(range.map(|(_, to)| to))
            .bind(total)
            .bind(micros(now))
            .fetch_one(&mut *tx)
            .await?;
        if range.is_none() {
            let seqs: Vec<i64> = messages.iter().map(|message| message.seq).collect();
            sqlx::query(sql::CLAIM_MARK)
                .bind(picked.alert.0)
                .bind(picked.route.0)
                .bind(id)
                .bind(json(&seqs)?)
                .execute(&mut *tx)
                .await?;
        }
        let repeats = messages.iter().filter(|message| message.possible_repeat).count();
        sqlx::query(sql::CLAIM_MOVE)
            .bind(picked.alert.0)
            .bind(picked.route.0)
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

async fn pick(
    connection: &mut SqliteConnection,
    now: Timestamp,
    ask: &ClaimAsk,
) -> Result<Option<Picked>, Halt> {
    let statement = match ask.favour {
        Favour::Urgent => sql::CLAIM_PICK_URGENT,
        Favour::Bulk => sql::CLAIM_PICK_BULK,
    };
    if ask.messages_max == 0 {
        return Ok(None);
    }
    let row: Option<(i64, i64, i64, i64, i64, i64, bool)> = sqlx::query_as(statement)
        .bind(json(&ask.routes)?)
        .bind(micros(now))
        .fetch_optional(connection)
        .await?;
    let Some((alert, route, priority, expires_at, cursor, end_seq, due)) = row else { return Ok(None) };
    Ok(Some(Picked {
        alert: AlertId(alert),
        route: stored::route(route, "dispatch")?,
        priority: stored::number(priority, "dispatch", "priority")?,
        expires_at: stored::time(expires_at, "dispatch", "expires_at")?,
        cursor,
        end_seq,
        due,
    }))
}

async fn first_attempts(
    connection: &mut SqliteConnection,
    picked: &Picked,
    from: i64,
    to: i64,
) -> Result<Vec<Claimed>, Halt> {
    let rows: Vec<(i64, String)> = sqlx::query_as(sql::CLAIM_RANGE)
        .bind(picked.alert.0)
        .bind(picked.route.0)
        .bind(from)
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
    connection: &mut SqliteConnection,
    picked: &Picked,
    now: Timestamp,
    messages_max: usize,
) -> Result<Vec<Claimed>, Halt> {
    let rows: Vec<(i64, String, i64, i64, bool)> = sqlx::query_as(sql::CLAIM_DUE)
        .bind(picked.alert.0)
        .bind(picked.route.0)
        .bind(micros(now))
        .bind(limit(messages_max))
        .fetch_all(&mut *connection)
        .await?;
    let seqs: Vec<i64> = rows.iter().map(|(seq, ..)| *seq).collect();
    let parts: Vec<(i64, i64)> = sqlx::query_as(sql::CLAIM_PARTS_DONE)
        .bind(picked.alert.0)
        .bind(picked.route.0)
        .bind(json(&seqs)?)
        .fetch_all(connection)
        .await?;
    let mut done: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    for (seq, part) in parts {
        done.entry(seq).or_default().push(stored::number(part, "submission", "part")?);
    }
    rows.into_iter()
        .map(|(seq, address, attempt, strikes, possible_repeat)| {
            Ok(Claimed {
                seq,
                address,
                attempt: stored::number(attempt, "retry", "attempt")?,
                strikes: stored::number(strikes, "retry", "strikes")?,
                parts_done: done.remove(&seq).unwrap_or_default(),
                possible_repeat,
            })
        })
        .collect()
}
