//! The same directions in the `Cargo.toml` files, and one version of every dependency for the whole workspace.

use super::{
    Finding, Rule,
    tree::{File, Tree},
};

const OURS: [&str; 5] = ["contract", "loa", "loa-smpp", "simulators", "loadtest"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "crates of ours",
        reason: "connectors know the contract alone, and simulators are the outside world, tests included",
        check: directions,
        bad: &[(
            "connectors/zalo/Cargo.toml",
            "[dependencies]\ncontract.workspace = true\nsimulators.workspace = true",
        )],
        at: "connectors/zalo/Cargo.toml:3",
        good: &[(
            "connectors/zalo/Cargo.toml",
            "[dependencies]\ncontract.workspace = true\n[dev-dependencies]\nsimulators.workspace = true",
        )],
    },
    Rule {
        name: "one version",
        reason: "two versions of one library mean two behaviours and a longer build",
        check: versions,
        bad: &[("connectors/zalo/Cargo.toml", "[dependencies]\nserde = \"1\"")],
        at: "connectors/zalo/Cargo.toml:2",
        good: &[(
            "connectors/zalo/Cargo.toml",
            "[dependencies]\nserde = { workspace = true, optional = true }",
        )],
    },
];

fn directions(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in manifests(tree) {
        let Some((what, allowed, allowed_in_tests)) = allowed(&file.path) else { continue };
        for (line, section, name) in dependencies(file) {
            let wanted = if section == "dev-dependencies" { allowed_in_tests } else { allowed };
            if OURS.contains(&name) && !wanted.contains(&name) {
                let remedy = "take it out, and what needs it too";
                found.push(Finding::new(
                    &file.path,
                    line,
                    format!("{what} depends on `{name}` in [{section}]"),
                    remedy,
                ));
            }
        }
    }
    found
}

fn versions(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in manifests(tree) {
        for (line, _, name) in dependencies(file) {
            let text = file.text.lines().nth(line - 1).unwrap_or_default();
            if !text.contains("workspace = true") {
                let remedy = "name the version in [workspace.dependencies] and write `workspace = true` here";
                found.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{name}` has a version of its own"),
                    remedy,
                ));
            }
        }
    }
    found
}

/// Who it is, and which of ours it may depend on, in production and in tests.
fn allowed(path: &str) -> Option<(&'static str, &'static [&'static str], &'static [&'static str])> {
    match path {
        "connectors/contract/Cargo.toml" => Some(("the contract", &[], &[])),
        "loadtest/simulators/Cargo.toml" => Some(("the simulated world", &[], &[])),
        _ if path.starts_with("connectors/") => {
            Some(("a connector", &["contract"], &["contract", "simulators"]))
        }
        _ => None,
    }
}

fn manifests(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files().iter().filter(|file| file.path.ends_with("Cargo.toml"))
}

/// Line, section and name of every dependency, those of the workspace itself aside.
fn dependencies(file: &File) -> Vec<(usize, &str, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if section.ends_with("dependencies") && section != "workspace.dependencies" {
            let name = line.split([' ', '=', '.']).next().unwrap_or_default();
            if !name.is_empty() && !name.starts_with('#') {
                found.push((index + 1, section, name));
            }
        }
    }
    found
}
