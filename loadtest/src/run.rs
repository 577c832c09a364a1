//! One run of a scenario: people are imported, alerts approved at their moments, and everything waited for.

use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use tokio::time::{Instant, sleep};

use crate::{
    api::{AlertCounts, Api, Counts, Submitted},
    audit::{Audit, audit},
    gateway::{Gateway, log_of},
    live::Live,
    population,
    scenario::{Alert, Scenario},
    texts,
    usage::{self, Usage},
    world::World,
};

const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The server's memory is looked at this often.
const SAMPLE_EVERY: Duration = Duration::from_millis(500);
/// With nothing queued and no receipt under way, an alert whose counts rest for so long has come to its end.
const QUIET: Duration = Duration::from_secs(2);

/// An alert that was approved.
#[derive(Debug)]
pub(crate) struct Sent {
    /// From 1, in the run.
    pub(crate) n: u32,
    pub(crate) id: i64,
    pub(crate) severity: String,
    pub(crate) text: String,
    /// When the approval was asked for.
    pub(crate) approved: Instant,
    pub(crate) counts: AlertCounts,
    /// When its counts were last seen to change.
    pub(crate) changed: Instant,
    pub(crate) done: bool,
}

impl Sent {
    pub(crate) fn seconds(&self) -> f64 {
        (self.changed - self.approved).as_secs_f64()
    }

    /// Takes new counts in and says whether the alert has come to its end.
    pub(crate) fn look(&mut self, counts: AlertCounts, receipts_are_through: bool) -> bool {
        if counts != self.counts {
            self.changed = Instant::now();
            self.counts = counts;
        }
        let total = &self.counts.total;
        let handed_over =
            self.counts.targets > 0 && total.accepted >= self.counts.targets && total.open() == 0;
        let nothing_awaited = total.sent + total.uncertain == 0;
        self.done =
            handed_over && (nothing_awaited || (receipts_are_through && self.changed.elapsed() >= QUIET));
        self.done
    }
}

/// A full report of the largest alert, fetched once for the time it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export {
    pub(crate) seconds: f64,
    pub(crate) megabytes: f64,
    /// The gateway's peak while it wrote; `None`: the kernel does not say.
    pub(crate) rss_max_mb: Option<f64>,
}

/// What was measured.
pub(crate) struct Measured {
    pub(crate) alerts: Vec<Sent>,
    /// From the first approval until the counts moved no more.
    pub(crate) seconds: f64,
    pub(crate) import_s: f64,
    pub(crate) gateway: Usage,
    pub(crate) server: Option<Usage>,
    pub(crate) simulators: Usage,
    pub(crate) others_cpu_s: f64,
    pub(crate) export: Export,
    pub(crate) audit: Audit,
    pub(crate) api: Api,
    /// What the gateway logged, by line.
    pub(crate) warnings: Vec<String>,
}

impl Measured {
    pub(crate) fn total(&self) -> Counts {
        total(&self.alerts)
    }
}

pub(crate) fn total(alerts: &[Sent]) -> Counts {
    let mut sum = Counts::default();
    alerts.iter().for_each(|alert| sum.add(&alert.counts.total));
    sum
}

/// CPU so far, of everybody who takes part and of the whole machine.
struct Meter {
    gateway: Usage,
    server: Option<Usage>,
    own: Usage,
    busy_s: f64,
}

impl Meter {
    fn read(gateway: &Gateway, world: &World) -> Self {
        Self {
            gateway: usage::of_process(gateway.pid),
            server: world.server_usage(),
            own: usage::of_self(),
            busy_s: usage::machine_busy_s(),
        }
    }
}

pub(crate) async fn run(scenario: &Scenario, world: &World) -> anyhow::Result<Measured> {
    let gateway = Gateway::start(&world.config, &world.folder).await?;
    let api = Api::new(&gateway.address, world.keys.clone())?;
    let importing = Instant::now();
    api.import(population::csv(scenario.people, scenario.routes())).await?;
    let import_s = importing.elapsed().as_secs_f64();
    let drafts = drafts(&api, scenario).await?;
    let before = Meter::read(&gateway, world);
    let (alerts, server_peak_mb) = send(&api, scenario, world, drafts).await?;
    let after = Meter::read(&gateway, world);
    let largest = alerts.iter().max_by_key(|alert| alert.counts.targets).context("no alert")?;
    let export = export(&api, &gateway, largest.id).await?;
    let audit = audit(&api, world, &alerts).await?;
    gateway.stop().await?;
    let began = alerts.first().map(|alert| alert.approved).context("no alert")?;
    let ended = alerts.iter().map(|alert| alert.changed).max().unwrap_or(began);
    let cost = |after: Usage, before: Usage| Usage { cpu_s: after.cpu_s - before.cpu_s, ..after };
    let gateway = cost(after.gateway, before.gateway);
    let server = after.server.zip(before.server).map(|(after, before)| {
        let peak = Usage { rss_max_mb: server_peak_mb.max(after.rss_max_mb), ..after };
        cost(peak, before)
    });
    let simulators = cost(after.own, before.own);
    let ours_s = gateway.cpu_s + simulators.cpu_s + server.map_or(0.0, |server| server.cpu_s);
    Ok(Measured {
        alerts,
        seconds: (ended - began).as_secs_f64(),
        import_s,
        gateway,
        server,
        simulators,
        others_cpu_s: (after.busy_s - before.busy_s - ours_s).max(0.0),
        export,
        audit,
        api,
        warnings: log_of(&world.folder).lines().map(str::to_owned).collect(),
    })
}

