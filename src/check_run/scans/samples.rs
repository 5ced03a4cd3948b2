//! Commits with reports, as the tests show them.

use std::sync::Arc;

use super::Gated;
use crate::clock::Timestamp;
use crate::ids::{CommitSha, RunId};
use crate::report::{
    Advisory, Category, Compared, Condition, Coverage, CoverageFact, Finding, Fingerprint, Novelties,
    Novelty, Origin, Package, Place, Problem, ReportFact, Row, Rule, Said, Severity, SignatureFact, Standing,
    State, Suppression, Tally, TestTotals, Tool, Waiver, WaiverNews, Way,
};
use crate::requirement::{Code, Requirement};

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T09:15:00Z").unwrap()
}

pub(crate) fn commit() -> CommitSha {
    "3f2a9c1d00000000000000000000000000000001".parse().unwrap()
}

pub(crate) fn tool(name: &str, version: &str) -> Tool {
    Tool { name: name.into(), version: (!version.is_empty()).then(|| version.into()) }
}

/// A report in which nothing was found.
pub(crate) fn row(name: &str, version: &str) -> Row {
    Row {
        tool: tool(name, version),
        target: None,
        state: State::Ok,
        notes: Vec::new(),
        origin: Origin {
            way: Way::Artifact,
            commit: commit(),
            run: Some(RunId(7)),
            attempt: 1,
            workflow: Some("security.yml".to_owned()),
            artifact: Some(format!("{name}-report")),
            entry: format!("{name}.json"),
            sha256: "ab".repeat(32),
            fork: false,
            url: Some("https://github.example/acme/shop/actions/runs/7".to_owned()),
            at: now(),
        },
        counts: Severity::ALL.into_iter().map(|severity| (severity, 0)).collect(),
        new: 0,
        existing: 0,
        fixed: 0,
        waived: 0,
        baseline: Some(Compared {
            commit: "abc1234000000000000000000000000000000002".parse().unwrap(),
            at: Timestamp::parse("2026-11-19T09:15:00Z").unwrap(),
        }),
        tests: None,
        coverage: None,
        inventory: None,
        signature: SignatureFact::None,
        id: None,
        waiver: None,
    }
}

/// A vulnerable package.
pub(crate) fn vulnerability(id: &str, severity: Severity, package: &str, fixed: &[&str]) -> Problem {
    let (name, version) = package.split_once(' ').unwrap();
    let mut finding = Finding::new(Category::Vulnerability, severity, Arc::new(Rule::named(id)));
    finding.package = Some(Box::new(Package { purl: None, name: name.into(), version: version.into() }));
    finding.target = Some("package-lock.json".into());
    let fixed = fixed.iter().map(|version| (*version).into()).collect();
    finding.advisory = Some(Box::new(Advisory { fixed, ..Advisory::default() }));
    problem(id, finding, &[("trivy", severity)])
}

/// A weakness at a line.
pub(crate) fn weakness(rule: &str, title: &str, severity: Severity, file: &str, line: u32) -> Problem {
    let named = Rule { title: title.into(), ..Rule::named(rule) };
    let mut finding = Finding::new(Category::Code, severity, Arc::new(named));
    finding.message = format!("{title} here").into();
    finding.place =
        Some(Place { file: file.into(), line: Some(line), end_line: None, column: None, pseudo: false });
    problem(&format!("{rule}-{line:04x}"), finding, &[("semgrep", severity)])
}

pub(crate) fn problem(id: &str, finding: Finding, said: &[(&str, Severity)]) -> Problem {
    let mut fingerprint = [0; 16];
    for (slot, byte) in fingerprint.iter_mut().zip(id.bytes()) {
        *slot = byte;
    }
    Problem {
        id: id.to_owned(),
        aliases: Vec::new(),
        fingerprint: Fingerprint(fingerprint),
        severity: finding.weight(),
        finding,
        said: said
            .iter()
            .map(|(tool, severity)| Said { tool: (*tool).into(), severity: *severity, native: None })
            .collect(),
        novelty: Novelty::New,
        fork: false,
        waiver: None,
    }
}

