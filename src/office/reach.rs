//! Whom an alert reached over all its channels, what people wrote back, and what was seen of posts.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Act, CsvStream, Numbers, Office, Result, Text,
    accounts::require,
    people::{area_name, may_see, page, seen, shown},
    report::route_name,
    report_csv::{broken, finished, line, paged},
    words,
};
use crate::{
    domain::{AlertId, AreaCatalogue, RouteId, State},
    ledger::{Account, ExhibitRow, InboxRow, ReachRow},
};

/// A target with what all channels together came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonReach {
    /// Where the next page begins: after this.
    #[serde(skip)]
    pub cursor: i64,
    pub target: i64,
    /// None where the person is known to a channel only by the provider's id.
    pub number: Option<String>,
    pub area: String,
    pub area_name: String,
    pub state: State,
    pub state_text: Text,
    /// Of the message that decided.
    pub route: Option<String>,
}

/// Which targets a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Delivered on some channel.
    Yes,
    /// It is known that nothing has reached them so far.
    No,
    /// It has left for them, and nobody knows whether it arrived.
    Unknown,
}

/// A message from a person to us, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxView {
    pub id: i64,
    pub lane: String,
    pub from: String,
    pub to: String,
    /// As it was written; it may hold numbers of others.
    pub text: String,
    pub alert: Option<AlertId>,
    pub at: Timestamp,
}

/// What was seen of a post at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExhibitView {
    pub route: String,
    pub reference: String,
    pub permalink: Option<String>,
    /// What the platform did not tell is none, never 0.
    pub metrics: Vec<(String, Option<i64>)>,
    pub at: Timestamp,
}

/// A post is measured a few times; the newest are shown.
const EXHIBITS_MAX: usize = 200;
/// Targets read from the ledger at a time for a file.
const PAGE_ROWS: usize = 5_000;
const COLUMNS: [&str; 7] = ["target", "number", "area", "area_name", "state", "state_vi", "route"];

impl Reached {
    /// The states it stands for.
    #[must_use]
    pub fn states(self) -> Vec<State> {
        let of = |state: &State| match state {
            State::Delivered => Self::Yes,
            state if state.may_have_reached() => Self::Unknown,
            _ => Self::No,
        };
        State::ALL.iter().copied().filter(|state| of(state) == self).collect()
    }
}

impl Office {
    /// Targets after the cursor `after` (0: from the first), only those in `states` (empty: all).
    ///
    /// # Errors
    /// No such alert, or `by` may not see people, or not their numbers.
    pub async fn persons(
        &self,
        by: &Account,
        alert: AlertId,
        states: &[State],
        after: i64,
        rows_max: usize,
        numbers: Numbers,
    ) -> Result<Vec<PersonReach>> {
        may_see(by, numbers)?;
        self.alert(by, alert).await?;
        let names = self.store.catalog.route_names().await?;
        let rows = self.store.reports.persons(alert, states, after, page(rows_max)).await?;
        seen(by, numbers, rows.len(), "persons of an alert");
        let view = |row: ReachRow| PersonReach {
            cursor: row.cursor,
            target: row.target_seq,
            number: row.phone.map(|phone| shown(&phone, numbers)),
            area_name: area_name(&self.areas, &row.area),
            area: row.area,
            state: row.state,
            state_text: words::state(row.state),
            route: row.route.map(|route| route_name(&names, route)),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// The targets as a file, whatever their number: the header line, then one line each. `reached` none: all.
    ///
    /// # Errors
    /// No such alert, or `by` may not; later, in the stream: the ledger did not answer.
    pub async fn persons_csv(
        &self,
        by: &Account,
        alert: AlertId,
        reached: Option<Reached>,
        numbers: Numbers,
    ) -> Result<CsvStream> {
        may_see(by, numbers)?;
        let row = self.alert(by, alert).await?;
        seen(by, numbers, usize::try_from(row.targets).unwrap_or(usize::MAX), "persons of an alert");
        let routes = self.store.catalog.route_names().await?.into_iter().collect();
        let states: Arc<[State]> = reached.map(Reached::states).unwrap_or_default().into();
        let sheet = Arc::new(Sheet { routes, areas: self.areas.clone(), numbers });
        let reports = self.store.reports.clone();
        Ok(paged(line(COLUMNS)?, 0, move |after: i64| {
            let (reports, sheet, states) = (reports.clone(), sheet.clone(), states.clone());
            async move {
                let rows = reports.persons(alert, &states, after, PAGE_ROWS).await?;
                let Some(last) = rows.last().map(|row| row.cursor) else { return Ok(None) };
                Ok(Some((sheet.lines(&rows)?, last)))
            }
        }))
    }

    /// What people wrote to us, newest first, ids below `before`.
    ///
    /// # Errors
    /// `by` may not read it, or not the numbers.
    pub async fn inbox(
        &self,
        by: &Account,
        before: Option<i64>,
        rows_max: usize,
        numbers: Numbers,
    ) -> Result<Vec<InboxView>> {
        may_see(by, numbers)?;
        let rows = self.store.reports.inbox(before, page(rows_max)).await?;
        seen(by, numbers, rows.len(), "inbox");
        let view = |row: InboxRow| InboxView {
            id: row.id,
            lane: row.lane,
            from: shown(&row.from, numbers),
            to: row.to,
            text: row.text,
            alert: row.alert,
            at: row.at,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// What was seen of the alert's posts, newest first.
    ///
    /// # Errors
    /// No such alert, or `by` may not.
    pub async fn exhibits(&self, by: &Account, alert: AlertId) -> Result<Vec<ExhibitView>> {
        require(by, Act::Read)?;
        self.alert(by, alert).await?;
        let names = self.store.catalog.route_names().await?;
        let rows = self.store.reports.exhibits(alert, EXHIBITS_MAX).await?;
        let view = |row: ExhibitRow| ExhibitView {
            route: route_name(&names, row.route),
            reference: row.reference,
            permalink: row.permalink,
            metrics: row.metrics,
            at: row.at,
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

/// How a target becomes a line.
struct Sheet {
    routes: HashMap<RouteId, String>,
    areas: Arc<AreaCatalogue>,
    numbers: Numbers,
}

impl Sheet {
    fn lines(&self, rows: &[ReachRow]) -> Result<Bytes> {
        let mut out = csv::Writer::from_writer(Vec::with_capacity(rows.len() * 80));
        for row in rows {
            let number = row.phone.as_ref().map(|phone| shown(phone, self.numbers)).unwrap_or_default();
            let route = row.route.and_then(|route| self.routes.get(&route)).map_or("", String::as_str);
            out.write_record([
                row.target_seq.to_string().as_str(),
                &number,
                &row.area,
                &area_name(&self.areas, &row.area),
                row.state.as_str(),
                words::state(row.state).vi.as_ref(),
                route,
            ])
            .map_err(broken)?;
        }
        finished(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_reached_not_reached_or_not_known() {
        let all = [Reached::Yes, Reached::No, Reached::Unknown].map(Reached::states).concat();
        assert_eq!(all.len(), State::ALL.len());
        assert_eq!(Reached::Yes.states(), [State::Delivered]);
        assert!(Reached::No.states().contains(&State::Expired));
        assert!(Reached::Unknown.states().contains(&State::Unconfirmed));
    }
}
