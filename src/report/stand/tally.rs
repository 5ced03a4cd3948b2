//! The numbers that are judged.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::problem::Merged;
use super::{Evidence, Outcome};
use crate::report::platform::covered;
use crate::report::{
    CoverageFact, Named, Novelties, Novelty, Problem, Received, Report, ReportFact, SignatureFact, Tally,
    TestTotals, Waiver, WaiverNews, subjects_match,
};

/// The names by which a policy may ask for more than one tool or format.
const KINDS: [&str; 6] = ["scan", "sbom", "tests", "coverage", "signature", "provenance"];

/// Counts everything exactly, whatever is kept and shown of it.
pub(super) fn tally(evidence: &Evidence<'_>, outcome: &Outcome<'_>, news: &WaiverNews) -> Tally {
    let mut tally = Tally {
        reports: facts(evidence, outcome),
        tests: tests(evidence),
        coverage: coverage(evidence, outcome),
        platforms: platforms(evidence),
        other_subjects: other_subjects(evidence),
        expired_waivers: news
            .expired
            .iter()
            .map(|waiver| waiver.id.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        pending: evidence.pending,
        unfinished: evidence.unfinished.to_vec(),
        ..Tally::default()
    };
    let security = |merged: &&Merged<'_>| merged.problem.finding.category.is_security();
    let open: Vec<&Problem> = outcome.open.iter().filter(security).map(|merged| &merged.problem).collect();
    for problem in &open {
        tally.open.entry(problem.severity).or_default().count(problem.novelty, 1);
        tally.known_exploited += u64::from(is_exploited(problem));
    }
    let unkept = evidence.reports.iter().flat_map(|received| &received.report.unkept);
    for left in unkept.filter(|left| left.category.is_security()) {
        tally.open.entry(left.weight).or_default().count(Novelty::New, left.findings);
        if left.kev {
            tally.known_exploited = tally.known_exploited.saturating_add(left.findings);
        }
    }
    tally.worst = worst(&open);
    tally
}

fn platforms(evidence: &Evidence<'_>) -> Vec<String> {
    let reports: Vec<&Report> = evidence.reports.iter().map(|received| &received.report).collect();
    covered(&reports).into_iter().collect()
}

/// Whoever wants a bill of materials wants it of the image that was scanned.
fn other_subjects(evidence: &Evidence<'_>) -> Vec<String> {
    let reports: Vec<&Report> = evidence.reports.iter().map(|received| &received.report).collect();
    let named = reports.iter().filter(|report| {
        let inventory = report.inventory.as_ref().is_none_or(|inventory| !inventory.subjects.is_empty());
        inventory || report.image.is_some()
    });
    subjects_match(&named.copied().collect::<Vec<_>>())
}

impl Novelties {
    fn count(&mut self, novelty: Novelty, problems: u64) {
        let count = match novelty {
            Novelty::New => &mut self.new,
            Novelty::Existing => &mut self.existing,
            Novelty::Unknown => &mut self.unknown,
        };
        *count = count.saturating_add(problems);
    }
}

fn facts(evidence: &Evidence<'_>, outcome: &Outcome<'_>) -> Vec<ReportFact> {
    let let_through = outcome.let_through.iter().chain(std::iter::repeat(&None));
    let facts = evidence.reports.iter().zip(signatures(evidence)).zip(let_through);
    let mut facts: Vec<ReportFact> =
        facts.map(|((received, signature), waiver)| fact(received, signature, waiver.as_ref())).collect();
    let key = |fact: &ReportFact| {
        (fact.tool.clone(), fact.target.clone(), fact.format.clone(), fact.sha256.clone(), fact.fork)
    };
    facts.sort_by_cached_key(key);
    facts
}

fn fact(received: &Received, signature: SignatureFact, waiver: Option<&Waiver>) -> ReportFact {
    let Received { report, origin } = received;
    ReportFact {
        tool: report.tool.clone(),
        format: report.format.clone(),
        target: report.target.clone(),
        state: report.state.clone(),
        end_of_life: report.end_of_life.clone(),
        looked_at_nothing: report.looked_at_nothing,
        sha256: origin.sha256.clone(),
        fork: origin.fork,
        answers_to: names(report),
        platform: report.image.as_ref().and_then(|image| image.platform.as_deref()).map(Into::into),
        signature,
        id: received.waivable(),
        waived_until: waiver.map(|waiver| waiver.until),
    }
}

/// By report: what became of its signatures.
pub(super) fn signatures(evidence: &Evidence<'_>) -> Vec<SignatureFact> {
    let scanned = scanned(evidence);
    let signatures = evidence.signatures.iter().cloned().chain(std::iter::repeat(SignatureFact::None));
    signatures.take(evidence.reports.len()).map(|signature| about(signature, &scanned)).collect()
}

/// The digests of all images that scanners looked at.
fn scanned<'e>(evidence: &Evidence<'e>) -> BTreeSet<&'e str> {
    let scans =
        evidence.reports.iter().map(|received| &received.report).filter(|report| report.answers_to("scan"));
    let images = scans.filter_map(|report| report.image.as_ref());
    images.flat_map(|image| &image.digests).map(|digest| &**digest).collect()
}