/// The same, in the baseline too.
pub(crate) fn old(problem: Problem) -> Problem {
    Problem { novelty: Novelty::Existing, ..problem }
}

pub(crate) fn standing(rows: Vec<Row>, open: Vec<Problem>) -> Standing {
    let mut tally = Tally::default();
    for row in &rows {
        tally.reports.push(ReportFact {
            tool: row.tool.clone(),
            format: "sarif".into(),
            target: row.target.clone(),
            state: row.state.clone(),
            end_of_life: None,
            looked_at_nothing: false,
            sha256: row.origin.sha256.clone(),
            fork: row.origin.fork,
            answers_to: vec![row.tool.name.to_string()],
            platform: None,
            signature: row.signature.clone(),
            id: None,
            waived_until: None,
        });
    }
    for problem in open.iter().filter(|problem| problem.finding.category.is_security()) {
        let count: &mut Novelties = tally.open.entry(problem.severity).or_default();
        match problem.novelty {
            Novelty::New => count.new += 1,
            Novelty::Unknown => count.unknown += 1,
            Novelty::Existing => count.existing += 1,
        }
    }
    Standing {
        tally,
        rows,
        open,
        fixed: Vec::new(),
        waived: Vec::new(),
        suppressed: Vec::new(),
        of_forks: Vec::new(),
        waivers: WaiverNews::default(),
        passed_over: Vec::new(),
    }
}

pub(crate) fn gated(environment: &str, conditions: Vec<Condition>) -> Gated {
    Gated { environments: vec![environment.parse().unwrap()], conditions }
}

pub(crate) fn holds(title: &str, actual: &str) -> Condition {
    Condition {
        title: title.to_owned(),
        actual: actual.to_owned(),
        requirement: Requirement::holds(title, actual),
        decided_by: vec!["trivy".into()],
    }
}

pub(crate) fn fails(title: &str, actual: &str, code: Code, sentence: &str) -> Condition {
    Condition { requirement: Requirement::fails(title, code, sentence), ..holds(title, actual) }
}

/// Five reports, and nothing in them.
pub(crate) fn clean() -> (Standing, Vec<Gated>) {
    let mut tests = row("junit", "");
    tests.tests = Some(TestTotals { cases: 214, passed: 212, failed: 0, errored: 0, skipped: 2 });
    let mut coverage = row("coverage", "7.6.1");
    coverage.coverage =
        Some(Coverage { lines_covered: 812, lines_valid: 1000, files: 31, ..Coverage::default() });
    let mut sbom = row("syft", "1.18.0");
    sbom.inventory = Some(("CycloneDX 1.6".into(), 142));
    sbom.signature = SignatureFact::Verified {
        by: "https://github.com/acme/shop/.github/workflows/build.yml@refs/heads/main".to_owned(),
        subjects: Vec::new(),
    };
    let mut trivy = row("trivy", "0.58.1");
    trivy.target = Some("shop:1.4".into());
    let rows = vec![trivy, tests, coverage.clone(), sbom, row("flake8", "7.1.0"), row("mypy", "1.13.0")];
    let mut standing = standing(rows, Vec::new());
    standing.tally.tests = Some(TestTotals { cases: 214, passed: 212, failed: 0, errored: 0, skipped: 2 });
    standing.tally.coverage = coverage.coverage.map(|now| CoverageFact { now, before: None });
    let gates = vec![gated(
        "production",
        vec![holds("no finding of HIGH or worse", "none"), holds("report: trivy", "ok")],
    )];
    (standing, gates)
}

