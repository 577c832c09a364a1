//! Kills the real gateway again and again while it sends, and holds the ledger against the carriers afterwards.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use clap::Args;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{
    api::{AlertCounts, Api, Counts},
    audit::{Audit, audit},
    gateway::{Gateway, inside, log_of},
    live::Live,
    population,
    report::{compared, complaints, rounded},
    run::{Sent, approve, total},
    scenario::Scenario,
    texts, usage,
    world::{LedgerOptions, World},
};

const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Once it sends, the gateway lives no longer than this.
const SENDING_MAX: Duration = Duration::from_millis(1_000);
/// One kill in so many comes without waiting until it sends: while it starts, or waits for its lanes…
const EARLY_ONE_IN: u32 = 8;
/// …within this time from the start of the process.
const EARLY_MAX: Duration = Duration::from_millis(2_000);
/// Longest wait until a gateway that was started sends again.
const SENDS_WITHIN: Duration = Duration::from_secs(60);
/// The ledger is read again until it says the same twice: the server may finish what the killed one had asked for.
const STILL_AFTER: Duration = Duration::from_millis(50);
/// Where the settings do not say otherwise.
const CLAIM_MESSAGES_MAX: i64 = 200;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Name of a scenario or its file; its alerts are renewed in turn
    #[arg(default_value = "crash")]
    scenario: String,
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    kills: u32,
    /// Of the moments; drawn and printed if absent
    #[arg(long)]
    seed: Option<u64>,
    /// One JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
}

#[derive(Debug, Serialize)]
struct Figures {
    machine: String,
    ledger: &'static str,
    seed: u64,
    kills: u32,
    /// Kills that found messages in flight.
    kills_in_mid_send: u32,
    alerts: usize,
    seconds: f64,
    /// Most messages of one lane in flight at one kill: what that kill left in doubt.
    in_doubt_per_lane_max: i64,
    in_doubt_total: i64,
    claim_messages_max: i64,
    /// (Lane, kill) pairs with more than one claim in doubt.
    above_one_claim: u32,
    counts: Counts,
    provider_messages: u64,
    provider_duplicates: u64,
    /// Receipts that were acknowledged, and whose messages still wait for one.
    receipts_lost: i64,
    compared: Audit,
    holds: bool,
    complaints: Vec<String>,
}

/// What the ledger said after each kill, taken together.
#[derive(Debug, Default)]
struct Doubts {
    in_mid_send: u32,
    per_lane_max: i64,
    total: i64,
    above_one_claim: u32,
    not_conserved: Vec<String>,
}

struct Crash<'a> {
    scenario: &'a Scenario,
    world: &'a World,
    rng: StdRng,
    alerts: Vec<Sent>,
    doubts: Doubts,
    claim_messages_max: i64,
    live: Live,
}

/// Runs it; `false`: something does not hold.
pub(crate) async fn run(options: Options) -> anyhow::Result<bool> {
    let scenario = Scenario::read(&options.scenario)?;
    let seed = options.seed.unwrap_or_else(rand::random);
    eprintln!("crash: {} kills, --seed {seed}", options.kills);
    let world = World::build(&scenario, &options.ledger).await?;
    let sending = scenario.settings.get("sending");
    let claim_messages_max = sending.and_then(|sending| sending.get("claim_messages_max")?.as_integer());
    let mut crash = Crash {
        scenario: &scenario,
        world: &world,
        rng: StdRng::seed_from_u64(seed),
        alerts: Vec::new(),
        doubts: Doubts::default(),
        claim_messages_max: claim_messages_max.unwrap_or(CLAIM_MESSAGES_MAX),
        live: Live::new(),
    };
    let began = Instant::now();
    let gateway = crash.kills(options.kills).await.with_context(|| log_of(&world.folder))?;
    let audit = crash.end(gateway).await.with_context(|| log_of(&world.folder))?;
    let figures = crash.figures(seed, options.kills, began.elapsed(), audit);
    drop(crash);
    world.stop().await?;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        print!("{}", figures.text());
    }
    Ok(figures.holds)
}

