//! hadolint's JSON: a list of what it has to say about Dockerfiles.

mod text;

use serde::Deserialize;

use super::Format;
use crate::report::input::json::Json;
use crate::report::input::loose::{count, text};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

pub(super) use text::FORMAT as TEXT;

/// hadolint, as JSON.
pub(super) const FORMAT: Format = Format { name: "hadolint", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let first = sketch.json().and_then(|json| json.first());
    first.is_some_and(|first| {
        first.is_object()
            && first.has(&["code", "level", "line", "file", "message"])
            && first.text(&["level"]).is_some_and(|level| severity(level).is_some())
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Remark {
    #[serde(deserialize_with = "text")]
    pub(super) code: String,
    #[serde(deserialize_with = "text")]
    pub(super) level: String,
    #[serde(deserialize_with = "text")]
    pub(super) message: String,
    #[serde(deserialize_with = "text")]
    pub(super) file: String,
    #[serde(deserialize_with = "count")]
    pub(super) line: Option<u32>,
    #[serde(deserialize_with = "count")]
    pub(super) column: Option<u32>,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("hadolint");
    let mut json = input.json();
    json.list(|json: &mut Json<'_>| {
        let remark: Remark = json.read()?;
        remark.add(draft);
        Ok(())
    })?;
    json.end()
}

/// Its levels, as far as we know them.
pub(super) fn severity(level: &str) -> Option<Severity> {
    Some(match level {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "info" => Severity::Low,
        "style" | "ignore" => Severity::Info,
        _ => return None,
    })
}

impl Remark {
    pub(super) fn add(self, draft: &mut Draft) {
        // `DL1000` says that the Dockerfile could not be parsed: no rule looked at it.
        if self.code == "DL1000" {
            draft.partial(format!("{} could not be parsed: {}", self.file, self.message));
        }
        let rule = draft.rule(Rule { url: url(&self.code).map(Into::into), ..Rule::named(&self.code) });
        let severity = severity(&self.level).unwrap_or(Severity::Unknown);
        let mut finding = Finding::new(Category::Lint, severity, rule);
        finding.native = (!self.level.is_empty()).then(|| draft.text(&self.level));
        finding.message = draft.message(&self.message);
        finding.place = place(draft, &self.file, self.line);
        if let Some(place) = &mut finding.place {
            place.column = self.column.filter(|column| *column > 0);
        }
        draft.add(finding);
    }
}

/// `DL…` are its own rules, `SC…` those of `ShellCheck`.
fn url(code: &str) -> Option<String> {
    let number = code.get(2..)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match code.get(..2)? {
        "DL" => Some(format!("https://github.com/hadolint/hadolint/wiki/{code}")),
        "SC" => Some(format!("https://www.shellcheck.net/wiki/{code}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::one;

    #[test]
    fn a_dockerfile_that_cannot_be_parsed_was_not_looked_at() {
        let text = r#"[{"code":"DL1000","column":1,"file":"Dockerfile","level":"error","line":3,"message":"unexpected 'X'"}]"#;
        let report = one(text);
        assert_eq!((&*report.format, report.counts.findings), ("hadolint", 1));
        assert_eq!(report.state.as_str(), "partial");
    }
}
