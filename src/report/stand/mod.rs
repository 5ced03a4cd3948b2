//! How a commit stands: all its reports, merged, compared and with the waivers applied.

mod alias;
mod compare;
mod fingerprint;
mod meet;
mod merge;
mod package;
mod pattern;
mod problem;
mod row;
mod tally;
mod waivers;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use self::alias::Aliases;
use self::compare::{Comparison, compare};
use self::merge::{Group, Told, merge};
use self::problem::{Merged, fingerprints, problem};
use self::waivers::Waivers;
use crate::report::{
    Baseline, Fingerprint, Novelty, Problem, Received, Report, Row, Rule, SignatureFact, Standing,
    UnfinishedRun, Waiver,
};

/// Everything that says how a commit stands.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Its reports.
    pub reports: &'a [&'a Received],
    /// What became of each report's signatures, in the same order; none where one is missing.
    pub signatures: &'a [SignatureFact],
    /// Reports of the same tools about the same targets on earlier commits.
    pub baselines: &'a [Baseline],
    /// What somebody lets through.
    pub waivers: &'a [Waiver],
    /// How many reports are still being fetched or read.
    pub pending: u32,
    /// Runs of the commit that go on and may still bring some.
    pub unfinished: &'a [UnfinishedRun],
    /// Whether reports of forks' runs count; otherwise they neither satisfy nor fail anything.
    pub forks: bool,
    /// The day, in UTC.
    pub today: Date,
}

/// What came of all problems, before it is counted.
#[derive(Debug, Default)]
struct Outcome<'a> {
    open: Vec<Merged<'a>>,
    waived: Vec<Merged<'a>>,
    suppressed: Vec<Merged<'a>>,
    /// Their members are of baselines, by their places in the list.
    fixed: Vec<Merged<'a>>,
    /// By report: the places of the baselines it is compared with.
    baselines: Vec<Vec<usize>>,
    /// By report: who lets it through although it cannot be relied on.
    let_through: Vec<Option<Waiver>>,
}

/// How the commit stands. It does not matter in which order the reports come.
///
/// Where forks' runs do not count, the commit stands as if there were none: whoever opens a pull request from a fork
/// writes their reports, and must neither open nor close a gate with them. They are shown beside it.
pub fn stand(evidence: &Evidence<'_>) -> Standing {
    if evidence.forks || !evidence.reports.iter().any(|received| received.origin.fork) {
        return all(evidence);
    }
    let (own, forks) = (Part::of(evidence, false), Part::of(evidence, true));
    let mut standing = all(&own.evidence(evidence));
    let beside = all(&forks.evidence(evidence));
    let mut rows: Vec<(usize, Row)> = own.places.into_iter().zip(standing.rows).collect();
    rows.extend(forks.places.into_iter().zip(beside.rows));
    rows.sort_by_key(|(place, _)| *place);
    standing.rows = rows.into_iter().map(|(_, row)| row).collect();
    standing.tally.of_forks = beside.tally.reports;
    let lists = [&standing.open, &standing.waived, &standing.suppressed];
    let known: HashSet<Fingerprint> =
        lists.into_iter().flatten().map(|problem| problem.fingerprint).collect();
    standing.of_forks = beside.open;
    standing.of_forks.retain(|problem| !known.contains(&problem.fingerprint));
    standing
}

/// Some of the reports, with their places among all of them.
struct Part<'a> {
    places: Vec<usize>,
    reports: Vec<&'a Received>,
    signatures: Vec<SignatureFact>,
}

impl<'a> Part<'a> {
    fn of(evidence: &Evidence<'a>, forks: bool) -> Self {
        let mut part = Self { places: Vec::new(), reports: Vec::new(), signatures: Vec::new() };
        for (place, received) in evidence.reports.iter().enumerate() {
            if received.origin.fork == forks {
                part.places.push(place);
                part.reports.push(received);
                part.signatures.push(evidence.signatures.get(place).cloned().unwrap_or_default());
            }
        }
        part
    }

    /// Within the part all count the same.
    fn evidence<'p>(&'p self, evidence: &Evidence<'p>) -> Evidence<'p> {
        Evidence { reports: &self.reports, signatures: &self.signatures, ..*evidence }
    }
}