/// Everything but the approval, so that the approval is one call.
async fn drafts<'a>(
    api: &Api,
    scenario: &'a Scenario,
) -> anyhow::Result<Vec<(f64, &'a Alert, String, Submitted)>> {
    let mut drafts = Vec::new();
    for (n, (at_s, alert)) in (1..).zip(scenario.schedule()) {
        let text = texts::text(n, alert.parts);
        let submitted = api.submit(alert, &text).await?;
        drafts.push((at_s, alert, text, submitted));
    }
    Ok(drafts)
}

/// Approves each at its time and waits for the end of all. Also returns the most memory that the server was seen with.
async fn send(
    api: &Api,
    scenario: &Scenario,
    world: &World,
    drafts: Vec<(f64, &Alert, String, Submitted)>,
) -> anyhow::Result<(Vec<Sent>, f64)> {
    let longest = Duration::from_secs(scenario.seconds_max);
    let mut live = Live::new();
    let began = Instant::now();
    let (mut sampled, mut server_peak_mb) = (began, 0.0_f64);
    let mut waiting = (1..).zip(drafts).peekable();
    let mut sent: Vec<Sent> = Vec::new();
    loop {
        while let Some((n, (_, alert, text, submitted))) =
            waiting.next_if(|(_, (at_s, ..))| began.elapsed().as_secs_f64() >= *at_s)
        {
            sent.push(approve(api, n, alert, text, &submitted).await?);
        }
        let receipts_are_through = world.receipts_are_through();
        for alert in sent.iter_mut().filter(|alert| !alert.done) {
            alert.look(api.counts(alert.id).await?, receipts_are_through);
        }
        let counts = total(&sent);
        let targets = sent.iter().map(|alert| alert.counts.targets).sum();
        live.tell(&scenario.name, targets, &counts, world.provider().submits);
        if sampled.elapsed() >= SAMPLE_EVERY {
            sampled = Instant::now();
            let held = world.server_usage().map_or(0.0, |server| server.rss_max_mb);
            server_peak_mb = server_peak_mb.max(held);
        }
        if waiting.peek().is_none() && sent.iter().all(|alert| alert.done) {
            return Ok((sent, server_peak_mb));
        }
        anyhow::ensure!(
            began.elapsed() < longest,
            "not done in {} s: {counts:?}\n{}",
            longest.as_secs(),
            log_of(&world.folder)
        );
        sleep(LOOK_EVERY).await;
    }
}

/// The one call that an alert waits for.
pub(crate) async fn approve(
    api: &Api,
    n: u32,
    alert: &Alert,
    text: String,
    submitted: &Submitted,
) -> anyhow::Result<Sent> {
    let approved = Instant::now();
    api.approve(submitted).await?;
    Ok(Sent {
        n,
        id: submitted.id,
        severity: alert.severity.clone(),
        text,
        approved,
        counts: AlertCounts::default(),
        changed: approved,
        done: false,
    })
}

async fn export(api: &Api, gateway: &Gateway, alert: i64) -> anyhow::Result<Export> {
    let peak_is_new = usage::forget_peak(gateway.pid);
    let began = Instant::now();
    let mut chunks = api.report_csv(alert).await?;
    let mut octets = 0_u64;
    while let Some(chunk) = chunks.next().await {
        octets += chunk?.len() as u64;
    }
    let seconds = began.elapsed().as_secs_f64();
    let rss_max_mb = usage::of_process(gateway.pid).rss_max_mb;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let megabytes = octets as f64 / 1e6;
    Ok(Export { seconds, megabytes, rss_max_mb: peak_is_new.then_some(rss_max_mb) })
}
