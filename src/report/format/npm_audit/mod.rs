//! `npm audit --json` of npm 7 and later, and what npm writes when the audit itself failed.
//!
//! It lists vulnerable packages, each with `via`: the advisories about it, or the names of packages through
//! which it is vulnerable. A finding is an advisory; the packages are counted beside.

mod v1;

use std::collections::HashSet;

use serde::Deserialize;

use super::Format;
use crate::report::dependency::{Vulnerable, rated};
use crate::report::input::json::{Json, Kind};
use crate::report::input::loose::{lenient, number, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::package_url::package;
use crate::report::sketch::{Sketch, Value};
use crate::report::{Advisory, Draft, Finding};

pub(super) use v1::FORMAT as V1;

/// npm 7 and later.
pub(super) const FORMAT: Format = Format { name: "npm-audit", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| json.is_object() && (is_audit(json) || is_failure(json)))
}

/// What is told of a failure that tells nothing of itself.
const SILENT: &str = "it does not say why";

/// At the top, or under `audit` as `npm audit fix` writes it.
fn is_audit(json: &Value) -> bool {
    [json.at(&[]), json.at(&["audit"])].into_iter().flatten().any(|json| json.has(&["auditReportVersion"]))
}

fn is_failure(json: &Value) -> bool {
    let said = ["summary", "code"].iter().any(|key| json.text(&["error", key]).is_some());
    let answered = json.has(&["statusCode"]) && (json.has(&["uri"]) || json.has(&["method"]));
    (said || answered) && !json.has(&["vulnerabilities"]) && !json.has(&["advisories"])
}

#[derive(Debug, Default)]
struct Told {
    seen: HashSet<String>,
    packages: u64,
    /// How many vulnerable packages and how many dependencies its own summary counts.
    metadata: Metadata,
    audited: bool,
    failed: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(deserialize_with = "lenient")]
    vulnerabilities: Total,
    #[serde(deserialize_with = "lenient")]
    dependencies: Total,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Total {
    total: Option<u64>,
}

