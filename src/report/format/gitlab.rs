//! GitLab's security reports, version 15: SAST, dependencies, containers, secrets, DAST; by many tools.
//!
//! Their shape is `gitlab-org/security-products/security-report-schemas`.

use serde::Deserialize;

use super::Format;
use crate::report::dependency::{Vulnerable, aliases, rated};
use crate::report::format::left_out::says_that_something_was_left_out;
use crate::report::input::json::Json;
use crate::report::input::loose::{count, lenient, text};
use crate::report::input::{Fault, Input, Result};
use crate::report::package_url::package;
use crate::report::sketch::Sketch;
use crate::report::{Advisory, Category, Draft, Endpoint, Finding, Image, place};

/// A security report of GitLab.
pub(super) const FORMAT: Format = Format { name: "gitlab-security", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|json| {
        json.list(&["vulnerabilities"]).is_some()
            && json.has(&["version"])
            && json.text(&["scan", "type"]).is_some()
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "text")]
    status: String,
    #[serde(deserialize_with = "lenient")]
    scanner: Scanner,
    #[serde(deserialize_with = "lenient")]
    messages: Vec<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scanner {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(deserialize_with = "text")]
    level: String,
    #[serde(deserialize_with = "text")]
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    message: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    solution: String,
    /// The source code around it; for a secret, the secret. Only its mark is kept.
    #[serde(deserialize_with = "text")]
    raw_source_code_extract: String,
    #[serde(deserialize_with = "lenient")]
    identifiers: Vec<Identifier>,
    #[serde(deserialize_with = "lenient")]
    location: Location,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier {
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "text")]
    value: String,
    #[serde(deserialize_with = "text")]
    url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    #[serde(deserialize_with = "text")]
    file: String,
    #[serde(deserialize_with = "count")]
    start_line: Option<u32>,
    #[serde(deserialize_with = "count")]
    end_line: Option<u32>,
    #[serde(deserialize_with = "text")]
    image: String,
    #[serde(deserialize_with = "text")]
    operating_system: String,
    #[serde(deserialize_with = "lenient")]
    dependency: Option<Dependency>,
    #[serde(deserialize_with = "text")]
    hostname: String,
    #[serde(deserialize_with = "text")]
    path: String,
    #[serde(deserialize_with = "text")]
    method: String,
    #[serde(deserialize_with = "text")]
    param: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency {
    #[serde(deserialize_with = "lenient")]
    package: Named,
    #[serde(deserialize_with = "text")]
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "text")]
    name: String,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("gitlab");
    let mut json = input.json();
    let (mut scan, mut listed, mut image, mut files) = (Scan::default(), false, None, None);
    json.object(|json, key| match key {
        "scan" => json.read().map(|read| scan = read),
        "dependency_files" => {
            files = Some(0_u64);
            json.list(|json| {
                files = files.map(|count| count + 1);
                json.skip()
            })
        }
        "vulnerabilities" => {
            listed = true;
            json.list(|json: &mut Json<'_>| {
                let item: Item = json.read()?;
                image = image
                    .take()
                    .or_else(|| Some(item.location.image.clone()).filter(|name| !name.is_empty()));
                let finding = item.finding(draft);
                draft.add(finding);
                Ok(())
            })
        }
        _ => Ok(()),
    })?;
    json.end()?;
    if !listed {
        return Err(Fault::new("It has no list of vulnerabilities: its tool did not finish it."));
    }
    if files == Some(0) && scan.kind == "dependency_scanning" {
        draft.partial("It lists no file with dependencies: its tool found nothing that it can look at.");
    }
    scan.tell(draft, image);
    Ok(())
}

/// What the type of a scan finds.
fn category(kind: &str) -> Category {
    match kind {
        "secret_detection" => Category::Secret,
        "container_scanning" | "dependency_scanning" | "cluster_image_scanning" => Category::Vulnerability,
        "dast" | "api_fuzzing" | "coverage_fuzzing" => Category::Dast,
        _ => Category::Code,
    }
}

impl Scan {
    /// The scan may stand behind what it found, and tells what kind of findings they are.
    fn tell(self, draft: &mut Draft, image: Option<String>) {
        let Scanner { id, name, version } = &self.scanner;
        let tool = [id, name].into_iter().find(|name| !name.is_empty()).map_or("gitlab", String::as_str);
        draft.tool(tool, (!version.is_empty()).then_some(version));
        let category = category(&self.kind);
        for finding in &mut draft.report().findings {
            finding.category = category;
            if category != Category::Secret {
                finding.secret = None;
            }
        }
        for left in &mut draft.report().unkept {
            left.category = category;
        }
        if let Some(name) = image {
            draft.report().target = Some(name.as_str().into());
            draft.report().image = Some(Image { name: name.into(), ..Image::default() });
        }
        for message in self.messages.iter().filter(|message| message.level != "info") {
            draft.note(format!("{}: {}", message.level, message.value));
            if says_that_something_was_left_out(&message.value) {
                draft.partial(format!("Its scan warns: {}", message.value));
            }
        }
        match self.status.as_str() {
            "failure" => draft.scan_failed("Its scan says that it failed."),
            _ if self.messages.iter().any(|message| message.level == "fatal") => {
                draft.scan_failed("Its scan tells of a fatal error.");
            }
            _ => {}
        }
    }
}

