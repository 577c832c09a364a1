//! The figures of a run, for people and for tools.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;
use simulators::smsc::Waits;

use crate::{
    api::Counts,
    audit::Audit,
    run::{Measured, Sent},
    scenario::Scenario,
    spread::Spread,
    texts, usage,
    world::{Carrier, World},
};

/// Warnings of the gateway that a report repeats.
const WARNINGS_SHOWN: usize = 3;
const PER: f64 = 100_000.0;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    scenario: String,
    about: String,
    machine: String,
    ledger: &'static str,
    people: u32,
    alerts: usize,
    seconds: f64,
    pub(crate) messages: i64,
    /// Messages that came to their end, by the time from the first approval until the counts moved no more.
    pub(crate) messages_per_s: f64,
    import_rows_per_s: f64,
    /// From asking for the approval until the first part was at a carrier, by severity.
    approve_to_first_submit_ms: BTreeMap<String, Spread>,
    /// From a carrier's writing a receipt until it read that the receipt is kept.
    receipt_kept_ms: Option<Spread>,
    /// By what was asked.
    api_ms: BTreeMap<&'static str, Spread>,
    lanes: Vec<LaneFigures>,
    gateway: Process,
    database: Option<Process>,
    simulators: Process,
    /// Work of everybody else on the machine meanwhile: what makes figures incomparable.
    others_cpu_s: f64,
    csv_s: f64,
    csv_mb: f64,
    csv_rss_max_mb: Option<f64>,
    counts: Counts,
    provider_messages: u64,
    provider_duplicates: u64,
    compared: Audit,
    pub(crate) holds: bool,
    complaints: Vec<String>,
    gateway_warnings: usize,
    gateway_warnings_first: Vec<String>,
}

/// A lane as its carrier saw it.
#[derive(Debug, Serialize)]
struct LaneFigures {
    lane: String,
    granted_per_s: f64,
    /// Parts taken between the first and the last, beside the grant. Only of meaning where the lane had always
    /// something to send.
    share_held: f64,
    sliding_second_max: u32,
    throttled: u64,
    refused: u64,
    drops: u64,
    parts: u64,
    duplicates: u64,
}

#[derive(Debug, Serialize)]
struct Process {
    cpu_s: f64,
    cpu_s_per_100k: f64,
    rss_max_mb: f64,
}

impl Report {
    pub(crate) fn of(scenario: &Scenario, world: &World, run: &Measured) -> Self {
        let counts = run.total();
        let provider = world.provider();
        let messages = counts.accepted - counts.open();
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let count = messages as f64;
        let process = |usage: usage::Usage| Process {
            cpu_s: rounded(usage.cpu_s, 2),
            cpu_s_per_100k: rounded(usage.cpu_s * PER / count.max(1.0), 2),
            rss_max_mb: rounded(usage.rss_max_mb, 1),
        };
        let complaints = complaints(&counts, &run.audit, provider.duplicate_messages);
        Self {
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            machine: usage::machine(),
            ledger: world.engine.as_str(),
            people: scenario.people,
            alerts: run.alerts.len(),
            seconds: rounded(run.seconds, 3),
            messages,
            messages_per_s: rounded(count / run.seconds.max(1e-3), 0),
            import_rows_per_s: rounded(f64::from(scenario.people) / run.import_s.max(1e-3), 0),
            approve_to_first_submit_ms: first_submits(world, &run.alerts),
            receipt_kept_ms: receipts_kept(world),
            api_ms: run.api.took_ms(),
            lanes: world.carriers.iter().map(LaneFigures::of).collect(),
            gateway: process(run.gateway),
            database: run.server.map(process),
            simulators: process(run.simulators),
            others_cpu_s: rounded(run.others_cpu_s, 1),
            csv_s: rounded(run.export.seconds, 3),
            csv_mb: rounded(run.export.megabytes, 1),
            csv_rss_max_mb: run.export.rss_max_mb.map(|mb| rounded(mb, 1)),
            counts,
            provider_messages: provider.messages,
            provider_duplicates: provider.duplicate_messages,
            compared: run.audit.clone(),
            holds: complaints.is_empty(),
            complaints,
            gateway_warnings: run.warnings.len(),
            gateway_warnings_first: run.warnings.iter().take(WARNINGS_SHOWN).cloned().collect(),
        }
    }

