//! The full report of an alert as a CSV file, whatever its size: page after page by key, one page in memory.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use jiff::{Timestamp, fmt::temporal::DateTimePrinter};

use super::{
    Numbers, Office, OfficeError, Result,
    people::{may_see, seen, shown},
    report::route_name,
    words::{self, VIETNAM},
};
use crate::{
    domain::{AlertId, AreaCatalogue, RouteId},
    ledger::{Account, After, MessageFilter, MessageRow},
};

/// A file, piece by piece. It stops at the first error.
pub type CsvStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// Messages read from the ledger at a time: a statement's fixed cost is small beside them, 5,000 rows are a megabyte.
const PAGE_ROWS: usize = 5_000;
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

const COLUMNS: [&str; 13] = [
    "seq",
    "route",
    "area",
    "area_name",
    "number",
    "state",
    "state_vi",
    "attempts",
    "code",
    "reason",
    "submitted_at",
    "ended_at",
    "target",
];

impl Office {
    /// Every message of an alert: the header line, then one line each in the order of route and number. Times are
    /// local to Vietnam, ISO 8601 with the offset.
    ///
    /// # Errors
    /// No such alert, or `by` may not; later, in the stream: the ledger did not answer.
    pub async fn report_csv(&self, by: &Account, alert: AlertId, numbers: Numbers) -> Result<CsvStream> {
        may_see(by, numbers)?;
        let row = self.alert(by, alert).await?;
        seen(by, numbers, usize::try_from(row.targets).unwrap_or(usize::MAX), "report");
        let names = self.store.catalog.route_names().await?;
        let routes: HashMap<RouteId, String> =
            names.iter().map(|(route, _)| (*route, route_name(&names, *route))).collect();
        let sheet = Arc::new(Sheet { routes, areas: self.areas.clone(), numbers });
        let reports = self.store.reports.clone();
        let head = line(COLUMNS)?;
        Ok(paged(head, None, move |after: After| {
            let (reports, sheet) = (reports.clone(), sheet.clone());
            async move {
                let rows = reports.messages(alert, &MessageFilter::default(), after, PAGE_ROWS).await?;
                let Some(last) = rows.last().map(|row| (row.key.route, row.key.seq)) else { return Ok(None) };
                Ok(Some((sheet.lines(&rows)?, Some(last))))
            }
        }))
    }
}

/// How a message becomes a line.
struct Sheet {
    routes: HashMap<RouteId, String>,
    areas: Arc<AreaCatalogue>,
    numbers: Numbers,
}

impl Sheet {
    fn lines(&self, rows: &[MessageRow]) -> Result<Bytes> {
        let mut out = csv::Writer::from_writer(Vec::with_capacity(rows.len() * 160));
        let mut communes: HashMap<&str, String> = HashMap::new();
        for row in rows {
            let commune = communes.entry(&row.area).or_insert_with(|| {
                self.areas.get(&row.area).map(|area| area.display_name()).unwrap_or_default()
            });
            let state = words::state(row.state);
            out.write_field(row.key.seq.to_string())
                .and_then(|()| out.write_field(self.routes.get(&row.key.route).map_or("", String::as_str)))
                .and_then(|()| out.write_field(&row.area))
                .and_then(|()| out.write_field(commune.as_str()))
                .and_then(|()| out.write_field(shown(&row.address, self.numbers)))
                .and_then(|()| out.write_field(row.state.as_str()))
                .and_then(|()| out.write_field(state.vi.as_ref()))
                .and_then(|()| out.write_field(row.attempts.to_string()))
                .and_then(|()| out.write_field(inert(row.code.as_deref())))
                .and_then(|()| out.write_field(inert(row.reason.as_deref())))
                .and_then(|()| out.write_field(local(row.submitted_at)))
                .and_then(|()| out.write_field(local(row.ended_at)))
                .and_then(|()| out.write_field(row.target_seq.to_string()))
                .and_then(|()| out.write_record(None::<&[u8]>))
                .map_err(broken)?;
        }
        finished(out)
    }
}

/// The head, then pages until one is empty. `fetch` gives a page and the key to go on after.
pub(super) fn paged<K, F, Page>(head: Bytes, first: K, fetch: F) -> CsvStream
where
    K: Send + 'static,
    F: Fn(K) -> Page + Send + 'static,
    Page: Future<Output = Result<Option<(Bytes, K)>>> + Send,
{
    let pages = stream::try_unfold((first, fetch), |(key, fetch)| async move {
        Ok(fetch(key).await?.map(|(bytes, next)| (bytes, (next, fetch))))
    });
    Box::pin(stream::once(async move { Ok(head) }).chain(pages))
}

/// One line of a file.
pub(super) fn line<const N: usize>(cells: [&str; N]) -> Result<Bytes> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(cells).map_err(broken)?;
    finished(out)
}

pub(super) fn finished(out: csv::Writer<Vec<u8>>) -> Result<Bytes> {
    let lines = out.into_inner().map_err(|error| OfficeError::Written(error.into_error()))?;
    Ok(lines.into())
}

pub(super) fn broken(error: csv::Error) -> OfficeError {
    OfficeError::Written(error.into())
}

/// A provider's text that a spreadsheet must not take for a formula.
fn inert(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn local(at: Option<Timestamp>) -> String {
    let mut text = String::new();
    if let Some(at) = at {
        // Writing into a string does not fail; a time that did would be an empty cell.
        let _written = PRINTER.print_timestamp_with_offset(&at, VIETNAM, &mut text);
    }
    text
}
