//! The end of the demonstration: what the ledger says, what the carriers say, and whether they agree.
#![expect(clippy::print_stdout, reason = "a demonstration speaks through the terminal")]

use std::{collections::HashMap, time::Duration};

use serde::Serialize;

use super::{Cast, carriers::Carriers};
use crate::{
    app::App,
    domain::{AlertId, Counts, State},
    ledger::{After, MessageFilter},
    office::{AlertCounts, AreaReport, Office},
};

/// Messages compared per page.
const PAGE_ROWS: usize = 10_000;

/// Figures for tools: the ledger's and the carriers', counted apart.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figures {
    targets: i64,
    excluded: i64,
    #[serde(flatten)]
    counts: Counts,
    /// Extra copies of whole messages that the carriers accepted.
    duplicates_at_provider: i64,
    /// Accepted by us, never seen by a carrier, and no state explains it.
    lost: i64,
    elapsed_s: f64,
    messages_per_s: f64,
    rss_max_mb: f64,
}

impl Figures {
    /// The promises that the demonstration is there to show.
    pub(super) fn holds(&self) -> bool {
        self.lost == 0
            && self.duplicates_at_provider <= self.counts.possible_repeats
            && self.counts.conserved()
            && self.counts.accepted == self.targets
    }
}

pub(super) struct Done {
    pub(super) figures: Figures,
    keys: Vec<(&'static str, String)>,
    alert: AlertId,
}

pub(super) async fn conclude(
    app: &App,
    carriers: &Carriers,
    cast: Cast,
    alert: AlertId,
    total: Counts,
    elapsed: Duration,
) -> anyhow::Result<Done> {
    let office = &app.office;
    let counts = office.counts(&cast.auditor, alert).await?;
    println!("5. Theo nhà mạng / Per carrier");
    per_carrier(&counts, carriers);
    println!("6. Theo xã, phường / Per commune");
    per_area(&office.by_area(&cast.auditor, alert).await?);
    println!("7. Đối soát / Compared");
    let left_out: Vec<_> = counts
        .exclusions
        .iter()
        .map(|exclusion| format!("{} {}", exclusion.people, exclusion.text))
        .collect();
    println!("   ngoài danh sách / excluded: {} ({})", counts.excluded, left_out.join("; "));
    conservation(&total, counts.targets);
    let lost = lost(office, carriers, alert, counts.targets).await?;
    let duplicates: u64 = carriers.all.iter().map(|carrier| carrier.smsc.counts().duplicate_messages).sum();
    let duplicates = i64::try_from(duplicates).unwrap_or(i64::MAX);
    println!(
        "   mất / lost: {lost} · nhà mạng nhận hai lần / accepted twice by carriers: {duplicates} ≤ có thể lặp / possible repeats: {}",
        total.possible_repeats
    );
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let messages_per_s = total.accepted as f64 / seconds.max(0.001);
    println!(
        "   {seconds:.1} s, {messages_per_s:.0} tin/s · messages/s, bộ nhớ / memory {:.0} MB",
        rss_max_mb()
    );
    Ok(Done {
        figures: Figures {
            targets: counts.targets,
            excluded: counts.excluded,
            counts: total,
            duplicates_at_provider: duplicates,
            lost,
            elapsed_s: (seconds * 1000.0).round() / 1000.0,
            messages_per_s: messages_per_s.round(),
            rss_max_mb: rss_max_mb().round(),
        },
        keys: cast.keys,
        alert,
    })
}

impl Done {
    /// How to look around while the gateway stays up.
    pub(super) fn invite(&self, app: &App) {
        let address = app.address;
        println!("8. Xem tiếp / Look around (Ctrl+C để dừng / to stop)");
        println!("   API      http://{address}/api/v1");
        println!("   OpenAPI  http://{address}/api/openapi.json");
        for (name, key) in &self.keys {
            println!("   {name:<12} {key}");
        }
        if let Some((_, key)) = self.keys.last() {
            println!(
                "   curl -H 'Authorization: Bearer {key}' http://{address}/api/v1/alerts/{}/counts",
                self.alert
            );
        }
    }
}

fn per_carrier(counts: &AlertCounts, carriers: &Carriers) {
    println!("                 sổ cái / ledger                                         | nhà mạng / carrier");
    println!(
        "   tuyến          đã nhận  đã phát  k.phát được  đã gửi    lỗi  không rõ |     nhận    lặp   chặn   ngắt"
    );
    println!(
        "   route         accepted delivered undelivered    sent failed uncertain | accepted  twice throttled drops"
    );
    for carrier in &carriers.all {
        let Some(route) = counts.routes.iter().find(|route| route.route == carrier.route) else { continue };
        let (ours, theirs) = (&route.counts, carrier.smsc.counts());
        println!(
            "   {:<13} {:>8} {:>9} {:>11} {:>7} {:>6} {:>9} | {:>8} {:>6} {:>9} {:>5}  {}",
            route.route,
            ours.accepted,
            ours.delivered,
            ours.undelivered,
            ours.sent,
            ours.failed,
            ours.uncertain,
            theirs.distinct_messages,
            theirs.duplicate_messages,
            theirs.throttled,
            theirs.drops,
            carrier.character
        );
    }
}

fn per_area(areas: &[AreaReport]) {
    for pair in areas.chunks(2) {
        let cell = |area: &AreaReport| {
            format!("{:<24} {:>6}/{:<6} {}", area.name, area.counts.delivered, area.targets, share(area))
        };
        let cells: Vec<_> = pair.iter().map(cell).collect();
        println!("   {}", cells.join("   "));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(area: &AreaReport) -> String {
    if area.targets == 0 {
        String::from("    –")
    } else {
        format!("{:>5.1} %", area.counts.delivered as f64 * 100.0 / area.targets as f64)
    }
}

fn conservation(counts: &Counts, targets: i64) {
    let Counts {
        accepted,
        queued,
        in_flight,
        sent,
        delivered,
        undelivered,
        unconfirmed,
        failed,
        expired,
        cancelled,
        uncertain,
        ..
    } = counts;
    println!(
        "   {targets} đối tượng / targets = {accepted} đã nhận / accepted = {queued} chờ / queued + {in_flight} đang gửi / in flight + {sent} đã gửi / sent \
         + {delivered} đã phát / delivered + {undelivered} không phát được / undelivered + {unconfirmed} chưa xác nhận / unconfirmed \
         + {failed} lỗi / failed + {expired} hết hạn / expired + {cancelled} đã hủy / cancelled + {uncertain} không rõ / uncertain: {}",
        if counts.conserved() && *accepted == targets { "đúng / exact" } else { "SAI / WRONG" }
    );
}

/// Messages that the ledger calls sent, or that it does not know at all, and that no carrier has seen.
async fn lost(office: &Office, carriers: &Carriers, alert: AlertId, targets: i64) -> anyhow::Result<i64> {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    for carrier in &carriers.all {
        for (number, copies) in carrier.smsc.numbers() {
            *seen.entry(number).or_default() += copies;
        }
    }
    let (mut after, mut known, mut lost): (After, i64, i64) = (None, 0, 0);
    loop {
        let rows = office.store.reports.messages(alert, &MessageFilter::default(), after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some((last.key.route, last.key.seq));
        for row in &rows {
            known += 1;
            let claims_sent =
                matches!(row.state, State::Sent | State::Delivered | State::Undelivered | State::Unconfirmed);
            let number = row.address.parse().unwrap_or(0);
            if claims_sent && !seen.contains_key(&number) {
                lost += 1;
            }
        }
    }
    Ok(lost + (targets - known))
}

/// The most memory this process ever held, simulators included.
fn rss_max_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes: f64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0);
    kilobytes / 1024.0
}