fn all(evidence: &Evidence<'_>) -> Standing {
    let now = evidence.reports.iter().map(|received| &received.report);
    let before = evidence.baselines.iter().map(|baseline| &baseline.report);
    let aliases = Aliases::of(now.clone().chain(before.clone()).flat_map(|report| &report.findings));
    let subjects = Subjects::of(now.clone().chain(before.clone()));
    let (now, before) = (subjects.told(now), subjects.told(before));
    let (groups, groups_before) = (merge(&now, &aliases), merge(&before, &aliases));
    let comparison = compare(&now, &groups, &before, &groups_before);
    let mut waivers = Waivers::new(evidence.waivers, evidence.today);
    let mut outcome = outcome(&groups, &groups_before, comparison, &aliases, &mut waivers);
    let through = |it: &&Received| waivers.apply_to_report(&it.id()).filter(|_| !it.report.state.is_ok());
    outcome.let_through = evidence.reports.iter().map(through).collect();
    outcome.tell_forks(evidence);
    let news = waivers.news();
    Standing {
        tally: tally::tally(evidence, &outcome, &news),
        rows: row::rows(evidence, &outcome),
        open: problems(outcome.open),
        fixed: problems(outcome.fixed),
        waived: problems(outcome.waived),
        suppressed: problems(outcome.suppressed),
        of_forks: Vec::new(),
        waivers: news,
        passed_over: Vec::new(),
    }
}

fn outcome<'a>(
    groups: &[Group<'a>],
    before: &[Group<'a>],
    comparison: Comparison,
    aliases: &Aliases,
    waivers: &mut Waivers<'_>,
) -> Outcome<'a> {
    let mut outcome = Outcome { baselines: comparison.baselines, ..Outcome::default() };
    for ((group, known), novelty) in groups.iter().zip(fingerprints(groups)).zip(comparison.novelties) {
        let Some(mut merged) = problem(group, &known, aliases, novelty) else { continue };
        let through = waivers.apply(&merged);
        let suppressed = group.iter().all(|member| member.finding.suppressed.is_some());
        let list = match (suppressed, through) {
            (true, _) => &mut outcome.suppressed,
            (false, Some(waiver)) => {
                merged.problem.waiver = Some(waiver);
                &mut outcome.waived
            }
            (false, None) => &mut outcome.open,
        };
        list.push(merged);
    }
    let known = fingerprints(before);
    for index in comparison.fixed {
        let (Some(group), Some(known)) = (before.get(index), known.get(index)) else { continue };
        outcome.fixed.extend(problem(group, known, aliases, Novelty::Existing));
    }
    let Outcome { open, waived, suppressed, fixed, .. } = &mut outcome;
    for list in [open, waived, suppressed, fixed] {
        list.sort_by(|one, other| order(one).cmp(&order(other)));
    }
    outcome
}

impl Outcome<'_> {
    /// Marks what only forks' runs brought. Where to read more is taken from none of those: somebody else's
    /// run would put any address into our own check run.
    fn tell_forks(&mut self, evidence: &Evidence<'_>) {
        let is_own =
            |report: usize| evidence.reports.get(report).is_some_and(|received| !received.origin.fork);
        for Merged { members, problem, .. } in
            [&mut self.open, &mut self.waived, &mut self.suppressed].into_iter().flatten()
        {
            let mut own = members.iter().filter(|member| is_own(member.report)).peekable();
            problem.fork = own.peek().is_none();
            let rule = &mut problem.finding.rule;
            if !own.any(|member| member.finding.rule.url == rule.url) {
                *rule = Arc::new(Rule { url: None, ..(**rule).clone() });
            }
        }
    }
}

/// New before existing, then worst first; then by whatever tells two apart.
fn order<'m>(merged: &'m Merged<'_>) -> impl Ord + use<'m> {
    let problem = &merged.problem;
    let existing = problem.novelty == Novelty::Existing;
    let weight = std::cmp::Reverse(problem.severity);
    let lead = merged.members.first().map(|member| (member.trace.own, member.trace.exact));
    (existing, weight, problem.finding.category, &problem.id, problem.fingerprint, lead)
}

fn problems(merged: Vec<Merged<'_>>) -> Vec<Problem> {
    merged.into_iter().map(|merged| merged.problem).collect()
}

/// What the reports of each tool are about.
#[derive(Debug)]
struct Subjects(HashMap<String, BTreeSet<String>>);

impl Subjects {
    fn of<'a>(reports: impl Iterator<Item = &'a Report>) -> Self {
        let mut subjects: HashMap<String, BTreeSet<String>> = HashMap::new();
        for report in reports {
            let subject = report.subject();
            if !subject.is_empty() {
                subjects.entry(report.tool.name.to_string()).or_default().insert(subject);
            }
        }
        Self(subjects)
    }

    /// Where a tool tells in one format what it looked at, and in another one it does not, it is the same.
    fn told<'a>(&self, reports: impl Iterator<Item = &'a Report>) -> Vec<Told<'a>> {
        let only = |report: &Report| {
            let known = self.0.get(&*report.tool.name).filter(|known| known.len() == 1)?;
            known.first().cloned()
        };
        reports
            .map(|report| {
                let subject = report.subject();
                let subject = if subject.is_empty() { only(report).unwrap_or_default() } else { subject };
                Told { report, subject }
            })
            .collect()
    }
}
