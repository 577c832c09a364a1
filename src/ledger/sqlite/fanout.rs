//! From an approved alert to messages in queues: freeze, begin, accept.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::rows::{add_event, count, json, limit};
use super::steps::search_reached;
use super::{Sqlite, sql};
use crate::domain::{Action, AlertId, Phase, RouteId, Selection, Severity};
use crate::ledger::batch::stored::micros;
use crate::ledger::batch::{listed, stored};
use crate::ledger::{Approved, DispatchPlan, LedgerError, Progress, Routing, StepPlan};

/// A selection as statements take it: everyone, communes, groups.
pub(super) fn selected(selection: &Selection) -> Result<(bool, String, String), Halt> {
    match selection {
        Selection::Everyone => Ok((true, "[]".to_owned(), "[]".to_owned())),
        Selection::Chosen { communes, groups } => Ok((false, json(communes)?, json(groups)?)),
        Selection::ReachedBy(_) => Ok((false, "[]".to_owned(), "[]".to_owned())),
    }
}

/// The people of a small selection, as statements take it; `None` for those to be looked for among all. Looking is the
/// faster way for a district, and takes as long for one hamlet.
pub(super) async fn few(
    connection: &mut SqliteConnection,
    selection: &Selection,
    listed_max: usize,
) -> Result<Option<String>, Halt> {
    let Selection::Chosen { communes, groups } = selection else { return Ok(None) };
    let found = sqlx::query_scalar(sql::CHOSEN_FEW)
        .bind(json(communes)?)
        .bind(json(groups)?)
        .bind(limit(listed_max.saturating_add(1)))
        .fetch_all(connection)
        .await?;
    listed(found, listed_max).map(|people| json(&people)).transpose()
}

/// The first route of each carrier, as statements take it.
pub(super) fn routed(routing: &Routing) -> Result<String, Halt> {
    let mut by_carrier: Vec<(&String, RouteId)> = Vec::new();
    for (carrier, route) in &routing.by_carrier {
        if !by_carrier.iter().any(|(earlier, _)| *earlier == carrier) {
            by_carrier.push((carrier, *route));
        }
    }
    json(&by_carrier)
}

