//! The order of the house: a crate uses only crates before it, a module only modules above it in `lib.rs`, and some
//! things live in one room.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The crates below `crates/`, each of which may use those before it. The program is above them all.
const CRATES: [&str; 4] = ["material", "kernel", "page", "github-double"];

/// Where the program's own sources are; those of a crate are in `crates/NAME/src`.
const PROGRAM: &str = "src";

/// A source file without its comments, texts and tests.
struct Source {
    /// The folder of its crate's sources, such as `crates/kernel/src`.
    folder: String,
    /// Below the workspace, such as `src/db/inbox.rs`.
    path: String,
    code: String,
}

impl Source {
    /// The module of its crate that it belongs to.
    fn module(&self) -> &str {
        let first = self.path[self.folder.len() + 1..].split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every folder of sources, in the order of the house.
fn folders() -> Vec<String> {
    let crates = CRATES.iter().map(|name| format!("crates/{name}/src"));
    crates.chain([PROGRAM.to_owned()]).collect()
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders() {
        let here = sources_of(&folder);
        assert!(!here.is_empty(), "there are no sources in {folder}");
        found.extend(here);
    }
    assert!(found.len() > 300, "only {} sources", found.len());
    found
}

fn sources_of(crate_folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut for_tests = BTreeSet::new();
    for path in files(crate_folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for_tests.extend(test_modules(&text).map(|name| format!("{folder}/{name}.rs")));
        found.push(Source { code: code_of(&text), folder: crate_folder.to_owned(), path });
    }
    found.retain(|source| !for_tests.contains(&source.path));
    found.retain(|source| !["src/lib.rs", "src/main.rs"].contains(&source.path.as_str()));
    found
}

/// The sources in a folder and below, without what is there for tests only.
fn files(crate_folder: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(crate_folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path.file_name().is_some_and(|name| name != "tests.rs")
            {
                found.push(path);
            }
        }
    }
    found
}

/// The modules beside this file that are there for tests only.
fn test_modules(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]\n").skip(1).filter_map(|after| {
        let line = after.lines().next()?.strip_suffix(';')?;
        line.rsplit_once("mod ").map(|(_, name)| name)
    })
}

/// Takes comments and the texts in quotes out, and everything from `mod tests {` on: tests stand last.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.find(['/', '"', '\'', 'r']) {
        code.push_str(&rest[..next]);
        rest = &rest[next..];
        let word_before = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if !word_before && (rest.starts_with("r\"") || rest.starts_with("r#")) {
            raw_text(rest).unwrap_or(0)
        } else if rest.starts_with('"') {
            quoted_text(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'/'") {
            3
        } else if let Some(escaped) = rest.strip_prefix("'\\") {
            escaped.find('\'').map_or(1, |end| end + 3)
        } else {
            0
        };
        if length == 0 {
            let one = rest.chars().next().unwrap().len_utf8();
            code.push_str(&rest[..one]);
            rest = &rest[one..];
        } else {
            rest = &rest[length..];
        }
    }
    code.push_str(rest);
    code
}

