//! How many messages a second go all the way: accepted, submitted, receipt recorded, everything durable.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use contract::SystemClock;
use loa::{app, config::Config, ledger::Role};
use serde_json::Value;
use simulators::smsc::{Smsc, SmscScript};
use tokio::time::Instant;

use crate::{api::Api, ceiling, gateway::Gateway, population, usage};

/// 100 characters, one GSM part: comparable with what is published of others.
const TEXT: &str =
    "BCH PTDS tinh Lang Son: Lu song Ky Cung len nhanh. Dan ven song di doi len noi cao truoc 18h. Goi 112";
const CARRIERS: [&str; 3] = ["viettel", "vinaphone", "mobifone"];
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1000..=i64::from(population::PEOPLE_MAX)))]
    messages: u32,
    /// Unanswered submissions per lane
    #[arg(long, default_value_t = 1000)]
    window: usize,
    /// Address of an empty PostgreSQL database to measure too
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Process id of that server's first process, to account for its CPU
    #[arg(long, value_name = "PID")]
    postgres_pid: Option<u32>,
    /// Leave SQLite out
    #[arg(long)]
    no_sqlite: bool,
    /// Folder for the SQLite ledger; a temporary one otherwise
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// One line of JSON per figure
    #[arg(long)]
    json: bool,
}

struct Figures {
    name: String,
    messages_per_s: f64,
    import_rows_per_s: f64,
    gateway: usage::Usage,
    server_cpu_s: f64,
    simulators_cpu_s: f64,
    ceiling_per_s: f64,
}

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = options.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    let mut engines = Vec::new();
    if !options.no_sqlite {
        engines.push(("sqlite", format!("sqlite:{}", folder.join("load.db").display())));
    }
    if let Some(url) = &options.postgres {
        engines.push(("postgres", url.clone()));
    }
    anyhow::ensure!(!engines.is_empty(), "nothing to measure: give --postgres, or leave --no-sqlite out");
    if !options.json {
        println!(
            "{} messages of one part, {} lanes, window {}",
            options.messages,
            CARRIERS.len(),
            options.window
        );
    }
    for (name, url) in engines {
        let figures = measure(name, &url, &folder, &options).await?;
        show(&figures, &options)?;
    }
    Ok(())
}

async fn measure(name: &str, url: &str, folder: &Path, options: &Options) -> anyhow::Result<Figures> {
    let mut carriers = Vec::new();
    for _ in CARRIERS {
        carriers.push(Smsc::start(SmscScript::default(), "127.0.0.1:0").await?);
    }
    let addresses: Vec<_> = carriers.iter().map(Smsc::address).collect();
    // Before and after, since the machine's speed drifts; the better one counts as the ceiling.
    let before = ceiling::measure(&addresses, options.messages, options.window, TEXT).await?;
    let config = write_config(name, url, folder, &addresses, options.window)?;
    let (author, approver) = accounts(&config).await?;
    let gateway = Gateway::start(&config).await?;
    let api = Api::new(&gateway.address, author, approver)?;

    let importing = Instant::now();
    let people = population::csv(options.messages, CARRIERS.map(str::to_owned).to_vec());
    api.import(people).await.context("import")?;
    let import_s = importing.elapsed().as_secs_f64();

    let server = options.postgres_pid.filter(|_| name == "postgres");
    let (cpu, server_cpu, own_cpu) = (
        usage::of_process(gateway.pid).cpu_s,
        server.map_or(0.0, usage::cpu_of_family),
        usage::of_self().cpu_s,
    );
    let began = Instant::now();
    let alert = api.alert(TEXT, "moderate").await?;
    until_delivered(&api, alert, i64::from(options.messages)).await?;
    let seconds = began.elapsed().as_secs_f64();
    let after = usage::of_process(gateway.pid);
    let figures = Figures {
        name: name.to_owned(),
        messages_per_s: f64::from(options.messages) / seconds,
        import_rows_per_s: f64::from(options.messages) / import_s,
        gateway: usage::Usage { cpu_s: after.cpu_s - cpu, ..after },
        server_cpu_s: server.map_or(0.0, usage::cpu_of_family) - server_cpu,
        simulators_cpu_s: usage::of_self().cpu_s - own_cpu,
        ceiling_per_s: 0.0,
    };
    let duplicates: u64 = carriers.iter().map(|carrier| carrier.counts().duplicate_messages).sum();
    anyhow::ensure!(duplicates == 0, "{duplicates} messages were sent twice");
    gateway.stop().await?;
    let again = ceiling::measure(&addresses, options.messages, options.window, TEXT).await?;
    for carrier in carriers {
        carrier.stop().await;
    }
    Ok(Figures { ceiling_per_s: before.max(again), ..figures })
}

