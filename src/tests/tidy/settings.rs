//! `config/default.toml` is the manual of the settings: what has no comment there is explained nowhere.

use super::{Finding, Rule, tree::Tree};

pub(super) const RULES: &[Rule] = &[Rule {
    name: "explained settings",
    reason: "the file of defaults is the only manual of the settings",
    check: explained,
    bad: &[("config/default.toml", "[server]\nlisten = \"127.0.0.1:8080\" # address\nbody_bytes_max = 5")],
    at: "config/default.toml:3",
    good: &[(
        "config/default.toml",
        "[server]\nurl = \"a#b\"  # address\n\n# What goes where.\n[routing]\nitel = \"vinaphone\"",
    )],
}];

/// A key has a comment of its own, or its whole section has one right above.
fn explained(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files().iter().filter(|file| file.path == "config/default.toml") {
        let (mut before, mut section_explained) = ("", false);
        for (index, line) in file.text.lines().enumerate() {
            if line.starts_with('[') {
                section_explained = before.starts_with('#');
            } else if let Some((key, value)) = line.split_once(" = ")
                && !line.starts_with('#')
                && !section_explained
                && !outside_quotes(value).contains('#')
            {
                let what = format!("`{key}` has no comment");
                found.push(Finding::new(
                    &file.path,
                    index + 1,
                    what,
                    "say after the value what it does, with its unit",
                ));
            }
            before = line;
        }
    }
    found
}

fn outside_quotes(value: &str) -> String {
    value.split('"').step_by(2).collect()
}
