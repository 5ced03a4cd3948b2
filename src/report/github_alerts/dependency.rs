//! An alert of Dependabot.

use serde::Deserialize;

use super::{Fate, Named};
use crate::report::dependency::{Vulnerable, aliases, rated};
use crate::report::input::loose::{lenient, number, text};
use crate::report::package_url::{ecosystem, package};
use crate::report::{Advisory, Draft, Finding, place};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DependencyAlert {
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
    pub(super) fn finding(self, draft: &mut Draft) -> Option<Finding> {
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
