//! OWASP Dependency-Check's JSON: every dependency, with its vulnerabilities and those that were suppressed.
//!
//! Its shape is `core/src/main/resources/templates/jsonReport.vsl` of Dependency-Check.

mod xml;

use serde::Deserialize;

use super::Format;
use crate::report::dependency::{Vulnerable, aliases, rated};
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, number, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::package_url::of_purl;
use crate::report::sketch::Sketch;
use crate::report::{Advisory, Draft, Finding, Package, Place, Severity, Suppression, place};

pub(super) use xml::FORMAT as XML;

/// Dependency-Check, as JSON.
pub(super) const FORMAT: Format = Format { name: "dependency-check", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| {
        json.has(&["reportSchema"]) && (json.has(&["dependencies"]) || json.has(&["scanInfo"]))
    })
}

/// One dependency, whichever way the report is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Dependency {
    #[serde(deserialize_with = "text")]
    pub(super) file_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) file_path: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) packages: Vec<Identified>,
    pub(super) vulnerabilities: Option<Vec<Vulnerability>>,
    pub(super) suppressed_vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identified {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability {
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) severity: String,
    #[serde(deserialize_with = "text")]
    pub(super) description: String,
    #[serde(deserialize_with = "text")]
    pub(super) notes: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) cwes: Vec<String>,
    #[serde(rename = "cvssv2", deserialize_with = "lenient")]
    pub(super) v2: Cvss,
    #[serde(rename = "cvssv3", deserialize_with = "lenient")]
    pub(super) v3: Cvss,
    #[serde(rename = "cvssv4", deserialize_with = "lenient")]
    pub(super) v4: Cvss,
    #[serde(rename = "knownExploitedVulnerability", deserialize_with = "lenient")]
    pub(super) exploited: Option<Exploited>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Cvss {
    #[serde(alias = "baseScore", deserialize_with = "number")]
    pub(super) score: Option<f64>,
    #[serde(alias = "baseSeverity", deserialize_with = "text")]
    pub(super) severity: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exploited {}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Scan {
    #[serde(deserialize_with = "text")]
    engine_version: String,
    analysis_exceptions: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    #[serde(deserialize_with = "text")]
    name: String,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("dependency-check");
    let mut json = input.json();
    let (mut scan, mut project, mut dependencies) = (Scan::default(), Project::default(), None);
    json.object(|json, key| match key {
        "scanInfo" => json.read().map(|read| scan = read),
        "projectInfo" => json.read().map(|read| project = read),
        "dependencies" => {
            let mut seen = 0;
            json.list(|json: &mut Json<'_>| {
                let dependency: Dependency = json.read()?;
                seen += 1;
                dependency.add(draft);
                Ok(())
            })?;
            dependencies = Some(seen);
            Ok(())
        }
        _ => Ok(()),
    })?;
    json.end()?;
    let exceptions = scan.analysis_exceptions.map_or(0, |list| list.len());
    judge(draft, &scan.engine_version, &project.name, dependencies, exceptions)
}

/// What the whole says. A list without dependencies is a scan of nothing: of the wrong folder, mostly.
pub(super) fn judge(
    draft: &mut Draft,
    version: &str,
    project: &str,
    dependencies: Option<u64>,
    exceptions: usize,
) -> Result<()> {
    draft.tool("dependency-check", (!version.is_empty()).then_some(version));
    draft.report().target = (!project.is_empty()).then(|| project.into());
    let Some(dependencies) = dependencies else {
        return Err(Fault::new("It lists no dependencies: Dependency-Check did not finish it."));
    };
    if exceptions > 0 {
        draft.partial(format!(
            "Dependency-Check names {exceptions} errors that happened during its analysis."
        ));
    } else if dependencies == 0 {
        draft.partial("It lists no dependency: nothing was scanned. Check the folder that it is given.");
    }
    Ok(())
}

impl Dependency {
    pub(super) fn add(self, draft: &mut Draft) {
        let suppressed = self.suppressed_vulnerabilities.unwrap_or_default();
        let package = self.packages.iter().find_map(|one| of_purl(&one.id));
        let package =
            package.unwrap_or_else(|| Package { name: self.file_name.into(), ..Package::default() });
        let all = self.vulnerabilities.unwrap_or_default().into_iter().map(|one| (one, false));
        for (vulnerability, is_suppressed) in all.chain(suppressed.into_iter().map(|one| (one, true))) {
            let reason = draft.message(&vulnerability.notes);
            let mut finding = vulnerability.finding(package.clone(), draft);
            finding.place = file(draft, &self.file_path);
            if is_suppressed {
                let kind = draft.text("suppression file");
                finding.suppressed = Some(Box::new(Suppression { kind, reason }));
            }
            draft.add(finding);
        }
    }
}