impl Sqlite {
    pub(super) async fn freeze_people(
        &self,
        approved: Approved,
        selection: &Selection,
        routing: &Routing,
        rows_max: usize,
    ) -> Result<Progress, Halt> {
        let alert = approved.alert;
        let (everyone, communes, groups) = selected(selection)?;
        let mut tx = self.begin_write().await?;
        let stands: Option<(i64, i64, i64, i64)> = sqlx::query_as(sql::FREEZE_ALERT)
            .bind(alert.0)
            .bind(micros(approved.at))
            .fetch_optional(&mut *tx)
            .await?;
        let Some((after, until, targets, _)) = stands else { return Ok(Progress::Done(0)) };
        let reached = matches!(selection, Selection::ReachedBy(_));
        if let Selection::ReachedBy(earlier) = selection
            && !search_reached(&mut tx, alert, *earlier, rows_max).await?
        {
            tx.commit().await?;
            return Ok(Progress::More(0));
        }
        let few = few(&mut tx, selection, rows_max).await?;
        sqlx::query(sql::FREEZE_CLEAR).execute(&mut *tx).await?;
        let chunk = sqlx::query(sql::FREEZE_CHUNK)
            .bind(alert.0)
            .bind(after)
            .bind(until)
            .bind(limit(rows_max))
            .bind(routed(routing)?)
            .bind(everyone)
            .bind(communes)
            .bind(groups)
            .bind(reached)
            .bind(json(&routing.by_phone)?)
            .bind(json(&routing.by_contact)?)
            .bind(!routing.by_carrier.is_empty())
            .bind(few)
            .execute(&mut *tx)
            .await?;
        let people = count(chunk.rows_affected());
        if people > 0 {
            let new = sqlx::query(sql::FREEZE_TARGETS).bind(alert.0).bind(targets).execute(&mut *tx).await?;
            if !(routing.by_phone.is_empty() && routing.by_contact.is_empty()) {
                sqlx::query(sql::FREEZE_LEGS)
                    .bind(alert.0)
                    .bind(targets)
                    .bind(json(&routing.by_phone)?)
                    .bind(json(&routing.by_contact)?)
                    .execute(&mut *tx)
                    .await?;
            }
            let excluded = sqlx::query(sql::FREEZE_EXCLUSIONS).bind(alert.0).execute(&mut *tx).await?;
            let last: i64 = sqlx::query_scalar(sql::FREEZE_LAST).fetch_one(&mut *tx).await?;
            sqlx::query(sql::FREEZE_MOVE)
                .bind(alert.0)
                .bind(last)
                .bind(limit(count(new.rows_affected())))
                .bind(limit(count(excluded.rows_affected())))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(if people < rows_max { Progress::Done(people) } else { Progress::More(people) })
    }

    pub(super) async fn begin_dispatch(
        &self,
        now: Timestamp,
        approved: Approved,
        digest: &str,
        plans: &[DispatchPlan],
        steps: &[StepPlan],
    ) -> Result<(), Halt> {
        let alert = approved.alert;
        let mut tx = self.begin_write().await?;
        let begun: Option<(String, String, i64, i64)> = sqlx::query_as(sql::BEGIN_ALERT)
            .bind(alert.0)
            .bind(micros(now))
            .bind(digest)
            .bind(plans.iter().any(|plan| plan.page.is_some()))
            .bind(micros(approved.at))
            .fetch_optional(&mut *tx)
            .await?;
        let Some((severity, policy, _expires_at, targets)) = begun else { return Ok(()) };
        let begin = (None, Action::Begin.as_str(), Some(Phase::Approved), Phase::Dispatching, None);
        add_event(&mut tx, now, alert, begin).await?;
        if targets == 0 && plans.iter().all(|plan| plan.page.is_none()) {
            let complete =
                (None, Action::Complete.as_str(), Some(Phase::Dispatching), Phase::Completed, None);
            add_event(&mut tx, now, alert, complete).await?;
        } else {
            let severity: Severity = stored::word(&severity, "alert", "severity")?;
            let rows: Vec<_> = plans
                .iter()
                .map(|plan| (plan.route, plan.parts, plan.step, micros(plan.expires_at), &plan.page))
                .collect();
            let steps: Vec<_> = steps.iter().map(|step| (step.step, micros(step.due_at))).collect();
            sqlx::query(sql::BEGIN_DISPATCHES)
                .bind(alert.0)
                .bind(json(&rows)?)
                .bind(severity.priority())
                .bind(policy)
                .execute(&mut *tx)
                .await?;
            sqlx::query(sql::BEGIN_PAGES).bind(alert.0).execute(&mut *tx).await?;
            sqlx::query(sql::BEGIN_STEPS).bind(alert.0).bind(json(&steps)?).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn accept_targets(&self, alert: AlertId, rows_max: usize) -> Result<Progress, Halt> {
        let mut tx = self.begin_write().await?;
        let stands: Option<(i64, i64, bool)> =
            sqlx::query_as(sql::ACCEPT_ALERT).bind(alert.0).fetch_optional(&mut *tx).await?;
        let Some((after, targets, several)) = stands else { return Ok(Progress::Done(0)) };
        let to = targets.min(after.saturating_add(limit(rows_max)));
        if to <= after {
            return Ok(Progress::Done(0));
        }
        let made = sqlx::query(if several { sql::ACCEPT_WAYS } else { sql::ACCEPT_MESSAGES })
            .bind(alert.0)
            .bind(after)
            .bind(to)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        // With several addresses a target may have more messages than one, never none.
        let made_rows = limit(count(made));
        if made_rows < to - after || (!several && made_rows != to - after) {
            return Err(unplanned(alert, to - after, made).into());
        }
        if several {
            sqlx::query(sql::DISPATCH_GROW).bind(alert.0).execute(&mut *tx).await?;
        } else {
            sqlx::query(sql::ACCEPT_DISPATCHES).bind(alert.0).bind(after).bind(to).execute(&mut *tx).await?;
        }
        sqlx::query(sql::ACCEPT_MOVE).bind(alert.0).bind(to).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(if to < targets { Progress::More(count(made)) } else { Progress::Done(count(made)) })
    }
}

fn unplanned(alert: AlertId, wanted: i64, made: u64) -> LedgerError {
    LedgerError::Inconsistent {
        table: "target",
        column: "route",
        row: format!("alert {alert}"),
        why: format!(
            "{made} of {wanted} targets have a dispatch; the plan must name every route of the targets"
        ),
    }
}
