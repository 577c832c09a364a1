//! The gateway beside the raw ceiling of its SMPP session, in turns, so that both meet the same machine.

use clap::Args;
use serde::Serialize;
use simulators::smsc::Smsc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::{
    api::Api,
    ceiling,
    gateway::{Gateway, log_of},
    live::Live,
    population,
    report::rounded,
    run::approve,
    scenario::Scenario,
    spread::Spread,
    texts, usage,
    world::{LedgerOptions, World},
};

const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Where the scenario does not say otherwise.
const WINDOW: i64 = 100;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Name of a scenario or its file; its first alert is sent once per round
    #[arg(default_value = "sqlite")]
    scenario: String,
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Instead of the scenario's number
    #[arg(long, value_parser = clap::value_parser!(u32).range(1000..=i64::from(population::PEOPLE_MAX)))]
    people: Option<u32>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
}

#[derive(Debug, Serialize)]
struct Figures {
    scenario: String,
    machine: String,
    ledger: &'static str,
    people: u32,
    rounds: Vec<Round>,
    gateway_per_s: Option<Spread>,
    ceiling_per_s: Option<Spread>,
    ratio: Option<Spread>,
}

/// Messages per second of each.
#[derive(Debug, Clone, Copy, Serialize)]
struct Round {
    ceiling_per_s: f64,
    gateway_per_s: f64,
    ratio: f64,
}

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let mut scenario = Scenario::read(&options.scenario)?;
    scenario.people = options.people.unwrap_or(scenario.people);
    let world = World::build(&scenario, &options.ledger).await?;
    // Of their own, so that the books of the gateway's carriers hold the gateway's messages alone.
    let mut bare = Vec::new();
    for lane in &scenario.lanes {
        bare.push(Smsc::start(lane.carrier.clone(), "127.0.0.1:0").await?);
    }
    let gateway = Gateway::start(&world.config, &world.folder).await?;
    let api = Api::new(&gateway.address, world.keys.clone())?;
    api.import(population::csv(scenario.people, scenario.routes())).await?;
    let mut live = Live::new();
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        let ceiling_per_s = raw(&scenario, &bare, round).await?;
        let gateway_per_s = whole(&scenario, &world, &api, round, &mut live).await?;
        rounds.push(Round {
            ceiling_per_s: rounded(ceiling_per_s, 0),
            gateway_per_s: rounded(gateway_per_s, 0),
            ratio: rounded(gateway_per_s / ceiling_per_s, 5),
        });
    }
    drop(live);
    gateway.stop().await?;
    let of = |figure: fn(&Round) -> f64| Spread::of(&rounds.iter().map(figure).collect::<Vec<_>>());
    let figures = Figures {
        scenario: scenario.name.clone(),
        machine: usage::machine(),
        ledger: world.engine.as_str(),
        people: scenario.people,
        gateway_per_s: of(|round| round.gateway_per_s),
        ceiling_per_s: of(|round| round.ceiling_per_s),
        ratio: of(|round| round.ratio),
        rounds,
    };
    for smsc in bare {
        smsc.stop().await;
    }
    world.stop().await?;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        figures.print();
    }
    Ok(())
}

/// The session with nothing behind it.
async fn raw(scenario: &Scenario, carriers: &[Smsc], round: u32) -> anyhow::Result<f64> {
    let addresses: Vec<_> = carriers.iter().map(Smsc::address).collect();
    let window = scenario.lanes.first().and_then(|lane| lane.smpp.get("window")?.as_integer());
    let window = usize::try_from(window.unwrap_or(WINDOW))?;
    ceiling::measure(&addresses, scenario.people, window, &texts::text(round, 1)).await
}

/// The same number of messages through the gateway: approved, sent, receipts kept.
async fn whole(
    scenario: &Scenario,
    world: &World,
    api: &Api,
    round: u32,
    live: &mut Live,
) -> anyhow::Result<f64> {
    let schedule = scenario.schedule();
    let Some((_, kind)) = schedule.first() else { anyhow::bail!("a scenario without alerts") };
    let text = texts::text(round, kind.parts);
    let submitted = api.submit(kind, &text).await?;
    let mut alert = approve(api, round, kind, text, &submitted).await?;
    let longest = Duration::from_secs(scenario.seconds_max);
    while !alert.look(api.counts(alert.id).await?, world.receipts_are_through()) {
        let counts = &alert.counts;
        live.tell(&format!("round {round}"), counts.targets, &counts.total, world.provider().submits);
        anyhow::ensure!(
            Instant::now() - alert.approved < longest,
            "not done in {} s: {counts:?}\n{}",
            longest.as_secs(),
            log_of(&world.folder)
        );
        sleep(LOOK_EVERY).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most some millions")]
    let messages = alert.counts.total.accepted as f64;
    Ok(messages / alert.seconds())
}

impl Figures {
    fn print(&self) {
        println!(
            "compare: {} messages of one alert per round, ledger in {}, {}",
            self.people, self.ledger, self.machine
        );
        for (n, round) in (1..).zip(&self.rounds) {
            println!(
                "  round {n:<3} gateway {:>8}/s   raw session {:>9}/s   {:>6.2} %",
                round.gateway_per_s,
                round.ceiling_per_s,
                round.ratio * 100.0
            );
        }
        if let (Some(gateway), Some(ceiling), Some(ratio)) =
            (self.gateway_per_s, self.ceiling_per_s, self.ratio)
        {
            println!(
                "  median    gateway {:>8}/s ({}–{})   raw session {:>9}/s ({}–{})   {:.2} % ({:.2}–{:.2})",
                gateway.p50,
                gateway.min,
                gateway.max,
                ceiling.p50,
                ceiling.min,
                ceiling.max,
                ratio.p50 * 100.0,
                ratio.min * 100.0,
                ratio.max * 100.0
            );
        }
    }
}