    /// Some lines for people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string can't fail.
        _ = writeln!(out, "{}: {}", self.scenario, self.about);
        _ = writeln!(out, "  machine     {}; others took {} CPU s", self.machine, self.others_cpu_s);
        _ = writeln!(
            out,
            "  {:<11} {} messages of {} alerts in {:.1} s: {}/s; import {} rows/s",
            self.ledger,
            self.messages,
            self.alerts,
            self.seconds,
            self.messages_per_s,
            self.import_rows_per_s
        );
        self.processes(&mut out);
        for (severity, spread) in &self.approve_to_first_submit_ms {
            _ = writeln!(out, "  approve → first submit_sm, {severity:<9} {}", ms(spread));
        }
        if let Some(spread) = &self.receipt_kept_ms {
            _ = writeln!(out, "  receipt sent → kept                  {}", ms(spread));
        }
        for (name, spread) in &self.api_ms {
            _ = writeln!(out, "  API {name:<8}                         {}", ms(spread));
        }
        _ = writeln!(
            out,
            "  CSV         {:.1} MB in {:.2} s, gateway's peak meanwhile {} MB",
            self.csv_mb,
            self.csv_s,
            self.csv_rss_max_mb.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.0}"))
        );
        for lane in &self.lanes {
            _ = writeln!(
                out,
                "  lane {:<14} {:>7} parts, {:>6.2} % of {}/s held, busiest sliding second {}, throttled {}, refused {}, drops {}",
                lane.lane,
                lane.parts,
                lane.share_held * 100.0,
                lane.granted_per_s,
                lane.sliding_second_max,
                lane.throttled,
                lane.refused,
                lane.drops
            );
        }
        out.push_str(&compared(&self.counts, &self.compared, self.provider_duplicates, &self.complaints));
        if self.gateway_warnings > 0 {
            _ = writeln!(
                out,
                "  the gateway logged {} warnings, first: {}",
                self.gateway_warnings,
                self.gateway_warnings_first.join(" | ")
            );
        }
        out
    }

    fn processes(&self, out: &mut String) {
        let all = [
            ("gateway", Some(&self.gateway)),
            ("database", self.database.as_ref()),
            ("simulators", Some(&self.simulators)),
        ];
        for (name, process) in all {
            let Some(process) = process else { continue };
            _ = writeln!(
                out,
                "  {name:<11} {:.2} CPU s per 100,000 messages ({:.1} s), at most {:.0} MB",
                process.cpu_s_per_100k, process.cpu_s, process.rss_max_mb
            );
        }
    }
}

impl LaneFigures {
    fn of(carrier: &Carrier) -> Self {
        let counts = carrier.smsc.counts();
        let granted_per_s = carrier.lane.granted_per_s();
        let held = carrier.smsc.span().map_or(0.0, |span| {
            share_held(span.parts, (span.last - span.first).as_secs_f64(), granted_per_s)
        });
        Self {
            lane: carrier.lane.name.clone(),
            granted_per_s,
            share_held: rounded(held, 5),
            sliding_second_max: counts.max_in_any_second,
            throttled: counts.throttled,
            refused: counts.refused,
            drops: counts.drops,
            parts: counts.accepted_parts,
            duplicates: counts.duplicate_messages,
        }
    }
}

/// `parts` that came within `seconds` are `parts` − 1 intervals.
fn share_held(parts: u64, seconds: f64, granted_per_s: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let intervals = parts.saturating_sub(1) as f64;
    if seconds > 0.0 && granted_per_s > 0.0 { intervals / seconds / granted_per_s } else { 0.0 }
}

