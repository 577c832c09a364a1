//! The hot verbs; each runs again if the server broke a tie between transactions.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::query_as;

use super::columns::limit;
use super::failure::Halt;
use super::{Postgres, retried, sql};
use crate::domain::{AlertId, Counts, LaneId, MessageKey, RouteId, Selection};
use crate::ledger::batch::stored::{key, number};
use crate::ledger::{
    Approved, Claim, ClaimAsk, DispatchPlan, Doubt, Found, KnownPart, Lease, Ledger, OpenReference,
    Ownership, Progress, ReceiptFact, Recorded, Result, Routing, Settled, Settlement, StepPlan, Swept,
};

#[async_trait]
impl Ledger for Postgres {
    async fn lease(
        &self,
        now: Timestamp,
        lane: LaneId,
        node: &str,
        ttl: Duration,
        ready: bool,
    ) -> Result<Lease> {
        retried!(self, self.take_lease(now, lane, node, ttl, ready))
    }

    async fn release(&self, ownership: &Ownership) -> Result<()> {
        retried!(self, self.release_lease(ownership))
    }

    async fn freeze(
        &self,
        _now: Timestamp,
        approved: Approved,
        selection: &Selection,
        routing: &Routing,
        rows_max: usize,
    ) -> Result<Progress> {
        retried!(self, self.freeze_chunk(approved, selection, routing, rows_max))
    }

    async fn begin(
        &self,
        now: Timestamp,
        approved: Approved,
        digest: &str,
        plans: &[DispatchPlan],
        steps: &[StepPlan],
    ) -> Result<()> {
        retried!(self, self.begin_dispatch(now, approved, digest, plans, steps))
    }

    async fn accept(&self, _now: Timestamp, alert: AlertId, rows_max: usize) -> Result<Progress> {
        retried!(self, self.accept_chunk(alert, rows_max))
    }

    async fn claim(&self, now: Timestamp, owner: &Ownership, ask: &ClaimAsk) -> Result<Option<Claim>> {
        retried!(self, self.claim_once(now, owner, ask))
    }

    async fn settle(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ended: &[Settlement],
        found: &[Found],
    ) -> Result<Settled> {
        retried!(self, self.settle_once(now, owner, ended, found))
    }

    async fn record(&self, _now: Timestamp, receipts: &[ReceiptFact]) -> Result<Recorded> {
        retried!(self, self.record_once(receipts))
    }

    async fn sweep(&self, now: Timestamp, receipt_wait: Duration, rows_max: usize) -> Result<Swept> {
        retried!(self, self.sweep_all(now, receipt_wait, rows_max))
    }

    async fn open_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<OpenReference>> {
        retried!(self, self.read_open_references(lane, rows_max))
    }

    async fn counts(&self, alert: AlertId) -> Result<Vec<(RouteId, Counts)>> {
        retried!(self, self.read_counts(alert))
    }

    async fn keep_inbound(&self, now: Timestamp, lane: LaneId, messages: &[contract::Inbound]) -> Result<()> {
        retried!(self, self.add_inbound(now, lane, messages))
    }
    async fn escalate(&self, now: Timestamp, rows_max: usize) -> Result<Progress> {
        retried!(self, self.escalate_chunk(now, rows_max))
    }

    async fn doubts(&self, routes: &[RouteId], rows_max: usize) -> Result<Vec<Doubt>> {
        retried!(self, self.read_doubts(routes, rows_max))
    }

    async fn accepted_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<String>> {
        retried!(self, self.read_accepted_references(lane, rows_max))
    }

    async fn proved_absent(&self, now: Timestamp, owner: &Ownership, keys: &[MessageKey]) -> Result<usize> {
        retried!(self, self.requeue_absent(now, owner, keys))
    }

    async fn lane_of(&self, lanes: &[LaneId], references: &[String]) -> Result<Option<LaneId>> {
        retried!(self, self.find_lane(lanes, references))
    }

    async fn reference_of(&self, alert: AlertId, route: RouteId) -> Result<Option<String>> {
        retried!(self, self.find_reference(alert, route))
    }

    async fn keep_findings(
        &self,
        now: Timestamp,
        route: RouteId,
        findings: &[contract::Finding],
    ) -> Result<()> {
        retried!(self, self.add_findings(now, route, findings))
    }
}

impl Postgres {
    async fn read_open_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<OpenReference>, Halt> {
        let rows: Vec<(String, i64, i64, i64, i64, i64, String)> = query_as(sql::OPEN_REFERENCES)
            .bind(i64::from(lane.0))
            .bind(limit(rows_max))
            .fetch_all(&self.pool)
            .await?;
        let mut open = Vec::with_capacity(rows.len());
        for (reference, alert, route, seq, attempt, part, address) in rows {
            let part = KnownPart {
                key: key(alert, route, seq)?,
                attempt: number(attempt, "submission", "attempt")?,
                part: number(part, "submission", "part")?,
            };
            open.push(OpenReference { lane, reference, part, address });
        }
        Ok(open)
    }

    async fn read_counts(&self, alert: AlertId) -> Result<Vec<(RouteId, Counts)>, Halt> {
        type Row = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
        let rows: Vec<Row> = query_as(sql::COUNTS).bind(alert.0).fetch_all(&self.pool).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let counts = Counts {
                accepted: row.1,
                queued: row.2,
                in_flight: row.3,
                sent: row.4,
                delivered: row.5,
                undelivered: row.6,
                unconfirmed: row.7,
                failed: row.8,
                expired: row.9,
                cancelled: row.10,
                uncertain: row.11,
                possible_repeats: row.12,
                parts_submitted: row.13,
            };
            all.push((RouteId(number(row.0, "dispatch", "route")?), counts));
        }
        Ok(all)
    }
}
