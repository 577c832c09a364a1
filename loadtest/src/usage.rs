//! What processes cost, as the kernel accounts for it.

use std::fs;

/// CPU seconds of user and system together, and the most memory ever held.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) rss_max_mb: f64,
}

/// `/proc` counts CPU in hundredths of a second on Linux (`USER_HZ`).
const TICKS_PER_S: f64 = 100.0;

pub(crate) fn of_process(pid: u32) -> Usage {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes: f64 = peak
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0);
    Usage { cpu_s: cpu_s(&stat), rss_max_mb: kilobytes / 1024.0 }
}

pub(crate) fn of_self() -> Usage {
    of_process(std::process::id())
}

/// CPU seconds of the server whose first process is `pid`, its workers included.
pub(crate) fn cpu_of_family(pid: u32) -> f64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0.0 };
    let stats = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.parse::<u32>().ok()?;
        fs::read_to_string(format!("/proc/{name}/stat")).ok()
    });
    // Workers that have ended are in the parent's account of its children.
    let family =
        stats.filter(|stat| field(stat, 1) == Some(f64::from(pid))).map(|stat| cpu_s(&stat)).sum::<f64>();
    let parent = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let ended = (field(&parent, 13).unwrap_or(0.0) + field(&parent, 14).unwrap_or(0.0)) / TICKS_PER_S;
    family + ended + cpu_s(&parent)
}

fn cpu_s(stat: &str) -> f64 {
    (field(stat, 11).unwrap_or(0.0) + field(stat, 12).unwrap_or(0.0)) / TICKS_PER_S
}

/// A field counted from the one after the name (which may hold spaces): 0 is the state, 1 the parent.
fn field(stat: &str, n: usize) -> Option<f64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(n)?.parse().ok()
}
