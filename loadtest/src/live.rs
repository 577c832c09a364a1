//! The line that says how far a run is, on standard error.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use tokio::time::Instant;

use crate::api::Counts;

const ON_A_TERMINAL: Duration = Duration::from_millis(200);
/// In a file of somebody's, a line now and then is enough.
const IN_A_FILE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Live {
    began: Instant,
    told: Option<(Instant, u64)>,
    every: Duration,
    terminal: bool,
}

impl Live {
    pub(crate) fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let every = if terminal { ON_A_TERMINAL } else { IN_A_FILE };
        Self { began: Instant::now(), told: None, every, terminal }
    }

    /// Speaks if it is time to: `submits` are what the carriers have read so far.
    pub(crate) fn tell(&mut self, what: &str, targets: i64, counts: &Counts, submits: u64) {
        let now = Instant::now();
        let (since, before) = self.told.unwrap_or((self.began, 0));
        if now - since < self.every {
            return;
        }
        self.told = Some((now, submits));
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let per_s = submits.saturating_sub(before) as f64 / (now - since).as_secs_f64();
        let line = format!(
            "{:>6.1} s  {what}  targets {targets}  submitted {per_s:.0}/s  delivered {}  uncertain {}",
            (now - self.began).as_secs_f64(),
            counts.delivered,
            counts.uncertain
        );
        self.write(&line);
    }

    fn write(&self, line: &str) {
        let mut out = std::io::stderr();
        let written = if self.terminal { write!(out, "\r\x1b[2K{line}") } else { writeln!(out, "{line}") };
        // Nobody may be listening.
        drop(written.and_then(|()| out.flush()));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.terminal && self.told.is_some() {
            eprintln!();
        }
    }
}
