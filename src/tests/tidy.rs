//! The rules of the house that neither the compiler nor clippy can know, checked in the sources. A finding names file,
//! line and remedy. Every rule carries a sample that breaks it and a near one that doesn't, so that it can fail.

mod imports;
mod manifests;
mod settings;
mod sql;
mod tree;
mod words;

use tree::Tree;

type Files = &'static [(&'static str, &'static str)];

struct Rule {
    name: &'static str,
    reason: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
    /// Files that break the rule, and where.
    bad: Files,
    at: &'static str,
    /// Files as near to that as they may be.
    good: Files,
}

struct Finding {
    path: String,
    line: usize,
    what: String,
    remedy: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), remedy: remedy.into() }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    [imports::RULES, manifests::RULES, settings::RULES, sql::RULES, words::RULES].into_iter().flatten()
}

#[test]
fn the_house_is_tidy() {
    let tree = Tree::read();
    let mut found = String::new();
    for Rule { name, reason, check, .. } in rules() {
        let findings = check(&tree);
        if !findings.is_empty() {
            found += &format!("\n{name}: {reason}\n");
        }
        for finding in &findings {
            found += &format!("  {}: {}; {}\n", finding.place(), finding.what, finding.remedy);
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn every_rule_finds_its_bad_sample_and_nothing_else() {
    for Rule { name, check, bad, at, good, .. } in rules() {
        let places: Vec<_> = check(&Tree::new(bad)).iter().map(Finding::place).collect();
        assert_eq!(places, [*at], "{name}: the bad sample");
        let places: Vec<_> = check(&Tree::new(good)).iter().map(Finding::place).collect();
        assert!(places.is_empty(), "{name}: the good sample is refused at {places:?}");
    }
}

#[test]
fn the_rules_see_the_sources() {
    let tree = Tree::read();
    for path in ["src/lib.rs", "src/domain/message.rs", "connectors/smpp/Cargo.toml", "config/default.toml"] {
        assert!(tree.files().iter().any(|file| file.path == path), "{path} was not read");
    }
}