impl Item {
    fn finding(self, draft: &mut Draft) -> Finding {
        let secret = draft.secret(Some(&self.raw_source_code_extract), None);
        let known = |wanted: &str| self.identifiers.iter().find(|one| one.kind == wanted);
        let first = known("cve").or_else(|| known("ghsa")).or_else(|| self.identifiers.first());
        let id = first.map_or(&self.id, |one| &one.value).clone();
        let url = first.map(|one| one.url.clone()).unwrap_or_default();
        let names = self.identifiers.iter().map(|one| one.value.as_str());
        let others = aliases(&id, names);
        let cwe = self.identifiers.iter().filter(|one| one.kind == "cwe").map(|one| one.value.clone());
        let title = if self.name.is_empty() { &self.message } else { &self.name };
        let vulnerable = Vulnerable {
            title: title.clone(),
            url,
            cwe: cwe.collect(),
            severity: rated(&self.severity),
            word: self.severity,
            advisory: Advisory { aliases: others, ..Advisory::default() },
            id,
            ..Vulnerable::default()
        };
        let mut finding = vulnerable.finding(draft);
        finding.package = None;
        // What else is said about a secret may quote it.
        let message = [&self.message, &self.name].into_iter().find(|text| !text.is_empty());
        finding.message = draft.message(message.map(String::as_str).unwrap_or_default());
        finding.secret = Some(secret);
        self.location.tell(&mut finding, &self.solution, draft);
        finding
    }
}

impl Location {
    fn tell(self, finding: &mut Finding, solution: &str, draft: &mut Draft) {
        finding.place = place(draft, &self.file, self.start_line);
        if let Some(place) = &mut finding.place {
            place.end_line = self.end_line.filter(|end| Some(*end) != self.start_line && *end > 0);
        }
        if let Some(dependency) = self.dependency {
            let system = self.operating_system.split(' ').next().unwrap_or_default();
            let kind = crate::report::package_url::ecosystem(system);
            let package = package(kind, &dependency.package.name, &dependency.version);
            let fix = if solution.is_empty() { "" } else { ": " };
            let Some(message) = (!package.name.is_empty())
                .then(|| format!("{} {} is affected{fix}{solution}", package.name, package.version))
            else {
                return;
            };
            finding.message = draft.message(&message);
            finding.package = Some(Box::new(package));
        }
        if !self.hostname.is_empty() {
            let url = format!("{}{}", self.hostname, self.path.split('?').next().unwrap_or_default());
            let parameter = (!self.param.is_empty()).then(|| self.param.into());
            finding.endpoint =
                Some(Box::new(Endpoint { url: url.into(), method: self.method.into(), parameter }));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;
    use crate::report::{Category, Severity, State};

    #[test]
    fn a_secret_is_told_without_it() {
        let report = one(
            r#"{"version":"15.0.7","vulnerabilities":[{"id":"1","name":"AWS access token","severity":"Critical",
            "description":"found hunter2","raw_source_code_extract":"hunter2","identifiers":[{"type":"gitleaks_rule_id","value":"AWS"}],
            "location":{"file":"a.py","start_line":3,"end_line":3}}],"scan":{"type":"secret_detection","status":"success",
            "scanner":{"id":"gitleaks","name":"Gitleaks","version":"8"}}}"#,
        );
        assert!(!format!("{report:?}").contains("hunter2"));
        let finding = &report.findings[0];
        assert_eq!((finding.category, finding.severity), (Category::Secret, Severity::Critical));
        assert!(finding.secret.as_ref().unwrap().mark.is_some());
        assert_eq!((&*report.tool.name, report.state), ("gitleaks", State::Ok));
    }

    #[test]
    fn a_scan_that_looked_at_no_file_is_partial() {
        let state = |files: &str| {
            let text = format!(
                r#"{{"version":"15.0.7","vulnerabilities":[]{files},"scan":{{"type":"dependency_scanning","status":"success"}}}}"#
            );
            one(&text).state
        };
        assert!(matches!(state(r#","dependency_files":[]"#), State::Partial { .. }));
        assert_eq!(
            state(r#","dependency_files":[{"path":"a.lock","package_manager":"npm","dependencies":[]}]"#),
            State::Ok
        );
        assert_eq!(state(""), State::Ok, "it does not say");
    }

    #[test]
    fn a_failed_scan_is_not_clean() {
        for scan in [
            r#"{"type":"sast","status":"failure"}"#,
            r#"{"type":"sast","messages":[{"level":"fatal","value":"x"}]}"#,
        ] {
            let text = format!(r#"{{"version":"15.0.7","vulnerabilities":[],"scan":{scan}}}"#);
            assert!(matches!(one(&text).state, State::ScanFailed { .. }), "{scan}");
        }
    }
}
