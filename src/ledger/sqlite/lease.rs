//! Who owns a lane, and the check that every write of an owner begins with.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use super::failure::Halt;
use super::{Sqlite, sql};
use crate::domain::LaneId;
use crate::ledger::batch::stored;
use crate::ledger::batch::stored::micros;
use crate::ledger::{Lease, LedgerError, Ownership};

/// What a writer that is the owner learns with the check.
pub(super) struct Fence {
    /// Receipts of this lane wait for their submission.
    pub(super) receipts_wait: bool,
}

impl Sqlite {
    pub(super) async fn take_lease(
        &self,
        now: Timestamp,
        lane: LaneId,
        node: &str,
        ttl: Duration,
        ready: bool,
    ) -> Result<Lease, Halt> {
        let now = self.lease_now(now);
        let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(ttl).unwrap_or(Timestamp::MAX);
        let mut tx = self.begin_write().await?;
        let taken: Option<i64> = sqlx::query_scalar(sql::LEASE_TAKE)
            .bind(lane.0)
            .bind(node)
            .bind(micros(now))
            .bind(micros(until))
            .bind(ready)
            .fetch_optional(&mut *tx)
            .await?;
        let lease = match taken {
            Some(epoch) => Lease::Granted {
                ownership: Ownership { lane, node: node.to_owned(), epoch },
                until: stored::time(micros(until), "lane", "until")?,
            },
            None => {
                let holder: Option<(String, i64, i64)> =
                    sqlx::query_as(sql::LEASE_HOLDER).bind(lane.0).fetch_optional(&mut *tx).await?;
                let (node, until, ready) = holder.ok_or_else(|| no_such_lane(lane))?;
                Lease::HeldBy { node, until: stored::time(until, "lane", "until")?, ready: ready != 0 }
            }
        };
        tx.commit().await?;
        Ok(lease)
    }

    pub(super) async fn release_lease(&self, owner: &Ownership) -> Result<(), Halt> {
        sqlx::query(sql::LEASE_RELEASE)
            .bind(owner.lane.0)
            .bind(&owner.node)
            .bind(owner.epoch)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

/// Refuses a writer that is not the owner any more.
pub(super) async fn fence(connection: &mut SqliteConnection, owner: &Ownership) -> Result<Fence, Halt> {
    let found: Option<bool> = sqlx::query_scalar(sql::FENCE)
        .bind(owner.lane.0)
        .bind(&owner.node)
        .bind(owner.epoch)
        .fetch_optional(connection)
        .await?;
    let receipts_wait = found.ok_or(LedgerError::Fenced { lane: owner.lane.0, epoch: owner.epoch })?;
    Ok(Fence { receipts_wait })
}

fn no_such_lane(lane: LaneId) -> LedgerError {
    LedgerError::Inconsistent {
        table: "lane",
        column: "id",
        row: lane.to_string(),
        why: "there is no such lane; it has to be made first".into(),
    }
}
