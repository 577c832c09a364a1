//! Who may use whom. The directions are the design: a page can't reach past the office, a word of the domain can't
//! depend on how it is stored, and a channel knows nothing of alerts.

use super::{
    Finding, Rule,
    tree::{File, Tree, closing, line_at, words},
};

struct Room {
    name: &'static str,
    /// Rooms of the gateway it may use, besides itself.
    rooms: &'static [&'static str],
    /// Of [`WATCHED`].
    crates: &'static [&'static str],
}

/// Crates that are not for everybody.
const WATCHED: [&str; 12] = [
    "contract",
    "loa_facebook",
    "loa_smpp",
    "loa_zalo",
    "simulators",
    "sqlx",
    "axum",
    "figment",
    "clap",
    "tokio",
    "redis",
    "prometheus_client",
];

const EVERYTHING: &[&str] = &[
    "domain",
    "ledger",
    "coordination",
    "engine",
    "office",
    "web",
    "config",
    "lanes",
    "app",
    "lifecycle",
    "telemetry",
    "demo",
];

const ROOMS: [Room; 14] = [
    Room { name: "domain", rooms: &[], crates: &[] },
    Room { name: "ledger", rooms: &["domain"], crates: &["contract", "sqlx", "tokio"] },
    Room { name: "coordination", rooms: &["domain", "ledger"], crates: &["tokio", "redis"] },
    Room {
        name: "engine",
        rooms: &["domain", "ledger", "coordination"],
        crates: &["contract", "tokio", "prometheus_client"],
    },
    Room { name: "office", rooms: &["domain", "ledger", "engine"], crates: &["contract", "tokio"] },
    Room {
        name: "web",
        rooms: &["domain", "ledger", "coordination", "engine", "office"],
        crates: &["contract", "axum", "tokio", "prometheus_client"],
    },
    Room {
        name: "config",
        rooms: &["domain", "coordination", "engine"],
        crates: &["contract", "loa_facebook", "loa_smpp", "loa_zalo", "figment"],
    },
    Room {
        name: "lanes",
        rooms: &["config", "coordination", "domain", "engine"],
        crates: &["contract", "loa_facebook", "loa_smpp", "loa_zalo"],
    },
    Room { name: "app", rooms: EVERYTHING, crates: &["contract", "tokio"] },
    Room { name: "lifecycle", rooms: &[], crates: &["tokio"] },
    Room { name: "telemetry", rooms: &["config"], crates: &[] },
    Room { name: "cli", rooms: EVERYTHING, crates: &["contract", "clap", "tokio"] },
    Room { name: "demo", rooms: EVERYTHING, crates: &["contract", "clap", "tokio", "simulators"] },
    Room { name: "main", rooms: &[], crates: &[] },
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "rooms",
        reason: "the directions between the rooms of src/ keep every change in one place",
        check: rooms,
        bad: &[("src/ledger/rows.rs", "use crate::{\n    domain::{self, State},\n    engine::Engine,\n};")],
        at: "src/ledger/rows.rs:3",
        good: &[(
            "src/ledger/rows.rs",
            "use crate::{domain::{engine, State}, ledger::open};\n/// [`crate::engine`]",
        )],
    },
    Rule {
        name: "rooms by super",
        reason: "a path that climbs out of its room hides where it leads",
        check: climbs,
        bad: &[("src/ledger/sqlite/rows.rs", "\nuse super::super::super::engine::Engine;")],
        at: "src/ledger/sqlite/rows.rs:2",
        good: &[("src/ledger/sqlite/rows.rs", "use super::super::Store;")],
    },
    Rule {
        name: "crates of rooms",
        reason: "SQL belongs to the ledger, HTTP to the web, kinds of channels to lanes, simulators to the demo",
        check: crates,
        bad: &[("src/office/people.rs", "fn a() {\n    sqlx::query(\"\");\n}")],
        at: "src/office/people.rs:2",
        good: &[
            ("src/ledger/sqlite/people.rs", "use sqlx::query;"),
            ("src/office/people.rs", "use mysqlx::query;"),
        ],
    },
    Rule {
        name: "pure domain",
        reason: "what words mean is decided without waiting, files, clock or chance, so that it can be tried in full",
        check: pure,
        bad: &[("src/domain/alert.rs", "pub async fn load() {}")],
        at: "src/domain/alert.rs:1",
        good: &[("src/domain/alert.rs", "pub fn load() {}\n#[cfg(test)]\nmod tests { async fn a() {} }")],
    },
    Rule {
        name: "independent simulators",
        reason: "the outside world reads each protocol by itself; otherwise both sides make the same mistake",
        check: simulators,
        bad: &[("loadtest/simulators/src/smsc/wire.rs", "use rusmpp::Pdu;")],
        at: "loadtest/simulators/src/smsc/wire.rs:1",
        good: &[("connectors/smpp/src/wire.rs", "use rusmpp::Pdu;")],
    },
    Rule {
        name: "connectors translate",
        reason: "a channel that knows the ledger or the engine will one day decide a retry by itself",
        check: connectors,
        bad: &[("connectors/smpp/src/session.rs", "use loa::ledger::Store;")],
        at: "connectors/smpp/src/session.rs:1",
        good: &[("connectors/smpp/src/session.rs", "use contract::Outcome;")],
    },
];