/// From the approval of each alert to its first part at any carrier.
fn first_submits(world: &World, alerts: &[Sent]) -> BTreeMap<String, Spread> {
    let seen: Vec<_> = world.carriers.iter().flat_map(|carrier| carrier.smsc.texts_seen()).collect();
    let mut by_severity: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for alert in alerts {
        let head = texts::head(alert.n);
        let first = seen.iter().filter(|seen| seen.text.starts_with(&head)).map(|seen| seen.span.first).min();
        if let Some(first) = first {
            let waited_ms = (first - alert.approved).as_secs_f64() * 1000.0;
            by_severity.entry(alert.severity.clone()).or_default().push(waited_ms);
        }
    }
    by_severity.into_iter().filter_map(|(severity, all)| Some((severity, Spread::of(&all)?))).collect()
}

fn receipts_kept(world: &World) -> Option<Spread> {
    let mut all = Waits::default();
    world.carriers.iter().for_each(|carrier| all.merge(&carrier.smsc.acknowledgement_waits()));
    Spread::of_waits(&all)
}

/// Everything that is not as it was promised.
pub(crate) fn complaints(counts: &Counts, audit: &Audit, provider_duplicates: u64) -> Vec<String> {
    let mut wrong = audit.complaints();
    if !counts.conserved() {
        wrong.push(format!("the counts do not add up: {counts:?}"));
    }
    let repeats = u64::try_from(counts.possible_repeats).unwrap_or(0);
    if provider_duplicates > repeats {
        wrong.push(format!("{provider_duplicates} duplicates at the carriers, {repeats} possible repeats"));
    }
    wrong
}

/// The ledger beside the carriers.
pub(crate) fn compared(counts: &Counts, audit: &Audit, duplicates: u64, wrong: &[String]) -> String {
    format!(
        "  ledger      {} accepted = {} open + {} sent + {} delivered + {} undelivered + {} unconfirmed + {} failed + {} expired + {} cancelled + {} uncertain\n  \
         compared    lost {}; duplicates at carriers {duplicates} ≤ possible repeats {}, of them never announced {}; {} of {} uncertain were taken\n  \
         {}\n",
        counts.accepted,
        counts.open(),
        counts.sent,
        counts.delivered,
        counts.undelivered,
        counts.unconfirmed,
        counts.failed,
        counts.expired,
        counts.cancelled,
        counts.uncertain,
        audit.lost,
        counts.possible_repeats,
        audit.unannounced,
        audit.uncertain_taken,
        counts.uncertain,
        if wrong.is_empty() {
            "everything holds".to_owned()
        } else {
            format!("VIOLATED: {}", wrong.join("; "))
        }
    )
}

fn ms(spread: &Spread) -> String {
    let Spread { count, p50, p99, max, .. } = spread;
    format!("p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms ({count})")
}

pub(crate) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_grant_counts_intervals() {
        let share = share_held(1001, 1.0, 1000.0);
        assert!((share - 1.0).abs() < 1e-9, "{share}");
        assert!((share_held(30_001, 40.0, 1000.0) - 0.75).abs() < 1e-9);
        assert_eq!((share_held(1, 0.0, 1000.0), share_held(0, 1.0, 1000.0)), (0.0, 0.0));
    }

    #[test]
    fn violations_are_named() {
        let sound =
            Counts { accepted: 3, delivered: 2, uncertain: 1, possible_repeats: 1, ..Counts::default() };
        assert!(complaints(&sound, &Audit::default(), 1).is_empty());
        assert_eq!(complaints(&sound, &Audit::default(), 2).len(), 1, "more duplicates than announced");
        let leaking = Counts { delivered: 1, ..sound };
        assert_eq!(complaints(&leaking, &Audit::default(), 0).len(), 1, "not conserved");
        let lost = Audit { lost: 1, ..Audit::default() };
        assert_eq!(complaints(&sound, &lost, 0), ["1 messages lost"]);
    }
}