/// A statement about another image than the one that was scanned proves nothing, however well it is signed.
fn about(signature: SignatureFact, scanned: &BTreeSet<&str>) -> SignatureFact {
    let SignatureFact::Verified { subjects, .. } = &signature else { return signature };
    if scanned.is_empty() || subjects.iter().any(|subject| scanned.contains(subject.as_str())) {
        return signature;
    }
    let some = |digests: Vec<&str>| match &*digests {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [one, ..] => format!("{one} and {} more", digests.len() - 1),
    };
    let signed = some(subjects.iter().map(String::as_str).collect());
    let scanned = some(scanned.iter().copied().collect());
    SignatureFact::Failed {
        why: format!("it is about {signed}, and the image that was scanned is {scanned}"),
    }
}

fn names(report: &Report) -> Vec<String> {
    let mut names = vec![report.tool.name.to_string(), report.format.to_string()];
    names.extend(KINDS.iter().filter(|kind| report.answers_to(kind)).map(ToString::to_string));
    names.sort_unstable();
    names.dedup();
    names
}

fn is_exploited(problem: &Problem) -> bool {
    problem.finding.advisory.as_ref().is_some_and(|advisory| advisory.kev)
}

/// What is exploited, the worst new ones, and the worst of all: each gate names others. They come with what is
/// new first, and worst first.
fn worst(open: &[&Problem]) -> Vec<Named> {
    let exploited = open.iter().filter(|problem| is_exploited(problem)).take(Tally::NAMED / 4);
    let new = open.iter().filter(|problem| problem.novelty != Novelty::Existing).take(Tally::NAMED / 2);
    let mut by_weight = open.to_vec();
    by_weight.sort_by_key(|problem| Reverse(problem.severity));
    let mut named: Vec<&Problem> = Vec::new();
    for problem in exploited.chain(new).chain(&by_weight) {
        if named.len() == Tally::NAMED {
            break;
        }
        if !named.iter().any(|known| std::ptr::eq(*known, *problem)) {
            named.push(problem);
        }
    }
    named.sort_by_key(|problem| (Reverse(problem.severity), problem.novelty == Novelty::Existing));
    named.into_iter().map(name).collect()
}

fn name(problem: &Problem) -> Named {
    let mut tools: Vec<_> = problem.said.iter().map(|said| said.tool.clone()).collect();
    tools.sort_unstable();
    let advisory = problem.finding.advisory.as_deref();
    Named {
        id: problem.id.clone(),
        severity: problem.severity,
        new: problem.novelty != Novelty::Existing,
        place: problem.place(),
        tools,
        known_exploited: is_exploited(problem),
        fixed_in: advisory.and_then(|advisory| advisory.fixed.first()).map(ToString::to_string),
    }
}

impl Problem {
    /// Where it is, for people: a package with its version, a file with its line, an address.
    pub fn place(&self) -> String {
        let finding = &self.finding;
        if let Some(package) = &finding.package {
            return format!("{} {}", package.name, package.version).trim().to_owned();
        }
        let line = finding.place.as_ref().map(|place| match place.line {
            Some(line) => format!("{}:{line}", place.file),
            None => place.file.to_string(),
        });
        let address = finding.endpoint.as_ref().map(|endpoint| endpoint.url.to_string());
        line.or(address).or(finding.target.as_ref().map(ToString::to_string)).unwrap_or_default()
    }
}

/// All tests together.
fn tests(evidence: &Evidence<'_>) -> Option<TestTotals> {
    let mut tests = evidence.reports.iter().filter_map(|received| received.report.tests);
    let first = tests.next()?;
    Some(tests.fold(first, |all, one| TestTotals {
        cases: all.cases.saturating_add(one.cases),
        passed: all.passed.saturating_add(one.passed),
        failed: all.failed.saturating_add(one.failed),
        errored: all.errored.saturating_add(one.errored),
        skipped: all.skipped.saturating_add(one.skipped),
    }))
}

/// The coverage that counts: of the report about the most lines, since a run of a part measures only that
/// part; of two about as many, the one that says less.
fn coverage(evidence: &Evidence<'_>, outcome: &Outcome<'_>) -> Option<CoverageFact> {
    let reports = evidence.reports.iter().enumerate();
    let measured = reports.filter_map(|(index, it)| Some((index, it.report.coverage.as_ref()?)));
    let size = |coverage: &crate::report::Coverage| (coverage.lines_valid, Reverse(coverage.lines_covered));
    let (index, now) = measured.max_by_key(|(_, coverage)| size(coverage))?;
    let baselines = outcome.baselines.get(index).into_iter().flatten();
    let before = baselines.filter_map(|it| evidence.baselines.get(*it)?.report.coverage.as_ref());
    Some(CoverageFact { now: now.clone(), before: before.max_by_key(|it| size(it)).cloned() })
}
