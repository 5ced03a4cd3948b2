//! flake8's text, by default and with `--format pylint`: style and errors of Python code.
//! <https://flake8.pycqa.org/en/latest/user/options.html#cmdoption-flake8-format>

use super::Format;
use crate::report::input::located::{is_python, located};
use crate::report::input::{Fault, Input, Result};
use crate::report::lint_code::{family, rated, without_password};
use crate::report::sketch::Sketch;
use crate::report::span;
use crate::report::{Category, Draft, Finding, Rule, Severity};

/// flake8's text.
pub(super) const FORMAT: Format = Format { name: "flake8", recognises, read };

/// Errors of Python itself, not of style: <https://flake8.pycqa.org/en/latest/user/error-codes.html>
const ERRORS: &[&str] = &["E9", "F63", "F7", "F82"];

/// A line about one violation.
pub(super) struct Violation<'a> {
    pub(super) path: &'a str,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
}

/// What a line of flake8's is.
enum Line<'a> {
    Violation(Violation<'a>),
    /// Of `--count`, `--statistics`, `--show-source`, or a comment that somebody put around.
    Other,
    /// Not of flake8.
    Foreign,
}

fn recognises(sketch: &Sketch) -> bool {
    let lines = sketch.lines();
    if without_plugin(lines) {
        return true;
    }
    let (mut violations, mut shown) = (0_usize, false);
    let mut reader = Reader::default();
    for line in lines {
        match reader.line(line) {
            Line::Violation(_) => (violations, shown) = (violations + 1, true),
            // `--show-source` shows one line of code below each.
            Line::Foreign if shown => shown = false,
            Line::Foreign => return false,
            Line::Other => {}
        }
    }
    violations > 0
}

/// flake8 does not know `--format json` without the plugin `flake8-json`, and prints the word each time.
fn without_plugin(lines: &[String]) -> bool {
    let mut words = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| word == "json")
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("flake8");
    let mut reader = Reader::default();
    let mut lines = input.lines();
    let (mut any, mut shown) = (false, false);
    while let Some(line) = lines.next_line()? {
        match reader.line(line) {
            Line::Violation(violation) => {
                (any, shown) = (true, true);
                add(draft, &violation);
            }
            Line::Foreign if any && !shown => {
                draft.partial("Something that is not of flake8 stands in the file, or its end is missing.");
            }
            Line::Foreign => shown = false,
            Line::Other => {}
        }
    }
    if any {
        return Ok(());
    }
    Err(Fault::new(
        "flake8 printed the word `json` for every violation: its JSON needs the plugin flake8-json. Install it, or leave out --format json.",
    ))
}

/// Reads line by line; a comment of HTML may stand around.
#[derive(Default)]
struct Reader {
    in_comment: bool,
}

impl Reader {
    fn line<'a>(&mut self, line: &'a str) -> Line<'a> {
        if self.in_comment || line.starts_with("<!--") {
            self.in_comment = !line.contains("-->");
            return Line::Other;
        }
        violation(line).map_or_else(|| other(line), Line::Violation)
    }
}

fn other(line: &str) -> Line<'_> {
    let text = line.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let statistics =
        !number.is_empty() && (rest.is_empty() || rest.split_whitespace().next().is_some_and(is_code));
    let caret = !text.is_empty() && text.bytes().all(|byte| byte == b'^');
    if text.is_empty() || statistics || caret { Line::Other } else { Line::Foreign }
}

/// `path:line:column: CODE message`, or `path:line: [CODE] message`.
pub(super) fn violation(line: &str) -> Option<Violation<'_>> {
    let found = located(line)?;
    let (code, message) = match found.rest.strip_prefix('[') {
        Some(rest) => rest.split_once("] ")?,
        None => found.rest.split_once(' ').filter(|_| found.column.is_some())?,
    };
    let ours = found.line.is_some() && is_python(found.path) && is_code(code);
    ours.then_some(Violation { path: found.path, line: found.line, column: found.column, code, message })
}

/// Up to three letters and up to three digits, as flake8 asks of its plugins; some have four of either.
fn is_code(code: &str) -> bool {
    let letters = family(code);
    let digits = code.len() - letters.len();
    (1..=4).contains(&letters.len())
        && (1..=4).contains(&digits)
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
}

pub(super) fn add(draft: &mut Draft, violation: &Violation<'_>) {
    let code = violation.code;
    let error = ERRORS.iter().any(|prefix| code.starts_with(prefix));
    if matches!(code, "E999" | "E902" | "invalid-syntax") {
        draft.partial(format!("{} could not be read, and little is said about it.", violation.path));
    }
    let (category, severity) = if error { (Category::Lint, Severity::Medium) } else { rated(code) };
    let rule = draft.rule(Rule::named(code));
    let mut finding = Finding::new(category, severity, rule);
    finding.native = Some(draft.text(family(code)));
    finding.message = draft.message(&without_password(code, violation.message));
    finding.place = span(draft, violation.path, violation.line, None, violation.column);
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};
    use crate::report::{Category, Severity};

    #[test]
    fn both_shapes_are_read() {
        for line in ["./a/b.py:3:5: F821 undefined name 'x'", "./a/b.py:3: [F821] undefined name 'x'"] {
            let report = one(&format!("{line}\n"));
            let finding = &report.findings[0];
            assert_eq!((&*finding.rule.id, finding.severity), ("F821", Severity::Medium));
            assert_eq!(&*finding.message, "undefined name 'x'");
            assert_eq!(&*finding.place.as_ref().unwrap().file, "a/b.py");
            assert_eq!(report.counts.native["F"], 1);
        }
    }

    #[test]
    fn what_options_add_is_passed_over() {
        let text =
            "a.py:1:1: F401 'os' imported but unused\nimport os\n^\n1     F401 'os' imported but unused\n1\n";
        assert_eq!(one(text).counts.findings, 1);
    }

    #[test]
    fn what_bandit_tests_is_code_and_quotes_nothing() {
        let report = one("a.py:1:1: S105 Possible hardcoded password: 'hunter2'\n");
        assert_eq!(report.findings[0].category, Category::Code);
        assert_eq!(&*report.findings[0].message, "Possible hardcoded password: '…'");
    }

    #[test]
    fn json_without_the_plugin_cannot_be_read() {
        assert_eq!(state("json\njson\njson\n"), "unreadable");
        assert!(one("json\n").state.why().unwrap().contains("flake8-json"));
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_looked_at() {
        assert_eq!(state("a.py:1:2: E999 SyntaxError: invalid syntax\n"), "partial");
    }

    #[test]
    fn other_text_is_not_taken_for_it() {
        for text in [
            "",
            "some log\n",
            "12:30:45: E100 happened\n",
            "a.c:1:2: E100 looks alike\n",
            "a.py:1:2: C0114: Missing docstring (missing-module-docstring)\n",
            "a.py:1:2: error: x  [arg-type]\n",
            "log\na.py:1:2: E100 x\n",
            "a.py:1:2: E100 x\nlog\nlog\n",
        ] {
            assert_ne!(
                crate::report::trial::all(text).first().map(|report| &*report.format),
                Some("flake8"),
                "{text}"
            );
        }
    }
}
