//! Log lines: text for people, JSON for machines. Messages are named by alert, route and seq, never by number.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::Log;

/// Starts logging to standard error, once per process.
///
/// # Errors
/// If the level can't be understood or logging was started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)?;
    let registry = tracing_subscriber::registry().with(filter);
    if log.json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()?;
    } else {
        let ansi = std::io::stderr().is_terminal();
        let layer = fmt::layer().with_target(false).with_ansi(ansi).with_writer(std::io::stderr);
        registry.with(layer).try_init()?;
    }
    Ok(())
}
