//! What became of an alert: counts, communes, messages one by one. Only read.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Act, Numbers, Office, OfficeError, Result, Text,
    accounts::{allows, require},
    people::{area_name, may_see, page, seen, shown},
    preview::{ExclusionCount, exclusion_counts},
    words,
};
use crate::{
    domain::{AlertId, AreaCatalogue, Channel, Counts, MessageKey, Phase, RouteId, State},
    engine::Reach,
    ledger::{Account, After, AlertRow, MessageFilter, MessageRow, TrailEntry},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertCounts {
    pub alert: AlertId,
    pub phase: Phase,
    /// Frozen at approval; targets and those left out are everybody who was chosen.
    pub targets: i64,
    pub excluded: i64,
    /// Messages of all routes together.
    pub total: Counts,
    /// `None` where persons have messages on several channels and nobody asked: folding them reads every message.
    pub people: Option<PeopleCounts>,
    pub routes: Vec<RouteCounts>,
    pub exclusions: Vec<ExclusionCount>,
}

/// Persons, each once with the best of their messages. A page's post is nobody's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeopleCounts {
    pub targets: i64,
    pub excluded: i64,
    /// `accepted`: persons for whom there is a message. `possible_repeats` and `parts_submitted` are 0: those are figures
    /// of messages.
    pub counts: Counts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteCounts {
    pub route: String,
    /// Unknown where the route is no longer in the settings.
    pub channel: Option<Channel>,
    pub counts: Counts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaReport {
    pub area: String,
    pub name: String,
    pub targets: i64,
    pub excluded: i64,
    pub counts: Counts,
}

/// A message as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    pub key: MessageKey,
    pub route: String,
    pub address: String,
    pub area: String,
    pub area_name: String,
    pub state: State,
    pub state_text: Text,
    pub attempts: i32,
    pub code: Option<String>,
    pub reason: Option<String>,
    pub submitted_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// Names of routes; one that is no longer in the settings still has its name in the ledger.
pub(super) type RouteNames = Vec<(RouteId, String)>;

impl Office {
    /// Counters only: cheap however large the alert is. `fold`: persons too where that means reading every message.
    ///
    /// # Errors
    /// No such alert, or `by` may not.
    pub async fn counts(&self, by: &Account, alert: AlertId, fold: bool) -> Result<AlertCounts> {
        let row = self.alert(by, alert).await?;
        let names = self.store.catalog.route_names().await?;
        let by_route = self.store.ledger.counts(alert).await?;
        let exclusions = self.store.reports.exclusion_counts(alert).await?;
        let people = if fold || row.plan.is_single() {
            Some(self.people_counts(&row, &by_route).await?)
        } else {
            None
        };
        Ok(AlertCounts {
            alert,
            phase: row.phase,
            targets: row.targets,
            excluded: row.excluded,
            total: by_route.iter().map(|(_, counts)| *counts).sum(),
            people,
            routes: by_route
                .into_iter()
                .map(|(route, counts)| RouteCounts {
                    route: route_name(&names, route),
                    channel: self.setup.load().route(route).map(|setup| setup.channel),
                    counts,
                })
                .collect(),
            exclusions: exclusion_counts(&exclusions),
        })
    }

    /// Where one channel reaches persons, their messages' counters are theirs; otherwise every person is looked at.
    async fn people_counts(&self, row: &AlertRow, by_route: &[(RouteId, Counts)]) -> Result<PeopleCounts> {
        let personal = |route: RouteId| {
            self.setup.load().route(route).is_none_or(|setup| !matches!(setup.reach, Reach::Page(_)))
        };
        let counts: Counts = if row.plan.is_single() {
            by_route.iter().filter(|(route, _)| personal(*route)).map(|(_, counts)| *counts).sum()
        } else {
            self.store.reports.by_area(row.id).await?.into_iter().map(|area| area.counts).sum()
        };
        let counts = Counts { possible_repeats: 0, parts_submitted: 0, ..counts };
        Ok(PeopleCounts { targets: row.targets, excluded: row.excluded, counts })
    }

    /// Each person once.
    ///
    /// # Errors
    /// No such alert, or `by` may not.
    pub async fn by_area(&self, by: &Account, alert: AlertId) -> Result<Vec<AreaReport>> {
        self.alert(by, alert).await?;
        let areas = self.store.reports.by_area(alert).await?;
        Ok(areas
            .into_iter()
            .map(|found| AreaReport {
                name: area_name(&self.areas, &found.area),
                area: found.area,
                targets: found.targets,
                excluded: found.excluded,
                counts: found.counts,
            })
            .collect())
    }

    /// Messages after `after` in the order of route and number.
    ///
    /// # Errors
    /// No such alert, or `by` may not see messages, or not their numbers.
    pub async fn message_rows(
        &self,
        by: &Account,
        alert: AlertId,
        filter: &MessageFilter,
        after: After,
        rows_max: usize,
        numbers: Numbers,
    ) -> Result<Vec<MessageView>> {
        may_see(by, numbers)?;
        self.alert(by, alert).await?;
        let names = self.store.catalog.route_names().await?;
        let rows = self.store.reports.messages(alert, filter, after, page(rows_max)).await?;
        seen(by, numbers, rows.len(), "messages");
        Ok(rows.into_iter().map(|row| view(row, numbers, &names, &self.areas)).collect())
    }

    /// # Errors
    /// No such message, or `by` may not.
    pub async fn message(&self, by: &Account, key: MessageKey, numbers: Numbers) -> Result<MessageView> {
        may_see(by, numbers)?;
        let row = self.store.reports.message(key).await?.ok_or_else(|| OfficeError::no("message", key))?;
        let names = self.store.catalog.route_names().await?;
        seen(by, numbers, 1, "message");
        Ok(view(row, numbers, &names, &self.areas))
    }

    /// Everything that happened to one message, in order. The provider's own words, which may hold the number, only
    /// for those who may see numbers.
    ///
    /// # Errors
    /// No such message, or `by` may not.
    pub async fn trail(&self, by: &Account, key: MessageKey) -> Result<Vec<TrailEntry>> {
        require(by, Act::ReadTrail)?;
        if self.store.reports.message(key).await?.is_none() {
            return Err(OfficeError::no("message", key));
        }
        let mut entries = self.store.reports.trail(key).await?;
        if allows(by.role, Act::ReadNumbers) {
            seen(by, Numbers::Full, 1, "trail");
        } else {
            for entry in &mut entries {
                entry.raw = None;
            }
        }
        Ok(entries)
    }
}

pub(super) fn route_name(names: &RouteNames, route: RouteId) -> String {
    let found = names.iter().find(|(id, _)| *id == route);
    found.map_or_else(|| route.to_string(), |(_, name)| name.clone())
}

fn view(row: MessageRow, numbers: Numbers, names: &RouteNames, areas: &AreaCatalogue) -> MessageView {
    MessageView {
        key: row.key,
        route: route_name(names, row.key.route),
        address: shown(&row.address, numbers),
        area_name: area_name(areas, &row.area),
        area: row.area,
        state: row.state,
        state_text: words::state(row.state),
        attempts: row.attempts,
        code: row.code,
        reason: row.reason,
        submitted_at: row.submitted_at,
        ended_at: row.ended_at,
    }
}
