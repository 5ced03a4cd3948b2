//! GitHub's own alerts, as if each kind of them were the report of a tool.
//!
//! What is open is a finding; what somebody dismissed is one that is let through, with why; what is fixed is
//! none. The lists are `GET /repos/{owner}/{repo}/code-scanning/alerts`, `…/dependabot/alerts` and
//! `…/secret-scanning/alerts` of GitHub's REST API, the last with `hide_secret=true`; and even where a secret
//! comes along, it is not read.

use serde::Deserialize;

use super::dependency::{Vulnerable, aliases, rated};
use super::input::Result;
use super::input::json::Json;
use super::input::loose::{count, lenient, number, text};
use super::package_url::{ecosystem, package};
use super::{Advisory, Category, Draft, Finding, Limits, Marker, Report, Rule, Severity, Suppression, place};

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

    /// GitHub has no such alerts to give: the feature is off, nothing was ever analysed, or we may not look.
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
struct CodeAlert {
    #[serde(flatten)]
    fate: Fate,
    #[serde(deserialize_with = "lenient")]
    rule: CodeRule,
    #[serde(deserialize_with = "lenient")]
    tool: Named,
    #[serde(deserialize_with = "lenient")]
    most_recent_instance: Instance,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CodeRule {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    security_severity_level: String,
    #[serde(deserialize_with = "text")]
    description: String,
    #[serde(deserialize_with = "text")]
    help_uri: String,
    #[serde(deserialize_with = "lenient")]
    tags: Vec<String>,
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
struct Instance {
    #[serde(deserialize_with = "lenient")]
    message: Message,
    #[serde(deserialize_with = "lenient")]
    location: Location,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(deserialize_with = "text")]
    text: String,
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

/// Tools whose alerts are about style, whatever level they give them.
const STYLE: &[&str] = &["ruff", "flake8", "eslint", "hadolint", "yamllint", "shellcheck", "clippy"];

impl CodeRule {
    /// What is tagged, and not with anything of security, is about quality.
    fn category(&self, tool: &str) -> Category {
        const SECURITY: &[&str] = &["security", "vulnerability", "secret", "misconfiguration", "cwe"];
        let tagged = |word: &str| self.tags.iter().any(|tag| tag.to_lowercase().contains(word));
        let is_style = STYLE.contains(&tool.to_lowercase().as_str());
        let is_quality = !self.tags.is_empty() && !SECURITY.iter().any(|word| tagged(word));
        match self.security_severity_level.as_str() {
            _ if tagged("secret") => Category::Secret,
            "" if is_style || is_quality => Category::Lint,
            _ => Category::Code,
        }
    }

    fn word(&self) -> &str {
        if self.security_severity_level.is_empty() { &self.severity } else { &self.security_severity_level }
    }

    fn severity(&self) -> Severity {
        match self.word() {
            "error" => Severity::High,
            "warning" => Severity::Medium,
            "note" => Severity::Low,
            word => rated(word),
        }
    }

    /// Some rules quote the password that they found: Bandit's B105 to B107, and scanners of secrets.
    fn quotes_secrets(&self, category: Category) -> bool {
        category == Category::Secret || ["B105", "B106", "B107"].iter().any(|id| self.id.starts_with(id))
    }
}

impl CodeAlert {
    fn finding(self, draft: &mut Draft) -> Option<Finding> {
        let (rule, instance) = (self.rule, self.most_recent_instance);
        if self.fate.is_over() {
            return None;
        }
        let category = rule.category(&self.tool.name);
        let cwe = rule.tags.iter().filter_map(|tag| tag.strip_prefix("external/cwe/cwe-"));
        let shared = draft.rule(Rule {
            id: rule.id.as_str().into(),
            title: rule.description.as_str().into(),
            cwe: super::weakness::weaknesses(cwe),
            url: (!rule.help_uri.is_empty()).then(|| rule.help_uri.as_str().into()),
        });
        let mut finding = Finding::new(category, rule.severity(), shared);
        finding.native = (!rule.word().is_empty()).then(|| draft.text(rule.word()));
        let quoted = rule.quotes_secrets(category);
        finding.message = draft.message(if quoted { &rule.description } else { &instance.message.text });
        finding.target = (!self.tool.name.is_empty()).then(|| draft.text(&self.tool.name));
        finding.secret = (category == Category::Secret).then(|| draft.secret(None, None));
        finding.place = place(draft, &instance.location.path, instance.location.start_line);
        if let Some(place) = &mut finding.place {
            let (start, end) = (instance.location.start_line, instance.location.end_line);
            place.end_line = end.filter(|end| *end > 0 && Some(*end) != start);
            place.column = instance.location.start_column.filter(|column| *column > 0);
        }
        self.fate.settle(&mut finding, draft);
        Some(finding)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DependencyAlert {
    #[serde(flatten)]
    fate: Fate,
    #[serde(deserialize_with = "lenient")]
    dependency: Dependency,
    #[serde(deserialize_with = "lenient")]
    security_advisory: Known,
    #[serde(deserialize_with = "lenient")]
    security_vulnerability: Affected,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency {
    #[serde(deserialize_with = "lenient")]
    package: Named,
    #[serde(deserialize_with = "text")]
    manifest_path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Known {
    #[serde(deserialize_with = "text")]
    ghsa_id: String,
    #[serde(deserialize_with = "text")]
    cve_id: String,
    #[serde(deserialize_with = "text")]
    summary: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "lenient")]
    cvss: Score,
    #[serde(deserialize_with = "lenient")]
    cvss_severities: Scores,
    #[serde(deserialize_with = "lenient")]
    epss: Epss,
    #[serde(deserialize_with = "lenient")]
    cwes: Vec<Weakness>,
    #[serde(deserialize_with = "lenient")]
    identifiers: Vec<Identifier>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scores {
    #[serde(deserialize_with = "lenient")]
    cvss_v3: Score,
    #[serde(deserialize_with = "lenient")]
    cvss_v4: Score,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score {
    #[serde(deserialize_with = "number")]
    score: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Epss {
    #[serde(deserialize_with = "number")]
    percentage: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Weakness {
    #[serde(deserialize_with = "text")]
    cwe_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier {
    #[serde(deserialize_with = "text")]
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected {
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    vulnerable_version_range: String,
    #[serde(deserialize_with = "lenient")]
    first_patched_version: Patched,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Patched {
    #[serde(deserialize_with = "text")]
    identifier: String,
}

impl DependencyAlert {
    fn finding(self, draft: &mut Draft) -> Option<Finding> {
        if self.fate.is_over() {
            return None;
        }
        let Self { fate, dependency, security_advisory: known, security_vulnerability: affected } = self;
        let id = if known.ghsa_id.is_empty() { known.cve_id.clone() } else { known.ghsa_id };
        let others = known.identifiers.iter().map(|one| one.value.as_str()).chain([known.cve_id.as_str()]);
        let fixed = Some(affected.first_patched_version.identifier).filter(|version| !version.is_empty());
        let scores = [known.cvss_severities.cvss_v4, known.cvss_severities.cvss_v3, known.cvss];
        let advisory = Advisory {
            aliases: aliases(&id, others),
            fix_state: Some(draft.text(if fixed.is_some() { "fixed" } else { "not-fixed" })),
            fixed: fixed.iter().map(|version| version.as_str().into()).collect(),
            // A score that nobody gave is written as 0.
            score: scores.into_iter().find_map(|one| one.score.filter(|score| *score > 0.0)),
            epss: known.epss.percentage,
            kev: false,
        };
        // The advisory may be worse for another of the packages that it is about.
        let word = if affected.severity.is_empty() { known.severity } else { affected.severity };
        let named = dependency.package;
        let vulnerable = Vulnerable {
            package: package(ecosystem(&named.ecosystem), &named.name, ""),
            url: format!("https://github.com/advisories/{id}"),
            title: known.summary,
            cwe: known.cwes.into_iter().map(|one| one.cwe_id).collect(),
            severity: rated(&word),
            word,
            advisory,
            id,
        };
        let mut finding = vulnerable.finding(draft);
        let fix = fixed.map_or_else(String::new, |version| format!("; fixed in {version}"));
        let message = format!("{} {} is affected{fix}", named.name, affected.vulnerable_version_range);
        finding.message = draft.message(&message);
        finding.place = place(draft, &dependency.manifest_path, None);
        fate.settle(&mut finding, draft);
        Some(finding)
    }
}

/// An alert about a secret. Its `secret` is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecretAlert {
    #[serde(flatten)]
    fate: Fate,
    #[serde(deserialize_with = "text")]
    secret_type: String,
    #[serde(deserialize_with = "text")]
    secret_type_display_name: String,
    #[serde(deserialize_with = "text")]
    validity: String,
    #[serde(deserialize_with = "lenient")]
    publicly_leaked: bool,
    #[serde(deserialize_with = "lenient")]
    first_location_detected: Location,
}

impl SecretAlert {
    fn finding(self, draft: &mut Draft) -> Option<Finding> {
        if self.fate.is_over() {
            return None;
        }
        let verified = match self.validity.as_str() {
            "active" => Some(true),
            "inactive" => Some(false),
            _ => None,
        };
        let severity = if verified == Some(true) { Severity::Critical } else { Severity::High };
        let title = self.secret_type_display_name;
        let rule = draft.rule(Rule { title: title.as_str().into(), ..Rule::named(&self.secret_type) });
        let mut finding = Finding::new(Category::Secret, severity, rule);
        let leaked = if self.publicly_leaked { ", leaked in public" } else { "" };
        finding.message = draft.message(&format!("{title}{leaked}"));
        let Location { path, start_line, .. } = self.first_location_detected;
        finding.place = place(draft, &path, start_line);
        finding.secret = Some(draft.secret(None, verified));
        self.fate.settle(&mut finding, draft);
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::State;

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
