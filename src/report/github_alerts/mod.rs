//! GitHub's own alerts, as if each kind of them were the report of a tool.
//!
//! What is open is a finding; what somebody dismissed is one that is let through, with why; what is fixed is
//! none. The lists are `GET /repos/{owner}/{repo}/code-scanning/alerts`, `…/dependabot/alerts` and
//! `…/secret-scanning/alerts` of GitHub's REST API, the last with `hide_secret=true`; and even where a secret
//! comes along, it is not read.

mod code;
mod dependency;
mod secret;

use serde::Deserialize;

use super::input::Result;
use super::input::json::Json;
use super::input::loose::{count, text};
use super::{Draft, Finding, Limits, Marker, Report, State, Suppression};
use code::CodeAlert;
use dependency::DependencyAlert;
use secret::SecretAlert;

/// Which alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of `CodeQL` and of every tool whose SARIF was uploaded to GitHub.
    CodeScanning,
    /// Of vulnerable dependencies.
    Dependabot,
    /// Of secrets in the history.
    SecretScanning,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CodeScanning, Self::Dependabot, Self::SecretScanning];

    /// The name of the tool, as a policy writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeScanning => "code-scanning",
            Self::Dependabot => "dependabot",
            Self::SecretScanning => "secret-scanning",
        }
    }
}

/// The alerts of one kind, while their pages come.
#[derive(Debug)]
pub struct Alerts {
    kind: Kind,
    limits: Limits,
    draft: Draft,
}

impl Alerts {
    /// None yet.
    pub fn new(kind: Kind, limits: &Limits, marker: &Marker) -> Self {
        let mut draft = Draft::new(kind.as_str(), limits, marker);
        draft.begin(kind.as_str());
        Self { kind, limits: *limits, draft }
    }

    /// Takes in one page, the body of one answer, and tells how many alerts were on it.
    ///
    /// # Errors
    /// It is no list of alerts: an answer that tells of an error is not "no alerts".
    pub fn page(&mut self, mut body: &[u8]) -> Result<u64> {
        let (kind, draft) = (self.kind, &mut self.draft);
        let mut json = Json::new(&mut body, self.limits);
        if json.peek()? == super::input::json::Kind::Null {
            return Err(super::input::Fault::new("GitHub answered without a list of alerts."));
        }
        let mut alerts = 0;
        json.list(|json| {
            alerts += 1;
            let finding = match kind {
                Kind::CodeScanning => json.read::<CodeAlert>()?.finding(draft),
                Kind::Dependabot => json.read::<DependencyAlert>()?.finding(draft),
                Kind::SecretScanning => json.read::<SecretAlert>()?.finding(draft),
            };
            if let Some(finding) = finding {
                draft.add(finding);
            }
            Ok(())
        })?;
        json.end()?;
        Ok(alerts)
    }

    /// Not every page came.
    pub fn incomplete(&mut self, why: impl Into<String>) {
        self.draft.partial(why);
    }

    /// GitHub shows none: the feature is off, or we may not look. That is nobody's scan that failed.
    pub fn withheld(&mut self, why: impl Into<String>) {
        self.draft.report().state = State::Withheld { why: why.into() };
    }

    /// Nothing was analysed, or what GitHub answered cannot be read.
    pub fn unavailable(&mut self, why: impl Into<String>) {
        self.draft.scan_failed(why);
    }

    /// The report.
    pub fn finish(mut self) -> Report {
        self.draft.report().clone()
    }
}

/// What became of an alert.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fate {
    #[serde(deserialize_with = "text")]
    number: String,
    #[serde(deserialize_with = "text")]
    state: String,
    #[serde(deserialize_with = "text")]
    dismissed_reason: String,
    #[serde(deserialize_with = "text")]
    dismissed_comment: String,
    #[serde(deserialize_with = "text")]
    resolution: String,
    #[serde(deserialize_with = "text")]
    resolution_comment: String,
}

impl Fate {
    /// Whether there is nothing left to find. A state that we do not know leaves it open.
    fn is_over(&self) -> bool {
        self.state == "fixed" || (self.state == "resolved" && self.resolution == "revoked")
    }

