//! mypy's JSON lines (`mypy --output json`). Its columns count from zero; it writes no summary.
//! <https://mypy.readthedocs.io/en/stable/command_line.html#cmdoption-mypy-output>

use serde::Deserialize;

use super::Format;
use super::item::{Number, Words, span};
use super::mypy::error;
use crate::report::Draft;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;

/// mypy's JSON lines.
pub(super) const FORMAT: Format = Format { name: "mypy-json", recognises, read };

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    file: Words,
    line: Number,
    column: Number,
    end_line: Number,
    message: Words,
    code: Words,
    severity: Words,
}

fn recognises(sketch: &Sketch) -> bool {
    sketch.first_line().is_some_and(|first| {
        let severity = matches!(first.text(&["severity"]), Some("error" | "note"));
        first.is_object() && severity && first.has(&["file", "line", "column", "message", "hint", "code"])
    })
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("mypy");
    let mut json = input.json();
    while json.more()? {
        let item: Item = json.read()?;
        if item.severity.0 != "note" {
            add(draft, &item);
        }
    }
    Ok(())
}

fn add(draft: &mut Draft, item: &Item) {
    // What stands nowhere, or is no Python, ends the run before anything is checked; in text, mypy says
    // "errors prevented further checking".
    if item.line.0.is_none_or(|line| line == 0) || item.code.0 == "syntax" {
        draft.scan_failed("mypy met an error that prevented it from checking anything: mend that first.");
    }
    let column = item.column.0.map(|column| column.saturating_add(1));
    let place = span(draft, &item.file.0, item.line.0, item.end_line.0, column);
    let mut finding = error(draft, item.code.some().unwrap_or("error"), &item.message.0);
    finding.place = place;
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::format::trial::{read, state};

    const ONE: &str = r#"{"file": "a.py", "line": 14, "column": 0, "end_line": 15, "message": "m", "hint": null, "code": "type-arg", "severity": "error"}"#;

    #[test]
    fn columns_count_from_one_and_notes_do_not() {
        let note = ONE.replace("\"error\"", "\"note\"");
        let report = read("mypy", &format!("{ONE}\n{note}\n"));
        assert_eq!((report.counts.findings, report.state.as_str()), (1, "ok"));
        let place = report.findings[0].place.as_ref().unwrap();
        assert_eq!((place.line, place.end_line, place.column), (Some(14), Some(15), Some(1)));
    }

    #[test]
    fn an_error_that_ends_the_run_is_a_failed_scan() {
        assert_eq!(state("m", &ONE.replace("type-arg", "syntax")), "scan_failed");
        assert_eq!(state("m", &ONE.replace("14", "-1")), "scan_failed");
        assert_eq!(state("m", &format!("{ONE}\n{}", &ONE[..40])), "unreadable");
    }
}
