//! What all scanners of dependencies say, each in its own way: which package, which vulnerability.

use super::weakness::weaknesses;
use super::{Advisory, Category, Draft, Finding, Package, Rule, Severity};

/// Ids that name one vulnerability. What is not here is an advisory of a distribution, which may be about
/// many (`DSA-4808-1`, `RHSA-2021:1234`): were it an alias, it would make one of all of them.
const SINGLE: &[&str] = &[
    "CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-", "OSV-", "MAL-", "GSD-", "HSEC-", "RSEC-", "SNYK-",
    "JLSEC-", "BDSA-",
];

/// A package with a known vulnerability, as its scanner tells it.
#[derive(Debug, Default)]
pub(super) struct Vulnerable {
    /// The package.
    pub(super) package: Package,
    /// The vulnerability's id.
    pub(super) id: String,
    /// What it is about.
    pub(super) title: String,
    /// Where to read more.
    pub(super) url: String,
    /// The weaknesses, `CWE-79` or `79`.
    pub(super) cwe: Vec<String>,
    /// The tool's own word for how bad it is; may be empty.
    pub(super) word: String,
    /// What that means.
    pub(super) severity: Severity,
    /// Everything else that is known.
    pub(super) advisory: Advisory,
}

impl Vulnerable {
    /// The finding.
    pub(super) fn finding(self, draft: &mut Draft) -> Finding {
        let rule = draft.rule(Rule {
            id: self.id.as_str().into(),
            title: first_line(&self.title).into(),
            cwe: weaknesses(self.cwe.iter().map(String::as_str)),
            url: (!self.url.is_empty()).then(|| self.url.as_str().into()),
        });
        let mut finding = Finding::new(Category::Vulnerability, self.severity, rule);
        finding.native = (!self.word.is_empty()).then(|| draft.text(&self.word));
        finding.message = draft.message(&affected(&self.package, &self.advisory));
        finding.package = Some(Box::new(self.package));
        let known = (self.advisory != Advisory::default()).then(|| Box::new(self.advisory));
        finding.advisory = known;
        finding
    }
}

/// What is wrong with a package, in one sentence.
fn affected(package: &Package, advisory: &Advisory) -> String {
    let name = if package.name.is_empty() { "A package" } else { &*package.name };
    let space = if package.version.is_empty() { "" } else { " " };
    let fix = match (&*advisory.fixed, advisory.fix_state.as_deref()) {
        // Of these, none says anything of a fix.
        ([], None | Some("" | "affected" | "unknown" | "fixed")) => String::new(),
        ([], Some(state)) => format!("; fix: {state}"),
        (fixed, _) => format!("; fixed in {}", fixed.join(", ")),
    };
    format!("{name}{space}{} is affected{fix}", package.version)
}

/// The names of one vulnerability besides its id: each once, and only ids that stand for one alone.
pub(super) fn aliases<'a>(id: &str, others: impl IntoIterator<Item = &'a str>) -> Vec<Box<str>> {
    let mut aliases: Vec<Box<str>> = Vec::new();
    for other in others.into_iter().map(str::trim) {
        let known = other.eq_ignore_ascii_case(id) || aliases.iter().any(|alias| **alias == *other);
        if !known && is_single(other) && aliases.len() < 50 {
            aliases.push(other.into());
        }
    }
    aliases
}

/// Whether this id names one vulnerability.
pub(super) fn is_single(id: &str) -> bool {
    let starts = |start: &&str| id.get(..start.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(start));
    SINGLE.iter().any(starts) && id.len() < 100
}

/// What a tool's own word means; unknown for one that we do not know.
pub(super) fn rated(word: &str) -> Severity {
    Severity::from_word(word).unwrap_or(Severity::Unknown)
}

/// The first line of a text, and of a long line the first sentence: some tools have no title but only this.
fn first_line(text: &str) -> &str {
    const LONG: usize = 120;
    let line = text.trim().lines().next().unwrap_or_default();
    let sentence = line.split_once(". ").map_or(line, |(first, _)| first);
    if line.len() > LONG { sentence } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_stands_for_one_vulnerability() {
        let others = ["GHSA-1", "CVE-2", "GHSA-1", "DSA-4808-1", "RHSA-2021:1", " CVE-1 "];
        assert_eq!(aliases("CVE-1", others), ["GHSA-1".into(), "CVE-2".into()]);
    }
}
