//! Gitleaks' JSON, of version 8 and of those before it: secrets in files and in the history.
//! <https://github.com/gitleaks/gitleaks/blob/master/report/finding.go>

use serde::Deserialize;

use super::Format;
use crate::report::input::loose::{Whole, Word};
use crate::report::input::{Input, Result};
use crate::report::sketch::{Sketch, Value};
use crate::report::span;
use crate::report::{Category, Draft, Finding, Rule, Severity};

/// Gitleaks' JSON.
pub(super) const FORMAT: Format = Format { name: "gitleaks", recognises, read };

/// One leak, by the names of version 8 and of those before it. `Match`, `line`, the commit's message, author
/// and address are not even read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(rename = "RuleID", alias = "rule", borrow)]
    rule: Word<'a>,
    #[serde(rename = "Description")]
    description: Word<'a>,
    #[serde(rename = "File", alias = "file")]
    file: Word<'a>,
    #[serde(rename = "Commit", alias = "commit")]
    commit: Word<'a>,
    #[serde(rename = "StartLine", alias = "lineNumber")]
    line: Whole,
    #[serde(rename = "EndLine")]
    end_line: Whole,
    #[serde(rename = "StartColumn")]
    column: Whole,
    #[serde(rename = "Secret", alias = "offender")]
    secret: Word<'a>,
    #[serde(rename = "Fingerprint")]
    fingerprint: Word<'a>,
}

fn recognises(sketch: &Sketch) -> bool {
    let Some(first) = sketch.json().and_then(Value::first) else { return false };
    let now = first.has(&["RuleID", "File"])
        && ["Secret", "Match", "Fingerprint"].iter().any(|key| first.has(&[key]));
    first.is_object() && (now || first.has(&["rule", "offender", "commit"]))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("gitleaks");
    let mut json = input.json();
    json.list(|json| {
        add(draft, &json.read()?);
        Ok(())
    })?;
    json.end()
}

fn add(draft: &mut Draft, item: &Item<'_>) {
    let rule = draft.rule(Rule {
        id: (&*item.rule.0).into(),
        title: (&*item.description.0).into(),
        ..Rule::default()
    });
    let mut finding = Finding::new(Category::Secret, Severity::Unknown, rule);
    finding.place =
        span(draft, &item.file.0, item.line.natural(), item.end_line.natural(), item.column.natural());
    if let Some(commit) = item.commit.some() {
        let short: String = commit.chars().take(12).collect();
        finding.message = draft.message(&format!("A secret was committed with {short}."));
    }
    finding.secret = Some(draft.secret(whole(&item.secret.0), None));
    finding.tool_fingerprint = item.fingerprint.some().map(|fingerprint| draft.message(fingerprint));
    draft.add(finding);
}

/// The secret, unless `--redact` left only `REDACTED` or its beginning of it.
fn whole(secret: &str) -> Option<&str> {
    (secret != "REDACTED" && !secret.ends_with("...")).then_some(secret)
}

#[cfg(test)]
mod tests {
    use crate::report::Severity;
    use crate::report::trial::{one, state};

    const NEW: &str = r#"[{"RuleID":"aws","Description":"AWS","StartLine":2,"EndLine":2,"Match":"k=hunter22",
        "Secret":"hunter22","File":"a.tf","Commit":"74d53286c550630f","Author":"Jane","Email":"j@x.org",
        "Message":"hunter22","Fingerprint":"74d5:a.tf:aws:2"}]"#;
    const OLD: &str = r#"[{"line":"k=hunter22","lineNumber":13,"offender":"hunter22","commit":"6d12","rule":"AWS",
        "commitMessage":"hunter22","author":"Jane","email":"j@x.org","file":"b.json"}]"#;

    #[test]
    fn both_generations_say_where_and_never_what() {
        let marks = [(NEW, "a.tf", 2), (OLD, "b.json", 13)].map(|(text, file, line)| {
            let report = one(text);
            let finding = &report.findings[0];
            let place = finding.place.as_ref().unwrap();
            assert_eq!((&*place.file, place.line), (file, Some(line)));
            assert_eq!((finding.severity, finding.weight()), (Severity::Unknown, Severity::High));
            let told = serde_json::to_string(&report).unwrap();
            for never in ["hunter22", "Jane", "j@x.org"] {
                assert!(!told.contains(never), "{told}");
            }
            finding.secret.as_ref().unwrap().mark.clone().unwrap()
        });
        assert_eq!(marks[0], marks[1]);
    }

    #[test]
    fn what_was_redacted_has_no_mark() {
        let text = NEW.replace("\"Secret\":\"hunter22\"", "\"Secret\":\"REDACTED\"");
        assert_eq!(one(&text).findings[0].secret.as_ref().unwrap().mark, None);
    }

    #[test]
    fn a_report_that_was_cut_off_is_no_report() {
        assert_eq!(state(NEW.trim_end_matches(']')), "unreadable");
        assert_eq!(state(&NEW.replace("}]", "},7]")), "unreadable");
    }
}
