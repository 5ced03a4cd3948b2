//! Problems put together by what mends them: one package in one version, or one rule.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::version;
use crate::report::{Category, Problem, Severity, Text};

/// Problems that one act mends, or that are alike.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// The worst of them first; never empty.
    pub problems: Vec<&'a Problem>,
    /// How bad the worst is.
    pub severity: Severity,
}

/// What problems are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key<'a> {
    Package { name: &'a str, version: &'a str },
    Rule { category: Category, id: &'a str },
}

/// An upgrade, and how many problems it removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upgrade<'a> {
    pub(super) to: &'a str,
    pub(super) removes: usize,
}

/// The groups, the worst first: what a gate looks at before style, then by severity, then what is known to be
/// exploited, then what is likely to be, then the larger.
pub fn groups<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<Group<'a>> {
    let mut by_key: HashMap<Key<'a>, Vec<&'a Problem>> = HashMap::new();
    for problem in problems {
        by_key.entry(key(problem)).or_default().push(problem);
    }
    let mut groups: Vec<(Key<'a>, Group<'a>)> =
        by_key.into_iter().map(|(key, all)| (key, group(all))).collect();
    groups.sort_by_cached_key(|(key, group)| {
        (
            Reverse(group.is_gated()),
            Reverse(group.severity),
            Reverse(group.is_exploited()),
            Reverse(group.likelihood()),
            Reverse(group.problems.len()),
            *key,
        )
    });
    groups.into_iter().map(|(_, group)| group).collect()
}

fn key(problem: &Problem) -> Key<'_> {
    match &problem.finding.package {
        Some(package) => Key::Package { name: &package.name, version: &package.version },
        None => Key::Rule { category: problem.finding.category, id: &problem.finding.rule.id },
    }
}

fn group(mut problems: Vec<&Problem>) -> Group<'_> {
    problems.sort_by(|one, other| {
        other
            .severity
            .cmp(&one.severity)
            .then_with(|| place(one).cmp(&place(other)))
            .then_with(|| one.id.cmp(&other.id))
    });
    let severity = problems.iter().map(|problem| problem.severity).max().unwrap_or(Severity::Unknown);
    Group { problems, severity }
}

fn place(problem: &Problem) -> Option<(&str, Option<u32>)> {
    problem.finding.place.as_ref().map(|place| (&*place.file, place.line))
}

impl<'a> Group<'a> {
    /// The one that stands for all where they are alike.
    pub(super) fn first(&self) -> Option<&'a Problem> {
        self.problems.first().copied()
    }

    /// Whether a gate looks at it: security and tests, not style.
    pub(super) fn is_gated(&self) -> bool {
        self.problems.iter().any(|problem| {
            let category = problem.finding.category;
            category.is_security() || matches!(category, Category::Test | Category::License)
        })
    }

    /// Whether any of them is known to be exploited.
    pub(super) fn is_exploited(&self) -> bool {
        self.problems.iter().any(|problem| problem.finding.advisory.as_ref().is_some_and(|known| known.kev))
    }

    /// The highest probability of being exploited, in parts of a thousand.
    pub(super) fn likelihood(&self) -> u16 {
        let epss = self.problems.iter().filter_map(|problem| problem.finding.advisory.as_ref()?.epss);
        let highest = epss.fold(0.0_f64, f64::max).min(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 1000")]
        let parts = (highest * 1000.0).round() as u16;
        parts
    }

    /// Every tool that says so, and where they disagree how bad each says it is.
    pub(super) fn tools(&self) -> (Vec<&'a Text>, Vec<(Severity, &'a Text)>) {
        let mut tools: Vec<&'a Text> =
            self.problems.iter().flat_map(|one| one.said.iter().map(|said| &said.tool)).collect();
        tools.sort_unstable();
        tools.dedup();
        let disputed = self.problems.iter().find(|one| {
            one.said.iter().any(|said| said.severity != one.severity && said.severity != Severity::Unknown)
        });
        let mut said: Vec<(Severity, &'a Text)> = disputed
            .into_iter()
            .flat_map(|one| one.said.iter().map(|said| (said.severity, &said.tool)))
            .collect();
        said.sort_by_key(|(severity, tool)| (Reverse(*severity), *tool));
        said.dedup();
        (tools, said)
    }

    /// The earliest version that removes the most of them.
    ///
    /// A fix is believed for its own line of releases only, unless it is the last one that is named: 2.0.0 does
    /// not have what was mended in 1.9.3 and in 2.0.1.
    pub(super) fn upgrade(&self) -> Option<Upgrade<'a>> {
        let installed = &*self.first()?.finding.package.as_ref()?.version;
        let fixes: Vec<Vec<&'a str>> =
            self.problems.iter().map(|problem| fixes(problem, installed)).collect();
        let mut candidates: Vec<&'a str> = fixes.iter().flatten().copied().collect();
        candidates.sort_by(|one, other| version::compare(one, other));
        candidates.dedup();
        // So many fixes of one package are not real.
        candidates.truncate(100);
        let counted = candidates
            .into_iter()
            .map(|to| Upgrade { to, removes: fixes.iter().filter(|fixed| removes(to, fixed)).count() });
        // Of equally good ones, `max_by_key` gives the last: hence from the latest to the earliest.
        counted.rev().max_by_key(|upgrade| upgrade.removes)
    }
}

fn fixes<'a>(problem: &'a Problem, installed: &str) -> Vec<&'a str> {
    let fixed = problem.finding.advisory.iter().flat_map(|known| known.fixed.iter().map(|one| &**one));
    fixed.filter(|fix| installed.is_empty() || version::compare(fix, installed).is_gt()).collect()
}

fn removes(to: &str, fixed: &[&str]) -> bool {
    let at_least = |fix: &&&str| version::compare(to, fix).is_ge();
    let same_line = |fix: &&&str| version::line(fix) == version::line(to);
    if fixed.iter().any(|fix| same_line(&fix)) {
        return fixed.iter().filter(same_line).all(|fix| at_least(&fix));
    }
    !fixed.is_empty() && fixed.iter().all(|fix| at_least(&fix))
}
