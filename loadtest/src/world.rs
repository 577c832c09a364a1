//! Everything around the gateway in one run: carriers, ledger, settings, accounts.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use simulators::smsc::{Counts, Smsc};
use tempfile::TempDir;

use crate::{
    api::Keys,
    gateway::inside,
    scenario::{Engine, Lane, Scenario},
    server::OwnServer,
    usage::{self, Usage},
};

/// Names of author, approver and auditor.
pub(crate) const ACCOUNTS: [&str; 3] = ["load-author", "load-approver", "load-auditor"];
const SOURCE: &str = "LANGSON";

/// Where the ledger is kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct LedgerOptions {
    /// Keep the ledger in this empty PostgreSQL database
    #[arg(long, value_name = "URL", conflicts_with = "own_postgres")]
    postgres: Option<String>,
    /// Process id of that server's first process, to account for its CPU and memory
    #[arg(long, value_name = "PID", requires = "postgres")]
    postgres_pid: Option<u32>,
    /// Start a PostgreSQL server for this run alone
    #[arg(long)]
    own_postgres: bool,
    /// Folder for settings, log and SQLite ledger, kept afterwards; a temporary one otherwise
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// A lane's other end.
#[derive(Debug)]
pub(crate) struct Carrier {
    pub(crate) lane: Lane,
    pub(crate) smsc: Smsc,
}

pub(crate) struct World {
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) engine: Engine,
    pub(crate) config: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) keys: Keys,
    server: Option<OwnServer>,
    server_pid: Option<u32>,
    _temporary: TempDir,
}

impl World {
    pub(crate) async fn build(scenario: &Scenario, options: &LedgerOptions) -> anyhow::Result<Self> {
        let temporary = tempfile::tempdir()?;
        let folder = options.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
        std::fs::create_dir_all(&folder)?;
        let mut carriers = Vec::new();
        for lane in &scenario.lanes {
            let smsc = Smsc::start(lane.carrier.clone(), "127.0.0.1:0").await?;
            carriers.push(Carrier { lane: lane.clone(), smsc });
        }
        let server = if options.own_postgres { Some(OwnServer::start().await?) } else { None };
        let url = options.postgres.clone().or_else(|| server.as_ref().map(|server| server.url.clone()));
        let engine = if url.is_some() { Engine::Postgres } else { scenario.ledger };
        let url = match (url, engine) {
            (Some(url), _) => url,
            (None, Engine::Sqlite) => format!("sqlite:{}", folder.join("load.db").display()),
            (None, Engine::Postgres) => anyhow::bail!(
                "scenario {} keeps its ledger in PostgreSQL: give --own-postgres, or --postgres and an empty database",
                scenario.name
            ),
        };
        let config = folder.join("gateway.toml");
        std::fs::write(&config, settings(scenario, &carriers, &url, &folder)?)?;
        let made = inside("accounts", &config)?.output().await?;
        anyhow::ensure!(made.status.success(), "no accounts: {}", String::from_utf8_lossy(&made.stderr));
        let server_pid = options.postgres_pid.or_else(|| server.as_ref()?.pid());
        Ok(Self {
            carriers,
            engine,
            config,
            folder,
            keys: serde_json::from_slice(&made.stdout).context("keys of the accounts")?,
            server,
            server_pid,
            _temporary: temporary,
        })
    }

    /// What all carriers counted, added up; the busiest second is the busiest of any.
    pub(crate) fn provider(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in self.carriers.iter().map(|carrier| carrier.smsc.counts()) {
            sum.submits += counts.submits;
            sum.accepted_parts += counts.accepted_parts;
            sum.messages += counts.messages;
            sum.distinct_messages += counts.distinct_messages;
            sum.duplicate_messages += counts.duplicate_messages;
            sum.refused += counts.refused;
            sum.throttled += counts.throttled;
            sum.responses_lost += counts.responses_lost;
            sum.receipts_acked += counts.receipts_acked;
            sum.receipts_waiting += counts.receipts_waiting;
            sum.receipts_unacked += counts.receipts_unacked;
            sum.receipts_dropped += counts.receipts_dropped;
            sum.drops += counts.drops;
            sum.max_in_any_second = sum.max_in_any_second.max(counts.max_in_any_second);
        }
        sum
    }

    /// No carrier has a receipt left to deliver.
    pub(crate) fn receipts_are_through(&self) -> bool {
        let counts = self.provider();
        counts.receipts_waiting + counts.receipts_unacked == 0
    }

    /// Whole messages with this text that any carrier took for a number.
    pub(crate) fn copies(&self, number: u64, text: &str) -> u32 {
        self.carriers.iter().map(|carrier| carrier.smsc.copies(number, text.as_bytes())).sum()
    }

    /// The database server, if its process is known.
    pub(crate) fn server_usage(&self) -> Option<Usage> {
        self.server_pid.map(usage::of_family)
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        for carrier in self.carriers {
            carrier.smsc.stop().await;
        }
        match self.server {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }
}

/// The gateway's settings: the scenario's own ones with ledger and lanes filled in.
fn settings(scenario: &Scenario, carriers: &[Carrier], url: &str, folder: &Path) -> anyhow::Result<String> {
    let mut all = scenario.settings.clone();
    let server = section(&mut all, "server")?;
    server.insert("listen".into(), "127.0.0.1:0".into());
    // The live line asks far more often than a person.
    server.entry("requests_per_minute").or_insert(1_000_000.into());
    section(&mut all, "ledger")?.insert("url".into(), url.into());
    section(&mut all, "log")?.entry("level").or_insert_with(|| "warn,sqlx=error".into());
    let mut lanes = Vec::new();
    for Carrier { lane, smsc } in carriers {
        let account = lane.carrier.accounts.first().context("a carrier without an account")?;
        let secret = folder.join(format!("{}.password", lane.name));
        std::fs::write(&secret, &account.password)?;
        let mut smpp = lane.smpp.clone();
        smpp.insert("address".into(), smsc.address().to_string().into());
        smpp.insert("system_id".into(), account.system_id.clone().into());
        smpp.insert("password".into(), format!("file:{}", secret.display()).into());
        smpp.entry("source").or_insert_with(|| SOURCE.into());
        let mut table = toml::Table::new();
        table.insert("name".into(), lane.name.clone().into());
        table.insert("kind".into(), "smpp".into());
        table.insert("serves".into(), vec![lane.route.clone()].into());
        table.insert("rate".into(), lane.rate.clone().into());
        table.insert("standby".into(), lane.standby.into());
        table.insert("smpp".into(), smpp.into());
        lanes.push(toml::Value::Table(table));
    }
    all.insert("lane".into(), lanes.into());
    Ok(toml::to_string(&all)?)
}

fn section<'a>(all: &'a mut toml::Table, name: &str) -> anyhow::Result<&'a mut toml::Table> {
    let table = all.entry(name).or_insert_with(|| toml::Table::new().into());
    table.as_table_mut().with_context(|| format!("settings.{name} is no section"))
}