impl Crash<'_> {
    /// All kills; returns the gateway that was started after the last one.
    async fn kills(&mut self, kills: u32) -> anyhow::Result<Gateway> {
        let mut gateway = Gateway::start(&self.world.config, &self.world.folder).await?;
        let api = Api::new(&gateway.address, self.world.keys.clone())?;
        api.import(population::csv(self.scenario.people, self.scenario.routes())).await?;
        self.renew(&api).await?;
        for kill in 1..=kills {
            let early = kill > 1 && self.rng.random_ratio(1, EARLY_ONE_IN);
            if early {
                sleep(self.moment(EARLY_MAX)).await;
            } else {
                if gateway.address.is_empty() {
                    gateway.ready().await?;
                }
                self.until_sending(&gateway).await?;
                sleep(self.moment(SENDING_MAX)).await;
            }
            gateway.kill().await?;
            self.look_into_the_ledger(kill).await?;
            gateway = Gateway::spawn(&self.world.config, &self.world.folder)?;
        }
        gateway.ready().await?;
        Ok(gateway)
    }

    fn moment(&mut self, max: Duration) -> Duration {
        max.mul_f64(self.rng.random::<f64>())
    }

    /// Another alert, of the next kind in turn.
    async fn renew(&mut self, api: &Api) -> anyhow::Result<()> {
        let n = self.alerts.len();
        let kinds = self.scenario.schedule();
        let (_, kind) = kinds.get(n % kinds.len().max(1)).context("a scenario without alerts")?;
        let number = u32::try_from(n + 1)?;
        let text = texts::text(number, kind.parts);
        let submitted = api.submit(kind, &text).await?;
        self.alerts.push(approve(api, number, kind, text, &submitted).await?);
        Ok(())
    }

    /// Sees to it that there is enough to send for a while, and that it is being sent.
    async fn until_sending(&mut self, gateway: &Gateway) -> anyhow::Result<()> {
        let api = Api::new(&gateway.address, self.world.keys.clone())?;
        let enough = self.enough();
        let before = self.world.provider().submits;
        let began = Instant::now();
        loop {
            for alert in self.alerts.iter_mut().filter(|alert| !alert.done) {
                alert.counts = api.counts(alert.id).await?;
                let counts = &alert.counts;
                // What is in doubt or waits for a receipt needs no more looks here.
                alert.done =
                    counts.targets > 0 && counts.total.accepted >= counts.targets && counts.total.open() == 0;
            }
            let coming = |alert: &Sent| {
                alert.counts.targets == 0 || alert.counts.total.accepted < alert.counts.targets
            };
            let queued: i64 = self.alerts.iter().map(|alert| alert.counts.total.queued).sum();
            if queued < enough && !self.alerts.iter().any(|alert| !alert.done && coming(alert)) {
                self.renew(&api).await?;
            } else if queued > 0 && self.world.provider().submits > before {
                return Ok(());
            }
            anyhow::ensure!(began.elapsed() < SENDS_WITHIN, "the gateway does not send again");
            sleep(LOOK_EVERY).await;
        }
    }

    /// As many messages as all lanes send while the gateway is left alone, and half as much again.
    fn enough(&self) -> i64 {
        let per_s: f64 = self.scenario.lanes.iter().map(|lane| lane.granted_per_s()).sum();
        let messages = per_s * SENDING_MAX.as_secs_f64() * 1.5;
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the people of a scenario")]
        let messages = messages as i64;
        messages.min(i64::from(self.scenario.people) / 2).max(1)
    }

    /// While nobody writes: what the kill left in flight will be called uncertain, or sent again as a possible repeat.
    async fn look_into_the_ledger(&mut self, kill: u32) -> anyhow::Result<()> {
        let mut found = self.ledger().await?;
        loop {
            sleep(STILL_AFTER).await;
            let again = self.ledger().await?;
            if again == found {
                break;
            }
            found = again;
        }
        let mut by_route: BTreeMap<&str, i64> = BTreeMap::new();
        for alert in &found {
            if !alert.total.conserved() {
                self.doubts
                    .not_conserved
                    .push(format!("kill {kill}: alert {}: {:?}", alert.alert, alert.total));
            }
            for route in &alert.routes {
                *by_route.entry(&route.route).or_default() += route.counts.in_flight;
            }
        }
        let total: i64 = by_route.values().sum();
        self.doubts.total += total;
        self.doubts.in_mid_send += u32::from(total > 0);
        for in_flight in by_route.values() {
            self.doubts.per_lane_max = self.doubts.per_lane_max.max(*in_flight);
            self.doubts.above_one_claim += u32::from(*in_flight > self.claim_messages_max);
        }
        let mut sum = Counts::default();
        found.iter().for_each(|alert| sum.add(&alert.total));
        let targets = found.iter().map(|alert| alert.targets).sum();
        self.live.tell(&format!("kill {kill}"), targets, &sum, self.world.provider().submits);
        Ok(())
    }

    async fn ledger(&self) -> anyhow::Result<Vec<AlertCounts>> {
        let mut look = inside("counts", &self.world.config)?;
        let looked = look.args(self.alerts.iter().map(|alert| alert.id.to_string())).output().await?;
        let why = String::from_utf8_lossy(&looked.stderr);
        anyhow::ensure!(looked.status.success(), "the ledger can't be read after a kill: {why}");
        Ok(serde_json::from_slice(&looked.stdout)?)
    }

    /// Lets the gateway finish, and compares.
    async fn end(&mut self, gateway: Gateway) -> anyhow::Result<Audit> {
        let api = Api::new(&gateway.address, self.world.keys.clone())?;
        let longest = Duration::from_secs(self.scenario.seconds_max);
        let began = Instant::now();
        self.alerts.iter_mut().for_each(|alert| alert.done = false);
        while self.alerts.iter().any(|alert| !alert.done) {
            let receipts_are_through = self.world.receipts_are_through();
            for alert in self.alerts.iter_mut().filter(|alert| !alert.done) {
                alert.look(api.counts(alert.id).await?, receipts_are_through);
            }
            let counts = total(&self.alerts);
            let targets = self.alerts.iter().map(|alert| alert.counts.targets).sum();
            self.live.tell("finishing", targets, &counts, self.world.provider().submits);
            anyhow::ensure!(began.elapsed() < longest, "not done in {} s: {counts:?}", longest.as_secs());
            sleep(LOOK_EVERY).await;
        }
        let audit = audit(&api, self.world, &self.alerts).await?;
        gateway.stop().await?;
        Ok(audit)
    }

    fn figures(&self, seed: u64, kills: u32, elapsed: Duration, audit: Audit) -> Figures {
        let counts = total(&self.alerts);
        let provider = self.world.provider();
        // By number and whole text, from the carriers' books: their own total knows only so many texts for each number.
        let mut wrong = complaints(&counts, &audit, audit.duplicates);
        wrong.extend(self.doubts.not_conserved.iter().cloned());
        if self.doubts.above_one_claim > 0 {
            wrong.push(format!(
                "{} times more than one claim of {} in doubt for a lane after a kill, at most {}",
                self.doubts.above_one_claim, self.claim_messages_max, self.doubts.per_lane_max
            ));
        }
        // The carriers of this test send a receipt for every message, and again until it is acknowledged.
        let receipts_lost = if provider.receipts_dropped == 0 { counts.sent } else { 0 };
        if receipts_lost > 0 {
            wrong.push(format!("{receipts_lost} receipts acknowledged and lost"));
        }
        Figures {
            machine: usage::machine(),
            ledger: self.world.engine.as_str(),
            seed,
            kills,
            kills_in_mid_send: self.doubts.in_mid_send,
            alerts: self.alerts.len(),
            seconds: rounded(elapsed.as_secs_f64(), 1),
            in_doubt_per_lane_max: self.doubts.per_lane_max,
            in_doubt_total: self.doubts.total,
            claim_messages_max: self.claim_messages_max,
            above_one_claim: self.doubts.above_one_claim,
            counts,
            provider_messages: provider.messages,
            provider_duplicates: audit.duplicates,
            receipts_lost,
            compared: audit,
            holds: wrong.is_empty(),
            complaints: wrong,
        }
    }
}

impl Figures {
    fn text(&self) -> String {
        format!(
            "crash: {} kills, {} of them in mid-send, {} alerts, {:.0} s, {}, seed {}\n  machine     {}\n  \
             in doubt    {} in all, at most {} per lane and kill (a claim is {})\n{}",
            self.kills,
            self.kills_in_mid_send,
            self.alerts,
            self.seconds,
            self.ledger,
            self.seed,
            self.machine,
            self.in_doubt_total,
            self.in_doubt_per_lane_max,
            self.claim_messages_max,
            compared(&self.counts, &self.compared, self.provider_duplicates, &self.complaints)
        )
    }
}
