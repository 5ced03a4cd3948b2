//! `TruffleHog` 2's JSON lines, and those of version 3 with `--json-legacy`: secrets in the history of a
//! repository. <https://github.com/trufflesecurity/trufflehog/blob/main/pkg/output/legacy_json.go>

use serde::Deserialize;

use crate::report::format::Format;
use crate::report::input::loose::{Several, Word};
use crate::report::input::{Fault, Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

/// `TruffleHog` 2's JSON lines.
pub(in crate::report::format) const FORMAT: Format = Format { name: "trufflehog-2", recognises, read };

/// One line. `diff` and `printDiff`, which hold the secret among much else, are not even read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    path: Word<'a>,
    reason: Word<'a>,
    #[serde(rename = "commitHash")]
    commit: Word<'a>,
    #[serde(rename = "stringsFound")]
    found: Several<'a>,
}

fn recognises(sketch: &Sketch) -> bool {
    sketch
        .first_line()
        .is_some_and(|first| first.is_object() && first.has(&["path", "reason", "stringsFound"]))
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("trufflehog");
    let mut lines = input.lines();
    while let Some(line) = lines.next_line()? {
        if !line.trim_start().starts_with('{') {
            continue;
        }
        let item: Item<'_> = serde_json::from_str(line)
            .map_err(|error| Fault(format!("A line is not as it should be, or was cut off: {error}.")))?;
        add(draft, &item);
    }
    Ok(())
}

fn add(draft: &mut Draft, item: &Item<'_>) {
    let rule = draft.rule(Rule::named(&item.reason.0));
    let mut finding = Finding::new(Category::Secret, Severity::Unknown, rule);
    finding.place = place(draft, &item.path.0, None);
    if let Some(commit) = item.commit.some() {
        let short: String = commit.chars().take(12).collect();
        finding.message = draft.message(&format!("A secret was committed with {short}."));
    }
    finding.occurrences = u32::try_from(item.found.0.len()).unwrap_or(u32::MAX).max(1);
    finding.secret = Some(draft.secret(item.found.0.first().map(|found| &*found.0), None));
    draft.add(finding);
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    const ONE: &str = r#"{"branch":"origin/master","commit":"hunter22","commitHash":"0416560b1330d8ac","diff":"hunter22","path":"a.env","printDiff":"\u001b[93mhunter22\u001b[0m","reason":"High Entropy","stringsFound":["hunter22","hunter23"]}"#;

    #[test]
    fn lines_are_findings_that_tell_no_secret() {
        let report = one(&format!("{ONE}\n{ONE}\n"));
        assert_eq!((report.counts.findings, &*report.tool.name), (2, "trufflehog"));
        assert_eq!(report.findings[0].occurrences, 2);
        assert!(!serde_json::to_string(&report).unwrap().contains("hunter2"));
        assert_eq!(state(&format!("{ONE}\n{}", &ONE[..50])), "unreadable");
    }
}