/// One vulnerable package.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    #[serde(deserialize_with = "text")]
    name: String,
    via: Vec<Via>,
    #[serde(deserialize_with = "lenient")]
    nodes: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    fix_available: Fix,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Via {
    Package(#[expect(dead_code, reason = "only texts are names of packages")] String),
    Advisory(Box<Source>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    #[serde(rename = "source", deserialize_with = "text")]
    number: String,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(deserialize_with = "text")]
    url: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    range: String,
    #[serde(deserialize_with = "lenient")]
    cwe: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    cvss: Cvss,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cvss {
    #[serde(deserialize_with = "number")]
    pub(super) score: Option<f64>,
}

/// `false`, `true`, or what to install instead: perhaps a dependency far up, in another version.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Fix {
    Known(bool),
    Install(Install),
}

impl Default for Fix {
    fn default() -> Self {
        Self::Known(false)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Install {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("npm-audit");
    let mut json = input.json();
    let mut told = Told::default();
    json.object(|json, key| match key {
        "audit" if json.peek()? == Kind::Object => json.object(|json, key| told.take(json, key, draft)),
        _ => told.take(json, key, draft),
    })?;
    json.end()?;
    told.judge(draft)
}

impl Told {
    fn take(&mut self, json: &mut Json<'_>, key: &str, draft: &mut Draft) -> Result<()> {
        match key {
            "vulnerabilities" => {
                self.audited = true;
                json.object(|json, name| {
                    let entry: Entry = json.read()?;
                    self.packages += 1;
                    self.entry(name, entry, draft);
                    Ok(())
                })
            }
            "metadata" => json.read().map(|metadata| self.metadata = metadata),
            "error" => {
                if let Some(said) = failure(json)? {
                    // What was said before stays where this says nothing.
                    let silent = said == SILENT && self.failed.is_some();
                    self.failed = if silent { self.failed.take() } else { Some(said) };
                }
                Ok(())
            }
            "statusCode" => {
                self.failed.get_or_insert_with(|| "npm's registry refused".to_owned());
                Ok(())
            }
            "message" => {
                let message = json.text()?.filter(|message| !message.is_empty());
                self.failed = message.or(self.failed.take());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn entry(&mut self, key: &str, entry: Entry, draft: &mut Draft) {
        let places = entry.nodes.len();
        for via in entry.via {
            let Via::Advisory(source) = via else { continue };
            let id = if source.number.is_empty() { &source.url } else { &source.number };
            if !self.seen.insert(id.clone()) {
                continue;
            }
            let name = if entry.name.is_empty() { key } else { &entry.name };
            let mut finding = source.finding(name, &entry.fix_available, draft);
            finding.occurrences = u32::try_from(places).unwrap_or(u32::MAX).max(1);
            draft.add(finding);
        }
    }

    /// A failure is no clean audit, whatever else stands there; nor are packages without advisories.
    fn judge(self, draft: &mut Draft) -> Result<()> {
        if let Some(failed) = self.failed {
            draft.scan_failed(format!("npm could not audit: {failed}"));
            return Ok(());
        }
        if !self.audited {
            return Err(Fault::new("It has no list of vulnerabilities: npm did not finish it."));
        }
        let (advisories, packages) = (self.seen.len(), self.packages);
        let counted = self.metadata.vulnerabilities.total.unwrap_or(packages);
        if counted > packages || (packages > 0 && advisories == 0) {
            draft.partial(format!(
                "It counts {counted} vulnerable packages, lists {packages}, and has {advisories} advisories about them."
            ));
        } else if self.metadata.dependencies.total == Some(0) {
            draft.partial("npm found no dependencies to audit.");
        }
        if packages > 0 {
            draft.note(format!("{advisories} advisories make {packages} packages vulnerable."));
        }
        Ok(())
    }
}

/// What went wrong, from `{"summary": …, "detail": …, "code": …}` or a text.
pub(super) fn failure(json: &mut Json<'_>) -> Result<Option<String>> {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Said {
        #[serde(deserialize_with = "text")]
        code: String,
        #[serde(deserialize_with = "text")]
        summary: String,
    }
    match json.peek()? {
        Kind::Null => json.skip().map(|()| None),
        Kind::Object => {
            let said: Said = json.read()?;
            let words = [said.code, said.summary];
            let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
            Ok((!words.is_empty()).then(|| words.join(": ")).or_else(|| Some(SILENT.to_owned())))
        }
        _ => Ok(json.text()?.or_else(|| Some(SILENT.to_owned()))),
    }
}

/// `GHSA-…` out of the address of an advisory.
pub(super) fn advisory_of(url: &str) -> Option<&str> {
    url.rsplit('/').next().filter(|last| last.starts_with("GHSA-"))
}

impl Source {
    fn finding(self, entry: &str, fix: &Fix, draft: &mut Draft) -> Finding {
        let name = if self.name.is_empty() { entry } else { &self.name };
        let (fixed, fix_state) = match fix {
            Fix::Known(false) => (Vec::new(), "not-fixed"),
            Fix::Install(install) if install.name == name => (vec![install.version.as_str().into()], "fixed"),
            Fix::Known(true) | Fix::Install(_) => (Vec::new(), "fixed"),
        };
        let advisory = Advisory {
            fixed,
            fix_state: Some(draft.text(fix_state)),
            score: self.cvss.score.filter(|score| *score > 0.0),
            ..Advisory::default()
        };
        let id = advisory_of(&self.url).map_or_else(|| self.number.clone(), ToOwned::to_owned);
        let message = match fix {
            Fix::Install(Install { name: other, version }) if other != name => {
                format!("{name} {} is affected; fixed by {other} {version}", self.range)
            }
            _ => format!("{name} {} is affected", self.range),
        };
        let vulnerable = Vulnerable {
            package: package(Some("npm"), name, ""),
            id,
            title: self.title,
            url: self.url,
            cwe: self.cwe,
            severity: rated(&self.severity),
            word: self.severity,
            advisory,
        };
        let mut finding = vulnerable.finding(draft);
        finding.message = draft.message(&message);
        finding
    }
}

#[cfg(test)]
mod tests {
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn an_error_document_is_a_failed_scan() {
        let refused =
            r#"{"message":"405 Method Not Allowed","statusCode":405,"uri":"x","error":{"summary":""}}"#;
        assert!(matches!(one(refused).state, State::ScanFailed { why } if why.contains("405 Method")));
        for text in [
            r#"{"message":"405 Method Not Allowed","method":"POST","uri":"https://x","statusCode":405,"error":{"summary":""}}"#,
            r#"{"error":{"code":"ENOAUDIT","summary":"may not support audit requests","detail":""}}"#,
            r#"{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile."}}"#,
            r#"{"auditReportVersion":2,"vulnerabilities":{},"error":{"code":"E500","summary":"x"}}"#,
        ] {
            assert!(matches!(one(text).state, State::ScanFailed { .. }), "{text}");
        }
    }

    #[test]
    fn an_advisory_is_told_once_whatever_it_reaches() {
        let report = one(r#"{"audit":{"auditReportVersion":2,"vulnerabilities":{
            "a":{"name":"a","severity":"high","via":["b"],"fixAvailable":true},
            "b":{"name":"b","via":[{"source":1,"name":"b","title":"t","url":"https://github.com/advisories/GHSA-1-2-3",
            "severity":"moderate","cwe":["CWE-79"],"cvss":{"score":5.3},"range":"<2"}],"nodes":["x","y"],
            "fixAvailable":{"name":"a","version":"3","isSemVerMajor":true}},
            "c":{"via":[{"source":1,"name":"b","severity":"moderate"}]}},
            "metadata":{"vulnerabilities":{"total":3},"dependencies":{"total":9}}}}"#);
        assert_eq!((report.state, report.counts.findings), (State::Ok, 1));
        let finding = &report.findings[0];
        assert_eq!((&*finding.rule.id, finding.occurrences), ("GHSA-1-2-3", 2));
        assert_eq!(&*finding.message, "b <2 is affected; fixed by a 3");
        assert_eq!(finding.package.as_ref().unwrap().purl.as_deref(), Some("pkg:npm/b"));
    }

    #[test]
    fn what_counts_more_than_it_lists_is_not_clean() {
        for text in [
            r#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{"total":3}}}"#,
            r#"{"auditReportVersion":2,"vulnerabilities":{"a":{"via":["b"]}}}"#,
            r#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"dependencies":{"total":0}}}"#,
            r#"{"auditReportVersion":2}"#,
            r#"{"auditReportVersion":2,"vulnerabilities":[]}"#,
        ] {
            assert!(!one(text).state.is_ok(), "{text}");
        }
    }
}