fn quoted_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn raw_text(rest: &str) -> Option<usize> {
    let marks = rest[1..].find(|letter| letter != '#')?;
    rest[1 + marks..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    let begin = 2 + marks;
    rest[begin..].find(&end).map(|at| begin + at + end.len())
}

/// The modules of the crate that this code names: `crate::x`, and each `x` in `use crate::{x::…, y}`.
fn uses(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let after = &code[at + "crate::".len()..];
        match after.strip_prefix('{') {
            None => found.extend(first_word(after)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        letter if start && !letter.is_whitespace() => {
                            found.extend(first_word(&group[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[test]
fn every_crate_has_its_place_in_the_order() {
    let entries = std::fs::read_dir(root().join("crates")).unwrap();
    let there: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, BTreeSet::from(CRATES.map(str::to_owned)));
}

#[test]
fn a_crate_uses_only_crates_before_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        let own = CRATES.iter().position(|name| source.folder == format!("crates/{name}/src"));
        for (place, name) in CRATES.iter().enumerate() {
            let named = source.code.contains(&format!("countersign_{}", name.replace('-', "_")));
            if named && own.is_some_and(|own| place >= own) {
                wrong.push(format!("{} uses {name}", source.path));
            }
        }
        if own.is_some() && source.code.contains("countersign::") {
            wrong.push(format!("{} uses the program", source.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let map = std::fs::read_to_string(root().join(PROGRAM).join("lib.rs")).unwrap();
    let order: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 15, "{order:?}");
    let place = |module: &str| order.iter().position(|known| *known == module);
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.folder == PROGRAM) {
        let own = place(source.module()).unwrap_or_else(|| panic!("{} is not in lib.rs", source.path));
        for used in uses(&source.code) {
            if place(&used).is_some_and(|place| place > own) {
                wrong.push(format!("{} uses {used}, which stands below {}", source.path, source.module()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What may be used where: the words in code, and the folders and files that may have them.
const ROOMS: &[(&[&str], &[&str])] = &[
    (&["sqlx::"], &["src/db/"]),
    (&["env::var"], &["src/settings/", "crates/material/"]),
    (&["SystemTime::now", "Zoned::now", "jiff::Timestamp::now"], &["crates/kernel/src/clock.rs"]),
    (&["getrandom::"], &["crates/kernel/src/clock.rs"]),
    (&["octocrab"], &["src/github/", "crates/github-double/"]),
    // GitHub's writing half: where it is, where it is used, and where the program is put together.
    (
        &["github::Writer", "Writer,", "Writer}", ".writer()"],
        &["src/github/", "src/worker/", "src/program/", "src/db/"],
    ),
    // The in-memory GitHub is for the sandbox and for tests.
    (&["github::fake", "fake::"], &["src/sandbox/"]),
    (&["countersign_github_double"], &["src/github/mod.rs"]),
    // What tests need and the project does not carry is nothing that the program may look for.
    (&["countersign_material"], &[]),
];

#[test]
fn some_things_live_in_one_room() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (words, rooms) in ROOMS {
            for word in words.iter().filter(|word| source.code.contains(**word)) {
                if !source.is_under(rooms) {
                    wrong.push(format!("{} has {word:?}, which belongs to {rooms:?}", source.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whoever only reads says what is missing and stores nothing; what is stored is told without asking GitHub.
#[test]
fn what_is_read_is_not_written() {
    for (folder, words) in [
        ("src/facts/", &[".write(", "Tx", "Writer"][..]),
        ("src/query/", &[".write(", "Tx", "Writer", "reader", "github"][..]),
    ] {
        let room: Vec<_> = sources().into_iter().filter(|source| source.is_under(&[folder])).collect();
        assert!(room.len() > 2, "{folder} has {} files", room.len());
        for source in room {
            let found: Vec<_> = words.iter().filter(|word| source.code.contains(**word)).collect();
            assert!(found.is_empty(), "{} has {found:?}", source.path);
        }
    }
}

/// The rooms that decide, and say: the same from the same, whenever and wherever.
const DECIDING: [&str; 12] = [
    "event",
    "command",
    "effect",
    "requirement",
    "report",
    "policy",
    "authz",
    "audit",
    "promotion",
    "markdown",
    "comment",
    "check_run",
];

/// What is not the same each time, or lies outside. Words stand alone; what has a `::` may stand anywhere.
const OUTSIDE: [&str; 19] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "fs::",
    "Clock",
    "SystemTime",
    "Instant",
    "now()",
    "random",
    "getrandom",
    "tempfile",
    "tokio",
    "axum",
    "hyper",
    "sqlx",
    "octocrab",
    "rustix",
];

#[test]
fn decisions_use_no_file_no_network_no_clock_and_no_randomness() {
    let sources = sources();
    let mut wrong = Vec::new();
    for room in DECIDING {
        let mut here =
            sources.iter().filter(|source| source.folder == PROGRAM && source.module() == room).peekable();
        assert!(here.peek().is_some(), "there is no room {room}");
        for source in here {
            let found = OUTSIDE.iter().filter(|word| has_word(&source.code, word));
            wrong.extend(found.map(|word| format!("{} has {word:?}", source.path)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether it stands in the code, and is not a part of another word.
fn has_word(code: &str, word: &str) -> bool {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, _)| {
        let after = &code[at + word.len()..];
        !(code[..at].ends_with(in_word) || word.ends_with(in_word) && after.starts_with(in_word))
    })
}

#[test]
fn a_word_is_found_where_it_stands_alone() {
    for code in ["Self(random::<16>())", "use crate::clock::{Timestamp, random};", "clock.random"] {
        assert!(has_word(code, "random"), "{code}");
    }
    assert!(!has_word("fn randomly(random_bytes: u8)", "random") && !has_word("let offs::x", "fs::"));
    assert!(has_word("clock.now()", "now()") && has_word("use std::{fs::File, io}", "fs::"));
}

#[test]
fn handlers_have_no_hand_on_github() {
    for source in sources().iter().filter(|source| source.is_under(&["src/handlers/", "src/app.rs"])) {
        assert!(!source.code.contains("Writer"), "{} names the Writer", source.path);
    }
}

#[test]
fn comments_texts_and_tests_are_not_code() {
    let text = "use crate::{db::{self, Tx}, ids::Repo}; // crate::cli\nlet a = \"crate::server \\\" crate::cli\";\n\
                let b = r#\"crate::worker\"#; let c = '\"'; crate::clock::random()\n#[cfg(test)]\nmod tests { crate::sandbox }";
    assert_eq!(uses(&code_of(text)), BTreeSet::from(["clock", "db", "ids"].map(str::to_owned)));
}
