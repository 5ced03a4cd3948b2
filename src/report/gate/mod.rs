//! What a policy asks of the reports of a commit.

mod blind;
mod findings;
mod images;
mod measures;
mod reports;
mod unfinished;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Condition, ReportFact, Severity, Tally, Text};
use crate::requirement::{Code, Requirement};

/// What a policy asks of the reports of a commit. The default asks that tests pass where there are some, and
/// that there is a report at all.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the policy, and all may be combined")]
#[serde(default)]
pub struct Gate {
    /// No open finding of the security categories as bad as this or worse.
    pub fail_on: Option<Severity>,
    /// Reports that must be there and be relied on: tools, formats, or `scan`, `sbom`, `tests`, `coverage`,
    /// `signature`, `provenance`.
    pub must_have: Vec<String>,
    /// Only what the baseline does not have counts for `fail_on`; without a baseline all counts.
    pub new_only: bool,
    /// No open finding that is known to be exploited, however bad and however old.
    pub known_exploited: bool,
    /// Tests may fail.
    pub ignore_tests: bool,
    /// The least share of lines that tests run, from 0 to 100.
    pub coverage_minimum: Option<f64>,
    /// By how many points that share may be below the baseline's.
    pub coverage_max_drop: Option<f64>,
    /// Platforms of which an image was scanned: `linux/amd64`.
    pub platforms: Vec<String>,
    /// Names as in `must_have`, of reports whose signature was verified.
    pub signed: Vec<String>,
    /// What was scanned may be no longer supported.
    pub end_of_life_passes: bool,
    /// A scan may have had nothing that it can look at.
    pub nothing_to_look_at_passes: bool,
    /// Reports of forks satisfy too.
    pub forks: bool,
    /// For how long a run that goes on is waited for.
    pub wait: Wait,
}

/// For how long a workflow run that goes on is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait(pub Duration);

impl Default for Wait {
    fn default() -> Self {
        Self(Duration::from_hours(1))
    }
}

impl Gate {
    /// What is asked where a policy says no more than that it asks. What is known to be exploited is let through only
    /// by somebody who says so.
    pub fn standard() -> Self {
        Self { known_exploited: true, ..Self::default() }
    }

    /// How each thing stands that is asked for, in a fixed order. Nothing else is in it, and nothing that is
    /// asked for is left out; all hold, or the gate is closed.
    pub fn judge(&self, tally: &Tally) -> Vec<Condition> {
        let mut conditions = Vec::new();
        conditions.extend(reports::pending(tally));
        conditions.extend(unfinished::late(self, tally));
        conditions.extend(unfinished::going(self, tally));
        conditions.extend(reports::any(self, tally));
        conditions.extend(self.must_have.iter().map(|name| reports::named(self, tally, name)));
        conditions.extend(reports::reliable(self, tally));
        conditions.extend(blind::nothing(self, tally));
        conditions.extend(blind::ended(self, tally));
        conditions.extend(findings::severity(self, tally));
        conditions.extend(findings::exploited(self, tally));
        conditions.extend(measures::tests(self, tally));
        conditions.extend(measures::minimum(self, tally));
        conditions.extend(measures::drop(self, tally));
        conditions.extend(self.platforms.iter().map(|platform| images::platform(self, tally, platform)));
        conditions.extend(images::subjects(self, tally));
        conditions.extend(self.signed.iter().map(|name| images::signed(self, tally, name)));
        conditions
    }

    /// The reports that may satisfy something. Facts of 0.1.0 have those of forks among the others.
    fn believed<'t>(&self, tally: &'t Tally) -> impl Iterator<Item = &'t ReportFact> {
        tally.reports.iter().filter(|fact| self.forks || !fact.fork)
    }

    /// Those of them that a name means.
    fn called<'t>(&self, tally: &'t Tally, name: &str) -> Vec<&'t ReportFact> {
        self.believed(tally).filter(|fact| answers(fact, name)).collect()
    }

    /// The scanners' reports that can be relied on.
    fn scans<'t>(&self, tally: &'t Tally) -> Vec<&'t ReportFact> {
        self.called(tally, "scan").into_iter().filter(|fact| fact.state.is_ok()).collect()
    }
}

/// How one thing stands, before it is put in a table.
struct Judged<'t> {
    title: String,
    actual: String,
    decided_by: Vec<&'t Text>,
}

impl Judged<'_> {
    fn holds(self, sentence: impl Into<String>) -> Condition {
        let requirement = Requirement::holds(self.title.as_str(), sentence);
        self.with(requirement)
    }

    fn pending(self, code: Code, sentence: impl Into<String>) -> Condition {
        let requirement = Requirement::pending(self.title.as_str(), code, sentence);
        self.with(requirement)
    }

    fn fails(self, code: Code, sentence: impl Into<String>) -> Condition {
        let requirement = Requirement::fails(self.title.as_str(), code, sentence);
        self.with(requirement)
    }

    fn with(self, requirement: Requirement) -> Condition {
        let mut decided_by: Vec<Text> = self.decided_by.into_iter().cloned().collect();
        decided_by.sort_unstable();
        decided_by.dedup();
        Condition { title: self.title, actual: self.actual, requirement, decided_by }
    }
}

fn answers(fact: &ReportFact, name: &str) -> bool {
    fact.answers_to.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn tools<'t>(facts: &[&'t ReportFact]) -> Vec<&'t Text> {
    facts.iter().map(|fact| &fact.tool.name).collect()
}

/// A tool, and what it looked at.
fn who(fact: &ReportFact) -> String {
    match &fact.target {
        Some(target) => format!("{} of {target}", fact.tool.name),
        None => fact.tool.name.to_string(),
    }
}

/// Each once, however many reports it wrote.
fn whos(facts: &[&ReportFact]) -> String {
    let mut whos: Vec<String> = facts.iter().map(|fact| who(fact)).collect();
    whos.sort_unstable();
    whos.dedup();
    few(&whos, whos.len() as u64)
}

/// The first few of many, and how many more there are.
fn few(all: &[String], total: u64) -> String {
    const NAMED: usize = 5;
    let named = all.get(..NAMED.min(all.len())).unwrap_or_default();
    let more = total.saturating_sub(named.len() as u64);
    match (named, more) {
        (named, 0) => named.join(", "),
        ([], more) => format!("{more} that are not named here"),
        (named, more) => format!("{}, and {more} more", named.join(", ")),
    }
}