async fn until_delivered(api: &Api, alert: i64, messages: i64) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let counts = api.counts(alert).await?;
        let total =
            |field: &str| counts.pointer(&format!("/total/{field}")).and_then(Value::as_i64).unwrap_or(0);
        if total("delivered") == messages {
            return Ok(());
        }
        anyhow::ensure!(began.elapsed() < LONGEST, "not done in {} s: {counts}", LONGEST.as_secs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn write_config(
    name: &str,
    url: &str,
    folder: &Path,
    carriers: &[SocketAddr],
    window: usize,
) -> anyhow::Result<PathBuf> {
    let secret = folder.join("password");
    std::fs::write(&secret, "secret")?;
    let mut text =
        format!("[server]\nlisten = \"127.0.0.1:0\"\n[ledger]\nurl = {url:?}\n[log]\nlevel = \"warn\"\n");
    for (carrier, address) in CARRIERS.iter().zip(carriers) {
        writeln!(
            text,
            "[[lane]]\nname = \"{carrier}-1\"\nkind = \"smpp\"\nserves = [\"{carrier}\"]\nrate = \"1000000/s\"\n\
             [lane.smpp]\naddress = \"{address}\"\nsystem_id = \"loa\"\npassword = \"file:{}\"\nsource = \"LANGSON\"\nwindow = {window}",
            secret.display()
        )?;
    }
    let path = folder.join(format!("{name}.toml"));
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Accounts of an author and an approver; made before the gateway has the ledger to itself.
async fn accounts(config: &Path) -> anyhow::Result<(String, String)> {
    let config = Config::read(&[config.to_owned()]).map_err(|complaints| {
        anyhow::anyhow!("{}", complaints.iter().map(ToString::to_string).collect::<String>())
    })?;
    let office = app::office(&config, Arc::new(SystemClock)).await?;
    let (_, author) = office.user_add("load-author", Role::Author).await?;
    let (_, approver) = office.user_add("load-approver", Role::Approver).await?;
    Ok((author.reveal().to_owned(), approver.reveal().to_owned()))
}

fn show(figures: &Figures, options: &Options) -> anyhow::Result<()> {
    let per_100k = |seconds: f64| seconds * 100_000.0 / f64::from(options.messages);
    let share = figures.messages_per_s / figures.ceiling_per_s;
    if options.json {
        println!(
            "{}",
            serde_json::json!({
                "engine": figures.name, "messages": options.messages,
                "messages_per_s": figures.messages_per_s.round(), "ceiling_per_s": figures.ceiling_per_s.round(),
                "share_of_ceiling": share, "gateway_cpu_s_per_100k": per_100k(figures.gateway.cpu_s),
                "database_cpu_s_per_100k": per_100k(figures.server_cpu_s),
                "simulators_cpu_s_per_100k": per_100k(figures.simulators_cpu_s),
                "gateway_rss_max_mb": figures.gateway.rss_max_mb.round(), "import_rows_per_s": figures.import_rows_per_s.round(),
            })
        );
        return Ok(());
    }
    println!(
        "{:<9} {:>8.0} messages/s (raw ceiling {:.0}/s, {:.1} % of it); CPU s per 100,000: gateway {:.2}, database {:.2}, simulators {:.2}; \
         peak memory {:.0} MB; import {:.0} rows/s",
        figures.name,
        figures.messages_per_s,
        figures.ceiling_per_s,
        share * 100.0,
        per_100k(figures.gateway.cpu_s),
        per_100k(figures.server_cpu_s),
        per_100k(figures.simulators_cpu_s),
        figures.gateway.rss_max_mb,
        figures.import_rows_per_s,
    );
    Ok(())
}
