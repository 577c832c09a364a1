//! Who owns a lane, and the check that every write of an owner begins with.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{query, query_as, query_scalar};

use super::failure::Halt;
use super::{Postgres, sql};
use crate::domain::LaneId;
use crate::ledger::batch::stored::{micros, time};
use crate::ledger::{Lease, LeaseTime, LedgerError, Ownership};

/// A thousand years: later than anything, and no overflow.
const LEASE_US_MAX: i64 = 1000 * 366 * 86_400 * 1_000_000;

impl Postgres {
    pub(super) async fn take_lease(
        &self,
        now: Timestamp,
        lane: LaneId,
        node: &str,
        ttl: Duration,
        ready: bool,
    ) -> Result<Lease, Halt> {
        let ttl_us = i64::try_from(ttl.as_micros()).unwrap_or(LEASE_US_MAX).min(LEASE_US_MAX);
        let mut tx = self.begin().await?;
        let taken: Option<(i64, i64)> = query_as(sql::LEASE_TAKE)
            .bind(i64::from(lane.0))
            .bind(node)
            .bind(self.lease_now(now))
            .bind(ttl_us)
            .bind(i64::from(ready))
            .fetch_optional(&mut *tx)
            .await?;
        let lease = match taken {
            Some((epoch, until)) => Lease::Granted {
                ownership: Ownership { lane, node: node.to_owned(), epoch },
                until: time(until, "lane", "until")?,
            },
            None => {
                let holder: Option<(String, i64, i64)> =
                    query_as(sql::LEASE_HOLDER).bind(i64::from(lane.0)).fetch_optional(&mut *tx).await?;
                let (node, until, ready) = holder.ok_or_else(|| no_such_lane(lane))?;
                Lease::HeldBy { node, until: time(until, "lane", "until")?, ready: ready != 0 }
            }
        };
        tx.commit().await?;
        Ok(lease)
    }

    /// The time that decides about leases; none: the server's.
    pub(super) fn lease_now(&self, now: Timestamp) -> Option<i64> {
        match self.lease_time {
            LeaseTime::Ledger => None,
            LeaseTime::Given => Some(micros(now)),
        }
    }

    pub(super) async fn release_lease(&self, owner: &Ownership) -> Result<(), Halt> {
        query(sql::LEASE_RELEASE)
            .bind(i64::from(owner.lane.0))
            .bind(&owner.node)
            .bind(owner.epoch)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Refuses a writer that is not the owner any more; until the end of the transaction the lane stays the owner's.
/// Returns whether receipts of the lane wait for their submission, as of the start of this statement.
pub(super) async fn fence(connection: &mut PgConnection, owner: &Ownership) -> Result<bool, Halt> {
    let waiting: Option<bool> = query_scalar(sql::FENCE)
        .bind(i64::from(owner.lane.0))
        .bind(&owner.node)
        .bind(owner.epoch)
        .fetch_optional(connection)
        .await?;
    waiting.ok_or_else(|| LedgerError::Fenced { lane: owner.lane.0, epoch: owner.epoch }.into())
}

fn no_such_lane(lane: LaneId) -> LedgerError {
    LedgerError::Inconsistent {
        table: "lane",
        column: "id",
        row: lane.to_string(),
        why: "there is no such lane; it has to be made first".into(),
    }
}
