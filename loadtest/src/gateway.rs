//! The gateway as a process of its own: started, found ready, stopped in order or killed.

use std::{fs::File, path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

const READY_WITHIN: Duration = Duration::from_secs(30);
const STOPPED_WITHIN: Duration = Duration::from_secs(40);
const LOG: &str = "gateway.log";

/// A running gateway. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    stdout: Option<ChildStdout>,
    pub(crate) pid: u32,
    /// Where its API is; empty before it is ready.
    pub(crate) address: String,
}

impl Gateway {
    /// Starts the process; it is not ready yet. What it logs is added to a file in `folder`.
    pub(crate) fn spawn(config: &Path, folder: &Path) -> anyhow::Result<Self> {
        let log = File::options().create(true).append(true).open(folder.join(LOG))?;
        let mut child = inside("serve", config)?
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the gateway's process")?;
        let pid = child.id().context("the gateway ended at once")?;
        let stdout = child.stdout.take();
        Ok(Self { child, stdout, pid, address: String::new() })
    }

    /// Waits until its API listens.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        let stdout = self.stdout.take().context("the gateway is ready already")?;
        let mut lines = BufReader::new(stdout).lines();
        self.address = timeout(READY_WITHIN, lines.next_line())
            .await
            .context("the gateway did not become ready")??
            .context("the gateway ended before it was ready")?;
        Ok(())
    }

    pub(crate) async fn start(config: &Path, folder: &Path) -> anyhow::Result<Self> {
        let mut gateway = Self::spawn(config, folder)?;
        match gateway.ready().await {
            Ok(()) => Ok(gateway),
            Err(error) => Err(error.context(log_of(folder))),
        }
    }

    /// Ends it as an operator would.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").arg("-TERM").arg(self.pid.to_string()).status().await?;
        anyhow::ensure!(told.success(), "the gateway could not be told to stop");
        timeout(STOPPED_WITHIN, self.child.wait()).await.context("the gateway did not stop")??;
        Ok(())
    }

    /// SIGKILL: it gets no chance to do anything more.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("the gateway could not be killed")
    }
}

/// This program again, with one of its inner commands.
pub(crate) fn inside(command: &str, config: &Path) -> anyhow::Result<Command> {
    let mut child = Command::new(std::env::current_exe()?);
    child.arg("inside").arg(command).arg(config).stdin(Stdio::null()).kill_on_drop(true);
    Ok(child)
}

/// What the gateway logged: warnings and errors, since the level is set so.
pub(crate) fn log_of(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(LOG)).unwrap_or_default()
}
