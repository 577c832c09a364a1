//! The command line. Exit codes: 0 done, 1 it could not be done, 2 the call or the settings are wrong.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through them")]

mod admin;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use contract::SystemClock;

use crate::{
    app::{self, App},
    config::{self, Config},
    coordination::Redis,
    lanes, ledger, lifecycle, telemetry,
};

/// Cổng gửi cảnh báo của tỉnh qua SMS / The gateway for a province's alerts over SMS
#[derive(Debug, Parser)]
#[command(name = "loa", version, about, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway: API, engine and lanes
    Serve(Settings),
    /// Show the whole main job on simulated carriers; nothing to install
    #[cfg(feature = "demo")]
    Demo(crate::demo::Options),
    /// Check the settings: every complaint at once, then what limits each lane
    Check {
        #[command(flatten)]
        settings: Settings,
        /// Print every setting with its default and its comment
        #[arg(long)]
        defaults: bool,
    },
    /// Bring the ledger's schema up to date
    Migrate(Settings),
    /// Accounts and their API keys
    User {
        #[command(subcommand)]
        command: admin::UserCommand,
    },
    /// Import people from a CSV file
    Import(admin::ImportArgs),
    /// Print the report of an alert
    Report(admin::ReportArgs),
}

/// Where the settings come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// Settings file (TOML), over the defaults; may be given several times, later ones win
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleArg {
    Author,
    Approver,
    Auditor,
    Admin,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("loa: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("loa: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(settings) => serve(settings).await,
        #[cfg(feature = "demo")]
        Command::Demo(options) => crate::demo::run(options).await,
        Command::Check { defaults: true, .. } => {
            print!("{}", config::DEFAULTS);
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { settings, .. } => with_config(&settings, check).await,
        Command::Migrate(settings) => with_config(&settings, migrate).await,
        Command::User { command } => admin::user(command).await,
        Command::Import(args) => admin::import(args).await,
        Command::Report(args) => admin::report(args).await,
    }
}

/// Reads the settings and works with them, or says everything that is wrong with them.
pub(crate) async fn with_config<F, Fut>(settings: &Settings, work: F) -> anyhow::Result<ExitCode>
where
    F: FnOnce(Config) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    match Config::read(&settings.config) {
        Ok(config) => work(config).await.map(|()| ExitCode::SUCCESS),
        Err(complaints) => {
            eprintln!(
                "Cấu hình có {} lỗi / The settings have {} faults:",
                complaints.len(),
                complaints.len()
            );
            for complaint in complaints {
                eprintln!("  {complaint}");
            }
            Ok(ExitCode::from(2))
        }
    }
}

/// The office over the ledger of the settings, for commands that need no lanes.
pub(crate) async fn office(config: &Config) -> anyhow::Result<crate::office::Office> {
    app::office(config, Arc::new(SystemClock)).await
}

async fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    let files = settings.config.clone();
    with_config(&settings, |config| gateway(config, files)).await
}

async fn gateway(config: Config, files: Vec<PathBuf>) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    let stop = lifecycle::stop_signal()?;
    let mut again = lifecycle::reload_signal()?;
    let app = App::start(&config).await?;
    let node = app.office.setup.load().node.clone();
    tracing::info!(address = %app.address, node, lanes = config.lanes.len(), "Loa is ready; API at http://{}/api/v1, OpenAPI at /api/openapi.json", app.address);
    if config.lanes.is_empty() {
        tracing::warn!("no [[lane]] in the settings: alerts can be written, nobody can be reached");
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(()) = again.recv() => reload(&app, &files).await,
        }
    }
    app.stop().await?;
    tracing::info!("stopped; nothing is under way");
    Ok(())
}

/// Settings that are wrong change nothing.
async fn reload(app: &App, files: &[PathBuf]) {
    let config = match Config::read(files) {
        Ok(config) => config,
        Err(complaints) => {
            for complaint in complaints {
                tracing::error!(%complaint, "the new settings are wrong; the old ones stay in force");
            }
            return;
        }
    };
    match app.reload(&config).await {
        Ok(later) if later.is_empty() => {
            tracing::info!(lanes = config.lanes.len(), "new settings are in force");
        }
        Ok(later) => tracing::warn!(
            sections = later.join(", "),
            "new lanes, rates, quotas, routing and plans are in force; these sections need a restart"
        ),
        Err(error) => tracing::error!(error = format!("{error:#}"), "the old settings stay in force"),
    }
}

async fn check(config: Config) -> anyhow::Result<()> {
    println!("Cấu hình hợp lệ / The settings are valid");
    println!("  server.listen = {}", config.server.listen);
    for lane in &config.lanes {
        println!("  lane {} -> {}: {}", lane.name, lane.serves.join(", "), lanes::ceiling(&config, lane));
    }
    if let config::Coordination::Redis(redis) = &config.coordination {
        match Redis::inspect(redis).await {
            Ok(warnings) if warnings.is_empty() => println!("  coordination: Redis answers"),
            Ok(warnings) => warnings.iter().for_each(|warning| println!("  coordination: {warning}")),
            Err(error) => println!(
                "  coordination: Redis does not answer ({error}); nodes start without it, each with its share"
            ),
        }
    }
    if config.lanes.is_empty() {
        println!("  no [[lane]]: nobody can be reached");
    }
    Ok(())
}

async fn migrate(config: Config) -> anyhow::Result<()> {
    ledger::open(&config.ledger.url, true).await.context("ledger.url")?;
    println!("Sổ cái đã ở phiên bản mới nhất / The ledger's schema is up to date");
    Ok(())
}
