//! GitLab Code Quality and Code Climate: a list of issues, by many tools, none of which is named in it.

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{count, lenient, text};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Place, Rule, Severity, place};

/// GitLab Code Quality.
pub(super) const FORMAT: Format = Format { name: "code-climate", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let first = sketch.json().and_then(|json| json.first());
    first.is_some_and(|first| {
        first.is_object()
            && first.has(&["description", "severity"])
            && first.at(&["location", "path"]).is_some()
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue {
    #[serde(deserialize_with = "text")]
    check_name: String,
    #[serde(deserialize_with = "text")]
    description: String,
    #[serde(deserialize_with = "text")]
    severity: String,
    #[serde(deserialize_with = "text")]
    fingerprint: String,
    #[serde(deserialize_with = "lenient")]
    categories: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    location: Location,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    #[serde(deserialize_with = "text")]
    path: String,
    #[serde(deserialize_with = "lenient")]
    lines: Lines,
    #[serde(deserialize_with = "lenient")]
    positions: Positions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lines {
    #[serde(deserialize_with = "count")]
    begin: Option<u32>,
    #[serde(deserialize_with = "count")]
    end: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Positions {
    #[serde(deserialize_with = "lenient")]
    begin: Position,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    #[serde(deserialize_with = "count")]
    line: Option<u32>,
    #[serde(deserialize_with = "count")]
    column: Option<u32>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    // Only the file's name may tell whose it is; a name that says nothing leaves the format's.
    let name = input.name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    let tool = ["hadolint", "ruff", "eslint", "golangci-lint"].into_iter().find(|tool| name.contains(tool));
    draft.begin(tool.unwrap_or("code-climate"));
    let mut json = input.json();
    json.list(|json: &mut Json<'_>| {
        let issue: Issue = json.read()?;
        let finding = issue.finding(draft);
        draft.add(finding);
        Ok(())
    })?;
    json.end()
}

impl Issue {
    fn finding(self, draft: &mut Draft) -> Finding {
        let security = self.categories.iter().any(|category| category == "Security");
        let category = if security { Category::Code } else { Category::Lint };
        let rule = draft.rule(Rule::named(&self.check_name));
        let mut finding = Finding::new(category, severity(&self.severity), rule);
        finding.native = (!self.severity.is_empty()).then(|| draft.text(&self.severity));
        finding.message = draft.message(&self.description);
        finding.place = self.location.place(draft);
        finding.tool_fingerprint = (!self.fingerprint.is_empty()).then(|| draft.message(&self.fingerprint));
        finding
    }
}

/// Code Climate's words: `blocker` is the worst.
fn severity(word: &str) -> Severity {
    match word {
        "blocker" | "critical" => Severity::Critical,
        "major" => Severity::Medium,
        "minor" => Severity::Low,
        "info" => Severity::Info,
        _ => Severity::Unknown,
    }
}

impl Location {
    fn place(self, draft: &mut Draft) -> Option<Place> {
        let line = self.lines.begin.or(self.positions.begin.line);
        let mut place = place(draft, &self.path, line)?;
        place.end_line = self.lines.end.filter(|end| Some(*end) != line && *end > 0);
        place.column = self.positions.begin.column.filter(|column| *column > 0);
        Some(place)
    }
}
