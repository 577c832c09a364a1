//! From an approved audience to messages: freeze, begin, accept; each resumable, a chunk a transaction.

use jiff::Timestamp;
use sqlx::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::alerts::{Event, add_event};
use super::columns::{count, each, limit};
use super::failure::Halt;
use super::steps::search_reached;
use super::{Postgres, sql};
use crate::domain::{Action, AlertId, Phase, RouteId, Selection, Severity};
use crate::ledger::batch::listed;
use crate::ledger::batch::stored::{micros, word};
use crate::ledger::{Approved, DispatchPlan, LedgerError, Progress, Routing, StepPlan};

/// A chunk sees contacts as of one moment: who was judged to have an address keeps it when the addresses are written. A
/// race that this loses is run again.
const ONE_VIEW: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

impl Postgres {
    pub(super) async fn freeze_chunk(
        &self,
        approved: Approved,
        selection: &Selection,
        routing: &Routing,
        rows_max: usize,
    ) -> Result<Progress, Halt> {
        let alert = approved.alert;
        let mut tx = self.pool.begin_with(ONE_VIEW).await?;
        let stands: Option<(i64, i64, i64, i64)> = query_as(sql::FREEZE_ALERT)
            .bind(alert.0)
            .bind(micros(approved.at))
            .fetch_optional(&mut *tx)
            .await?;
        let Some((after, until, targets, _excluded)) = stands else { return Ok(Progress::Done(0)) };
        let reached = matches!(selection, Selection::ReachedBy(_));
        if let Selection::ReachedBy(earlier) = selection
            && !search_reached(&mut tx, alert, *earlier, rows_max).await?
        {
            tx.commit().await?;
            return Ok(Progress::More(0));
        }
        let (everyone, communes, groups) = selected(selection);
        let (carriers, routes) = routed(routing);
        let (by_phone, by_contact) = (route_ids(&routing.by_phone), route_ids(&routing.by_contact));
        let few = few(&mut tx, selection, rows_max).await?;
        query(sql::FREEZE_TABLE).execute(&mut *tx).await?;
        query(sql::FREEZE_CLEAR).execute(&mut *tx).await?;
        let chunk = query(sql::FREEZE_CHUNK)
            .bind(alert.0)
            .bind(after)
            .bind(until)
            .bind(limit(rows_max))
            .bind(carriers)
            .bind(routes)
            .bind(everyone)
            .bind(communes)
            .bind(groups)
            .bind(reached)
            .bind(&by_phone)
            .bind(&by_contact)
            .bind(!routing.by_carrier.is_empty())
            .bind(few)
            .execute(&mut *tx)
            .await?;
        let people = count(chunk.rows_affected());
        if people > 0 {
            let last: i64 = query_scalar(sql::FREEZE_LAST).fetch_one(&mut *tx).await?;
            let reached = query(sql::FREEZE_TARGETS).bind(alert.0).bind(targets).execute(&mut *tx).await?;
            if !(by_phone.is_empty() && by_contact.is_empty()) {
                query(sql::FREEZE_LEGS)
                    .bind(alert.0)
                    .bind(targets)
                    .bind(&by_phone)
                    .bind(&by_contact)
                    .execute(&mut *tx)
                    .await?;
            }
            let left_out = query(sql::FREEZE_EXCLUSIONS).bind(alert.0).execute(&mut *tx).await?;
            query(sql::FREEZE_MOVE)
                .bind(alert.0)
                .bind(last)
                .bind(limit(count(reached.rows_affected())))
                .bind(limit(count(left_out.rows_affected())))
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
        let mut tx = self.begin().await?;
        let begun: Option<(String, String, i64, i64)> = query_as(sql::BEGIN_ALERT)
            .bind(alert.0)
            .bind(micros(now))
            .bind(digest)
            .bind(plans.iter().any(|plan| plan.page.is_some()))
            .bind(micros(approved.at))
            .fetch_optional(&mut *tx)
            .await?;
        // Cancelled, returned or begun meanwhile.
        let Some((severity, policy, _expires_at, targets)) = begun else { return Ok(()) };
        let severity: Severity = word(&severity, "alert", "severity")?;
        add_event(&mut tx, now, alert, &Event::own(&Action::Begin, Phase::Approved, Phase::Dispatching))
            .await?;
        if targets == 0 && plans.iter().all(|plan| plan.page.is_none()) {
            let complete = Event::own(&Action::Complete, Phase::Dispatching, Phase::Completed);
            add_event(&mut tx, now, alert, &complete).await?;
        } else {
            query(sql::BEGIN_DISPATCHES)
                .bind(alert.0)
                .bind(each(plans, |plan| i64::from(plan.route.0)))
                .bind(each(plans, |plan| plan.parts))
                .bind(each(plans, |plan| plan.step))
                .bind(each(plans, |plan| micros(plan.expires_at)))
                .bind(each(plans, |plan| plan.page.as_deref()))
                .bind(i64::from(severity.priority()))
                .bind(policy)
                .execute(&mut *tx)
                .await?;
            query(sql::BEGIN_PAGES).bind(alert.0).execute(&mut *tx).await?;
            query(sql::BEGIN_STEPS)
                .bind(alert.0)
                .bind(each(steps, |step| step.step))
                .bind(each(steps, |step| micros(step.due_at)))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn accept_chunk(&self, alert: AlertId, rows_max: usize) -> Result<Progress, Halt> {
        let mut tx = self.begin().await?;
        let stands: Option<(i64, i64, bool)> =
            query_as(sql::ACCEPT_ALERT).bind(alert.0).fetch_optional(&mut *tx).await?;
        let Some((from, targets, several)) = stands else { return Ok(Progress::Done(0)) };
        let to = targets.min(from.saturating_add(limit(rows_max)));
        if to <= from {
            return Ok(Progress::Done(0));
        }
        let statement = if several { sql::ACCEPT_WAYS } else { sql::ACCEPT_MESSAGES };
        let made = query(statement).bind(alert.0).bind(from).bind(to).execute(&mut *tx).await?;
        let made = count(made.rows_affected());
        // With several addresses a target may have more messages than one, never none.
        if limit(made) < to - from || (!several && limit(made) != to - from) {
            return Err(unplanned(alert, to - from, made).into());
        }
        if several {
            query(sql::DISPATCH_GROW).bind(alert.0).execute(&mut *tx).await?;
        } else {
            query(sql::ACCEPT_DISPATCHES).bind(alert.0).bind(from).bind(to).execute(&mut *tx).await?;
        }
        query(sql::ACCEPT_MOVE).bind(alert.0).bind(to).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(if to == targets { Progress::Done(made) } else { Progress::More(made) })
    }
}

pub(super) fn route_ids(routes: &[RouteId]) -> Vec<i64> {
    routes.iter().map(|route| i64::from(route.0)).collect()
}

/// A selection as statements take it: everyone, communes, groups.
pub(super) fn selected(selection: &Selection) -> (bool, &[String], &[String]) {
    match selection {
        Selection::Everyone => (true, &[], &[]),
        Selection::Chosen { communes, groups } => (false, communes, groups),
        Selection::ReachedBy(_) => (false, &[], &[]),
    }
}

/// The people of a small selection; `None` for those to be looked for among all. Looking is the faster way for a
/// district, and takes as long for one hamlet.
pub(super) async fn few(
    connection: &mut PgConnection,
    selection: &Selection,
    listed_max: usize,
) -> Result<Option<Vec<i64>>, Halt> {
    let Selection::Chosen { communes, groups } = selection else { return Ok(None) };
    let found = query_scalar(sql::CHOSEN_FEW)
        .bind(communes)
        .bind(groups)
        .bind(limit(listed_max.saturating_add(1)))
        .fetch_all(connection)
        .await?;
    Ok(listed(found, listed_max))
}

/// The first route of each carrier, as statements take it.
pub(super) fn routed(routing: &Routing) -> (Vec<&str>, Vec<i64>) {
    let (mut carriers, mut routes) = (Vec::new(), Vec::new());
    for (carrier, route) in &routing.by_carrier {
        if !carriers.contains(&carrier.as_str()) {
            carriers.push(carrier.as_str());
            routes.push(i64::from(route.0));
        }
    }
    (carriers, routes)
}

fn unplanned(alert: AlertId, wanted: i64, made: usize) -> LedgerError {
    LedgerError::Inconsistent {
        table: "target",
        column: "route",
        row: format!("alert {alert}"),
        why: format!(
            "{made} of {wanted} targets have a dispatch; the plan must name every route of the targets"
        ),
    }
}
