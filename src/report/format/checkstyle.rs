//! Checkstyle's XML (<https://checkstyle.org>), which linters of all languages write: hadolint, ktlint,
//! flake8, `PHP_CodeSniffer`, `ESLint`. Only some of them say who they are.

use super::Format;
use crate::report::input::xml::{Element, Node};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Place, Rule, Severity, place};

/// Checkstyle.
pub(super) const FORMAT: Format = Format { name: "checkstyle", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    sketch.xml("checkstyle").is_some()
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut xml = input.xml();
    let mut file = String::new();
    let mut tool = None;
    draft.begin("checkstyle");
    while let Some(node) = xml.next_node()? {
        let Node::Open(element) = node else { continue };
        match element.name() {
            "file" => {
                let name = element.attribute("name").unwrap_or_default();
                file.clear();
                file.push_str(&name);
            }
            "error" => {
                let (finding, writer) = finding(&element, &file, draft);
                tool = tool.or(writer);
                draft.add(finding);
            }
            // A file that the linter could not read at all.
            "exception" => draft.partial("The tool failed on some of the files; see its log."),
            _ => {}
        }
    }
    if let Some(tool) = tool {
        draft.tool(tool, None);
    }
    Ok(())
}

fn finding(element: &Element<'_>, file: &str, draft: &mut Draft) -> (Finding, Option<&'static str>) {
    let [mut line, mut column] = [None, None];
    let (mut word, mut message, mut source) = (String::new(), String::new(), String::new());
    for (name, value) in element.attributes() {
        match name {
            "line" => line = value.trim().parse().ok(),
            "column" => column = value.trim().parse().ok(),
            "severity" => word = value.trim().to_ascii_lowercase(),
            "message" => message = value.into_owned(),
            "source" => source = value.into_owned(),
            _ => {}
        }
    }
    // flake8 writes its code before the message and itself as the source.
    let (code, said) = match message.split_once(' ') {
        Some((code, said)) if matches!(source.trim(), "flake8" | "") && is_code(code) => (code, said),
        _ => (source.trim(), message.as_str()),
    };
    let rule = draft.rule(Rule::named(if code.is_empty() { "checkstyle" } else { code }));
    let mut finding = Finding::new(Category::Lint, severity(&word), rule);
    finding.message = draft.message(said);
    finding.native = (finding.severity != Severity::Unknown).then(|| draft.text(&word));
    let column = column.filter(|column| *column > 0);
    finding.place = place(draft, file, line).map(|place| Place { column, ..place });
    (finding, writer(source.trim()))
}

/// The words of Checkstyle's `SeverityLevel`, and `style`, which hadolint has besides.
fn severity(word: &str) -> Severity {
    match word {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "info" => Severity::Low,
        "style" | "ignore" => Severity::Info,
        _ => Severity::Unknown,
    }
}

/// `E501`, `SC2086`
fn is_code(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = word.get(letters..).unwrap_or_default();
    (1..=4).contains(&letters) && digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Who writes such rules.
fn writer(source: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("com.puppycrawl.tools.checkstyle", "checkstyle"),
        ("DL", "hadolint"),
        ("eslint.", "eslint"),
        ("flake8", "flake8"),
        ("ShellCheck.", "shellcheck"),
        ("detekt.", "detekt"),
        ("standard:", "ktlint"),
    ];
    let (_, name) = KNOWN.iter().find(|(start, _)| source.starts_with(start))?;
    // Only hadolint's own rules end in a number behind these two letters.
    let hadolint = source.get(2..).is_some_and(|rest| rest.len() == 4 && rest.parse::<u16>().is_ok());
    (*name != "hadolint" || hadolint).then_some(*name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::State;
    use crate::report::trial::one;

    #[test]
    fn every_line_that_is_told_is_a_finding() {
        let report = one(r#"<?xml version="1.0"?><checkstyle version="4.3"><file name="./Dockerfile">
            <error line="3" column="0" severity="warning" message="Pin versions &lt;x&gt;" source="DL3008"/>
            <error line="4" severity="info" message="Quote" source="SC2086"/></file><file name="b"/></checkstyle>"#);
        assert_eq!((&*report.tool.name, report.counts.findings, report.state), ("hadolint", 2, State::Ok));
        let first = &report.findings[0];
        assert_eq!((&*first.rule.id, &*first.message), ("DL3008", "Pin versions <x>"));
        let place = first.place.as_ref().unwrap();
        assert_eq!((&*place.file, place.line, place.column), ("Dockerfile", Some(3), None));
    }

    #[test]
    fn codes_stand_where_each_tool_writes_them() {
        let report = one(
            r#"<checkstyle><file name="a.py"><error line="1" severity="error" message="E501 line too long" source="flake8"/>
            </file></checkstyle>"#,
        );
        let first = &report.findings[0];
        assert_eq!(
            (&*first.rule.id, &*first.message, first.category),
            ("E501", "line too long", Category::Lint)
        );
        assert_eq!(&*report.tool.name, "flake8");
    }

    #[test]
    fn a_linter_that_failed_was_not_everywhere() {
        let text = r#"<checkstyle><file name="a"><exception>boom</exception></file></checkstyle>"#;
        assert!(matches!(one(text).state, State::Partial { .. }));
        assert!(matches!(one("<checkstyle><file>").state, State::Unreadable { .. }));
    }
}
