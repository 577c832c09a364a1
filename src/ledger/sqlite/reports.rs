//! Reading. Runs on its own connections beside the writer, from a snapshot.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::failure::Halt;
use super::fanout::{few, routed, selected};
use super::rows::{json, limit};
use super::{Sqlite, sql};
use crate::domain::{AlertId, Counts, MessageKey, Selection, State};
use crate::ledger::batch::{hopes, lease_rows, queue_rows, reach_rows, split_cursor, stored, target_rows};
use crate::ledger::{
    After, AreaCounts, AudiencePreview, ExclusionRow, ExhibitRow, InboxRow, LeaseRow, MessageFilter,
    MessageRow, QueueRow, ReachRow, Reports, Result, Routing, TargetRow, TrailEntry,
};

type MessageColumns =
    (i64, i64, i64, String, String, String, i64, Option<String>, Option<String>, Option<i64>, Option<i64>);

#[async_trait]
impl Reports for Sqlite {
    async fn audience(
        &self,
        selection: &Selection,
        routing: &Routing,
        listed_max: usize,
    ) -> Result<AudiencePreview> {
        self.read_audience(selection, routing, listed_max).await.map_err(|halt| self.told(halt))
    }

    async fn targets(&self, alert: AlertId, after_seq: i64, rows_max: usize) -> Result<Vec<TargetRow>> {
        self.read_targets(alert, after_seq, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn exclusions(
        &self,
        alert: AlertId,
        after_person: i64,
        rows_max: usize,
    ) -> Result<Vec<ExclusionRow>> {
        self.read_exclusions(alert, after_person, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn exclusion_counts(&self, alert: AlertId) -> Result<Vec<(String, i64)>> {
        self.read_exclusion_counts(alert).await.map_err(|halt| self.told(halt))
    }

    async fn messages(
        &self,
        alert: AlertId,
        filter: &MessageFilter,
        after: After,
        rows_max: usize,
    ) -> Result<Vec<MessageRow>> {
        self.read_messages(alert, filter, after, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn message(&self, key: MessageKey) -> Result<Option<MessageRow>> {
        self.read_message(key).await.map_err(|halt| self.told(halt))
    }

    async fn trail(&self, key: MessageKey) -> Result<Vec<TrailEntry>> {
        self.read_trail(key).await.map_err(|halt| self.told(halt))
    }

    async fn by_area(&self, alert: AlertId) -> Result<Vec<AreaCounts>> {
        self.read_by_area(alert).await.map_err(|halt| self.told(halt))
    }

    async fn unmatched(&self) -> Result<Vec<(String, i64)>> {
        let rows = sqlx::query_as(sql::UNMATCHED).fetch_all(&self.readers).await;
        rows.map_err(|error| self.told(error.into()))
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        let rows = sqlx::query_as(sql::QUEUES).fetch_all(&self.readers).await;
        queue_rows(rows.map_err(|error| self.told(error.into()))?)
    }

    async fn leases(&self) -> Result<Vec<LeaseRow>> {
        let rows = sqlx::query_as(sql::LEASES).fetch_all(&self.readers).await;
        lease_rows(rows.map_err(|error| self.told(error.into()))?)
    }

    async fn ping(&self) -> Result<()> {
        let answer = sqlx::query(sql::PING).execute(&self.readers).await;
        answer.map(|_| ()).map_err(|error| self.told(error.into()))
    }
    async fn persons(
        &self,
        alert: AlertId,
        states: &[State],
        after: i64,
        rows_max: usize,
    ) -> Result<Vec<ReachRow>> {
        self.read_persons(alert, states, after, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn inbox(&self, before: Option<i64>, rows_max: usize) -> Result<Vec<InboxRow>> {
        self.read_inbox(before, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn exhibits(&self, alert: AlertId, rows_max: usize) -> Result<Vec<ExhibitRow>> {
        self.read_exhibits(alert, rows_max).await.map_err(|halt| self.told(halt))
    }
}

impl Sqlite {
    async fn read_audience(
        &self,
        selection: &Selection,
        routing: &Routing,
        listed_max: usize,
    ) -> Result<AudiencePreview, Halt> {
        let mut tx = self.readers.begin().await?;
        let few = few(&mut tx, selection, listed_max).await?;
        let reached = match selection {
            Selection::ReachedBy(earlier) => Some(earlier.0),
            Selection::Everyone | Selection::Chosen { .. } => None,
        };
        let (everyone, communes, groups) = selected(selection)?;
        let rows: Vec<(i64, Option<i64>, Option<String>, i64)> = sqlx::query_as(sql::AUDIENCE)
            .bind(everyone)
            .bind(communes)
            .bind(groups)
            .bind(routed(routing)?)
            .bind(json(&routing.by_phone)?)
            .bind(json(&routing.by_contact)?)
            .bind(reached)
            .bind(!routing.by_carrier.is_empty())
            .bind(few)
            .fetch_all(&mut *tx)
            .await?;
        tx.rollback().await?;
        let mut preview = AudiencePreview::default();
        for (kind, route, reason, people) in rows {
            match (kind, route, reason) {
                (0, Some(route), _) => preview.by_route.push((stored::route(route, "dispatch")?, people)),
                (1, _, Some(reason)) => preview.excluded.push((reason, people)),
                (2, _, _) => preview.people = people,
                (_, _, _) => {}
            }
        }
        Ok(preview)
    }

    async fn read_targets(
        &self,
        alert: AlertId,
        after_seq: i64,
        rows_max: usize,
    ) -> Result<Vec<TargetRow>, Halt> {
        let rows: Vec<(i64, Option<String>, Option<i64>)> = sqlx::query_as(sql::TARGETS)
            .bind(alert.0)
            .bind(after_seq)
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        let last = rows.last().map_or(after_seq, |(seq, _, _)| *seq);
        let legs: Vec<(i64, i64, String)> = sqlx::query_as(sql::LEGS)
            .bind(alert.0)
            .bind(after_seq)
            .bind(last)
            .fetch_all(&self.readers)
            .await?;
        Ok(target_rows(rows, legs)?)
    }

    async fn read_exclusions(
        &self,
        alert: AlertId,
        after_person: i64,
        rows_max: usize,
    ) -> Result<Vec<ExclusionRow>, Halt> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(sql::EXCLUSIONS)
            .bind(alert.0)
            .bind(after_person)
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.into_iter().map(|(person, reason, area)| ExclusionRow { person, reason, area }).collect())
    }

    async fn read_exclusion_counts(&self, alert: AlertId) -> Result<Vec<(String, i64)>, Halt> {
        Ok(sqlx::query_as(sql::EXCLUSION_COUNTS).bind(alert.0).fetch_all(&self.readers).await?)
    }

    async fn read_messages(
        &self,
        alert: AlertId,
        filter: &MessageFilter,
        after: After,
        rows_max: usize,
    ) -> Result<Vec<MessageRow>, Halt> {
        let (after_route, after_seq) = after.map_or((0, 0), |(route, seq)| (route.0, seq));
        let rows: Vec<MessageColumns> = sqlx::query_as(sql::MESSAGES)
            .bind(alert.0)
            .bind(after_route)
            .bind(after_seq)
            .bind(filter.route.map(|route| route.0))
            .bind(filter.state.map(State::as_str))
            .bind(filter.area.as_deref())
            .bind(filter.address.as_deref())
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| Ok(message_row(alert, row)?)).collect()
    }

    async fn read_message(&self, key: MessageKey) -> Result<Option<MessageRow>, Halt> {
        let row: Option<MessageColumns> = sqlx::query_as(sql::MESSAGE)
            .bind(key.alert.0)
            .bind(key.route.0)
            .bind(key.seq)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(|row| message_row(key.alert, row)).transpose()?)
    }

    async fn read_trail(&self, key: MessageKey) -> Result<Vec<TrailEntry>, Halt> {
        type Row = (
            i64,
            String,
            Option<String>,
            Option<i64>,
            Option<i64>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<i64>,
            Option<String>,
            i64,
        );
        let rows: Vec<Row> = sqlx::query_as(sql::TRAIL)
            .bind(key.alert.0)
            .bind(key.route.0)
            .bind(key.seq)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter()
            .map(|(at, what, lane, attempt, part, verdict, reference, code, reason, provider_at, raw, _)| {
                Ok(TrailEntry {
                    at: stored::time(at, "message", "at")?,
                    what,
                    lane,
                    attempt: attempt
                        .map(|attempt| stored::number(attempt, "submission", "attempt"))
                        .transpose()?,
                    part: part.map(|part| stored::number(part, "submission", "part")).transpose()?,
                    verdict,
                    reference,
                    code,
                    reason,
                    provider_at: stored::time_option(provider_at, "message", "at")?,
                    raw,
                })
            })
            .collect()
    }

    async fn read_persons(
        &self,
        alert: AlertId,
        states: &[State],
        after: i64,
        rows_max: usize,
    ) -> Result<Vec<ReachRow>, Halt> {
        type Row = (i64, i64, Option<String>, String, String, i64);
        let several: i64 =
            sqlx::query_scalar(sql::PERSONS_KIND).bind(alert.0).fetch_one(&self.readers).await?;
        let states = json(&states.iter().map(|state| state.as_str()).collect::<Vec<_>>())?;
        let rows: Vec<Row> = if several > 0 {
            let query = sqlx::query_as(sql::PERSONS).bind(alert.0).bind(json(&hopes())?).bind(after);
            query.bind(limit(rows_max)).bind(states).fetch_all(&self.readers).await?
        } else {
            let (route, seq) = split_cursor(after);
            let query = sqlx::query_as(sql::PERSONS_PLAIN).bind(alert.0).bind(route).bind(seq);
            query.bind(limit(rows_max)).bind(states).fetch_all(&self.readers).await?
        };
        Ok(reach_rows(rows, several > 0)?)
    }

    async fn read_by_area(&self, alert: AlertId) -> Result<Vec<AreaCounts>, Halt> {
        let mut tx = self.readers.begin().await?;
        let states: Vec<(String, String, i64)> =
            sqlx::query_as(sql::BY_AREA).bind(alert.0).bind(json(&hopes())?).fetch_all(&mut *tx).await?;
        let totals: Vec<(String, i64, i64)> =
            sqlx::query_as(sql::AREA_TARGETS).bind(alert.0).fetch_all(&mut *tx).await?;
        tx.rollback().await?;
        let mut areas: BTreeMap<String, AreaCounts> = totals
            .into_iter()
            .map(|(area, targets, excluded)| {
                (area.clone(), AreaCounts { area, targets, counts: Counts::default(), excluded })
            })
            .collect();
        for (area, state, messages) in states {
            let state: State = stored::word(&state, "message", "state")?;
            if let Some(area) = areas.get_mut(&area) {
                area.counts.shift(None, Some(state), messages);
            }
        }
        Ok(areas.into_values().collect())
    }
}

fn message_row(
    alert: AlertId,
    (route, seq, target_seq, address, area, state, attempts, code, reason, submitted_at, ended_at): MessageColumns,
) -> Result<MessageRow> {
    Ok(MessageRow {
        key: MessageKey { alert, route: stored::route(route, "dispatch")?, seq },
        target_seq,
        address,
        area,
        state: stored::word(&state, "message", "state")?,
        attempts: stored::number(attempts, "submission", "attempt")?,
        code,
        reason,
        submitted_at: stored::time_option(submitted_at, "message", "at")?,
        ended_at: stored::time_option(ended_at, "message", "at")?,
    })
}
