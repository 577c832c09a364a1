//! A PostgreSQL server for one run, by the script that the tests use: in a folder of its own, gone with this process.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

const SCRIPT: &str = include_str!("../../src/tests/kit/postgres.sh");
/// What the server keeps in memory of its tables; a machine for this job would give it more.
const BUFFERS: &str = "256MB";
/// A port that was free a moment ago may be taken by the time the server binds it.
const TRIES: usize = 5;
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

/// The script; when the pipe to it breaks, it stops the server and cleans up.
#[derive(Debug)]
pub(crate) struct OwnServer {
    script: Child,
    folder: PathBuf,
    pub(crate) url: String,
}

impl OwnServer {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let mut last = anyhow::anyhow!("not tried");
        for _ in 0..TRIES {
            match Self::try_start().await {
                Ok(server) => return Ok(server),
                Err(error) => last = error,
            }
        }
        Err(last.context("no PostgreSQL of our own"))
    }

    async fn try_start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("loa-load-postgres-").tempdir()?.keep();
        let mut script = Command::new("sh")
            .args(["-c", SCRIPT, "postgres.sh"])
            .arg::<&Path>(&folder)
            .arg(free_port()?.to_string())
            .env("LOA_TEST_POSTGRES_BUFFERS", BUFFERS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let answers = script.stdout.take().context("the script's output")?;
        let line = timeout(READY_WITHIN, BufReader::new(answers).lines().next_line())
            .await
            .context("the server did not become ready")??
            .context("the server ended at once")?;
        let url = line.strip_prefix("ready ").with_context(|| line.clone())?.to_owned();
        Ok(Self { script, folder, url })
    }

    /// The server's first process.
    pub(crate) fn pid(&self) -> Option<u32> {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.script.stdin.take());
        timeout(STOPPED_WITHIN, self.script.wait()).await.context("the server did not stop")??;
        Ok(())
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