/// New vulnerabilities that two scanners found, an old one, a fixed one, and waivers.
pub(crate) fn blocked() -> (Standing, Vec<Gated>) {
    let mut first = vulnerability("CVE-2021-23337", Severity::High, "lodash 4.17.20", &["4.17.21"]);
    first.said = vec![
        Said { tool: "grype".into(), severity: Severity::High, native: Some("High".into()) },
        Said { tool: "trivy".into(), severity: Severity::Medium, native: Some("MEDIUM".into()) },
    ];
    if let Some(advisory) = &mut first.finding.advisory {
        (advisory.kev, advisory.epss) = (true, Some(0.937));
    }
    let second = vulnerability("CVE-2020-28500", Severity::Medium, "lodash 4.17.20", &["4.17.21"]);
    let mut third = weakness("python.sqli", "SQL built from user input", Severity::High, "src/orders.py", 42);
    third.finding.rule = Arc::new(Rule {
        url: Some("https://semgrep.dev/r/python.sqli".into()),
        ..(*third.finding.rule).clone()
    });
    let open = vec![
        first,
        third,
        second,
        old(weakness("python.eval", "Use of eval", Severity::Medium, "src/admin.py", 7)),
    ];
    let mut trivy = row("trivy", "0.58.1");
    trivy.target = Some("shop:1.4".into());
    trivy.counts.extend([(Severity::High, 1), (Severity::Medium, 1)]);
    (trivy.new, trivy.fixed, trivy.waived) = (2, 1, 1);
    let mut semgrep = row("semgrep", "1.99.0");
    semgrep.counts.extend([(Severity::High, 1), (Severity::Medium, 1)]);
    (semgrep.new, semgrep.existing) = (1, 1);
    let mut standing = standing(vec![trivy, semgrep, row("ruff", "0.8.0")], open);
    standing.fixed = vec![vulnerability("CVE-2019-10744", Severity::Critical, "minimist 1.2.0", &["1.2.6"])];
    let waiver = Waiver {
        id: "CVE-2022-0001".to_owned(),
        only: Some("pkg:npm/qs".to_owned()),
        until: "2026-12-01".parse().unwrap(),
        reason: "not reachable".to_owned(),
        by: "alice".to_owned(),
    };
    let mut let_through = vulnerability("CVE-2022-0001", Severity::High, "qs 6.5.2", &[]);
    let_through.waiver = Some(waiver.clone());
    standing.waived = vec![let_through];
    let mut silenced = weakness("B105", "Hard-coded password", Severity::Low, "tests/fixtures.py", 3);
    silenced.finding.suppressed =
        Some(Box::new(Suppression { kind: "inSource".into(), reason: "test data".into() }));
    standing.suppressed = vec![silenced];
    let old_waiver = Waiver {
        id: "CVE-2018-1".to_owned(),
        until: "2026-01-01".parse().unwrap(),
        only: None,
        ..waiver.clone()
    };
    standing.waivers =
        WaiverNews { expired: vec![old_waiver], expiring: vec![waiver], unmatched: Vec::new() };
    let high = fails(
        "no new finding of HIGH or worse",
        "2 HIGH",
        Code::FindingsHigh,
        "2 new findings are HIGH; mend them, or waive them with /waive.",
    );
    let gates = vec![
        gated("production", vec![high.clone(), holds("report: trivy", "ok")]),
        gated("staging", vec![high]),
    ];
    (standing, gates)
}

/// One scanner that failed, one that looked at half, and one that is missing.
pub(crate) fn partial() -> (Standing, Vec<Gated>) {
    let mut npm = row("npm-audit", "");
    npm.state = State::ScanFailed {
        why: "The registry answered 405; npm audit looked at nothing. Use a registry that has the endpoint."
            .to_owned(),
    };
    npm.baseline = None;
    let mut semgrep = row("semgrep", "1.99.0");
    semgrep.state = State::Partial { why: "3 files could not be parsed.".to_owned() };
    semgrep.counts.extend([(Severity::High, 1), (Severity::Unknown, 2)]);
    (semgrep.baseline, semgrep.new) = (None, 3);
    let mut open =
        vec![weakness("python.sqli", "SQL built from user input", Severity::High, "src/orders.py", 42)];
    for problem in &mut open {
        problem.novelty = Novelty::Unknown;
    }
    let missing = Condition {
        decided_by: Vec::new(),
        ..fails(
            "report: trivy",
            "missing",
            Code::ReportMissing,
            "No report of trivy came from a run on this commit; add it to the workflow, or run it again.",
        )
    };
    let failed = Condition {
        decided_by: vec!["npm-audit".into()],
        ..fails("report: npm-audit", "scan_failed", Code::ReportFailed, "npm-audit failed; see its log.")
    };
    (standing(vec![npm, semgrep], open), vec![gated("production", vec![missing, failed])])
}
