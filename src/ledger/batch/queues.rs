//! Queues and leases as they are read.

use super::stored::{lane, route, time, time_option};
use crate::ledger::{LeaseRow, LedgerError, QueueRow};

pub(in crate::ledger) type QueueColumns = (i64, i64, i64, i64, Option<i64>);
pub(in crate::ledger) type LeaseColumns = (i64, String, Option<String>, i64, i64);

pub(in crate::ledger) fn queue_rows(rows: Vec<QueueColumns>) -> Result<Vec<QueueRow>, LedgerError> {
    let row = |(id, queued, in_flight, uncertain, oldest)| {
        let oldest_at = time_option(oldest, "alert", "approved_at")?;
        Ok(QueueRow { route: route(id, "dispatch")?, queued, in_flight, uncertain, oldest_at })
    };
    rows.into_iter().map(row).collect()
}

pub(in crate::ledger) fn lease_rows(rows: Vec<LeaseColumns>) -> Result<Vec<LeaseRow>, LedgerError> {
    let row = |(id, name, node, until, ready)| {
        let until = time(until, "lane", "until")?;
        Ok(LeaseRow { lane: lane(id, "lane")?, name, node, until, ready: ready != 0 })
    };
    rows.into_iter().map(row).collect()
}
