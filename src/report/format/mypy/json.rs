//! mypy's JSON lines (`mypy --output json`). Its columns count from zero; it writes no summary.
//! <https://mypy.readthedocs.io/en/stable/command_line.html#cmdoption-mypy-output>

use serde::Deserialize;

use super::error;
use crate::report::Draft;
use crate::report::format::Format;
use crate::report::input::loose::{Whole, Word};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::span;

/// mypy's JSON lines.
pub(in crate::report::format) const FORMAT: Format = Format { name: "mypy-json", recognises, read };

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    file: Word<'a>,
    line: Whole,
    column: Whole,
    end_line: Whole,
    message: Word<'a>,
    code: Word<'a>,
    severity: Word<'a>,
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
        let item: Item<'_> = json.read()?;
        if item.severity.0 != "note" {
            add(draft, &item);
        }
    }
    Ok(())
}

fn add(draft: &mut Draft, item: &Item<'_>) {
    // What stands nowhere, or is no Python, ends the run before anything is checked; in text, mypy says
    // "errors prevented further checking".
    if item.line.natural().is_none_or(|line| line == 0) || item.code.0 == "syntax" {
        draft.scan_failed("mypy met an error that prevented it from checking anything: mend that first.");
    }
    let column = item.column.natural().map(|column| column.saturating_add(1));
    let place = span(draft, &item.file.0, item.line.natural(), item.end_line.natural(), column);
    let mut finding = error(draft, item.code.some().unwrap_or("error"), &item.message.0);
    finding.place = place;
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const ONE: &str = r#"{"file": "a.py", "line": 14, "column": 0, "end_line": 15, "message": "m", "hint": null, "code": "type-arg", "severity": "error"}"#;

    #[test]
    fn columns_count_from_one_and_notes_do_not() {
        let note = ONE.replace("\"error\"", "\"note\"");
        let report = one(&format!("{ONE}\n{note}\n"));
        assert_eq!((report.counts.findings, report.state.as_str()), (1, "ok"));
        let place = report.findings[0].place.as_ref().unwrap();
        assert_eq!((place.line, place.end_line, place.column), (Some(14), Some(15), Some(1)));
    }

    #[test]
    fn an_error_that_ends_the_run_is_a_failed_scan() {
        assert_eq!(state(&ONE.replace("type-arg", "syntax")), "scan_failed");
        assert_eq!(state(&ONE.replace("14", "-1")), "scan_failed");
        assert_eq!(state(&format!("{ONE}\n{}", &ONE[..40])), "unreadable");
    }
}
