//! SQL stands in files, one statement each, with the same names for both engines.

use super::{
    Finding, Rule,
    tree::{File, Tree, words},
};

const TWINS: [(&str, &str); 4] = [
    ("src/ledger/sqlite/", "src/ledger/postgres/"),
    ("src/ledger/postgres/", "src/ledger/sqlite/"),
    ("migrations/sqlite/", "migrations/postgres/"),
    ("migrations/postgres/", "migrations/sqlite/"),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "twins",
        reason: "both engines do the same, statement by statement; what one lacks, it does differently",
        check: twins,
        bad: &[
            ("src/ledger/sqlite/claim.sql", "-- Takes."),
            ("src/ledger/postgres/claims.rs", "\"claim.sql\""),
        ],
        at: "src/ledger/sqlite/claim.sql:1",
        good: &[("migrations/sqlite/0002_a.sql", ""), ("migrations/postgres/0002_a.sql", "")],
    },
    Rule {
        name: "used statements",
        reason: "a statement that nobody runs is not checked by any test",
        check: included,
        bad: &[
            ("src/ledger/sqlite/claim.sql", ""),
            ("src/ledger/sqlite/sql.rs", "CLAIM = \"claim.sql\";"),
            ("src/ledger/sqlite/hot.rs", "query(sql::CLAIM_ADD)"),
        ],
        at: "src/ledger/sqlite/claim.sql:1",
        good: &[
            ("src/ledger/sqlite/claim.sql", ""),
            ("src/ledger/sqlite/sql.rs", "CLAIM = \"claim.sql\";"),
            ("src/ledger/sqlite/hot.rs", "query(sql::CLAIM)"),
        ],
    },
    Rule {
        name: "explained statements",
        reason: "what a statement does in the life of a message is not to be seen from its joins",
        check: explained,
        bad: &[("src/ledger/sqlite/claim.sql", "UPDATE dispatch SET cursor = 1")],
        at: "src/ledger/sqlite/claim.sql:1",
        good: &[("src/ledger/sqlite/claim.sql", "-- Moves the cursor.\nUPDATE dispatch SET cursor = 1")],
    },
];

fn twins(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in statements(tree) {
        for (from, to) in TWINS {
            let Some(name) = file.path.strip_prefix(from) else { continue };
            let twin = format!("{to}{name}");
            if !tree.files().iter().any(|other| other.path == twin) {
                found.push(Finding::new(&file.path, 1, format!("{twin} is missing"), "write it"));
            }
        }
    }
    found
}

/// The list in `sql.rs` names the file; some other file runs the constant of the same name.
fn included(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in statements(tree).filter(|file| file.path.starts_with("src/")) {
        let Some((folder, name)) = file.path.rsplit_once('/') else { continue };
        let stem = name.trim_end_matches(".sql");
        let (list, constant) = (format!("{folder}/sql.rs"), stem.to_ascii_uppercase());
        let of_folder = || tree.rust().filter(|other| other.path.starts_with(folder));
        let named = [format!("\"{name}\""), format!("\"{stem}\"")];
        let run = |other: &File| other.path != list && whole_words(&other.production, &constant);
        if !of_folder().any(|other| named.iter().any(|name| other.text.contains(name))) {
            found.push(Finding::new(
                &file.path,
                1,
                "no file includes it",
                format!("name it in {list}, or delete it"),
            ));
        } else if !of_folder().any(run) {
            found.push(Finding::new(
                &file.path,
                1,
                format!("nobody runs {constant}"),
                "run it, or delete it",
            ));
        }
    }
    found
}

fn whole_words(code: &str, word: &str) -> bool {
    let ends = |at: usize| !code[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    words(code, word).any(ends)
}

fn explained(tree: &Tree) -> Vec<Finding> {
    let bare = statements(tree).filter(|file| !file.text.is_empty() && !file.text.starts_with("--"));
    bare.map(|file| {
        Finding::new(&file.path, 1, "begins without a comment", "say first, after --, what it is for")
    })
    .collect()
}

fn statements(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files().iter().filter(|file| file.is("sql"))
}