    fn settle(&self, finding: &mut Finding, draft: &mut Draft) {
        finding.tool_fingerprint = (!self.number.is_empty()).then(|| self.number.as_str().into());
        let (why, comment) = match self.state.as_str() {
            "dismissed" | "auto_dismissed" => (&self.dismissed_reason, &self.dismissed_comment),
            "resolved" => (&self.resolution, &self.resolution_comment),
            _ => return,
        };
        let kind = if why.is_empty() { &self.state } else { why };
        finding.suppressed =
            Some(Box::new(Suppression { kind: draft.text(kind), reason: draft.message(comment) }));
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    ecosystem: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    #[serde(deserialize_with = "text")]
    path: String,
    #[serde(deserialize_with = "count")]
    start_line: Option<u32>,
    #[serde(deserialize_with = "count")]
    end_line: Option<u32>,
    #[serde(deserialize_with = "count")]
    start_column: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::State;
    use crate::report::{Category, Severity};

    fn alerts(kind: Kind, pages: &[&str]) -> Report {
        let mut alerts = Alerts::new(kind, &Limits::default(), &Marker::new(&[3; 32]));
        for page in pages {
            alerts.page(page.as_bytes()).unwrap();
        }
        alerts.finish()
    }

    #[test]
    fn what_is_fixed_is_no_finding_and_what_is_dismissed_is_let_through() {
        let alert = |number: u32, rest: &str| {
            format!(
                r#"[{{"number":{number},{rest},"rule":{{"id":"js/xss","severity":"error","security_severity_level":"medium",
                "description":"Cross-site scripting","tags":["security","external/cwe/cwe-079"]}},"tool":{{"name":"CodeQL"}},
                "most_recent_instance":{{"message":{{"text":"It is written unescaped."}},"location":
                {{"path":"src/a.js","start_line":3,"end_line":5,"start_column":2}}}}}}]"#
            )
        };
        let report = alerts(
            Kind::CodeScanning,
            &[
                &alert(1, r#""state":"open""#),
                &alert(2, r#""state":"fixed""#),
                &alert(
                    3,
                    r#""state":"dismissed","dismissed_reason":"won't fix","dismissed_comment":"a test""#,
                ),
            ],
        );
        assert_eq!((&*report.tool.name, &report.state), ("code-scanning", &State::Ok));
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        let finding = &report.findings[0];
        assert_eq!((finding.category, finding.severity), (Category::Code, Severity::Medium));
        assert_eq!((finding.rule.cwe.as_slice(), &*finding.message), (&[79][..], "It is written unescaped."));
        assert_eq!(finding.place.as_ref().unwrap().end_line, Some(5));
        let why = report.findings[1].suppressed.as_ref().unwrap();
        assert_eq!((&*why.kind, &*why.reason), ("won't fix", "a test"));
    }

    #[test]
    fn quality_and_style_are_no_security() {
        for (rule, tool, category) in [
            (r#"{"id":"js/unused","severity":"note","tags":["maintainability"]}"#, "CodeQL", Category::Lint),
            (r#"{"id":"E501","severity":"error"}"#, "Ruff", Category::Lint),
            (r#"{"id":"S602","severity":"error"}"#, "Ruff", Category::Code),
            (r#"{"id":"Security/Eval","severity":"error"}"#, "RuboCop", Category::Code),
            (r#"{"id":"x","severity":"error"}"#, "Else", Category::Code),
            (
                r#"{"id":"y","security_severity_level":"high","tags":["correctness"]}"#,
                "CodeQL",
                Category::Code,
            ),
        ] {
            let text = format!(r#"[{{"state":"open","rule":{rule},"tool":{{"name":"{tool}"}}}}]"#);
            assert_eq!(alerts(Kind::CodeScanning, &[&text]).findings[0].category, category, "{rule}");
        }
    }

    #[test]
    fn a_vulnerable_dependency_is_told_with_all_that_is_known() {
        let report = alerts(
            Kind::Dependabot,
            &[r#"[{"number":1,"state":"open","dependency":{"package":{"ecosystem":"pip","name":"Django"},
            "manifest_path":"/requirements.txt"},"security_advisory":{"ghsa_id":"GHSA-a","cve_id":"CVE-1","summary":"SQL injection",
            "severity":"critical","cvss":{"score":0},"cvss_severities":{"cvss_v3":{"score":9.8}},"epss":{"percentage":0.2},
            "cwes":[{"cwe_id":"CWE-89"}],"identifiers":[{"type":"GHSA","value":"GHSA-a"},{"type":"CVE","value":"CVE-1"}]},
            "security_vulnerability":{"severity":"high","vulnerable_version_range":"< 3.2.13","first_patched_version":
            {"identifier":"3.2.13"}}},{"number":2,"state":"auto_dismissed","security_advisory":{"severity":"low"}}]"#],
        );
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        let finding = &report.findings[0];
        assert_eq!(
            (finding.severity, &*finding.message),
            (Severity::High, "Django < 3.2.13 is affected; fixed in 3.2.13")
        );
        assert_eq!(finding.package.as_ref().unwrap().purl.as_deref(), Some("pkg:pypi/django"));
        let advisory = finding.advisory.as_ref().unwrap();
        assert_eq!((advisory.score, advisory.epss), (Some(9.8), Some(0.2)));
        assert_eq!(advisory.aliases, ["CVE-1".into()]);
    }

    #[test]
    fn a_secret_that_comes_along_is_dropped() {
        let report = alerts(
            Kind::SecretScanning,
            &[
                r#"[{"number":7,"state":"open","secret":"hunter2","secret_type":"aws","secret_type_display_name":"AWS key",
            "validity":"active","first_location_detected":{"path":"a.py","start_line":3}},
            {"number":8,"state":"resolved","resolution":"revoked","secret":"hunter2"},
            {"number":9,"state":"resolved","resolution":"used_in_tests","secret":"hunter2"}]"#,
            ],
        );
        assert!(!format!("{report:?}").contains("hunter2"));
        assert_eq!((report.counts.findings, report.counts.suppressed), (2, 1));
        assert_eq!(report.findings[0].severity, Severity::Critical);
    }

    #[test]
    fn an_answer_that_tells_of_an_error_is_not_no_alerts() {
        for body in [r#"{"message":"Not Found"}"#, "null", "", "[{", "[] []"] {
            let mut alerts = Alerts::new(Kind::Dependabot, &Limits::default(), &Marker::new(&[3; 32]));
            assert!(alerts.page(body.as_bytes()).is_err(), "{body}");
        }
        let mut alerts = Alerts::new(Kind::Dependabot, &Limits::default(), &Marker::new(&[3; 32]));
        assert_eq!(alerts.page(b"[]").unwrap(), 0);
        alerts.unavailable("Dependabot alerts are disabled for this repository.");
        assert!(matches!(alerts.finish().state, State::ScanFailed { .. }));
    }
}
