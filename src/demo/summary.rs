//! The end of the demonstration: what the ledger says, what the providers say, and whether they agree.
#![expect(clippy::print_stdout, reason = "a demonstration speaks through the terminal")]

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde::Serialize;

use super::{Cast, World, carriers::Carriers};
use crate::{
    app::App,
    domain::{AlertId, Channel, Counts, RouteId, State},
    ledger::{After, MessageFilter, MessageRow},
    office::{AlertCounts, AreaReport, Office},
};

/// Messages compared per page.
const PAGE_ROWS: usize = 10_000;

/// Figures for tools: the ledger's and the providers', counted apart. The whole counts persons, each once with the best
/// of their messages; a channel counts its messages.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figures {
    #[serde(flatten)]
    people: Line,
    /// People whom Zalo had not reached at the second step, and who got an SMS then.
    escalated: i64,
    channels: BTreeMap<&'static str, Line>,
}

#[derive(Debug, Clone, Serialize)]
struct Line {
    targets: i64,
    excluded: i64,
    #[serde(flatten)]
    counts: Counts,
    /// Extra copies of whole messages that the providers accepted.
    duplicates_at_provider: i64,
    /// Accepted by us, never seen by a provider, and no state explains it.
    lost: i64,
    elapsed_s: f64,
    messages_per_s: f64,
    rss_max_mb: f64,
}

impl Line {
    fn holds(&self) -> bool {
        self.lost == 0
            && self.duplicates_at_provider <= self.counts.possible_repeats
            && self.counts.conserved()
            && self.counts.accepted == self.targets
    }
}

impl Figures {
    /// The promises that the demonstration is there to show.
    pub(super) fn holds(&self) -> bool {
        self.people.holds() && self.channels.values().all(Line::holds)
    }
}

pub(super) struct Done {
    pub(super) figures: Figures,
    keys: Vec<(&'static str, String)>,
    alert: AlertId,
}

pub(super) async fn conclude(
    app: &App,
    world: &World,
    cast: Cast,
    alert: AlertId,
    elapsed: Duration,
) -> anyhow::Result<Done> {
    let office = &app.office;
    let counts = office.counts(&cast.auditor, alert, false).await?;
    println!("5. Theo nhà mạng / Per carrier");
    per_carrier(&counts, &world.carriers);
    let areas = office.by_area(&cast.auditor, alert).await?;
    println!("6. Theo xã, phường, mỗi người một lần / Per commune, each person once");
    per_area(&areas);
    println!("7. Theo kênh / Per channel");
    let compared = compare(office, world, alert).await?;
    let channels = per_channel(office, &counts, &compared, elapsed);
    let reached: Counts = areas.iter().map(|area| area.counts).sum();
    let people = people(&counts, reached, &channels, elapsed);
    let on = |channel: Channel| channels.get(channel.as_str()).map_or(0, |line| line.counts.accepted);
    // Everybody is either addressed on Zalo first or by SMS at once.
    let escalated = on(Channel::Sms) - (counts.targets - on(Channel::Zalo));
    println!(
        "   bước 2 / step 2: {escalated} người Zalo chưa tới được, đã gửi SMS / people not reached on Zalo got an SMS"
    );
    page(world);
    println!("8. Đối soát / Compared");
    let left_out: Vec<_> = counts
        .exclusions
        .iter()
        .map(|exclusion| format!("{} {}", exclusion.people, exclusion.text))
        .collect();
    println!("   ngoài danh sách / excluded: {} ({})", counts.excluded, left_out.join("; "));
    conservation(&people.counts, counts.targets);
    println!(
        "   mất / lost: {} · nhà mạng nhận hai lần / accepted twice by providers: {} ≤ có thể lặp / possible repeats: {}",
        people.lost, people.duplicates_at_provider, people.counts.possible_repeats
    );
    println!(
        "   {:.1} s, {:.0} tin/s · messages/s, bộ nhớ / memory {:.0} MB",
        people.elapsed_s, people.messages_per_s, people.rss_max_mb
    );
    Ok(Done { figures: Figures { people, escalated, channels }, keys: cast.keys, alert })
}

fn line(targets: i64, excluded: i64, counts: Counts, compared: Compared, elapsed: Duration) -> Line {
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let messages_per_s = counts.accepted as f64 / seconds.max(0.001);
    Line {
        targets,
        excluded,
        counts,
        duplicates_at_provider: compared.duplicates,
        lost: compared.lost,
        elapsed_s: (seconds * 1000.0).round() / 1000.0,
        messages_per_s: messages_per_s.round(),
        rss_max_mb: rss_max_mb().round(),
    }
}

/// The folded account: states of persons; parts, repeats, copies and losses of all their messages.
fn people(
    counts: &AlertCounts,
    reached: Counts,
    channels: &BTreeMap<&'static str, Line>,
    elapsed: Duration,
) -> Line {
    let compared = Compared {
        duplicates: channels.values().map(|line| line.duplicates_at_provider).sum(),
        lost: channels.values().map(|line| line.lost).sum::<i64>() + (counts.targets - reached.accepted),
    };
    let folded = Counts {
        possible_repeats: counts.total.possible_repeats,
        parts_submitted: counts.total.parts_submitted,
        ..reached
    };
    line(counts.targets, counts.excluded, folded, compared, elapsed)
}

fn per_channel(
    office: &Office,
    counts: &AlertCounts,
    compared: &HashMap<Channel, Compared>,
    elapsed: Duration,
) -> BTreeMap<&'static str, Line> {
    let mut channels = BTreeMap::new();
    for channel in Channel::ALL {
        let of_channel =
            |name: &str| office.setup.load().route_named(name).is_some_and(|route| route.channel == *channel);
        let routes = counts.routes.iter().filter(|route| of_channel(&route.route));
        let total: Counts = routes.map(|route| route.counts).sum();
        let compared = compared.get(channel).copied().unwrap_or_default();
        println!(
            "   {:<9} {:>7} đã nhận / accepted, {:>7} đã phát / delivered, {:>5} không phát được / undelivered, {:>5} chưa có phiếu / no receipt yet, {:>5} hết bước / step over",
            channel.as_str(),
            total.accepted,
            total.delivered,
            total.undelivered + total.failed,
            total.sent + total.uncertain,
            total.expired
        );
        channels.insert(channel.as_str(), line(total.accepted, 0, total, compared, elapsed));
    }
    channels
}

