//! Ruff's text, a line for each violation (`ruff check --output-format concise`).
//! <https://docs.astral.sh/ruff/settings/#output-format>

use crate::report::Draft;
use crate::report::format::Format;
use crate::report::format::flake8::{Violation, add, violation};
use crate::report::input::located::{is_python, located};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::tool_names::tool_of;

/// Ruff's text.
pub(in crate::report::format) const FORMAT: Format = Format { name: "ruff-text", recognises, read };

/// What a line of Ruff's is.
enum Line<'a> {
    Violation(Violation<'a>),
    /// `Found 3 errors.`, which flake8 does not say.
    Found(u64),
    /// `All checks passed!`
    Passed,
    Other,
    Foreign,
}

fn recognises(sketch: &Sketch) -> bool {
    let (mut ended, mut violations) = (false, false);
    for line in sketch.lines() {
        match line_of(line) {
            Line::Foreign => return false,
            Line::Found(_) | Line::Passed => ended = true,
            Line::Violation(violation) => violations |= violation.message.starts_with("[*] "),
            Line::Other => {}
        }
    }
    // The end of a long file is not in its sketch.
    ended || violations
}

fn line_of(line: &str) -> Line<'_> {
    if let Some(mut found) = violation(line).or_else(|| syntax_error(line)) {
        found.code = if found.code == "SyntaxError" { "invalid-syntax" } else { found.code };
        return Line::Violation(found);
    }
    let line = line.trim();
    let found = line.strip_prefix("Found ").and_then(|rest| rest.split_once(" error"));
    if let Some((errors, rest)) = found {
        let ends = rest.ends_with('.') && rest.len() < 40 && !rest.contains(" file");
        return errors.parse().ok().filter(|_| ends).map_or(Line::Foreign, Line::Found);
    }
    match line {
        "All checks passed!" => Line::Passed,
        other if other.is_empty() || other.starts_with("[*] ") || other.starts_with("No fixes available") => {
            Line::Other
        }
        _ => Line::Foreign,
    }
}

/// `path:line:column: SyntaxError: message`, or `invalid-syntax: message`.
fn syntax_error(line: &str) -> Option<Violation<'_>> {
    let found = located(line)?;
    let (code, message) = found.rest.split_once(": ")?;
    let ours = matches!(code, "SyntaxError" | "invalid-syntax") && is_python(found.path);
    ours.then_some(Violation { path: found.path, line: found.line, column: found.column, code, message })
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let named = tool_of(input.name) == Some("ruff");
    let (mut seen, mut said, mut passed) = (0, None, false);
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        match line_of(line) {
            Line::Violation(mut violation) => {
                seen += 1;
                begin_once(draft, seen);
                violation.message = violation.message.trim_start_matches("[*] ");
                add(draft, &violation);
            }
            Line::Found(errors) => said = Some(errors),
            Line::Passed => passed = true,
            Line::Foreign if seen > 0 => {
                draft.partial("Something that is not of Ruff stands in the file, or its end is missing.");
            }
            Line::Other | Line::Foreign => {}
        }
    }
    if seen == 0 && (said.is_some() || passed && named) {
        draft.begin("ruff");
    }
    if said.is_some() && said != Some(seen) || seen > 0 && said.is_none() {
        draft.partial("Ruff says of another number of errors than are in the file: some of it is missing.");
    }
    Ok(())
}

/// Whoever says only that all checks passed may be anybody: that is Ruff's report if it is named so.
fn begin_once(draft: &mut Draft, seen: u64) {
    if seen == 1 {
        draft.begin("ruff");
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{all, named, one, state};

    const TWO: &str =
        "a.py:1:8: F401 [*] `os` imported but unused\nb.py:2:1: invalid-syntax: Expected a statement\n";

    #[test]
    fn violations_are_counted_against_the_end() {
        let whole = format!("{TWO}Found 2 errors.\n[*] 1 fixable with the `--fix` option.\n");
        let report = one(&whole);
        assert_eq!((&*report.tool.name, report.counts.findings), ("ruff", 2));
        assert_eq!(&*report.findings[0].message, "`os` imported but unused");
        assert_eq!(state(&whole), "partial");
        let clean = whole.replace("b.py:2:1: invalid-syntax: Expected a statement\n", "");
        assert_eq!(state(&clean), "partial");
        assert_eq!(state(&clean.replace("Found 2 errors", "Found 1 error")), "ok");
    }

    #[test]
    fn all_checks_passed_is_ruffs_word_only_where_the_name_says_so() {
        assert_eq!(named("ruff.txt", "All checks passed!\n")[0].state.as_str(), "ok");
        assert!(all("All checks passed!\n").is_empty());
        let of_mypy = named("ruff.txt", "Found 3 errors in 2 files (checked 9 source files)\n");
        assert_eq!(&*of_mypy[0].tool.name, "mypy");
    }
}
