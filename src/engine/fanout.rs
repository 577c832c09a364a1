//! From an approved alert to queued messages: freeze the audience, fix its digest, make the messages, all
//! in chunks that a restart resumes. Nothing is sent before the whole list of targets is fixed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use contract::Clock;
use jiff::Timestamp;

use super::{Bodies, Handle, Reach, RouteSetup, Settings, Setup};
use crate::{
    domain::{AreaCatalogue, RouteId, TargetDigest},
    ledger::{AlertRow, DispatchPlan, LedgerError, Progress, StepPlan, Store},
};

#[derive(Debug)]
pub(crate) struct Fanout {
    pub(crate) store: Store,
    pub(crate) setup: Arc<ArcSwap<Setup>>,
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
        let setup = self.setup.load_full();
        if !setup.routes_of(&alert.plan).any(|(route, _)| is_personal(route)) {
            return self.begin(alert).await;
        }
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
        let routing = setup.routing(&alert.plan);
        match self.store.ledger.freeze(now, alert.id, &selection, &routing, chunk).await? {
            Progress::More(_) => Ok(()),
            Progress::Done(_) => self.begin(alert).await,
        }
    }

    async fn begin(&self, alert: &AlertRow) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let (digest, used) = self.digest(alert).await?;
        let starts = starts(alert, now);
        let mut plans = Vec::new();
        let setup = self.setup.load_full();
        for (route, step) in setup.routes_of(&alert.plan) {
            let page = match &route.reach {
                Reach::Page(address) => Some(address.clone()),
                Reach::Carrier | Reach::Phone | Reach::Contact => None,
            };
            if page.is_none() && !used.contains(&route.id) {
                continue;
            }
            let parts = match self.bodies.of(alert, route.id).await? {
                Ok(body) => i64::try_from(body.parts()).unwrap_or(i64::MAX),
                Err(why) => {
                    tracing::error!(alert = %alert.id, route = %route.name, %why, "approved content can't be sent; alert stays approved and unsent");
                    return Ok(());
                }
            };
            let expires_at = match starts.get(usize::try_from(step).unwrap_or(usize::MAX)) {
                // A page has no step after it that would take its place.
                Some(next) if page.is_none() => alert.expires_at.min(*next),
                Some(_) | None => alert.expires_at,
            };
            plans.push(DispatchPlan { route: route.id, parts, step, expires_at, page });
        }
        let later = starts.iter().enumerate().skip(1);
        let steps: Vec<_> = later
            .map(|(index, due_at)| StepPlan {
                step: i64::try_from(index + 1).unwrap_or(i64::MAX),
                due_at: *due_at,
            })
            .collect();
        self.store.ledger.begin(now, alert.id, &digest, &plans, &steps).await?;
        tracing::info!(alert = %alert.id, routes = plans.len(), steps = starts.len(), "targets frozen, dispatch begins");
        self.handle.wake();
        Ok(())
    }

    /// Reads the frozen list once more, as an auditor would, and notes which routes it needs.
    async fn digest(&self, alert: &AlertRow) -> Result<(String, BTreeSet<RouteId>), LedgerError> {
        let mut digest = TargetDigest::new();
        let mut routes = BTreeSet::new();
        let mut after_seq = 0;
        loop {
            let page = self.store.reports.targets(alert.id, after_seq, self.settings.fanout_rows).await?;
            let Some(last) = page.last() else { break };
            after_seq = last.seq;
            for target in &page {
                for (route, address) in target.sms.iter().chain(&target.legs) {
                    digest.add(target.seq, address, *route);
                    routes.insert(*route);
                }
            }
        }
        Ok((digest.finish(), routes))
    }
}

fn is_personal(route: &RouteSetup) -> bool {
    !matches!(route.reach, Reach::Page(_))
}

/// When each step of the plan begins.
fn starts(alert: &AlertRow, now: Timestamp) -> Vec<Timestamp> {
    let at = |after: Duration| now.checked_add(after).unwrap_or(Timestamp::MAX);
    alert.plan.starts().into_iter().map(at).collect()
}