/// What the page shows, and that a post whose answer was lost is there once.
fn page(world: &World) {
    for post in world.platforms.facebook.posts() {
        let first = post.message.lines().next().unwrap_or_default();
        println!(
            "   trang / page: {} “{first}” — mất trả lời, đã tìm lại được / its answer was lost and it was found again",
            post.id
        );
    }
    let seen = world.platforms.zalo.counts();
    println!(
        "   Zalo: {} người theo dõi / followers, {} tin nhận / messages taken, {} lần làm mới khóa / token refreshes",
        world.platforms.followers, seen.uid_accepted, seen.refreshes
    );
}

impl Done {
    /// How to look around while the gateway stays up.
    pub(super) fn invite(&self, app: &App) {
        let address = app.address;
        println!("9. Xem tiếp / Look around (Ctrl+C để dừng / to stop)");
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

/// What the providers of one channel say against the ledger.
#[derive(Debug, Clone, Copy, Default)]
struct Compared {
    duplicates: i64,
    lost: i64,
}

/// Messages that the ledger calls sent and that no provider has seen, and copies that the providers counted.
async fn compare(
    office: &Office,
    world: &World,
    alert: AlertId,
) -> anyhow::Result<HashMap<Channel, Compared>> {
    let seen = Seen::by(world);
    let mut compared: HashMap<Channel, Compared> = HashMap::new();
    compared.entry(Channel::Sms).or_default().duplicates = seen.sms_copies;
    compared.entry(Channel::Zalo).or_default().duplicates = seen.zalo_copies;
    compared.entry(Channel::Facebook).or_default().duplicates = (seen.posts - 1).max(0);
    let mut after: After = None;
    loop {
        let rows = office.store.reports.messages(alert, &MessageFilter::default(), after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some((last.key.route, last.key.seq));
        for row in &rows {
            let channel = channel_of(office, row.key.route);
            let claims_sent =
                matches!(row.state, State::Sent | State::Delivered | State::Undelivered | State::Unconfirmed);
            if claims_sent && !seen.has(channel, row) {
                compared.entry(channel).or_default().lost += 1;
            }
        }
    }
    Ok(compared)
}

fn channel_of(office: &Office, route: RouteId) -> Channel {
    office.setup.load().route(route).map_or(Channel::Sms, |route| route.channel)
}

/// What the providers counted by themselves.
struct Seen {
    numbers: HashMap<u64, u32>,
    users: HashMap<String, u32>,
    posts: i64,
    sms_copies: i64,
    zalo_copies: i64,
}

impl Seen {
    fn by(world: &World) -> Self {
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let mut copies = 0;
        for carrier in &world.carriers.all {
            copies += carrier.smsc.counts().duplicate_messages;
            for (number, count) in carrier.smsc.numbers() {
                *numbers.entry(number).or_default() += count;
            }
        }
        let platforms = &world.platforms;
        let posts = platforms.facebook.posts().iter().filter(|post| !post.deleted).count();
        Self {
            numbers,
            users: platforms.zalo.recipients().collect(),
            posts: i64::try_from(posts).unwrap_or(i64::MAX),
            sms_copies: i64::try_from(copies).unwrap_or(i64::MAX),
            zalo_copies: i64::try_from(platforms.zalo.counts().duplicates).unwrap_or(i64::MAX),
        }
    }

    fn has(&self, channel: Channel, row: &MessageRow) -> bool {
        match channel {
            Channel::Sms => self.numbers.contains_key(&row.address.parse().unwrap_or(0)),
            Channel::Zalo => self.users.contains_key(&row.address),
            Channel::Facebook => self.posts > 0,
        }
    }
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
