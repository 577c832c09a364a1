//! What connectors learn beyond messages: followers, templates, posts; and what people write back.

use contract::{Exhibit, Finding, Follower, Inbound, TemplateFacts};
use jiff::Timestamp;
use sqlx::postgres::PgConnection;

use super::columns::{each, limit};
use super::failure::Halt;
use super::{Postgres, sql};
use crate::domain::{AlertId, LaneId, RouteId};
use crate::ledger::batch::stored::{
    metrics_from, metrics_text, micros, route, template_from, template_text, time,
};
use crate::ledger::{ExhibitRow, InboxRow};

impl Postgres {
    pub(super) async fn add_findings(
        &self,
        now: Timestamp,
        route: RouteId,
        findings: &[Finding],
    ) -> Result<(), Halt> {
        let mut tx = self.begin().await?;
        for finding in findings {
            match finding {
                Finding::Follower(follower) => put_follower(&mut tx, now, route, follower).await?,
                Finding::OptedOut { address, reason } => {
                    sqlx::query(sql::CONTACT_OPT_OUT)
                        .bind(i64::from(route.0))
                        .bind(address)
                        .bind(reason)
                        .bind(micros(now))
                        .execute(&mut *tx)
                        .await?;
                }
                Finding::Template(facts) => {
                    sqlx::query(sql::TEMPLATE_PUT)
                        .bind(i64::from(route.0))
                        .bind(&facts.id)
                        .bind(template_text(facts)?)
                        .bind(micros(now))
                        .execute(&mut *tx)
                        .await?;
                }
                Finding::Exhibit(exhibit) => add_exhibit(&mut tx, route, exhibit).await?,
            }
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn read_templates(&self, route: RouteId) -> Result<Vec<TemplateFacts>, Halt> {
        let rows: Vec<String> =
            sqlx::query_scalar(sql::TEMPLATES).bind(i64::from(route.0)).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|facts| template_from(facts)).collect::<Result<_, _>>()?)
    }

    pub(super) async fn read_exhibits(
        &self,
        alert: AlertId,
        rows_max: usize,
    ) -> Result<Vec<ExhibitRow>, Halt> {
        type Row = (i64, String, Option<String>, String, i64);
        let rows: Vec<Row> =
            sqlx::query_as(sql::EXHIBITS).bind(alert.0).bind(limit(rows_max)).fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|(on, reference, permalink, metrics, at)| {
                Ok(ExhibitRow {
                    route: route(on, "exhibit")?,
                    reference,
                    permalink,
                    metrics: metrics_from(&metrics)?,
                    at: time(at, "exhibit", "at")?,
                })
            })
            .collect()
    }

    pub(super) async fn add_inbound(
        &self,
        now: Timestamp,
        lane: LaneId,
        messages: &[Inbound],
    ) -> Result<(), Halt> {
        if messages.is_empty() {
            return Ok(());
        }
        sqlx::query(sql::INBOX_ADD)
            .bind(each(messages, |message| message.from.as_str()))
            .bind(each(messages, |message| message.to.as_str()))
            .bind(each(messages, |message| message.text.as_str()))
            .bind(each(messages, |message| message.id.as_deref()))
            .bind(each(messages, |message| message.answers.as_deref()))
            .bind(i64::from(lane.0))
            .bind(micros(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn read_inbox(
        &self,
        before: Option<i64>,
        rows_max: usize,
    ) -> Result<Vec<InboxRow>, Halt> {
        type Row = (i64, String, String, String, String, Option<i64>, i64);
        let rows: Vec<Row> =
            sqlx::query_as(sql::INBOX).bind(before).bind(limit(rows_max)).fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|(id, lane, from, to, text, alert, at)| {
                let at = time(at, "inbox", "at")?;
                Ok(InboxRow { id, lane, from, to, text, alert: alert.map(AlertId), at })
            })
            .collect()
    }
}

/// A follower belongs to the person with the same telephone; one with a commune and no person becomes one.
async fn put_follower(
    connection: &mut PgConnection,
    now: Timestamp,
    route: RouteId,
    follower: &Follower,
) -> Result<(), Halt> {
    let route = i64::from(route.0);
    sqlx::query(sql::CONTACT_PUT)
        .bind(route)
        .bind(&follower.address)
        .bind(i64::from(follower.follows))
        .bind(&follower.area)
        .bind(&follower.phone)
        .bind(follower.last_interaction.map(micros))
        .bind(micros(now))
        .execute(&mut *connection)
        .await?;
    sqlx::query(sql::CONTACT_LINK).bind(route).bind(&follower.address).execute(&mut *connection).await?;
    // One whose telephone is known waits for the list that has it.
    if follower.phone.is_none() && follower.area.is_some() {
        sqlx::query(sql::CONTACT_PERSON_ADD)
            .bind(route)
            .bind(&follower.address)
            .bind(micros(now))
            .execute(&mut *connection)
            .await?;
        sqlx::query(sql::CONTACT_PERSON_LINK).bind(route).bind(&follower.address).execute(connection).await?;
    }
    Ok(())
}

async fn add_exhibit(connection: &mut PgConnection, route: RouteId, exhibit: &Exhibit) -> Result<(), Halt> {
    sqlx::query(sql::EXHIBIT_ADD)
        .bind(i64::from(route.0))
        .bind(&exhibit.reference)
        .bind(&exhibit.permalink)
        .bind(metrics_text(&exhibit.metrics)?)
        .bind(micros(exhibit.at))
        .execute(connection)
        .await?;
    Ok(())
}
