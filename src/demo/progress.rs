//! What the duty officer sees while it runs: one line per lane, redrawn in place on a terminal.
#![expect(clippy::print_stdout, reason = "a demonstration speaks through the terminal")]

use std::{
    collections::HashMap,
    io::{IsTerminal as _, Write as _, stdout},
    time::Duration,
};

use tokio::time::Instant;

use crate::{engine::LaneStatus, office::AlertCounts};

pub(super) const EVERY: Duration = Duration::from_millis(250);
/// Without a terminal a line now and then is enough.
const LINE_EVERY: Duration = Duration::from_secs(3);
/// The rate shown is of about the last two seconds.
const SMOOTHING: f64 = 0.15;

pub(super) struct Screen {
    terminal: bool,
    drawn: usize,
    last: HashMap<String, (i64, Instant, f64)>,
    line_at: Option<Instant>,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { terminal: stdout().is_terminal(), drawn: 0, last: HashMap::new(), line_at: None }
    }

    pub(super) fn show(&mut self, counts: &AlertCounts, lanes: &[LaneStatus], elapsed: Duration) {
        let lines: Vec<_> = lanes.iter().map(|lane| self.lane(counts, lane)).collect();
        if self.terminal {
            if self.drawn > 0 {
                print!("\x1b[{}A", self.drawn);
            }
            for line in &lines {
                println!("\x1b[2K{line}");
            }
            self.drawn = lines.len();
        } else if self.line_at.is_none_or(|at| at.elapsed() >= LINE_EVERY) {
            self.line_at = Some(Instant::now());
            let total = &counts.total;
            println!(
                "   {:>5.1} s: {} đã nhận / accepted, {} chờ / queued, {} đã gửi / sent, {} đã phát / delivered",
                elapsed.as_secs_f64(),
                total.accepted,
                total.queued,
                total.sent,
                total.delivered
            );
        }
        // A terminal that went away is no reason to stop sending.
        _ = stdout().flush();
    }

    pub(super) fn end(&mut self) {
        self.drawn = 0;
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn lane(&mut self, counts: &AlertCounts, lane: &LaneStatus) -> String {
        let routes = counts.routes.iter().filter(|route| lane.routes.contains(&route.route));
        let (mut all, mut left) = (0, 0);
        for route in routes {
            all += route.counts.accepted;
            left += route.counts.queued + route.counts.in_flight;
        }
        let (now, done) = (Instant::now(), all - left);
        let entry = self.last.entry(lane.name.clone()).or_insert((done, now, 0.0));
        let seconds = now.duration_since(entry.1).as_secs_f64();
        if seconds > 0.0 {
            let rate = (done - entry.0) as f64 / seconds;
            *entry = (done, now, entry.2 + SMOOTHING * (rate - entry.2));
        }
        let rate = entry.2;
        let eta = if left == 0 {
            "xong / done".into()
        } else if rate > 0.5 {
            format!("còn / left {:.0} s", left as f64 / rate)
        } else {
            "…".into()
        };
        let share = if all > 0 { done as f64 / all as f64 } else { 0.0 };
        format!(
            "   {:<13} {} {:>7}/{:<7} {:>6.0} tin/s  {:<16} {}",
            lane.name,
            bar(share),
            done,
            all,
            rate,
            eta,
            lane.health
        )
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the bar's width")]
fn bar(share: f64) -> String {
    const WIDTH: usize = 24;
    let full = ((share * WIDTH as f64).round() as usize).min(WIDTH);
    format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full))
}
