//! The gateway as a process of its own, so that its CPU and memory are its own too.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use loa::{app::App, config::Config, lifecycle, telemetry};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

const READY_WITHIN: Duration = Duration::from_secs(30);
const STOPPED_WITHIN: Duration = Duration::from_secs(40);

/// In the child: serves until told to stop, and says where.
pub(crate) async fn serve(config: &Path) -> anyhow::Result<()> {
    let config = Config::read(&[config.to_owned()]).map_err(|complaints| {
        let list: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(list.join("; "))
    })?;
    telemetry::start(&config.log)?;
    let stop = lifecycle::stop_signal()?;
    let app = App::start(&config).await?;
    println!("{}", app.address);
    stop.cancelled().await;
    app.stop().await
}

/// In the parent: a running gateway. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    pub(crate) pid: u32,
    pub(crate) address: String,
}

impl Gateway {
    pub(crate) async fn start(config: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("gateway")
            .arg(config)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the gateway's process")?;
        let pid = child.id().context("the gateway ended at once")?;
        let stdout = child.stdout.take().context("the gateway's output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = timeout(READY_WITHIN, lines.next_line())
            .await
            .context("the gateway did not become ready")??
            .context("the gateway ended before it was ready; its error stands above")?;
        Ok(Self { child, pid, address })
    }

    /// Ends it as an operator would.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").arg("-TERM").arg(self.pid.to_string()).status().await?;
        anyhow::ensure!(told.success(), "the gateway could not be told to stop");
        timeout(STOPPED_WITHIN, self.child.wait()).await.context("the gateway did not stop")??;
        Ok(())
    }
}
