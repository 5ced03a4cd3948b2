//! One result of Trivy: what it found in one target. In all shapes of its JSON it is the same.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::vulnerability::Vulnerability;
use crate::report::dependency::rated;
use crate::report::input::json::Json;
use crate::report::input::loose::{count, lenient, text};
use crate::report::input::{Fault, Result};
use crate::report::package_url;
use crate::report::{Category, Draft, Finding, Place, Rule, Severity, Suppression, relative};

/// Where the results stand.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Scope {
    /// What was scanned is no folder of files, so no path is one of the repository.
    pub(super) pseudo: bool,
}

/// Reads a list of results, and says how many they are. `null` is how Go writes an empty one.
pub(super) fn results(json: &mut Json<'_>, draft: &mut Draft, scope: Scope) -> Result<u64> {
    let mut count = 0;
    json.list(|json| {
        count += 1;
        result(json, draft, scope)
    })?;
    Ok(count)
}

/// Reads one result. What it says about all its findings may stand behind them.
pub(super) fn result(json: &mut Json<'_>, draft: &mut Draft, scope: Scope) -> Result<()> {
    let first = draft.report().findings.len();
    let (mut target, mut class, mut kind) = (String::new(), String::new(), String::new());
    json.object(|json, key| match key {
        "Target" => text_into(json, &mut target),
        "Class" => text_into(json, &mut class),
        "Type" => text_into(json, &mut kind),
        "Vulnerabilities" => json.list(|json| {
            let item: Vulnerability = json.read()?;
            let finding = item.finding(draft);
            draft.add(finding);
            Ok(())
        }),
        "Misconfigurations" => json.list(|json| {
            let item: Misconfiguration = json.read()?;
            item.add(draft);
            Ok(())
        }),
        "Secrets" => json.list(|json| {
            let item: Leak = json.read()?;
            let finding = item.finding(draft);
            draft.add(finding);
            Ok(())
        }),
        "Licenses" => json.list(|json| {
            let item: License = json.read()?;
            let finding = item.finding(draft);
            draft.add(finding);
            Ok(())
        }),
        "ExperimentalModifiedFindings" => json.list(|json| modified(json, draft)),
        _ => Ok(()),
    })?;
    let package_type = package_type(&kind);
    let is_system = class == "os-pkgs" || package_type.is_some_and(|kind| kind.contains('/'));
    let file = if is_system { String::new() } else { relative(&target) };
    complete(draft, first, &target, &file, scope.pseudo, package_type);
    Ok(())
}

fn text_into(json: &mut Json<'_>, text: &mut String) -> Result<()> {
    *text = json.text()?.unwrap_or_default();
    Ok(())
}

/// Tells the findings from `first` on what the result as a whole says.
fn complete(draft: &mut Draft, first: usize, target: &str, file: &str, pseudo: bool, kind: Option<&str>) {
    let (target, file) = (draft.text(target), draft.text(file));
    for finding in draft.report().findings.iter_mut().skip(first) {
        finding.target = (!target.is_empty()).then(|| target.clone());
        if let Some(place) = &mut finding.place {
            place.pseudo = pseudo;
            if place.file.is_empty() {
                place.file = file.clone();
            }
        }
        finding.place.take_if(|place| place.file.is_empty());
        if let (Some(package), Some(kind)) = (&mut finding.package, kind)
            && package.purl.is_none()
        {
            package.purl = package_url::purl(kind, &package.name, &package.version).map(Into::into);
        }
    }
}

/// The type of package URL for a type of result: `pkg/fanal/types/const.go` of Trivy.
fn package_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "debian" => "deb/debian",
        "ubuntu" => "deb/ubuntu",
        "alpine" => "apk/alpine",
        "wolfi" => "apk/wolfi",
        "chainguard" => "apk/chainguard",
        "redhat" => "rpm/redhat",
        "centos" => "rpm/centos",
        "rocky" => "rpm/rocky",
        "alma" => "rpm/alma",
        "fedora" => "rpm/fedora",
        "oracle" => "rpm/oracle",
        "amazon" => "rpm/amazon",
        "npm" | "yarn" | "pnpm" | "bun" | "node-pkg" => "npm",
        "pip" | "pipenv" | "poetry" | "python-pkg" | "uv" | "pylock" => "pypi",
        "pom" | "jar" | "gradle" | "gradle-lockfile" | "sbt" | "sbt-lockfile" => "maven",
        "gobinary" | "gomod" => "golang",
        "bundler" | "gemspec" => "gem",
        "cargo" | "rustbinary" | "rust-binary" => "cargo",
        "composer" | "composer-vendor" => "composer",
        "nuget" | "dotnet-core" | "packages-props" => "nuget",
        "hex" | "mix-lock" => "hex",
        "pub" => "pub",
        "swift" => "swift",
        "cocoapods" => "cocoapods",
        "conan" => "conan",
        _ => return None,
    })
}

