//! What tells one problem apart from all others, and from one commit to the next the same.

use std::collections::HashMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::report::{Category, Finding, Fingerprint};

/// What tools write in place of a fingerprint.
const PLACEHOLDERS: &[&str] = &["requires login", "unknown", "none", "null", "0"];

/// Hashes parts so that no two lists of parts look alike: each is preceded by its length.
#[derive(Debug, Clone)]
pub(super) struct Mix(Sha256);

impl Mix {
    /// Of this kind; what is of different kinds is never equal.
    pub(super) fn of(kind: &str) -> Self {
        Self(Sha256::new()).part(kind)
    }

    /// One more part.
    pub(super) fn part(mut self, part: &str) -> Self {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// One more number.
    pub(super) fn number(mut self, number: u64) -> Self {
        self.0.update(number.to_le_bytes());
        self
    }

    /// All of them in 16 bytes.
    pub(super) fn end(self) -> Fingerprint {
        let hash = self.0.finalize();
        Fingerprint(hash.first_chunk().copied().unwrap_or_default())
    }
}

impl Fingerprint {
    /// The first sixteen digits: a waiver goes by them, so nobody may be able to make another problem with the same.
    pub fn short(&self) -> String {
        hex::encode(self.0.first_chunk::<8>().copied().unwrap_or_default())
    }