fn rooms(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, room) in in_rooms(tree) {
        for (at, used) in uses(&file.production) {
            let known = ROOMS.iter().any(|room| room.name == used);
            if known && used != room.name && !room.rooms.contains(&used) {
                let remedy = format!("it may use: {}", list(room.rooms));
                found.push(Finding::new(
                    &file.path,
                    line_at(&file.production, at),
                    format!("`{}` uses `{used}`", room.name),
                    remedy,
                ));
            }
        }
    }
    found
}

fn climbs(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, _) in in_rooms(tree) {
        let inside = file.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let depth = inside.split('/').count();
        let up = "super::".repeat(depth);
        for at in words(&file.production, &up) {
            let line = line_at(&file.production, at);
            found.push(Finding::new(&file.path, line, format!("`{up}` leaves the room"), "write `crate::…`"));
        }
    }
    found
}

fn crates(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, room) in in_rooms(tree) {
        for used in WATCHED.iter().filter(|used| !room.crates.contains(used)) {
            for at in words(&file.production, &format!("{used}::")) {
                let place = match *used {
                    "sqlx" => "put it behind a trait of the ledger",
                    "axum" => "put it into web",
                    "simulators" => "only the demonstration may",
                    "loa_facebook" | "loa_smpp" | "loa_zalo" => {
                        "go through contract::Connector, made in lanes.rs"
                    }
                    _ => "leave it to a room that may",
                };
                let line = line_at(&file.production, at);
                found.push(Finding::new(&file.path, line, format!("`{}` uses `{used}`", room.name), place));
            }
        }
    }
    found
}

fn pure(tree: &Tree) -> Vec<Finding> {
    let impure =
        ["async ", "std::fs", "std::net", "std::env", "Instant", "SystemTime", "rand::", "Timestamp::now"];
    let mut found = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with("src/domain/")) {
        for word in impure {
            for at in words(&file.production, word) {
                let what = format!("`{}` in the domain", word.trim());
                let line = line_at(&file.production, at);
                found.push(Finding::new(&file.path, line, what, "take the value as an argument"));
            }
        }
    }
    found
}

fn simulators(tree: &Tree) -> Vec<Finding> {
    let ours = ["contract::", "loa::", "loa_facebook::", "loa_smpp::", "loa_zalo::", "rusmpp::"];
    uses_of(tree, "loadtest/simulators/", &ours, "write what is needed in the simulators")
}

fn connectors(tree: &Tree) -> Vec<Finding> {
    uses_of(tree, "connectors/", &["loa::", "sqlx::", "axum::"], "say it through contract")
}

fn uses_of(tree: &Tree, folder: &str, names: &[&str], remedy: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with(folder)) {
        for name in names {
            for at in words(&file.code, name) {
                let what = format!("`{}` is used in {folder}", name.trim_end_matches("::"));
                found.push(Finding::new(&file.path, line_at(&file.code, at), what, remedy));
            }
        }
    }
    found
}

fn in_rooms(tree: &Tree) -> impl Iterator<Item = (&File, &'static Room)> {
    tree.rust().filter_map(|file| {
        let inside = file.path.strip_prefix("src/")?;
        let name = inside.split_once('/').map_or(inside.trim_end_matches(".rs"), |(folder, _)| folder);
        ROOMS.iter().find(|room| room.name == name).map(|room| (file, room))
    })
}

/// First steps of paths that begin with `crate::`, also of those in braces.
fn uses(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for at in words(code, "crate::") {
        let start = at + "crate::".len();
        let rest = &code[start..];
        if rest.starts_with('{') {
            let group = &rest[..closing(rest)];
            found.extend(members(group).map(|inside| (start + inside, name(&group[inside..]))));
        } else {
            found.push((start, name(rest)));
        }
    }
    found
}

/// Where the members of `{a, b::{c, d}}` begin: `a` and `b`.
fn members(group: &str) -> impl Iterator<Item = usize> {
    let mut depth = 0_usize;
    let mut begins = false;
    group.char_indices().filter_map(move |(at, c)| {
        match c {
            '{' => (depth, begins) = (depth + 1, depth == 0),
            '}' => depth = depth.saturating_sub(1),
            ',' => begins = depth == 1,
            _ if begins && depth == 1 && !c.is_whitespace() => {
                begins = false;
                return Some(at);
            }
            _ => {}
        }
        None
    })
}

fn name(path: &str) -> &str {
    path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing of ours".to_owned() } else { names.join(", ") }
}
