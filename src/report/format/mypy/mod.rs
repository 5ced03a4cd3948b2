//! mypy's text: types of Python code. <https://mypy.readthedocs.io/en/stable/command_line.html>

mod json;

use super::Format;
use crate::report::input::located::{is_python, located, name_at_the_end};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::span;
use crate::report::{Category, Draft, Finding, Rule, Severity};

pub(super) use json::FORMAT as JSON;

/// mypy's text.
pub(super) const FORMAT: Format = Format { name: "mypy", recognises, read };

/// What a line of mypy's is.
#[derive(Debug, PartialEq)]
enum Line<'a> {
    Error {
        path: &'a str,
        line: Option<u32>,
        column: Option<u32>,
        message: &'a str,
    },
    /// A note: context of the errors around it.
    Note,
    /// `Found 8 errors in 5 files (checked 27 source files)`: how many, and whether anything was checked.
    Found {
        errors: u64,
        prevented: bool,
    },
    /// `Success: no issues found in 27 source files`.
    Success {
        files: u64,
    },
    /// mypy itself failed.
    Failure(&'a str),
    /// Empty, or of `--pretty`, which shows the code.
    Other,
    /// Not of mypy.
    Foreign,
}

fn recognises(sketch: &Sketch) -> bool {
    let mut ours = false;
    for line in sketch.lines() {
        match line_of(line) {
            Line::Foreign => return false,
            Line::Other => {}
            _ => ours = true,
        }
    }
    ours
}

fn line_of(line: &str) -> Line<'_> {
    if line.trim().is_empty() || line.starts_with("    ") {
        return Line::Other;
    }
    if let Some(message) = line.strip_prefix("mypy: ") {
        return Line::Failure(message);
    }
    if let Some(line) = summary(line) {
        return line;
    }
    let Some(found) = located(line).filter(|found| is_python(found.path)) else { return Line::Foreign };
    if found.rest.starts_with("note: ") {
        return Line::Note;
    }
    match found.rest.strip_prefix("error: ") {
        Some(message) if message.contains("INTERNAL ERROR") => Line::Failure(message),
        Some(message) => Line::Error { path: found.path, line: found.line, column: found.column, message },
        None => Line::Foreign,
    }
}

fn summary(line: &str) -> Option<Line<'_>> {
    if let Some(rest) = line.strip_prefix("Success: no issues found in ") {
        let files = rest.strip_suffix(" source files").or(rest.strip_suffix(" source file"))?;
        return Some(Line::Success { files: files.parse().ok()? });
    }
    let (errors, rest) = line.strip_prefix("Found ")?.split_once(" error")?;
    let prevented = rest.ends_with("(errors prevented further checking)");
    let whole = prevented || (rest.contains(" file") && rest.ends_with(')') && rest.contains("(checked "));
    whole.then_some(Line::Found { errors: errors.parse().ok()?, prevented })
}

/// What the summary says, and what was seen.
#[derive(Default)]
struct Seen {
    errors: u64,
    said: Option<u64>,
    success: bool,
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("mypy");
    let mut seen = Seen::default();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        take(draft, &mut seen, &line_of(line));
    }
    match seen.said {
        Some(said) if said != seen.errors => draft.partial(format!(
            "mypy says that it found {said} errors, and {} are in the file: some of it is missing.",
            seen.errors
        )),
        None if seen.errors == 0 && !seen.success => {
            draft.partial("mypy does not say how it ended: the end of its output is missing.");
        }
        None if !seen.success => draft.note("mypy does not say how many errors it found in all."),
        _ => {}
    }
    Ok(())
}

fn take(draft: &mut Draft, seen: &mut Seen, line: &Line<'_>) {
    match *line {
        Line::Error { path, line, column, message } => {
            seen.errors += 1;
            let (message, code) = name_at_the_end(message, '[', ']').unwrap_or((message, "error"));
            let place = span(draft, path, line, None, column);
            let mut finding = error(draft, code, message);
            finding.place = place;
            draft.add(finding);
        }
        Line::Found { errors, prevented } => {
            // Of several runs in one file, all count.
            seen.said = Some(seen.said.unwrap_or_default() + errors);
            if prevented {
                draft.scan_failed(
                    "mypy met an error that prevented it from checking anything: mend that first.",
                );
            }
        }
        Line::Success { files: 0 } => {
            draft.scan_failed("mypy checked no file: check the paths that it was given.");
        }
        Line::Success { .. } => seen.success = true,
        Line::Failure(why) => draft.scan_failed(format!("mypy failed: {why}")),
        Line::Foreign => {
            draft.partial("Something that is not of mypy stands in the file, or its end is missing.");
        }
        Line::Note | Line::Other => {}
    }
}

/// An error of mypy's, of this code.
pub(super) fn error(draft: &mut Draft, code: &str, message: &str) -> Finding {
    let rule = draft.rule(Rule::named(code));
    let mut finding = Finding::new(Category::Type, Severity::Medium, rule);
    finding.native = Some(draft.text("error"));
    finding.message = draft.message(message);
    finding
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{all, one, state};

    #[test]
    fn errors_are_findings_and_notes_are_not() {
        let text = "a.py: note: In function \"f\":\na.py:3:7: error: List item 0 has type \"int\"  [list-item]\n    x = [1]\n         ^\nFound 1 error in 1 file (checked 2 source files)\n";
        let report = one(text);
        assert_eq!((report.state.as_str(), report.counts.findings), ("ok", 1));
        let finding = &report.findings[0];
        assert_eq!((&*finding.rule.id, &*finding.message), ("list-item", "List item 0 has type \"int\""));
        let place = finding.place.as_ref().unwrap();
        assert_eq!((place.line, place.column), (Some(3), Some(7)));
    }

    #[test]
    fn what_was_not_checked_is_not_clean() {
        for (text, expected) in [
            ("Success: no issues found in 3 source files\n", "ok"),
            ("Success: no issues found in 0 source files\n", "scan_failed"),
            (
                "a.py: error: twice\nFound 1 error in 1 file (errors prevented further checking)\n",
                "scan_failed",
            ),
            ("a.py:1: error: INTERNAL ERROR -- Please try using mypy master\n", "scan_failed"),
            ("mypy: can't read file 'x.py': No such file or directory\n", "scan_failed"),
            ("a.py:1: error: x\nFound 2 errors in 1 file (checked 1 source file)\n", "partial"),
            ("a.py:1: note: x\n", "partial"),
        ] {
            assert_eq!(state(text), expected, "{text}");
        }
    }

    #[test]
    fn other_text_is_not_taken_for_it() {
        for text in [
            "a.c:3:7: error: expected ';'\n",
            "Success: all good\n",
            "log\na.py:1: error: x\n",
            "    indented\n",
            "Found 3 errors.\n",
            "a.py:1:2: E501 too long\n",
        ] {
            assert_ne!(all(text).first().map(|report| &*report.format), Some("mypy"), "{text}");
        }
    }
}
