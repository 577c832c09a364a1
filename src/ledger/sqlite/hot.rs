//! The hot path's verbs by name; each lives in the file of its subject.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::failure::Halt;
use super::rows::limit;
use super::{Sqlite, sql};
use crate::domain::{AlertId, Counts, LaneId, MessageKey, RouteId, Selection};
use crate::ledger::batch::stored;
use crate::ledger::{
    Approved, Claim, ClaimAsk, DispatchPlan, Doubt, Found, KnownPart, Lease, Ledger, OpenReference,
    Ownership, Progress, ReceiptFact, Recorded, Result, Routing, Settled, Settlement, StepPlan, Swept,
};

#[async_trait]
impl Ledger for Sqlite {
    async fn lease(
        &self,
        now: Timestamp,
        lane: LaneId,
        node: &str,
        ttl: Duration,
        ready: bool,
    ) -> Result<Lease> {
        self.take_lease(now, lane, node, ttl, ready).await.map_err(|halt| self.told(halt))
    }

    async fn release(&self, ownership: &Ownership) -> Result<()> {
        self.release_lease(ownership).await.map_err(|halt| self.told(halt))
    }

    async fn freeze(
        &self,
        _now: Timestamp,
        approved: Approved,
        selection: &Selection,
        routing: &Routing,
        rows_max: usize,
    ) -> Result<Progress> {
        self.freeze_people(approved, selection, routing, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn begin(
        &self,
        now: Timestamp,
        approved: Approved,
        digest: &str,
        plans: &[DispatchPlan],
        steps: &[StepPlan],
    ) -> Result<()> {
        self.begin_dispatch(now, approved, digest, plans, steps).await.map_err(|halt| self.told(halt))
    }

    async fn accept(&self, _now: Timestamp, alert: AlertId, rows_max: usize) -> Result<Progress> {
        self.accept_targets(alert, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn claim(&self, now: Timestamp, owner: &Ownership, ask: &ClaimAsk) -> Result<Option<Claim>> {
        self.claim_batch(now, owner, ask).await.map_err(|halt| self.told(halt))
    }

    async fn settle(
        &self,
        now: Timestamp,
        owner: &Ownership,
        ended: &[Settlement],
        found: &[Found],
    ) -> Result<Settled> {
        self.settle_batch(now, owner, ended, found).await.map_err(|halt| self.told(halt))
    }

    async fn record(&self, _now: Timestamp, receipts: &[ReceiptFact]) -> Result<Recorded> {
        self.record_batch(receipts).await.map_err(|halt| self.told(halt))
    }

    async fn sweep(&self, now: Timestamp, receipt_wait: Duration, rows_max: usize) -> Result<Swept> {
        self.sweep_all(now, receipt_wait, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn open_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<OpenReference>> {
        self.read_open_references(lane, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn counts(&self, alert: AlertId) -> Result<Vec<(RouteId, Counts)>> {
        self.read_counts(alert).await.map_err(|halt| self.told(halt))
    }

    async fn keep_inbound(&self, now: Timestamp, lane: LaneId, messages: &[contract::Inbound]) -> Result<()> {
        self.add_inbound(now, lane, messages).await.map_err(|halt| self.told(halt))
    }
    async fn escalate(&self, now: Timestamp, rows_max: usize) -> Result<Progress> {
        self.escalate_chunk(now, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn doubts(&self, routes: &[RouteId], rows_max: usize) -> Result<Vec<Doubt>> {
        self.read_doubts(routes, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn accepted_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<String>> {
        self.read_accepted_references(lane, rows_max).await.map_err(|halt| self.told(halt))
    }

    async fn proved_absent(&self, now: Timestamp, owner: &Ownership, keys: &[MessageKey]) -> Result<usize> {
        self.requeue_absent(now, owner, keys).await.map_err(|halt| self.told(halt))
    }

    async fn lane_of(&self, lanes: &[LaneId], references: &[String]) -> Result<Option<LaneId>> {
        self.find_lane(lanes, references).await.map_err(|halt| self.told(halt))
    }

    async fn reference_of(&self, alert: AlertId, route: RouteId) -> Result<Option<String>> {
        self.find_reference(alert, route).await.map_err(|halt| self.told(halt))
    }

    async fn keep_findings(
        &self,
        now: Timestamp,
        route: RouteId,
        findings: &[contract::Finding],
    ) -> Result<()> {
        self.add_findings(now, route, findings).await.map_err(|halt| self.told(halt))
    }
}

impl Sqlite {
    async fn read_open_references(&self, lane: LaneId, rows_max: usize) -> Result<Vec<OpenReference>, Halt> {
        let rows: Vec<(String, i64, i64, i64, i64, i64, String)> = sqlx::query_as(sql::OPEN_REFERENCES)
            .bind(lane.0)
            .bind(limit(rows_max))
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter()
            .map(|(reference, alert, route, seq, attempt, part, address)| {
                let attempt = stored::number(attempt, "submission", "attempt")?;
                let part = stored::number(part, "submission", "part")?;
                let part = KnownPart { key: stored::key(alert, route, seq)?, attempt, part };
                Ok(OpenReference { lane, reference, part, address })
            })
            .collect()
    }

    async fn read_counts(&self, alert: AlertId) -> Result<Vec<(RouteId, Counts)>, Halt> {
        type Row = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
        let rows: Vec<Row> = sqlx::query_as(sql::COUNTS).bind(alert.0).fetch_all(&self.readers).await?;
        rows.into_iter()
            .map(|row| {
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
                Ok((stored::route(row.0, "dispatch")?, counts))
            })
            .collect()
    }
}
