//! The ledger's full report beside what the carriers counted, message by message.

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use crate::{api::Api, run::Sent, world::World};

/// Trails read at once.
const TRAILS_AT_ONCE: usize = 8;
/// Repeated messages whose trail is read; more of them are a finding by themselves.
const REPEATED_MAX: usize = 100_000;

/// Findings that are named one by one.
const NAMED_MAX: usize = 5;

/// What was found. All but the first three have to be 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Audit {
    /// Messages in the report.
    pub(crate) messages: u64,
    /// Extra copies that the carriers took.
    pub(crate) duplicates: u64,
    /// Uncertain messages that a carrier took.
    pub(crate) uncertain_taken: u64,
    /// Said to have been taken, and no carrier has seen them; or targets without a message.
    pub(crate) lost: u64,
    /// Taken more than once though never called uncertain.
    pub(crate) unannounced: u64,
    /// Called failed, expired or cancelled, though a carrier took them.
    pub(crate) denied: u64,
    /// Taken by a carrier, not in the report.
    pub(crate) unknown: u64,
    /// Still queued or in flight.
    pub(crate) unfinished: u64,
    /// Where to look, of the first of them: what, alert, route, number in its dispatch.
    pub(crate) named: Vec<String>,
}

impl Audit {
    /// The sentences of what is wrong.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let findings = [
            (self.lost, "messages lost"),
            (self.unannounced, "messages taken twice that were never called uncertain"),
            (self.denied, "messages called failed that a carrier took"),
            (self.unknown, "messages at the carriers that the ledger does not know"),
            (self.unfinished, "messages still open"),
        ];
        let found = findings.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        found.chain(self.named.iter().cloned()).collect()
    }
}

/// One line of the report.
#[derive(Debug)]
struct Row {
    seq: i64,
    route: String,
    number: u64,
    state: String,
}

/// Reads the reports of all alerts and asks the carriers about every message.
///
/// # Errors
/// The gateway did not answer.
pub(crate) async fn audit(api: &Api, world: &World, alerts: &[Sent]) -> anyhow::Result<Audit> {
    let mut audit = Audit::default();
    let mut repeated = Vec::new();
    let mut taken = 0;
    for alert in alerts {
        let before = audit.messages;
        let mut chunks = api.report_csv(alert.id).await?;
        let mut rows = Rows::default();
        while let Some(chunk) = chunks.next().await {
            rows.take(&chunk?, &mut |row| {
                audit.messages += 1;
                let copies = world.copies(row.number, &alert.text);
                taken += u64::from(copies > 0);
                audit.duplicates += u64::from(copies.saturating_sub(1));
                if let Some(what) = audit.judge(&row.state, copies) {
                    audit.name(what, alert.id, &row.route, row.seq);
                }
                if copies > 1 && repeated.len() < REPEATED_MAX {
                    repeated.push((alert.id, row.route, row.seq));
                }
            })?;
        }
        rows.end()?;
        let reported = audit.messages - before;
        audit.lost += u64::try_from(alert.counts.targets).unwrap_or(0).saturating_sub(reported);
    }
    audit.unknown = world.provider().distinct_messages.saturating_sub(taken);
    let trails = stream::iter(repeated).map(|(alert, route, seq)| async move {
        let uncertain = api.was_uncertain(alert, &route, seq).await?;
        anyhow::Ok((uncertain, alert, route, seq))
    });
    let mut trails = trails.buffer_unordered(TRAILS_AT_ONCE);
    while let Some((uncertain, alert, route, seq)) = trails.try_next().await? {
        if !uncertain {
            audit.unannounced += 1;
            audit.name("unannounced", alert, &route, seq);
        }
    }
    drop(trails);
    Ok(audit)
}

impl Audit {
    /// Counts it; returns the name of what is wrong with it.
    fn judge(&mut self, state: &str, copies: u32) -> Option<&'static str> {
        let (count, what) = match (state, copies) {
            ("sent" | "delivered" | "undelivered" | "unconfirmed", 0) => (&mut self.lost, "lost"),
            ("failed" | "expired" | "cancelled", 1..) => (&mut self.denied, "denied"),
            ("queued" | "claimed", _) => (&mut self.unfinished, "unfinished"),
            ("uncertain", 1..) => {
                self.uncertain_taken += 1;
                return None;
            }
            _ => return None,
        };
        *count += 1;
        Some(what)
    }

    fn name(&mut self, what: &str, alert: i64, route: &str, seq: i64) {
        if self.named.len() < NAMED_MAX {
            self.named.push(format!("{what}: alert {alert}, {route} {seq}"));
        }
    }
}

/// The report's lines out of the pieces in which it arrives. No field of ours holds a line break.
#[derive(Debug, Default)]
struct Rows {
    rest: Vec<u8>,
    columns: Vec<String>,
}

impl Rows {
    fn take(&mut self, chunk: &[u8], each: &mut impl FnMut(Row)) -> anyhow::Result<()> {
        self.rest.extend_from_slice(chunk);
        let Some(end) = self.rest.iter().rposition(|octet| *octet == b'\n') else { return Ok(()) };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(whole.as_slice());
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            if self.columns.is_empty() {
                self.columns = record.iter().map(str::to_owned).collect();
                continue;
            }
            let cell = |name: &str| {
                let at = self.columns.iter().position(|column| column == name);
                at.and_then(|at| record.get(at)).with_context(|| format!("the report has no {name}"))
            };
            each(Row {
                seq: cell("seq")?.parse()?,
                route: cell("route")?.to_owned(),
                number: cell("number")?.trim_start_matches(['\'', '+']).parse()?,
                state: cell("state")?.to_owned(),
            });
        }
        Ok(())
    }

    fn end(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.rest.is_empty(), "the report ends within a line");
        anyhow::ensure!(!self.columns.is_empty(), "the report is empty");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_again_however_they_arrive() {
        let text = "seq,route,number,state,note\n1,viettel,+84520000001,sent,\"a, b\"\n2,viettel,+84520000002,failed,\n";
        for size in 1..text.len() {
            let mut rows = Rows::default();
            let mut found = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                rows.take(chunk, &mut |row| found.push((row.seq, row.number, row.state))).unwrap();
            }
            rows.end().unwrap();
            assert_eq!(
                found,
                [(1, 84_520_000_001, "sent".to_owned()), (2, 84_520_000_002, "failed".to_owned())]
            );
        }
        let mut rows = Rows::default();
        rows.take(b"seq,route,num", &mut |_| {}).unwrap();
        assert!(rows.end().is_err());
    }

    #[test]
    fn what_a_state_promises_is_held_against_the_copies() {
        let judged = |state: &str, copies| {
            let mut audit = Audit::default();
            audit.judge(state, copies);
            audit
        };
        assert_eq!(judged("delivered", 0).lost, 1);
        assert_eq!(judged("failed", 1).denied, 1);
        assert_eq!(judged("queued", 0).unfinished, 1);
        for (state, copies) in
            [("delivered", 1), ("sent", 2), ("failed", 0), ("uncertain", 0), ("uncertain", 1)]
        {
            assert!(judged(state, copies).complaints().is_empty(), "{state} {copies}");
        }
        let complaints = judged("sent", 0).complaints();
        assert_eq!(complaints, ["1 messages lost"]);
    }
}
