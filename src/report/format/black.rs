//! Black's text, which it writes to standard error: formatting of Python code.
//! <https://black.readthedocs.io/en/stable/usage_and_configuration/the_basics.html>

use super::Format;
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

/// Black's text.
pub(super) const FORMAT: Format = Format { name: "black", recognises, read };

/// What a line of Black's is.
enum Line<'a> {
    /// A file that is not formatted.
    Unformatted(&'a str),
    /// A file that it could not read, and why.
    Failed(&'a str, &'a str),
    /// A file that it formatted at once: nothing is wrong with it any more.
    Formatted,
    /// `3 files would be reformatted, 1 file would be left unchanged.`
    Summary,
    /// There was nothing to look at.
    Nothing,
    /// Empty, or symbols.
    Other,
    /// Not of Black.
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
    let line = line.trim();
    if let Some(file) = line.strip_prefix("would reformat ") {
        return Line::Unformatted(file);
    }
    if let Some((file, why)) =
        line.strip_prefix("error: cannot format ").and_then(|rest| rest.split_once(": "))
    {
        return Line::Failed(file, why);
    }
    if line.starts_with("No Python files are present to be formatted") || line.starts_with("No Path provided")
    {
        return Line::Nothing;
    }
    let heading = ["All done!", "Oh no!"].iter().find_map(|heading| line.strip_prefix(heading));
    if heading.unwrap_or(line).chars().all(|letter| letter.is_whitespace() || !letter.is_ascii()) {
        return Line::Other;
    }
    match line.strip_prefix("reformatted ") {
        Some(_) => Line::Formatted,
        None if is_summary(line) => Line::Summary,
        None => Line::Foreign,
    }
}

/// Parts such as `2 files would be left unchanged`, with commas between.
fn is_summary(line: &str) -> bool {
    const ENDS: &[&str] = &[
        "reformatted",
        "would be reformatted",
        "left unchanged",
        "would be left unchanged",
        "failed to reformat",
        "would fail to reformat",
    ];
    let part = |part: &str| {
        let (number, rest) = part.trim().split_once(' ').unwrap_or_default();
        let (files, end) = rest.split_once(' ').unwrap_or_default();
        number.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(files, "file" | "files")
            && ENDS.contains(&end)
    };
    line.strip_suffix('.').is_some_and(|line| line.split(',').all(part))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("black");
    let (mut ended, mut failed) = (false, 0_u64);
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        match line_of(line) {
            Line::Unformatted(file) => {
                add(draft, "would reformat", file, "It is not formatted as Black does it.");
            }
            Line::Failed(file, why) => {
                failed += 1;
                add(draft, "error", file, why);
            }
            Line::Summary => ended = true,
            Line::Nothing => {
                draft.scan_failed("Black found no file to look at: check the paths that it was given.");
            }
            Line::Foreign => {
                draft.partial("Something that is not of Black stands in the file, or its end is missing.");
            }
            Line::Formatted | Line::Other => {}
        }
    }
    if failed > 0 {
        draft.partial(format!("Black could not read {failed} files, and says nothing of their format."));
    } else if !ended {
        draft.partial("Black does not say how it ended: the end of its output is missing.");
    }
    Ok(())
}

fn add(draft: &mut Draft, word: &str, file: &str, message: &str) {
    let rule = draft.rule(Rule::named("black"));
    let severity = if word == "error" { Severity::Medium } else { Severity::Unknown };
    let mut finding = Finding::new(Category::Lint, severity, rule);
    finding.native = Some(draft.text(word));
    finding.message = draft.message(message);
    finding.place = place(draft, file, None);
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{all, one, state};

    #[test]
    fn files_that_would_be_reformatted_are_findings() {
        let text = "would reformat a.py\n\nOh no! \u{1f4a5}\n1 file would be reformatted, 2 files would be left unchanged.\n";
        let report = one(text);
        assert_eq!((report.state.as_str(), report.counts.findings), ("ok", 1));
        assert_eq!(&*report.findings[0].place.as_ref().unwrap().file, "a.py");
    }

    #[test]
    fn what_was_not_looked_at_is_not_clean() {
        for (text, expected) in [
            ("All done! \u{2728}\n3 files would be left unchanged.\n", "ok"),
            (
                "error: cannot format a.py: Cannot parse: 5:1: x\nOh no!\n1 file would fail to reformat.\n",
                "partial",
            ),
            ("would reformat a.py\n", "partial"),
            ("No Python files are present to be formatted. Nothing to do \u{1f634}\n", "scan_failed"),
        ] {
            assert_eq!(state(text), expected, "{text}");
        }
    }

    #[test]
    fn other_text_is_not_taken_for_it() {
        for text in ["All done!\n", "log\nwould reformat a.py\n", "3 files changed.\n", "\u{1f4a5}\n"] {
            assert!(all(text).is_empty(), "{text}");
        }
    }
}
