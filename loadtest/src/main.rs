//! Measures the gateway from outside: a real process, driven through its API, against simulated carriers, with the
//! raw ceiling of the same session in the same run. Figures are printed, never asserted.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measuring tool speaks through the terminal"
)]

mod api;
mod ceiling;
mod gateway;
mod population;
mod throughput;
mod usage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Load and measurement for Loa. Loopback only; ends by itself.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// accept → submit → receipt, durable, on SQLite and PostgreSQL, beside the raw ceiling of the session
    Throughput(throughput::Options),
    /// The gateway itself, as a process of its own (used by the other commands)
    #[command(hide = true)]
    Gateway { config: std::path::PathBuf },
}

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("loadtest: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match Cli::parse().command {
            Command::Throughput(options) => throughput::run(options).await,
            Command::Gateway { config } => gateway::serve(&config).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadtest: {error:#}");
            ExitCode::FAILURE
        }
    }
}
