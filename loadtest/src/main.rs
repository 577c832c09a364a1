//! Measures the gateway from outside: a real process, driven through its API, against simulated carriers that keep
//! books of their own. Figures are printed, never asserted; promises (nothing lost, nothing sent twice without a word)
//! are, by the exit code.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measuring tool speaks through the terminal"
)]

mod api;
mod audit;
mod ceiling;
mod compare;
mod crash;
mod gateway;
mod inside;
mod live;
mod population;
mod report;
mod run;
mod scenario;
mod server;
mod spread;
mod texts;
mod usage;
mod world;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::{
    report::Report,
    scenario::Scenario,
    world::{LedgerOptions, World},
};

/// Load and measurement for Loa. Loopback only; ends by itself.
///
/// Exit code 1: it could not be done, or a promise was broken.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunOptions,
}

#[derive(Debug, Args)]
struct RunOptions {
    /// Name of a scenario (see `loadtest list`) or its file
    scenario: Option<String>,
    /// Instead of the scenario's number
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(population::PEOPLE_MAX)))]
    people: Option<u32>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The scenarios that a name suffices for
    List,
    /// Kill the gateway at random moments while it sends, and compare ledger and carriers afterwards
    Crash(crash::Options),
    /// The gateway beside the raw ceiling of its SMPP session, in turns
    Compare(compare::Options),
    #[command(hide = true)]
    Inside {
        #[command(subcommand)]
        command: inside::Inside,
    },
}

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("loadtest: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(work(Cli::parse())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("loadtest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `false`: it was done, and a promise was broken.
async fn work(cli: Cli) -> anyhow::Result<bool> {
    match cli.command {
        Some(Command::List) => list().map(|()| true),
        Some(Command::Crash(options)) => Box::pin(crash::run(options)).await,
        Some(Command::Compare(options)) => Box::pin(compare::run(options)).await.map(|()| true),
        Some(Command::Inside { command }) => Box::pin(inside::run(command)).await.map(|()| true),
        None => Box::pin(scenario(cli.run)).await,
    }
}

fn list() -> anyhow::Result<()> {
    for scenario in Scenario::all() {
        let scenario = scenario?;
        println!("{:<13} {}", scenario.name, scenario.about);
    }
    Ok(())
}

async fn scenario(options: RunOptions) -> anyhow::Result<bool> {
    let Some(name) = &options.scenario else {
        list()?;
        anyhow::bail!("name one of these, or a file");
    };
    let mut scenario = Scenario::read(name)?;
    scenario.people = options.people.unwrap_or(scenario.people);
    let world = World::build(&scenario, &options.ledger).await?;
    let measured = run::run(&scenario, &world).await?;
    let report = Report::of(&scenario, &world, &measured);
    world.stop().await?;
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", report.text());
    }
    Ok(report.holds)
}
