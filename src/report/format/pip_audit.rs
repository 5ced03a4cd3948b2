//! pip-audit's JSON: every dependency it looked at, with its vulnerabilities or why it was skipped.
//!
//! Version 2 writes an object, version 1 only the list in it. It rates nothing.

use serde::Deserialize;

use super::Format;
use crate::report::dependency::{Vulnerable, aliases};
use crate::report::input::json::{Json, Kind};
use crate::report::input::loose::{lenient, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::package_url::package;
use crate::report::sketch::{Sketch, Value};
use crate::report::{Advisory, Draft, Finding};

/// pip-audit.
pub(super) const FORMAT: Format = Format { name: "pip-audit", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let Some(json) = sketch.json() else { return false };
    let is_item = |item: &Value| item.has(&["name"]) && (item.has(&["vulns"]) || item.has(&["skip_reason"]));
    if !json.is_object() {
        return json.first().is_some_and(|first| first.is_object() && is_item(first));
    }
    json.list(&["dependencies"]).is_some_and(|items| match items.first() {
        Some(first) => is_item(first),
        // Other documents with dependencies say more than that there are none.
        None => json.has(&["fixes"]) || matches!(json, Value::Object(keys) if keys.len() == 1),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "text")]
    skip_reason: String,
    vulns: Option<Vec<Known>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Known {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    description: String,
    #[serde(deserialize_with = "lenient")]
    fix_versions: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    aliases: Vec<String>,
}

/// How reasons begin that say of a dependency only that it is of nobody else: `PyPI` does not know it, or it is
/// the project itself (`_service/pypi.py`, `_dependency_source/pip.py`, `_dependency_source/requirement.py`).
const OWN: &[&str] = &[
    "Dependency not found on PyPI and could not be audited",
    "distribution marked as editable",
    "requirement marked as editable",
];

/// How many were looked at, and which were not.
#[derive(Debug, Default)]
struct Looked {
    audited: u64,
    /// Those that were skipped, and of them, those that are of nobody else.
    skipped: u64,
    own: u64,
    named: Vec<String>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("pip-audit");
    let mut json = input.json();
    let (mut looked, mut listed) = (Looked::default(), false);
    if json.peek()? == Kind::List {
        listed = true;
        json.list(|json| looked.take(json, draft))?;
    } else {
        json.object(|json, key| {
            if key != "dependencies" {
                return Ok(());
            }
            listed = true;
            json.list(|json| looked.take(json, draft))
        })?;
    }
    json.end()?;
    if !listed {
        return Err(Fault::new("It lists no dependencies: pip-audit did not finish it."));
    }
    looked.judge(draft);
    Ok(())
}

impl Looked {
    fn take(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        let item: Dependency = json.read()?;
        let Some(known) = item.vulns else {
            self.skipped += 1;
            self.own += u64::from(OWN.iter().any(|reason| item.skip_reason.starts_with(reason)));
            if self.named.len() < 5 {
                let why = if item.skip_reason.is_empty() { &item.name } else { &item.skip_reason };
                self.named.push(why.clone());
            }
            return Ok(());
        };
        self.audited += 1;
        for one in known {
            let finding = one.finding(&item.name, &item.version, draft);
            draft.add(finding);
        }
        Ok(())
    }

    /// When the advisory service answers with an error, pip-audit skips everything and ends well.
    fn judge(self, draft: &mut Draft) {
        let all = self.audited + self.skipped;
        let some = self.named.join("; ");
        match (self.audited, self.skipped) {
            (0, 0) => draft.partial("It lists no dependencies: nothing was audited."),
            (0, _) => draft.scan_failed(format!("All {all} dependencies were skipped: {some}")),
            (_, 0) => {}
            (_, skipped) if skipped == self.own => draft.note(format!(
                "{skipped} of {all} dependencies are not on PyPI, or are the project itself, and were not audited: {some}"
            )),
            (_, skipped) => draft.partial(format!("{skipped} of {all} dependencies were skipped: {some}")),
        }
    }
}

impl Known {
    fn finding(self, name: &str, version: &str, draft: &mut Draft) -> Finding {
        let advisory = Advisory {
            aliases: aliases(&self.id, self.aliases.iter().map(String::as_str)),
            fix_state: Some(draft.text(if self.fix_versions.is_empty() { "not-fixed" } else { "fixed" })),
            fixed: self.fix_versions.into_iter().map(Into::into).collect(),
            ..Advisory::default()
        };
        let url = format!("https://osv.dev/vulnerability/{}", self.id);
        let vulnerable = Vulnerable {
            package: package(Some("pypi"), name, version),
            title: self.description,
            url: if self.id.is_empty() { String::new() } else { url },
            advisory,
            id: self.id,
            ..Vulnerable::default()
        };
        vulnerable.finding(draft)
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;
    use crate::report::{Severity, State};

    #[test]
    fn all_skipped_is_a_failed_scan() {
        let report = one(
            r#"{"dependencies":[{"name":"django","skip_reason":"Dependency not found on PyPI: django (3.2.9)"}],"fixes":[]}"#,
        );
        assert!(matches!(report.state, State::ScanFailed { why } if why.contains("django (3.2.9)")));
    }

    #[test]
    fn some_skipped_are_named() {
        let report = one(
            r#"[{"name":"a","version":"1","vulns":[{"id":"PYSEC-1","fix_versions":["2"],"aliases":["CVE-1"]}]},
            {"name":"own","skip_reason":"own is not on PyPI"}]"#,
        );
        assert!(matches!(&report.state, State::Partial { why } if why.contains("own is not on PyPI")));
        let finding = &report.findings[0];
        assert_eq!((finding.severity, finding.weight()), (Severity::Unknown, Severity::High));
        assert_eq!(finding.package.as_ref().unwrap().purl.as_deref(), Some("pkg:pypi/a@1"));
        assert_eq!(finding.advisory.as_ref().unwrap().aliases, ["CVE-1".into()]);
    }

    #[test]
    fn what_is_of_nobody_else_is_noted() {
        let with = |reason: &str| {
            one(&format!(
                r#"[{{"name":"a","version":"1","vulns":[]}},{{"name":"own","skip_reason":"{reason}"}}]"#
            ))
        };
        for reason in [
            "Dependency not found on PyPI and could not be audited: own (1.0)",
            "distribution marked as editable",
        ] {
            let report = with(reason);
            assert_eq!((report.state.as_str(), report.notes.len()), ("ok", 1), "{reason}");
        }
        for reason in ["Package has invalid version and could not be audited: own (x)", ""] {
            assert_eq!(with(reason).state.as_str(), "partial", "{reason}");
        }
    }

    #[test]
    fn nothing_listed_is_nothing_audited() {
        for text in [
            r#"{"dependencies":[],"fixes":[]}"#,
            r#"{"dependencies":[]}"#,
            r#"{"dependencies":[{"name":"a","version":"1","vulns":"none"}]}"#,
            r#"{"dependencies":[{"name":"a","version":"1","vulns":null}]}"#,
        ] {
            assert!(!one(text).state.is_ok(), "{text}");
        }
    }
}
