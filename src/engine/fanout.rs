//! From an approved alert to queued messages: freeze the audience, fix its digest, make the messages, all
//! in chunks that a restart resumes. Nothing is sent before the whole list of targets is fixed.

use std::sync::Arc;

use contract::Clock;

use super::{Bodies, Handle, Settings, Setup};
use crate::{
    domain::{AreaCatalogue, TargetDigest},
    ledger::{AlertRow, DispatchPlan, LedgerError, Progress, Store},
};

#[derive(Debug)]
pub(crate) struct Fanout {
    pub(crate) store: Store,
    pub(crate) setup: Arc<Setup>,
    pub(crate) areas: Arc<AreaCatalogue>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handle: Handle,
}

/// What one step came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fanned {
    Worked,
    Idle,
}

impl Fanout {
    /// One chunk for the most urgent alert that needs it.
    pub(crate) async fn step(&self) -> Result<Fanned, LedgerError> {
        let waiting = self.store.catalog.alerts_to_fan_out().await?;
        let Some(alert) = waiting.first() else { return Ok(Fanned::Idle) };
        if alert.frozen_at.is_none() {
            self.freeze(alert).await?;
        } else {
            let now = self.clock.now();
            self.store.ledger.accept(now, alert.id, self.settings.fanout_rows).await?;
            self.handle.wake();
        }
        Ok(Fanned::Worked)
    }

    async fn freeze(&self, alert: &AlertRow) -> Result<(), LedgerError> {
        let groups = self.store.catalog.groups().await?.into_iter().map(|group| group.slug).collect();
        let selection = match alert.audience.check(&self.areas, &groups) {
            Ok(selection) => selection,
            Err(refusal) => {
                // It was checked before approval; a catalogue changed in between. Nothing is sent.
                tracing::error!(alert = %alert.id, %refusal, "audience no longer resolves; alert stays approved and unsent");
                return Ok(());
            }
        };
        let now = self.clock.now();
        let chunk = self.settings.fanout_rows;
        let routing = &self.setup.routing;
        match self.store.ledger.freeze(now, alert.id, &selection, routing, chunk).await? {
            Progress::More(_) => Ok(()),
            Progress::Done(_) => self.begin(alert).await,
        }
    }

    async fn begin(&self, alert: &AlertRow) -> Result<(), LedgerError> {
        let (digest, routes) = self.digest(alert).await?;
        let mut plans = Vec::with_capacity(routes.len());
        for route in routes {
            match self.bodies.of(alert, route) {
                Ok(body) => {
                    let parts = i64::try_from(body.parts()).unwrap_or(i64::MAX);
                    plans.push(DispatchPlan { route, parts });
                }
                Err(why) => {
                    tracing::error!(alert = %alert.id, %route, %why, "approved text can't be sent; alert stays approved and unsent");
                    return Ok(());
                }
            }
        }
        self.store.ledger.begin(self.clock.now(), alert.id, &digest, &plans).await?;
        tracing::info!(alert = %alert.id, routes = plans.len(), "targets frozen, dispatch begins");
        self.handle.wake();
        Ok(())
    }

    /// Reads the frozen list once more, as an auditor would, and notes which routes it needs.
    async fn digest(&self, alert: &AlertRow) -> Result<(String, Vec<crate::domain::RouteId>), LedgerError> {
        let mut digest = TargetDigest::new();
        let mut routes = std::collections::BTreeSet::new();
        let mut after_seq = 0;
        loop {
            let page = self.store.reports.targets(alert.id, after_seq, self.settings.fanout_rows).await?;
            let Some(last) = page.last() else { break };
            after_seq = last.seq;
            for target in &page {
                digest.add(target.seq, &target.phone, target.route);
                routes.insert(target.route);
            }
        }
        Ok((digest.finish(), routes.into_iter().collect()))
    }
}
