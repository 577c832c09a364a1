//! The files the rules look at, and their code without what only looks like code: comments and text in quotes are
//! blanked, byte by byte, so that lines keep their numbers.

use std::path::Path;

/// Folders with nothing of ours in them.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", "snapshots"];
const READ: [&str; 3] = ["rs", "sql", "toml"];

pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    /// Rust without comments and without what stands in quotes.
    pub(super) code: String,
    /// The same without tests; empty for a file of tests.
    pub(super) production: String,
}

impl File {
    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, ending)| ending == extension)
    }

    /// Tests, their samples and examples by their name.
    fn is_test_by_name(&self) -> bool {
        let (folders, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        // `suite`: what connectors run in their tests; it is compiled for nothing else.
        let tested = |folder| matches!(folder, "tests" | "examples" | "suite");
        folders.split('/').any(tested) || name.ends_with("tests.rs")
    }

    pub(super) fn is_kit(&self) -> bool {
        self.path.split('/').any(|step| step == "kit" || step == "kit.rs")
    }
}

pub(super) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// All sources of the workspace.
    pub(super) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        walk(root, root, &mut found);
        found.sort();
        Self::of(found)
    }

    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        Self::of(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(super) fn files(&self) -> &[File] {
        &self.files
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is("rs"))
    }

    fn of(files: Vec<(String, String)>) -> Self {
        let mut files: Vec<_> = files
            .into_iter()
            .map(|(path, text)| {
                let code = if path.ends_with(".rs") { code_of(&text) } else { String::new() };
                File { path, text, production: code.clone(), code }
            })
            .collect();
        let only_tested: Vec<String> = files.iter().flat_map(tested_modules).collect();
        for file in &mut files {
            let below = |module: &String| {
                file.path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            file.production = if file.is_test_by_name() || only_tested.iter().any(below) {
                String::new()
            } else {
                without_tests(&file.code)
            };
        }
        Self { files }
    }
}

/// Line of a place in a text, from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where a word stands, not as part of a longer one.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !word.starts_with(joins) || !code[..*at].ends_with(joins))
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            if !SKIPPED.contains(&&*name) {
                walk(root, &path, found);
            }
        } else if path.extension().is_some_and(|ending| READ.iter().any(|read| ending == *read)) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text));
        }
    }
}

/// Paths, without `.rs`, of modules declared under `#[cfg(test)]`.
fn tested_modules(file: &File) -> Vec<String> {
    let mut modules = Vec::new();
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = file.path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib");
    for (at, attribute) in file.code.match_indices("#[cfg(test)]") {
        let rest = file.code[at + attribute.len()..].trim_start();
        if let Some((name, _)) = rest.strip_prefix("mod ").and_then(|rest| rest.split_once([';', '{'])) {
            let name = name.trim();
            modules.extend([format!("{folder}/{name}"), format!("{own}/{name}")]);
        }
    }
    modules
}

/// Blanks what stands under `#[cfg(test)]` in braces.
fn without_tests(code: &str) -> String {
    let mut production = code.to_owned();
    while let Some(at) = production.find("#[cfg(test)]") {
        let rest = &production[at..];
        let end = match rest.find(['{', ';']) {
            Some(open) if rest[open..].starts_with('{') => at + open + closing(&rest[open..]),
            Some(semicolon) => at + semicolon + 1,
            None => production.len(),
        };
        let blank: String = production[at..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        production.replace_range(at..end, &blank);
    }
    production
}

/// Length up to and with the brace that closes the first.
pub(super) fn closing(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    code.len()
}

/// Rust with comments and the insides of quotes replaced by blanks of the same length.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let before = code.last().copied().unwrap_or(b' ');
        let (kept, hidden) = match rest {
            [b'/', b'/', ..] => (0, until(rest, b"\n")),
            [b'/', b'*', ..] => (0, comment(rest)),
            [b'"', ..] => (1, quoted(&rest[1..])),
            [b'r', ..] if !before.is_ascii_alphanumeric() && before != b'_' => raw(rest),
            [b'\'', b'\\', _, more @ ..] => (1, 3 + until(more, b"'")),
            [b'\'', ..] => character(rest),
            _ => (1, 0),
        };
        code.extend_from_slice(&rest[..kept]);
        let end = (kept + hidden).min(rest.len());
        code.extend(rest[kept..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        at += end;
    }
    String::from_utf8(code).unwrap()
}

fn until(rest: &[u8], end: &[u8]) -> usize {
    rest.windows(end.len()).position(|window| window == end).unwrap_or(rest.len())
}

/// Block comments nest.
fn comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of what stands in quotes, with the closing one.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"` and `r#"…"#`, or an `r` that begins a name.
fn raw(rest: &[u8]) -> (usize, usize) {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return (1, 0);
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    let inside = &rest[2 + hashes..];
    (2 + hashes, until(inside, &end) + end.len())
}

/// `'x'`, or a lifetime.
fn character(rest: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]).into_owned();
    let mut inside = text.chars();
    match (inside.next(), inside.next()) {
        (Some(c), Some('\'')) => (1, c.len_utf8() + 1),
        _ => (1, 0),
    }
}

#[test]
fn only_code_is_left_of_code() {
    let table = [
        ("let a = 1; // b", "let a = 1;     "),
        (r#"let a = "b\"c"; d"#, r#"let a = "     ; d"#),
        (r##"r#"a"b"# c"##, r##"r#"      c"##),
        ("/* a /* b */ c */ d", "                  d"),
        ("f('\"', '{') <'a>", "f('  , '  ) <'a>"),
        (r"('\'','\\') x", "('   ,'   ) x"),
        (r#"car "a" x"#, r#"car "   x"#),
    ];
    for (text, expected) in table {
        assert_eq!(code_of(text), expected, "{text}");
    }
}

#[test]
fn tests_are_told_from_production() {
    let tree = Tree::new(&[
        (
            "src/a.rs",
            "fn a() {}\n#[cfg(test)]\nmod more;\n#[cfg(test)]\nmod tests { fn b() { {} } }\nfn c() {}",
        ),
        ("src/a/more.rs", "fn d() {}"),
        ("src/tests/e.rs", "fn e() {}"),
    ]);
    let production: String = tree.rust().map(|file| file.production.as_str()).collect();
    let left: Vec<_> = "abcde".chars().filter(|name| production.contains(&format!("fn {name}("))).collect();
    assert_eq!(left, ['a', 'c']);
}