/// A package in a lock file is written `package-lock.json?/express`; other files are the libraries themselves.
fn file(draft: &mut Draft, path: &str) -> Option<Place> {
    const TEXTS: &[&str] = &["json", "lock", "txt", "toml", "xml", "yaml", "yml", "mod", "gradle", "js"];
    let path = path.split('?').next().unwrap_or_default();
    let mut place = place(draft, path, None)?;
    let ending = path.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    place.pseudo = !TEXTS.contains(&ending);
    Some(place)
}

impl Vulnerability {
    /// The score that its own word is from: of the newest version of CVSS.
    fn score(&self) -> Option<f64> {
        [&self.v4, &self.v3, &self.v2].into_iter().find_map(|cvss| cvss.score)
    }

    /// Its word, else that of its newest score. Where nobody scored it, the word may be anything, `0.0` too.
    fn word(&self) -> String {
        let words = [&self.severity, &self.v4.severity, &self.v3.severity, &self.v2.severity];
        words.into_iter().find(|word| !word.is_empty()).map(|word| word.to_lowercase()).unwrap_or_default()
    }

    fn severity(&self) -> Severity {
        let scored = || {
            let newer = [&self.v4, &self.v3].into_iter().find_map(|cvss| cvss.score);
            let by_score = newer.map(Severity::from_score);
            by_score.or_else(|| self.v2.score.map(Severity::from_score_v2)).flatten()
        };
        match rated(&self.word()) {
            Severity::Unknown => scored().unwrap_or(Severity::Unknown),
            known => known,
        }
    }

    fn finding(self, package: Package, draft: &mut Draft) -> Finding {
        let advisory = Advisory {
            aliases: aliases(&self.name, []),
            score: self.score(),
            kev: self.exploited.is_some(),
            ..Advisory::default()
        };
        let url = match self.name.get(..4) {
            Some("CVE-") => format!("https://nvd.nist.gov/vuln/detail/{}", self.name),
            Some("GHSA") => format!("https://github.com/advisories/{}", self.name),
            _ => String::new(),
        };
        let vulnerable = Vulnerable {
            package,
            severity: self.severity(),
            word: self.word(),
            title: self.description,
            url,
            cwe: self.cwes,
            advisory,
            id: self.name,
        };
        vulnerable.finding(draft)
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Severity;
    use crate::report::trial::one;

    #[test]
    fn what_nobody_rated_is_known_by_its_score() {
        for (rest, severity) in [
            (r#""severity":"0.0","unscored":"true""#, Severity::Unknown),
            (r#""severity":"0.0","cvssv2":{"score":9.5}"#, Severity::High),
            (r#""cvssv2":{"score":5},"cvssv3":{"baseScore":9.8}"#, Severity::Critical),
            (r#""severity":"moderate""#, Severity::Medium),
            (r#""cvssv4":{"baseScore":"7.1"},"cvssv3":{"baseScore":9.8}"#, Severity::High),
        ] {
            let text = format!(
                r#"{{"reportSchema":"1.1","dependencies":[{{"fileName":"a.jar","vulnerabilities":[{{"name":"CVE-1",{rest}}}]}}]}}"#
            );
            assert_eq!(one(&text).findings[0].severity, severity, "{rest}");
        }
    }

    #[test]
    fn what_is_suppressed_is_told_with_why() {
        let report = one(
            r#"{"reportSchema":"1.1","scanInfo":{"engineVersion":"12.1"},"dependencies":[{"fileName":"a.jar",
            "packages":[{"id":"pkg:maven/a/b@1"}],"suppressedVulnerabilities":[{"name":"CVE-2","severity":"HIGH",
            "notes":"not used","knownExploitedVulnerability":{"dateAdded":"2021-11-03"}}]}]}"#,
        );
        assert_eq!((report.counts.findings, report.counts.suppressed), (1, 1));
        let finding = &report.findings[0];
        assert_eq!(&*finding.suppressed.as_ref().unwrap().reason, "not used");
        assert!(finding.advisory.as_ref().unwrap().kev);
        assert_eq!(&*finding.package.as_ref().unwrap().name, "a:b");
    }

    #[test]
    fn a_scan_of_nothing_is_not_clean() {
        for text in [
            r#"{"reportSchema":"1.1","scanInfo":{},"dependencies":[]}"#,
            r#"{"reportSchema":"1.1","scanInfo":{}}"#,
            r#"{"reportSchema":"1.1","scanInfo":{"analysisExceptions":[{"exception":{}}]},"dependencies":[{"fileName":"a"}]}"#,
            r#"{"reportSchema":"1.1","dependencies":[{"fileName":"a","vulnerabilities":{}}]}"#,
        ] {
            assert!(!one(text).state.is_ok(), "{text}");
        }
    }
}
