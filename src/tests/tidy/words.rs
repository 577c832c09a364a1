//! Words that have no place in the code, and files that have grown too long. How long a function may be is known to
//! clippy (`too-many-lines-threshold`).

use super::{
    Finding, Rule,
    tree::{File, Tree, line_at, words},
};

const LINES_MAX: usize = 500;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "no sudden end",
        reason: "a gateway that stops in a storm has failed, whatever the reason was",
        check: sudden_ends,
        bad: &[("src/engine/mod.rs", "//! Head.\nfn a() {\n    b().unwrap();\n}")],
        at: "src/engine/mod.rs:3",
        good: &[(
            "src/engine/mod.rs",
            "//! `.unwrap()`\nfn a() { b().unwrap_or(\"panic!(\"); }\n#[cfg(test)]\nmod tests { fn c() { panic!(\"\") } }",
        )],
    },
    Rule {
        name: "nothing unfinished",
        reason: "what is not done is not there",
        check: unfinished,
        bad: &[("src/web/mod.rs", "//! Head.\n// TODO: the rest")],
        at: "src/web/mod.rs:2",
        good: &[("src/web/mod.rs", "//! Head.\nconst MASTODON: u8 = 1;")],
    },
    Rule {
        name: "no silenced lint",
        reason: "`expect` speaks up when it is no longer needed; `allow` never does",
        check: silenced,
        bad: &[("src/web/mod.rs", "//! Head.\n#[allow(dead_code)]\nfn a() {}")],
        at: "src/web/mod.rs:2",
        good: &[("src/web/mod.rs", "//! Head.\n#[expect(dead_code, reason = \"#[allow(\")]\nfn a() {}")],
    },
    Rule {
        name: "no sleeping test",
        reason: "a test that sleeps is slow on a fast machine and wrong on a slow one",
        check: sleeping,
        bad: &[("src/tests/story.rs", "\nfn a() { tokio::time::sleep(LONG); }")],
        at: "src/tests/story.rs:2",
        good: &[
            ("src/tests/kit/wait.rs", "fn until() { tokio::time::sleep(EVERY); }"),
            ("src/a.rs", "//!\nfn a() { sleep(1) }"),
        ],
    },
    Rule {
        name: "no ignored test",
        reason: "a test that isn't run holds for nothing",
        check: ignored,
        bad: &[("src/tests/story.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}")],
        at: "src/tests/story.rs:2",
        good: &[("src/tests/story.rs", "/// #[ignore]\n#[test]\nfn a() {}")],
    },
    Rule {
        name: "short files",
        reason: "a file is read from top to bottom in one go",
        check: long,
        bad: &[("src/web/mod.rs", LONG)],
        at: "src/web/mod.rs:501",
        good: &[("src/web/mod.rs", SHORT)],
    },
    Rule {
        name: "heads",
        reason: "the first lines of a file say what it is and why it is there",
        check: headless,
        bad: &[("src/web/mod.rs", "mod api;")],
        at: "src/web/mod.rs:1",
        good: &[("src/web/mod.rs", "//! The API.\nmod api;"), ("src/web/tests.rs", "use super::*;")],
    },
];

const LONG: &str = long_file(&[b'\n'; LINES_MAX + 1]);
const SHORT: &str = long_file(&[b'\n'; LINES_MAX]);

const fn long_file(lines: &'static [u8]) -> &'static str {
    match str::from_utf8(lines) {
        Ok(text) => text,
        Err(_) => "",
    }
}

fn sudden_ends(tree: &Tree) -> Vec<Finding> {
    let ends = [".unwrap()", "panic!(", "todo!(", "unimplemented!(", "dbg!("];
    let production = |file: &File| file.production.clone();
    find(tree.rust(), &ends, production, "give an error back, with a remedy in it")
}

fn unfinished(tree: &Tree) -> Vec<Finding> {
    // In pieces, so that this file doesn't find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let files = tree.rust().filter(|file| file.path != "src/tests/tidy/words.rs");
    find(files, &marks, |file| file.text.clone(), "finish it, or take it out")
}

fn silenced(tree: &Tree) -> Vec<Finding> {
    let remedy = "mend it, or write `#[expect(lint, reason = \"…\")]`";
    find(tree.rust(), &["#[allow(", "#![allow("], |file| file.code.clone(), remedy)
}

fn sleeping(tree: &Tree) -> Vec<Finding> {
    let files = tree.rust().filter(|file| !file.is_kit());
    find(files, &["sleep("], tests_of, "wait for what must happen, with a bound; the kit has the means")
}

fn ignored(tree: &Tree) -> Vec<Finding> {
    find(tree.rust(), &["#[ignore"], |file| file.code.clone(), "make it fit to run, or delete it")
}

fn long(tree: &Tree) -> Vec<Finding> {
    let lines = |file: &File| file.text.lines().count();
    let files = tree.rust().filter(|file| lines(file) > LINES_MAX);
    files
        .map(|file| {
            let what = format!("{} lines", lines(file));
            Finding::new(
                &file.path,
                LINES_MAX + 1,
                what,
                format!("split it by subject; {LINES_MAX} is the most"),
            )
        })
        .collect()
}

fn headless(tree: &Tree) -> Vec<Finding> {
    let files =
        tree.rust().filter(|file| !file.production.trim().is_empty() && !file.text.starts_with("//!"));
    files
        .map(|file| Finding::new(&file.path, 1, "has no head", "say in `//!` lines what the file is for"))
        .collect()
}

/// What is in the code but not in production.
fn tests_of(file: &File) -> String {
    let pairs = file.code.bytes().zip(file.production.bytes().chain(std::iter::repeat(b' ')));
    let only_tests =
        pairs.map(|(code, production)| if code == production && code != b'\n' { b' ' } else { code });
    String::from_utf8_lossy(&only_tests.collect::<Vec<_>>()).into_owned()
}

fn find<'a>(
    files: impl Iterator<Item = &'a File>,
    marks: &[&str],
    part: impl Fn(&File) -> String,
    remedy: &str,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let text = part(file);
        for mark in marks {
            for at in words(&text, mark) {
                found.push(Finding::new(&file.path, line_at(&text, at), format!("`{mark}`"), remedy));
            }
        }
    }
    found
}
