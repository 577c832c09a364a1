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
/// Written to `clear_refs`: forget the peak of resident memory.
const FORGET_PEAK: &str = "5";

pub(crate) fn of_process(pid: u32) -> Usage {
    let status = read(pid, "status");
    Usage { cpu_s: cpu_s(&read(pid, "stat")), rss_max_mb: megabytes(&status, "VmHWM:") }
}

pub(crate) fn of_self() -> Usage {
    of_process(std::process::id())
}

/// Lets the peak of a process begin anew; `false`: the kernel refuses.
pub(crate) fn forget_peak(pid: u32) -> bool {
    fs::write(format!("/proc/{pid}/clear_refs"), FORGET_PEAK).is_ok()
}

/// The server whose first process is `pid`, its workers included: CPU so far, and the memory it holds now, what its
/// processes share counted once.
pub(crate) fn of_family(pid: u32) -> Usage {
    let Ok(entries) = fs::read_dir("/proc") else { return Usage::default() };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse::<u32>().ok());
    let mut family = Usage::default();
    let mut shared_mb = 0.0_f64;
    for member in numbers {
        let stat = read(member, "stat");
        if member != pid && field(&stat, 1) != Some(f64::from(pid)) {
            continue;
        }
        let status = read(member, "status");
        family.cpu_s += cpu_s(&stat);
        family.rss_max_mb += megabytes(&status, "RssAnon:");
        shared_mb = shared_mb.max(megabytes(&status, "RssShmem:"));
    }
    // Workers that have ended are in the parent's account of its children.
    let parent = read(pid, "stat");
    let ended = field(&parent, 13).unwrap_or(0.0) + field(&parent, 14).unwrap_or(0.0);
    Usage { cpu_s: family.cpu_s + ended / TICKS_PER_S, rss_max_mb: family.rss_max_mb + shared_mb }
}

/// CPU seconds that the whole machine has worked, whoever for.
pub(crate) fn machine_busy_s() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let all = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<f64> = all.filter_map(|ticks| ticks.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal: all but the two of waiting.
    let working = |at: &usize| !matches!(at, 3 | 4) && *at < 8;
    let busy = (0..ticks.len()).filter(working).filter_map(|at| ticks.get(at)).sum::<f64>();
    busy / TICKS_PER_S
}

/// What the figures were measured on, in one line.
pub(crate) fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let gigabytes = megabytes(&memory, "MemTotal:") / 1024.0;
    format!("{cpus} × {}, {gigabytes:.0} GB", model.map_or("unknown CPU", |(_, name)| name))
}

fn read(pid: u32, file: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

/// A line such as `VmHWM:    1234 kB`.
fn megabytes(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|text| text.parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

fn cpu_s(stat: &str) -> f64 {
    (field(stat, 11).unwrap_or(0.0) + field(stat, 12).unwrap_or(0.0)) / TICKS_PER_S
}

/// A field counted from the one after the name (which may hold spaces): 0 is the state, 1 the parent.
fn field(stat: &str, n: usize) -> Option<f64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(n)?.parse().ok()
}
