//! Commands that work on the ledger without running the gateway: accounts, imports, reports.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::{RoleArg, Settings, office, with_config};
use crate::{
    config::Config,
    domain::AlertId,
    ledger::{Account, Role},
    office::{ImportOptions, Numbers, Office, Verdicts, words},
};

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account and print its API key, once
    Add {
        #[command(flatten)]
        settings: Settings,
        name: String,
        #[arg(long)]
        role: RoleArg,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    settings: Settings,
    /// CSV file with a header line
    file: PathBuf,
    /// Account on whose behalf it is done
    #[arg(long = "as", value_name = "NAME")]
    account: String,
    /// Province code in which communes given by name are looked up
    #[arg(long)]
    province: Option<String>,
    /// Write the verdict of every row to this CSV file
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    settings: Settings,
    alert: i64,
    #[arg(long, default_value = "csv")]
    format: ReportFormat,
    /// Account on whose behalf it is read
    #[arg(long = "as", value_name = "NAME")]
    account: String,
    /// Full numbers; the account must be an auditor or an administrator
    #[arg(long)]
    full_numbers: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    /// One line per message
    Csv,
    /// Counts per route
    Json,
}

pub(crate) async fn user(command: UserCommand) -> anyhow::Result<ExitCode> {
    let UserCommand::Add { settings, name, role } = command;
    let role = match role {
        RoleArg::Author => Role::Author,
        RoleArg::Approver => Role::Approver,
        RoleArg::Auditor => Role::Auditor,
        RoleArg::Admin => Role::Admin,
    };
    with_config(&settings, async |config: Config| {
        let (_, key) = office(&config).await?.user_add(&name, role).await?;
        eprintln!("Khóa API, chỉ hiện một lần / The API key, shown once:");
        println!("{}", key.reveal());
        Ok(())
    })
    .await
}

pub(crate) async fn import(args: ImportArgs) -> anyhow::Result<ExitCode> {
    with_config(&args.settings, async |config: Config| {
        let office = office(&config).await?;
        let account = office.account_named(&args.account).await?;
        let file = tokio::fs::File::open(&args.file)
            .await
            .with_context(|| format!("can't read {}", args.file.display()))?;
        let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = ImportOptions { province: args.province.clone() };
        let import = office.import_csv(&account, &name, &options, file).await?;
        println!(
            "{}",
            serde_json::json!({ "import": import.id, "state": words::import_state(import.state).to_string(), "rows": import.counts, "note": import.note })
        );
        if let Some(path) = &args.verdicts {
            let mut out = tokio::fs::File::create(path).await?;
            let stream = office.import_verdicts_csv(&account, import.id, Verdicts::All).await?;
            write_all(stream, &mut out).await?;
        }
        Ok(())
    })
    .await
}

pub(crate) async fn report(args: ReportArgs) -> anyhow::Result<ExitCode> {
    with_config(&args.settings, async |config: Config| {
        let office = office(&config).await?;
        let account = office.account_named(&args.account).await?;
        let alert = AlertId(args.alert);
        match args.format {
            ReportFormat::Json => {
                println!("{}", serde_json::to_string_pretty(&office.counts(&account, alert, true).await?)?);
                Ok(())
            }
            ReportFormat::Csv => csv(&office, &account, alert, args.full_numbers).await,
        }
    })
    .await
}

async fn csv(office: &Office, account: &Account, alert: AlertId, full: bool) -> anyhow::Result<()> {
    let numbers = if full { Numbers::Full } else { Numbers::Masked };
    let stream = office.report_csv(account, alert, numbers).await?;
    write_all(stream, &mut tokio::io::stdout()).await
}

async fn write_all(
    mut stream: crate::office::CsvStream,
    out: &mut (impl tokio::io::AsyncWrite + Unpin),
) -> anyhow::Result<()> {
    while let Some(chunk) = stream.next().await {
        out.write_all(&chunk?).await?;
    }
    out.flush().await?;
    Ok(())
}
