//! yamllint's text: `parsable`, `standard` and `colored`, and the workflow commands of `github`.
//! <https://yamllint.readthedocs.io/en/stable/quickstart.html>

use super::Format;
use crate::report::input::located::{located, name_at_the_end};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::span;
use crate::report::{Category, Draft, Finding, Rule, Severity};

/// yamllint's text.
pub(super) const FORMAT: Format = Format { name: "yamllint", recognises, read };

/// A line about one problem.
#[derive(Debug, PartialEq)]
struct Problem<'a> {
    /// None in the formats that name the file once for all its problems.
    path: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    level: &'a str,
    message: &'a str,
    rule: &'a str,
}

/// What a line of yamllint's is.
enum Line<'a> {
    Problem(Problem<'a>),
    /// The file that the lines below are about.
    File(&'a str),
    Other,
    Foreign,
}

fn recognises(sketch: &Sketch) -> bool {
    let (mut problems, mut file) = (0, false);
    for line in sketch.lines() {
        match line_of(line) {
            Line::Problem(problem) if problem.path.is_none() && !file => return false,
            Line::Problem(_) => problems += 1,
            Line::File(_) => file = true,
            Line::Other => {}
            Line::Foreign => return false,
        }
    }
    problems > 0
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("yamllint");
    let mut file = String::new();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        match line_of(line) {
            Line::File(path) => path.clone_into(&mut file),
            Line::Problem(problem) => add(draft, problem.path.unwrap_or(&file), &problem),
            Line::Foreign => {
                draft.partial("Something that is not of yamllint stands in the file, or its end is missing.");
            }
            Line::Other => {}
        }
    }
    Ok(())
}

fn line_of(line: &str) -> Line<'_> {
    if let Some(problem) = parsable(line).or_else(|| standard(line)).or_else(|| command(line)) {
        return Line::Problem(problem);
    }
    if let Some(path) = line.strip_prefix("::group::") {
        return Line::File(path);
    }
    let name = line.rsplit('/').next().unwrap_or(line);
    let yaml = [".yml", ".yaml", ".clang-format", ".yamllint"].iter().any(|end| name.ends_with(end));
    match line {
        "" | "::endgroup::" => Line::Other,
        path if (yaml || path == "stdin") && !path.contains(": ") && path.trim() == path => Line::File(path),
        _ => Line::Foreign,
    }
}

/// `path:line:column: [level] message (rule)`
fn parsable(line: &str) -> Option<Problem<'_>> {
    let found = located(line)?;
    let (level, rest) = found.rest.strip_prefix('[')?.split_once("] ")?;
    let (message, rule) = name_at_the_end(rest, '(', ')').unwrap_or((rest, "syntax"));
    let ours = is_level(level) && found.column.is_some();
    ours.then_some(Problem {
        path: Some(found.path),
        line: found.line,
        column: found.column,
        level,
        message,
        rule,
    })
}

/// `  line:column   level   message  (rule)`
fn standard(line: &str) -> Option<Problem<'_>> {
    let (position, rest) = line.strip_prefix("  ")?.trim_start().split_once(' ')?;
    let (row, column) = position.split_once(':')?;
    let (level, rest) = rest.trim_start().split_once(' ')?;
    let (message, rule) = name_at_the_end(rest, '(', ')').unwrap_or((rest, "syntax"));
    let (line, column) = (Some(row.parse().ok()?), Some(column.parse().ok()?));
    is_level(level).then_some(Problem { path: None, line, column, level, message: message.trim(), rule })
}

/// `::level file=path,line=1,col=2::1:2 [rule] message`
fn command(line: &str) -> Option<Problem<'_>> {
    let (level, rest) = line.strip_prefix("::")?.split_once(" file=")?;
    let (place, rest) = rest.split_once("::")?;
    let (place, column) = place.rsplit_once(",col=")?;
    let (path, row) = place.rsplit_once(",line=")?;
    let (_, rest) = rest.split_once(' ')?;
    let (rule, message) =
        rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")).unwrap_or(("syntax", rest));
    let (line, column) = (Some(row.parse().ok()?), Some(column.parse().ok()?));
    is_level(level).then_some(Problem { path: Some(path), line, column, level, message, rule })
}

fn is_level(level: &str) -> bool {
    matches!(level, "error" | "warning")
}

fn add(draft: &mut Draft, path: &str, problem: &Problem<'_>) {
    if problem.rule == "syntax" {
        draft.partial(format!("yamllint could not parse {path}, and says little about it."));
    }
    let severity = if problem.level == "error" { Severity::Medium } else { Severity::Low };
    let rule = draft.rule(Rule::named(problem.rule));
    let mut finding = Finding::new(Category::Lint, severity, rule);
    finding.native = Some(draft.text(problem.level));
    finding.message = draft.message(problem.message);
    finding.place = span(draft, path, problem.line, None, problem.column);
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{all, one, state};

    #[test]
    fn every_shape_says_the_same() {
        for text in [
            "./a.yml:4:5: [error] too long (8 > 7) (line-length)\n",
            "./a.yml\n  4:5       error    too long (8 > 7)  (line-length)\n\n",
            "\u{1b}[4m./a.yml\u{1b}[0m\n  \u{1b}[2m4:5\u{1b}[0m       \u{1b}[31merror\u{1b}[0m    too long (8 > 7)  \u{1b}[2m(line-length)\u{1b}[0m\n",
            "::group::./a.yml\n::error file=./a.yml,line=4,col=5::4:5 [line-length] too long (8 > 7)\n::endgroup::\n",
        ] {
            let report = one(text);
            let finding = &report.findings[0];
            assert_eq!((&*finding.rule.id, &*finding.message), ("line-length", "too long (8 > 7)"), "{text}");
            let place = finding.place.as_ref().unwrap();
            assert_eq!((&*place.file, place.line, place.column), ("a.yml", Some(4), Some(5)));
            assert_eq!((report.counts.native["error"], report.state.as_str()), (1, "ok"));
        }
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_not_looked_at() {
        let text = "a.yml:2:1: [error] syntax error: mapping values are not allowed here (syntax)\n";
        assert_eq!(state(text), "partial");
    }

    #[test]
    fn other_text_is_not_taken_for_it() {
        for text in [
            "a.yml\n",
            "  4:5  error  x  (y)\n",
            "::error file=a.py,line=1::x\n",
            "log\na.yml:4:5: [error] x (y)\n",
            "a.yml:4: [error] x (y)\n",
            "steps:\n  - uses: a.yml\n",
        ] {
            assert!(all(text).is_empty(), "{text}");
        }
    }
}
