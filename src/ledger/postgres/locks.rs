//! Locks, in their order. A statement that waits for a lock still sees the rest of the data as of its own start; so each
//! runs twice where that matters: once to lock, once to look.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;
use sqlx::query_as;

use super::failure::Halt;
use super::lease::fence;
use super::sql;
use crate::domain::{AlertId, LaneId, RouteId};
use crate::ledger::Ownership;
use crate::ledger::batch::stored::{number, time, word};
use crate::ledger::batch::{DispatchKey, Rules, RulesByDispatch};

/// As [`fence`], but alone: two flushes of a lane, such as one that is repeated while the first is still under way, come
/// one after the other. Returns whether receipts of the lane wait for their submission.
pub(super) async fn fence_alone(connection: &mut PgConnection, owner: &Ownership) -> Result<bool, Halt> {
    hold_lanes(connection, &BTreeSet::from([owner.lane])).await?;
    fence(connection, owner).await
}

/// Keeps the owners of these lanes from settling until the end of the transaction.
pub(super) async fn hold_lanes(connection: &mut PgConnection, lanes: &BTreeSet<LaneId>) -> Result<(), Halt> {
    for lane in lanes {
        let _holder: Option<(String, i64)> =
            query_as(sql::LEASE_HOLDER).bind(i64::from(lane.0)).fetch_optional(&mut *connection).await?;
    }
    Ok(())
}

/// Locks dispatches: nothing else moves a message of theirs until the end of the transaction.
pub(super) async fn rules(
    connection: &mut PgConnection,
    dispatches: &BTreeSet<DispatchKey>,
) -> Result<RulesByDispatch, Halt> {
    if dispatches.is_empty() {
        return Ok(RulesByDispatch::new());
    }
    read_rules(connection, dispatches).await?;
    read_rules(connection, dispatches).await
}

async fn read_rules(
    connection: &mut PgConnection,
    dispatches: &BTreeSet<DispatchKey>,
) -> Result<RulesByDispatch, Halt> {
    type Row = (i64, i64, i64, String, Option<String>, i64, bool, bool);
    let alerts: Vec<i64> = dispatches.iter().map(|(alert, _)| alert.0).collect();
    let routes: Vec<i64> = dispatches.iter().map(|(_, route)| i64::from(route.0)).collect();
    let rows: Vec<Row> =
        query_as(sql::DISPATCH_RULES).bind(alerts).bind(routes).fetch_all(connection).await?;
    let mut found = RulesByDispatch::new();
    for (alert, route, parts, policy, ended_as, expires_at, doubts, retries) in rows {
        let ended_as = ended_as.map(|verdict| word(&verdict, "dispatch", "ended_as")).transpose()?;
        let rules = Rules {
            parts,
            policy: word(&policy, "dispatch", "uncertain_policy")?,
            ended_as,
            expires_at: time(expires_at, "dispatch", "expires_at")?,
            doubts,
            retries,
        };
        found.insert((AlertId(alert), RouteId(number(route, "dispatch", "route")?)), rules);
    }
    Ok(found)
}