/// What `.trivyignore` or VEX lets through, with why.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Modified {
    #[serde(default, deserialize_with = "text")]
    r#type: String,
    #[serde(default, deserialize_with = "text")]
    status: String,
    #[serde(default, deserialize_with = "text")]
    statement: String,
    #[serde(default, deserialize_with = "text")]
    source: String,
    finding: Box<RawValue>,
}

fn modified(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let item: Modified = json.read()?;
    let raw = item.finding.get();
    let mut finding = match item.r#type.as_str() {
        "vulnerability" => parse::<Vulnerability>(raw)?.finding(draft),
        "misconfiguration" => parse::<Misconfiguration>(raw)?.finding(draft),
        "secret" => parse::<Leak>(raw)?.finding(draft),
        "license" => parse::<License>(raw)?.finding(draft),
        _ => return Ok(()),
    };
    let kind = format!("{} {}", item.source, item.status);
    finding.suppressed =
        Some(Box::new(Suppression { kind: draft.text(kind.trim()), reason: draft.message(&item.statement) }));
    draft.add(finding);
    Ok(())
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a str) -> Result<T> {
    serde_json::from_str(raw).map_err(|error| {
        Fault::new(format!("A finding that was let through is not as it should be: {error}."))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Misconfiguration {
    #[serde(rename = "ID", deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(deserialize_with = "text")]
    message: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    status: String,
    #[serde(rename = "PrimaryURL", deserialize_with = "text")]
    url: String,
    #[serde(deserialize_with = "lenient")]
    cause_metadata: Cause,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Cause {
    #[serde(deserialize_with = "count")]
    start_line: Option<u32>,
    #[serde(deserialize_with = "count")]
    end_line: Option<u32>,
}

impl Misconfiguration {
    /// `--include-non-failures` writes what passed too; an exception is a rule of the tool's own policy.
    fn add(self, draft: &mut Draft) {
        let exempt = self.status == "EXCEPTION";
        if self.status == "PASS" {
            return;
        }
        let mut finding = self.finding(draft);
        if exempt {
            let kind = draft.text("EXCEPTION");
            finding.suppressed = Some(Box::new(Suppression { kind, reason: Box::default() }));
        }
        draft.add(finding);
    }

    fn finding(self, draft: &mut Draft) -> Finding {
        let rule = rule(draft, &self.id, &self.title, &self.url);
        let mut finding = rated_by(draft, Category::Misconfiguration, &self.severity, rule);
        finding.message = draft.message(&self.message);
        finding.place = Some(at(draft, "", self.cause_metadata.start_line, self.cause_metadata.end_line));
        finding
    }
}

/// A secret. Neither `Match` nor `Code` is read: what Trivy hides in the one may stand in the other.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Leak {
    #[serde(rename = "RuleID", deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "count")]
    start_line: Option<u32>,
    #[serde(deserialize_with = "count")]
    end_line: Option<u32>,
}

impl Leak {
    fn finding(self, draft: &mut Draft) -> Finding {
        let rule = rule(draft, &self.id, &self.title, "");
        let mut finding = rated_by(draft, Category::Secret, &self.severity, rule);
        finding.message = draft.message(&self.title);
        finding.place = Some(at(draft, "", self.start_line, self.end_line));
        finding.secret = Some(draft.secret(None, None));
        finding
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct License {
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    category: String,
    #[serde(deserialize_with = "text")]
    pkg_name: String,
    #[serde(deserialize_with = "text")]
    file_path: String,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    link: String,
}

impl License {
    fn finding(self, draft: &mut Draft) -> Finding {
        let title = format!("License {} is {}", self.name, self.category);
        let rule = rule(draft, &self.name, &title, &self.link);
        let mut finding = rated_by(draft, Category::License, &self.severity, rule);
        let whose = if self.pkg_name.is_empty() { &self.file_path } else { &self.pkg_name };
        finding.message = draft.message(&format!("{whose} is under {} ({})", self.name, self.category));
        if !self.file_path.is_empty() {
            finding.place = Some(at(draft, &self.file_path, None, None));
        }
        if !self.pkg_name.is_empty() {
            finding.package = Some(Box::new(package_url::package(None, &self.pkg_name, "")));
        }
        finding
    }
}

fn rule(draft: &mut Draft, id: &str, title: &str, url: &str) -> std::sync::Arc<Rule> {
    let url = (!url.is_empty()).then(|| url.into());
    draft.rule(Rule { id: id.into(), title: title.into(), cwe: Vec::new(), url })
}

fn rated_by(draft: &mut Draft, category: Category, word: &str, rule: std::sync::Arc<Rule>) -> Finding {
    let severity: Severity = rated(word);
    let mut finding = Finding::new(category, severity, rule);
    finding.native = (!word.is_empty()).then(|| draft.text(word));
    finding
}

/// A place whose file may be known only once the result ends.
pub(super) fn at(draft: &mut Draft, path: &str, line: Option<u32>, end_line: Option<u32>) -> Place {
    Place {
        file: draft.text(&relative(path)),
        line: line.filter(|line| *line > 0),
        end_line: end_line.filter(|end| *end > 0 && Some(*end) != line),
        column: None,
        pseudo: false,
    }
}
