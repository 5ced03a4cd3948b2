//! Ruff's JSON (`ruff check --output-format json`): Python.
//! <https://docs.astral.sh/ruff/settings/#output-format>

mod lines;
mod text;

use serde::Deserialize;

use super::Format;
use crate::report::input::loose::{One, Whole, Word};
use crate::report::input::{Input, Result};
use crate::report::lint_code::{family, rated, without_password};
use crate::report::sketch::{Sketch, Value};
use crate::report::span;
use crate::report::{Category, Draft, Finding, Rule, Severity};

pub(super) use lines::FORMAT as LINES;
pub(super) use text::FORMAT as TEXT;

/// Ruff's JSON.
pub(super) const FORMAT: Format = Format { name: "ruff", recognises, read };

/// One diagnostic. Ruff's `severity` is `error` for a line that is too long, too, and tells nothing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    code: Word<'a>,
    name: Word<'a>,
    message: Word<'a>,
    filename: Word<'a>,
    location: One<Position>,
    end_location: One<Position>,
    url: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Position {
    row: Whole,
    column: Whole,
}

fn recognises(sketch: &Sketch) -> bool {
    sketch.json().and_then(Value::first).is_some_and(is_item)
}

/// Whether this is one of Ruff's diagnostics.
pub(super) fn is_item(item: &Value) -> bool {
    item.is_object() && item.has(&["code", "filename", "message"]) && item.at(&["location", "row"]).is_some()
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("ruff");
    let mut json = input.json();
    json.list(|json| {
        add(draft, &json.read()?);
        Ok(())
    })?;
    json.end()
}

/// One diagnostic; one without a code is a syntax error.
pub(super) fn add(draft: &mut Draft, item: &Item<'_>) {
    let code = item.code.some().unwrap_or("invalid-syntax");
    let broken = matches!(code, "invalid-syntax" | "E999" | "E902");
    if broken {
        draft.partial(format!("Ruff could not read {}, and says little about it.", item.filename.0));
    }
    let (category, severity) = if broken { (Category::Lint, Severity::Medium) } else { rated(code) };
    let rule = draft.rule(Rule {
        id: code.into(),
        title: item.name.0.replace('-', " ").into(),
        url: item.url.some().map(Into::into),
        ..Rule::default()
    });
    let mut finding = Finding::new(category, severity, rule);
    finding.native = Some(draft.text(family(code)));
    finding.message = draft.message(&without_password(code, &item.message.0));
    let (start, end) = (&item.location.0, &item.end_location.0);
    finding.place =
        span(draft, &item.filename.0, start.row.natural(), end.row.natural(), start.column.natural());
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};
    use crate::report::{Category, Severity};

    fn item(code: &str, message: &str) -> String {
        format!(
            r#"{{"code":{code},"message":"{message}","filename":"/home/runner/work/s/s/a.py","location":{{"row":3,"column":5}},
            "end_location":{{"row":3,"column":9}},"url":null}}"#
        )
    }

    #[test]
    fn style_is_lint_and_what_bandit_tests_is_code() {
        let text =
            format!("[{},{}]", item("\"E501\"", "Line too long"), item("\"S105\"", "password: 'hunter2'"));
        let report = one(&text);
        let [style, password] = &report.findings[..] else { panic!("{report:?}") };
        assert_eq!((style.category, style.severity), (Category::Lint, Severity::Unknown));
        assert_eq!((password.category, password.severity), (Category::Code, Severity::Low));
        assert_eq!(&*password.message, "password: '…'");
        let place = style.place.as_ref().unwrap();
        assert_eq!((&*place.file, place.line, place.column), ("a.py", Some(3), Some(5)));
        assert_eq!(report.counts.native["E"], 1);
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_looked_at() {
        for code in ["null", "\"invalid-syntax\"", "\"E902\""] {
            assert_eq!(state(&format!("[{}]", item(code, "x"))), "partial");
        }
        assert_eq!(state(&format!("[{}", item("\"E501\"", "x"))), "unreadable");
        assert_eq!(state(&format!("[{},null]", item("\"E501\"", "x"))), "unreadable");
    }
}
