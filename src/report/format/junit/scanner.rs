//! Scanners that write their findings as failing tests: they are told by the names of their suites.

use super::Case;
use crate::report::{Advisory, Category, Draft, Finding, Package, Place, Rule, Severity, place};

/// A scanner that writes `JUnit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scanner {
    Semgrep,
    Gitleaks,
    Trivy,
    Mypy,
    Ruff,
    DependencyCheck,
}

impl Scanner {
    /// The one that names its outermost suite so, in lower case.
    pub(super) fn of(suite: &str) -> Option<Self> {
        match suite {
            "semgrep results" | "semgrep" => Some(Self::Semgrep),
            "gitleaks" => Some(Self::Gitleaks),
            "trivy" => Some(Self::Trivy),
            "mypy" => Some(Self::Mypy),
            "ruff" => Some(Self::Ruff),
            "dependency-check" => Some(Self::DependencyCheck),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Semgrep => "semgrep",
            Self::Gitleaks => "gitleaks",
            Self::Trivy => "trivy",
            Self::Mypy => "mypy",
            Self::Ruff => "ruff",
            Self::DependencyCheck => "dependency-check",
        }
    }

    /// What a failing case is a finding of.
    pub(super) fn finding(self, case: &Case, suite: &str, draft: &mut Draft) -> Finding {
        let mut finding = match self {
            Self::Semgrep => semgrep(case, draft),
            Self::Gitleaks => gitleaks(case, draft),
            Self::Trivy => trivy(case, suite, draft),
            Self::Mypy => new(Category::Type, Severity::Unknown, "mypy", &case.message, draft),
            Self::Ruff => ruff(case, draft),
            Self::DependencyCheck => dependency_check(case, suite, draft),
        };
        finding.native = Some(draft.text(case.outcome.as_str()));
        finding
    }
}

fn new(category: Category, severity: Severity, rule: &str, message: &str, draft: &mut Draft) -> Finding {
    let rule = draft.rule(Rule::named(rule));
    let message = draft.message(message);
    Finding { message, ..Finding::new(category, severity, rule) }
}

/// The rule is the case, how bad it is the failure's type.
fn semgrep(case: &Case, draft: &mut Draft) -> Finding {
    let severity = match case.kind.trim() {
        "CRITICAL" => Severity::Critical,
        "ERROR" | "HIGH" => Severity::High,
        "WARNING" | "MEDIUM" => Severity::Medium,
        "INFO" | "LOW" => Severity::Low,
        _ => Severity::Unknown,
    };
    let secret = case.name.contains("secrets.");
    let category = if secret { Category::Secret } else { Category::Code };
    // A rule about secrets may quote what it matched.
    let message = if secret { "A secret was found." } else { case.message.as_str() };
    let mut finding = new(category, severity, &case.name, message, draft);
    finding.secret = secret.then(|| draft.secret(None, None));
    let file = if case.file.is_empty() { &case.class } else { &case.file };
    finding.place = place(draft, file, case.line);
    finding
}

/// `test-rule has detected a secret in file auth.py, line 1, at commit …`; the class is what the rule is about.
fn gitleaks(case: &Case, draft: &mut Draft) -> Finding {
    let id = case.message.split_once(" has detected").map_or(case.kind.as_str(), |(id, _)| id);
    let line = case.message.split_once(", line ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
    let rule = draft.rule(Rule { id: id.into(), title: case.class.trim().into(), ..Rule::default() });
    let mut finding = Finding::new(Category::Secret, Severity::Unknown, rule);
    finding.place = place(draft, &case.file, line);
    finding.secret = Some(draft.secret(None, None));
    finding
}

/// `[MEDIUM] CVE-2019-1549` of the class `libcrypto1.1-1.1.1c-r0`, in a suite that is the target.
fn trivy(case: &Case, suite: &str, draft: &mut Draft) -> Finding {
    let rated = case.name.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (word, id) = rated.unwrap_or(("", &case.name));
    let severity = Severity::from_word(word).unwrap_or(Severity::Unknown);
    let id = id.trim();
    let known =
        ["CVE-", "GHSA-", "TEMP-", "DLA-", "DSA-", "RUSTSEC-", "GO-", "PYSEC-", "ALAS", "ELSA-", "RHSA-"];
    let is_vulnerability = known.iter().any(|start| id.starts_with(start));
    let category = if is_vulnerability { Category::Vulnerability } else { Category::Misconfiguration };
    let rule = draft.rule(Rule { id: id.into(), title: case.message.as_str().into(), ..Rule::default() });
    let mut finding = Finding::new(category, severity, rule);
    finding.package = is_vulnerability.then(|| Box::new(package(&case.class)));
    let suite = suite.trim();
    finding.target = (!suite.is_empty()).then(|| draft.text(suite));
    let file = place(draft, suite, None);
    finding.place = file.map(|file| Place { pseudo: is_vulnerability, ..file });
    finding
}

/// `name-version`: the version begins at the first digit after a dash.
fn package(written: &str) -> Package {
    let dash = written.match_indices('-').map(|(at, _)| at);
    let digit = |at: &usize| written.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
    let (name, version) = match dash.into_iter().find(digit) {
        Some(at) => (written.get(..at).unwrap_or(written), written.get(at + 1..).unwrap_or_default()),
        None => (written, ""),
    };
    Package { purl: None, name: name.into(), version: version.into() }
}

/// `org.ruff.F401` of the class that is the file.
fn ruff(case: &Case, draft: &mut Draft) -> Finding {
    let id = case.name.strip_prefix("org.ruff.").unwrap_or(&case.name);
    let security =
        id.strip_prefix('S').is_some_and(|number| number.len() == 3 && number.parse::<u16>().is_ok());
    let category = if security { Category::Code } else { Category::Lint };
    // S105 to S107 may quote a password.
    let quotes = matches!(id, "S105" | "S106" | "S107");
    let message =
        if quotes { case.message.split([':', '"']).next().unwrap_or_default() } else { &case.message };
    let mut finding = new(category, Severity::Unknown, id, message, draft);
    let file = if case.file.is_empty() { &case.class } else { &case.file };
    finding.place = place(draft, file, case.line);
    finding
}

/// `CVE-…` in a suite that is the dependency, with `cvssV3: HIGH, score: 7.5 (…)` for a message.
fn dependency_check(case: &Case, suite: &str, draft: &mut Draft) -> Finding {
    let rated = case.message.split_once(": ").and_then(|(_, rest)| rest.split(',').next());
    let severity = rated.and_then(Severity::from_word).unwrap_or(Severity::Unknown);
    let score = case.message.split_once("score: ").and_then(|(_, rest)| rest.split_whitespace().next());
    let score = score.and_then(|score| score.trim_end_matches(',').parse().ok());
    let mut finding = new(Category::Vulnerability, severity, case.name.trim(), &case.message, draft);
    finding.advisory = Some(Box::new(Advisory { score, ..Advisory::default() }));
    let named = Package { name: suite.trim().into(), ..Package::default() };
    finding.package = (!named.name.is_empty()).then(|| Box::new(named));
    finding
}
