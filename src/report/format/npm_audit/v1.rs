//! `npm audit --json` of npm 6, which pnpm writes to this day: advisories by their number.

use serde::Deserialize;

use super::{Cvss, advisory_of, failure};
use crate::report::dependency::{Vulnerable, aliases, rated};
use crate::report::format::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{lenient, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::package_url::package;
use crate::report::sketch::Sketch;
use crate::report::{Advisory, Draft, Finding};

/// npm 6 and pnpm.
pub(in crate::report::format) const FORMAT: Format = Format { name: "npm-audit-v1", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| json.is_object() && json.has(&["actions", "advisories", "metadata"]))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    module_name: String,
    #[serde(deserialize_with = "text")]
    github_advisory_id: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(deserialize_with = "text")]
    url: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    patched_versions: String,
    #[serde(deserialize_with = "lenient")]
    cves: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    cwe: Weaknesses,
    #[serde(deserialize_with = "lenient")]
    cvss: Cvss,
    #[serde(deserialize_with = "lenient")]
    findings: Vec<Installed>,
}

/// `null`, `CWE-94`, a list of them, or the JSON of such a list as a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Weaknesses {
    One(String),
    Some(Vec<String>),
}

impl Default for Weaknesses {
    fn default() -> Self {
        Self::Some(Vec::new())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Installed {
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "lenient")]
    paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    #[serde(deserialize_with = "lenient")]
    vulnerabilities: std::collections::BTreeMap<String, u64>,
    #[serde(deserialize_with = "lenient")]
    total_dependencies: Option<u64>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("npm-audit");
    let mut json = input.json();
    let (mut metadata, mut failed, mut listed) = (Metadata::default(), None, false);
    json.object(|json, key| match key {
        "advisories" => {
            listed = true;
            json.object(|json, id| advisory(json, id, draft))
        }
        "metadata" => json.read().map(|read| metadata = read),
        "error" => failure(json).map(|said| failed = said),
        _ => Ok(()),
    })?;
    json.end()?;
    if !listed {
        return Err(Fault::new("It has no list of advisories: npm did not finish it."));
    }
    if let Some(failed) = failed {
        draft.scan_failed(format!("npm could not audit: {failed}"));
    }
    let counted = metadata.vulnerabilities.values().fold(0_u64, |sum, one| sum.saturating_add(*one));
    if counted > 0 && draft.report().counts.findings == 0 {
        draft.partial(format!("It counts {counted} vulnerable dependencies and lists no advisory."));
    } else if metadata.total_dependencies == Some(0) {
        draft.partial("npm found no dependencies to audit.");
    }
    Ok(())
}

fn advisory(json: &mut Json<'_>, key: &str, draft: &mut Draft) -> Result<()> {
    let item: Item = json.read()?;
    let finding = item.finding(key, draft);
    draft.add(finding);
    Ok(())
}

impl Item {
    fn finding(self, key: &str, draft: &mut Draft) -> Finding {
        let github = advisory_of(&self.url).map_or(self.github_advisory_id, ToOwned::to_owned);
        let number = if self.id.is_empty() { key.to_owned() } else { self.id };
        let id = [&github, self.cves.first().unwrap_or(&number)].into_iter().find(|id| !id.is_empty());
        let id = id.cloned().unwrap_or(number);
        // `<0.0.0` is how npm writes that no version is without it.
        let patched = self.patched_versions.trim();
        let fixed = Some(patched).filter(|patched| !matches!(*patched, "" | "<0.0.0" | "<0"));
        let known = self.cves.iter().chain([&github]).map(String::as_str);
        let advisory = Advisory {
            aliases: aliases(&id, known),
            fixed: fixed
                .map(|patched| patched.strip_prefix(">=").unwrap_or(patched).trim().into())
                .into_iter()
                .collect(),
            fix_state: Some(draft.text(if fixed.is_some() { "fixed" } else { "not-fixed" })),
            score: self.cvss.score.filter(|score| *score > 0.0),
            ..Advisory::default()
        };
        let version = self.findings.first().map(|one| one.version.as_str()).unwrap_or_default();
        let paths: usize = self.findings.iter().map(|one| one.paths.len()).sum();
        let vulnerable = Vulnerable {
            package: package(Some("npm"), &self.module_name, version),
            id,
            title: self.title,
            url: self.url,
            cwe: self.cwe.list(),
            severity: rated(&self.severity),
            word: self.severity,
            advisory,
        };
        let mut finding = vulnerable.finding(draft);
        finding.occurrences = u32::try_from(paths).unwrap_or(u32::MAX).max(1);
        finding
    }
}

impl Weaknesses {
    fn list(self) -> Vec<String> {
        match self {
            Self::Some(list) => list,
            Self::One(text) => serde_json::from_str(&text).unwrap_or_else(|_| vec![text]),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;

    #[test]
    fn weaknesses_are_read_however_they_are_written() {
        for (written, numbers) in [
            ("null", vec![]),
            (r#""CWE-94""#, vec![94]),
            (r#""[\"CWE-22\",\"CWE-59\"]""#, vec![22, 59]),
            (r#"["CWE-22"]"#, vec![22]),
        ] {
            let text = format!(
                r#"{{"actions":[],"advisories":{{"1":{{"id":1,"severity":"high","cwe":{written}}}}},"metadata":{{}}}}"#
            );
            assert_eq!(one(&text).findings[0].rule.cwe, numbers, "{written}");
        }
    }

    #[test]
    fn what_counts_and_does_not_list_is_not_clean() {
        for text in [
            r#"{"actions":[],"advisories":{},"metadata":{"vulnerabilities":{"high":2}}}"#,
            r#"{"actions":[],"advisories":{},"metadata":{"totalDependencies":0}}"#,
            r#"{"actions":[],"advisories":[],"metadata":{}}"#,
            r#"{"actions":[],"advisories":{},"metadata":{},"error":{"code":"E"}}"#,
        ] {
            assert!(!one(text).state.is_ok(), "{text}");
        }
    }
}