    /// Of the one that comes so many equals later. The first keeps what it is.
    pub(super) fn nth(self, ordinal: u64) -> Self {
        match ordinal {
            0 => self,
            ordinal => Mix::of("nth").part(&hex::encode(self.0)).number(ordinal).end(),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Where a finding stands in time and space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Trace {
    /// One problem in the eyes of its tool, whatever the format it was written in.
    pub(super) own: Fingerprint,
    /// The same from commit to commit: no line and no version is in it, since code moves and packages are
    /// upgraded without a problem becoming new. Equals are told apart by how many there are.
    pub(super) same: Fingerprint,
    /// What tells equals apart as long as nothing moves: the line, the version.
    pub(super) exact: u64,
}

/// One tool's view of one report, for fingerprints: what it is called, what it is about.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a> {
    pub(super) tool: &'a str,
    pub(super) subject: &'a str,
    /// How often each fingerprint of the tool itself is in the report.
    uses: HashMap<&'a str, u32>,
    /// How many were equal so far.
    equals: HashMap<Fingerprint, u64>,
}

impl<'a> Scope<'a> {
    /// Of a report with these findings.
    pub(super) fn new(tool: &'a str, subject: &'a str, findings: &'a [Finding]) -> Self {
        let mut uses = HashMap::new();
        for told in findings.iter().filter_map(|finding| finding.tool_fingerprint.as_deref()) {
            *uses.entry(told).or_default() += 1;
        }
        Self { tool, subject, uses, equals: HashMap::new() }
    }

    /// The trace of a finding that is not of a package: those need the names that other tools know.
    pub(super) fn trace(&mut self, finding: &Finding) -> Trace {
        let line = finding.place.as_ref().and_then(|place| place.line).map_or(0, u64::from);
        match finding.category {
            Category::Secret => self.secret(finding, line),
            Category::Dast => self.request(finding),
            Category::Test => {
                let same = Mix::of("test").part(&finding.rule.id).end();
                Trace { own: same, same, exact: 0 }
            }
            _ => self.code(finding, line),
        }
    }

    fn code(&mut self, finding: &Finding, line: u64) -> Trace {
        let spot = self.spot("code", finding).part(self.tool).part(short_rule(&finding.rule.id));
        let own = spot.clone().number(line).end();
        let same = match finding.tool_fingerprint.as_deref().filter(|told| self.is_unique(told)) {
            Some(told) => spot.part("told").part(told).end(),
            None => spot.part("message").part(&without_numbers(&finding.message)).end(),
        };
        Trace { own: self.count(own), same, exact: line }
    }

    /// One secret in one file is one problem, by whatever rule it was found. Where it cannot be told from
    /// another one, its line has to do.
    fn secret(&mut self, finding: &Finding, line: u64) -> Trace {
        let spot = self.spot("secret", finding);
        let rule = short_rule(&finding.rule.id);
        let Some(mark) = mark(finding) else {
            let own = self.count(spot.clone().part(self.tool).part("line").number(line).end());
            return Trace { own, same: spot.part(rule).part("").end(), exact: line };
        };
        let same = spot.clone().part(rule).part(mark).end();
        Trace { own: spot.part("mark").part(mark).end(), same, exact: line }
    }

    /// The host is left out of what stays the same: a preview has another one each time.
    fn request(&self, finding: &Finding) -> Trace {
        let rule = Mix::of("dast").part(self.tool).part(short_rule(&finding.rule.id));
        let endpoint = finding.endpoint.as_deref();
        let url = endpoint.map_or("", |endpoint| &*endpoint.url);
        let parameter = endpoint.and_then(|endpoint| endpoint.parameter.as_deref()).unwrap_or_default();
        Trace {
            own: rule.clone().part(url).part(parameter).end(),
            same: rule.part(url_path(url)).part(parameter).end(),
            exact: 0,
        }
    }

    /// The file it is in; for what is in no file of the repository, what was scanned.
    fn spot(&self, kind: &str, finding: &Finding) -> Mix {
        let place = finding.place.as_ref();
        if let Some(place) = place.filter(|place| !place.pseudo) {
            return Mix::of(kind).part("file").part(&place.file);
        }
        let target = place.map(|place| &*place.file).or(finding.target.as_deref());
        Mix::of(kind).part("scanned").part(self.subject).part(target.unwrap_or_default())
    }

    fn is_unique(&self, told: &str) -> bool {
        let placeholder = PLACEHOLDERS.iter().any(|known| known.eq_ignore_ascii_case(told));
        !told.is_empty() && !placeholder && self.uses.get(told) == Some(&1)
    }

    fn count(&mut self, own: Fingerprint) -> Fingerprint {
        let before = self.equals.entry(own).or_default();
        let ordinal = *before;
        *before += 1;
        own.nth(ordinal)
    }
}

/// What tells a secret from others, where the report carries it.
pub(super) fn mark(finding: &Finding) -> Option<&str> {
    finding.secret.as_ref()?.mark.as_deref()
}

/// The last part of a rule's id: Semgrep puts the folder of its rules in front, which is another one in each
/// place that it runs in.
pub(super) fn short_rule(id: &str) -> &str {
    match id.rsplit_once('.') {
        Some((_, last)) if last.contains(|letter: char| letter.is_ascii_alphabetic()) => last,
        _ => id,
    }
}

/// A message without its numbers, which are lines, columns and counts, and with single spaces. What it quotes
/// stays: a weakness at another name is another weakness.
fn without_numbers(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let mut bare = String::with_capacity(word.len());
        for letter in word.chars() {
            match letter.is_ascii_digit() {
                true if bare.ends_with('#') => {}
                true => bare.push('#'),
                false => bare.push(letter),
            }
        }
        bare
    });
    words.collect::<Vec<_>>().join(" ")
}

fn url_path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let of = |parts: &[&str]| parts.iter().fold(Mix::of("test"), |mix, part| mix.part(part)).end();
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a", ""]), of(&["a"]));
        assert_ne!(of(&["a"]).nth(1), of(&["a"]).nth(2));
        // Waivers hold on to it: another encoding would open all that is let through.
        assert_eq!(of(&["a"]).short(), "cf55473b4f991834");
    }

    #[test]
    fn rules_and_messages_are_told_without_what_changes() {
        for (id, short) in [
            ("B105", "B105"),
            ("python.lang.security.exec-use", "exec-use"),
            ("home.runner.work.rules.exec-use", "exec-use"),
            ("js/sql-injection", "js/sql-injection"),
            ("CIS-DI-0001", "CIS-DI-0001"),
            ("S3.1", "S3.1"),
        ] {
            assert_eq!(short_rule(id), short);
        }
        assert_eq!(without_numbers("at  line 12, column 4 of `x1`"), "at line #, column # of `x#`");
        assert_eq!(url_path("https://pr-7.example.org/a/b?c#d"), "/a/b");
        assert_eq!(url_path("https://example.org"), "/");
    }
}
