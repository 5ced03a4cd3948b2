//! Commits made of a few findings, and how they stand.

mod comparing;
mod judging;
mod merging;
mod properties;
mod waiving;

use std::sync::Arc;

use jiff::civil::{Date, date};

use super::{Evidence, stand};
use crate::clock::Timestamp;
use crate::ids::{CommitSha, RunId};
use crate::report::{
    Advisory, Baseline, Category, Finding, Gate, Origin, Package, Place, Received, Report, Rule, Secret,
    Severity, SignatureFact, Standing, Tool, Waiver, Way,
};

const TODAY: Date = date(2026, 3, 10);

/// Everything that may be told of a commit, for a test to fill in.
#[derive(Debug, Clone, Default)]
struct World {
    now: Vec<Received>,
    before: Vec<Report>,
    waivers: Vec<Waiver>,
    signatures: Vec<SignatureFact>,
    pending: u32,
    forks: bool,
}

impl World {
    fn of(now: impl IntoIterator<Item = Report>) -> Self {
        Self { now: now.into_iter().map(received).collect(), ..Self::default() }
    }

    fn before(mut self, before: impl IntoIterator<Item = Report>) -> Self {
        self.before.extend(before);
        self
    }

    fn waived(mut self, waivers: impl IntoIterator<Item = Waiver>) -> Self {
        self.waivers.extend(waivers);
        self
    }

    fn stand(&self) -> Standing {
        let commit: CommitSha = "a".repeat(40).parse().unwrap();
        let baseline =
            |report: &Report| Baseline { report: report.clone(), commit: commit.clone(), at: Timestamp(5) };
        let baselines: Vec<Baseline> = self.before.iter().map(baseline).collect();
        stand(&Evidence {
            reports: &self.now.iter().collect::<Vec<_>>(),
            signatures: &self.signatures,
            baselines: &baselines,
            waivers: &self.waivers,
            pending: self.pending,
            unfinished: &[],
            forks: self.forks,
            today: TODAY,
        })
    }

    /// The ids of what is open, with severity.
    fn open(&self) -> Vec<(String, Severity)> {
        self.stand().open.into_iter().map(|problem| (problem.id, problem.severity)).collect()
    }
}

fn received(report: Report) -> Received {
    let origin = Origin {
        way: Way::Artifact,
        commit: "b".repeat(40).parse().unwrap(),
        run: Some(RunId(1)),
        attempt: 1,
        workflow: None,
        artifact: None,
        entry: "report".to_owned(),
        sha256: format!("{}-{}", report.tool.name, report.format),
        fork: false,
        url: None,
        at: Timestamp(9),
    };
    Received { report, origin }
}

fn report(tool: &str, format: &str, findings: impl IntoIterator<Item = Finding>) -> Report {
    let mut report = Report::new(format, Tool { name: tool.into(), version: None });
    report.findings.extend(findings);
    report
}

/// A vulnerability of a package `name@version` or `pkg:…`, or of none.
fn vulnerable(names: &[&str], package: &str, severity: Severity) -> Finding {
    let rule = Arc::new(Rule::named(names[0]));
    let mut finding = Finding::new(Category::Vulnerability, severity, rule);
    let aliases = names[1..].iter().map(|name| Box::from(*name)).collect();
    finding.advisory = Some(Box::new(Advisory { aliases, ..Advisory::default() }));
    let at = package.rfind('@').filter(|at| *at > 0);
    let (name, version) = at.map_or((package, ""), |at| (&package[..at], &package[at + 1..]));
    let version = version.split('?').next().unwrap();
    let purl = package.starts_with("pkg:").then(|| package.into());
    finding.package = (!package.is_empty()).then(|| {
        let name = if purl.is_some() { name.rsplit('/').next().unwrap() } else { name };
        Box::new(Package { purl, name: name.into(), version: version.into() })
    });
    finding
}

fn code(rule: &str, file: &str, line: u32) -> Finding {
    let mut finding = Finding::new(Category::Code, Severity::High, Arc::new(Rule::named(rule)));
    finding.place = Some(at(file, line));
    finding
}

fn weakness(rule: &str, cwe: u32, file: &str, line: u32) -> Finding {
    let rule = Rule { cwe: vec![cwe], ..Rule::named(rule) };
    Finding { rule: Arc::new(rule), ..code("", file, line) }
}

fn secret(rule: &str, file: &str, line: u32, mark: Option<&str>) -> Finding {
    let mut finding = Finding::new(Category::Secret, Severity::Unknown, Arc::new(Rule::named(rule)));
    finding.place = Some(at(file, line));
    finding.secret = Some(Secret { verified: None, mark: mark.map(Into::into) });
    finding
}

fn at(file: &str, line: u32) -> Place {
    Place { file: file.into(), line: Some(line), end_line: None, column: None, pseudo: false }
}

fn waiver(id: &str, only: Option<&str>, until: Date) -> Waiver {
    Waiver {
        id: id.to_owned(),
        only: only.map(ToOwned::to_owned),
        until,
        reason: "tests".to_owned(),
        by: "alice".to_owned(),
    }
}

/// Whether everything that this gate asks for holds.
fn passes(gate: &Gate, world: &World) -> bool {
    let conditions = gate.judge(&world.stand().tally);
    conditions.iter().all(|it| it.requirement.verdict == crate::requirement::Verdict::Holds)
}
