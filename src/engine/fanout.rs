//! From an approved alert to queued messages: freeze the audience, fix its digest, make the messages, all
//! in chunks that a restart resumes. Nothing is sent before the whole list of targets is fixed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use contract::Clock;
use jiff::Timestamp;

use super::{Bodies, Handle, Reach, RouteSetup, Settings, Setup};
use crate::{
    domain::{AlertId, AreaCatalogue, RouteId, TargetDigest},
    ledger::{AlertRow, Approved, DispatchPlan, LedgerError, Progress, StepPlan, Store, TargetRow},
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
    /// Lists that are frozen and not read to their end. An urgent alert comes in between.
    pub(crate) readings: BTreeMap<AlertId, Reading>,
    /// Alerts of which it was said that they can't begin.
    pub(crate) stuck: BTreeSet<AlertId>,
}

/// A frozen list that is read once more, as an auditor would: what goes into the record is what stands there.
#[derive(Debug)]
pub(crate) struct Reading {
    approved: Approved,
    digest: TargetDigest,
    /// Routes that the list needs.
    used: BTreeSet<RouteId>,
    after_seq: i64,
}

impl Reading {
    fn new(approved: Approved) -> Self {
        Self { approved, digest: TargetDigest::new(), used: BTreeSet::new(), after_seq: 0 }
    }

    fn add(&mut self, page: &[TargetRow]) {
        for target in page {
            self.after_seq = target.seq;
            for (route, address) in target.sms.iter().chain(&target.legs) {
                self.digest.add(target.seq, address, *route);
                self.used.insert(*route);
            }
        }
    }
}

/// What one step came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fanned {
    Worked,
    Idle,
    /// The alert can't go on as it is; a person has to look. The others do.
    Stuck,
}

impl Fanout {
    /// One chunk for the most urgent alert that needs it and can go on.
    pub(crate) async fn step(&mut self) -> Result<Fanned, LedgerError> {
        let waiting = self.store.catalog.alerts_to_fan_out().await?;
        self.readings.retain(|alert, _| waiting.iter().any(|waits| waits.id == *alert));
        self.stuck.retain(|alert| waiting.iter().any(|waits| waits.id == *alert));
        for alert in &waiting {
            if self.advance(alert).await? == Fanned::Worked {
                return Ok(Fanned::Worked);
            }
        }
        Ok(Fanned::Idle)
    }

    async fn advance(&mut self, alert: &AlertRow) -> Result<Fanned, LedgerError> {
        if alert.frozen_at.is_none() {
            return self.freeze(alert).await;
        }
        let now = self.clock.now();
        self.store.ledger.accept(now, alert.id, self.settings.fanout_rows).await?;
        self.handle.wake();
        Ok(Fanned::Worked)
    }

    /// Said once, and tried again as long as the alert stays approved: new settings may mend it.
    fn stuck(&mut self, alert: &AlertRow, why: &str) -> Fanned {
        if self.stuck.insert(alert.id) {
            tracing::error!(alert = %alert.id, why, "can't begin; the alert stays approved and unsent");
        }
        Fanned::Stuck
    }

    async fn freeze(&mut self, alert: &AlertRow) -> Result<Fanned, LedgerError> {
        let Some(at) = alert.approved_at else {
            return Ok(self.stuck(alert, "nobody knows when it was approved"));
        };
        let approved = Approved { alert: alert.id, at };
        if let Some(reading) = self.readings.remove(&alert.id).filter(|reading| reading.approved == approved)
        {
            return self.read_on(alert, reading).await;
        }
        let setup = self.setup.load_full();
        if !setup.routes_of(&alert.plan).any(|(route, _)| is_personal(route)) {
            return self.begin(alert, Reading::new(approved)).await;
        }
        let groups = self.store.catalog.groups().await?.into_iter().map(|group| group.slug).collect();
        let selection = match alert.audience.check(&self.areas, &groups) {
            Ok(selection) => selection,
            Err(refusal) => {
                // It was checked before approval; a catalogue changed in between. Nothing is sent.
                return Ok(self.stuck(alert, &refusal.to_string()));
            }
        };
        let now = self.clock.now();
        let chunk = self.settings.fanout_rows;
        let routing = setup.routing(&alert.plan);
        match self.store.ledger.freeze(now, approved, &selection, &routing, chunk).await? {
            Progress::More(_) => Ok(Fanned::Worked),
            Progress::Done(_) => self.read_on(alert, Reading::new(approved)).await,
        }
    }

    /// One page; after the last one the alert begins.
    async fn read_on(&mut self, alert: &AlertRow, mut reading: Reading) -> Result<Fanned, LedgerError> {
        let page = self.store.reports.targets(alert.id, reading.after_seq, self.settings.fanout_rows).await?;
        reading.add(&page);
        if page.len() < self.settings.fanout_rows {
            return self.begin(alert, reading).await;
        }
        self.readings.insert(alert.id, reading);
        Ok(Fanned::Worked)
    }

    async fn begin(&mut self, alert: &AlertRow, reading: Reading) -> Result<Fanned, LedgerError> {
        let now = self.clock.now();
        let Reading { approved, digest, used, .. } = reading;
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
                    return Ok(self.stuck(alert, &format!("route {}: {why}", route.name)));
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
        self.store.ledger.begin(now, approved, &digest.finish(), &plans, &steps).await?;
        tracing::info!(alert = %alert.id, routes = plans.len(), steps = starts.len(), "targets frozen, dispatch begins");
        self.handle.wake();
        Ok(Fanned::Worked)
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
