//! The only part that is inside the gateway: the child processes that a run starts. The gateway itself, so that its CPU
//! and memory are its own; its accounts, made before it runs; and a look into the ledger of a gateway that was killed.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;
use contract::SystemClock;
use loa::{
    app::{self, App},
    config::Config,
    domain::{AlertId, Counts},
    ledger::{self, Role},
    lifecycle, telemetry,
};
use serde_json::json;

use crate::world::ACCOUNTS;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Inside {
    /// The gateway, until it is told to stop; prints where it listens
    Serve { config: PathBuf },
    /// Makes the accounts of a run; prints their keys
    Accounts { config: PathBuf },
    /// Prints the counts of these alerts as they stand in the ledger
    Counts { config: PathBuf, alerts: Vec<i64> },
}

pub(crate) async fn run(command: Inside) -> anyhow::Result<()> {
    match command {
        Inside::Serve { config } => serve(&config).await,
        Inside::Accounts { config } => accounts(&config).await,
        Inside::Counts { config, alerts } => counts(&config, &alerts).await,
    }
}

async fn serve(config: &Path) -> anyhow::Result<()> {
    let config = read(config)?;
    telemetry::start(&config.log)?;
    let stop = lifecycle::stop_signal()?;
    let app = App::start(&config).await?;
    println!("{}", app.address);
    stop.cancelled().await;
    app.stop().await
}

async fn accounts(config: &Path) -> anyhow::Result<()> {
    let office = app::office(&read(config)?, Arc::new(SystemClock)).await?;
    let mut keys = Vec::new();
    for (name, role) in ACCOUNTS.iter().zip([Role::Author, Role::Approver, Role::Auditor]) {
        let (_, key) = office.user_add(name, role).await?;
        keys.push(key.reveal().to_owned());
    }
    println!("{}", json!(keys));
    Ok(())
}

async fn counts(config: &Path, alerts: &[i64]) -> anyhow::Result<()> {
    let store = ledger::open(&read(config)?.ledger.url, false).await?;
    let names = store.catalog.route_names().await?;
    let name_of = |wanted| names.iter().find(|(route, _)| *route == wanted).map(|(_, name)| name);
    let mut found = Vec::new();
    for id in alerts {
        let Some(alert) = store.catalog.alert(AlertId(*id)).await? else { continue };
        let by_route = store.ledger.counts(AlertId(*id)).await?;
        let total: Counts = by_route.iter().map(|(_, counts)| *counts).sum();
        let route = |(route, counts)| json!({ "route": name_of(route), "counts": counts });
        found.push(json!({
            "alert": id, "targets": alert.targets, "total": total,
            "routes": by_route.into_iter().map(route).collect::<Vec<_>>(),
        }));
    }
    println!("{}", json!(found));
    Ok(())
}

fn read(config: &Path) -> anyhow::Result<Config> {
    Config::read(&[config.to_owned()]).map_err(|complaints| {
        let list: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(list.join("; "))
    })
}
