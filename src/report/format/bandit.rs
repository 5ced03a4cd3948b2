//! Bandit's JSON (`bandit -f json`): security of Python code.
//! <https://bandit.readthedocs.io/en/latest/formatters/json.html>

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Format;
use crate::report::input::loose::{Decimal, Many, Named, One, Whole, Word};
use crate::report::input::{Fault, Input, Result};
use crate::report::lint_code::unquoted;
use crate::report::sketch::{Sketch, Value};
use crate::report::{Category, Draft, Finding, Rule, Severity, place};

/// Bandit's JSON.
pub(super) const FORMAT: Format = Format { name: "bandit", recognises, read };

/// The words for a severity and for a confidence, least first.
const RANKS: [&str; 4] = ["UNDEFINED", "LOW", "MEDIUM", "HIGH"];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    test_id: Word<'a>,
    test_name: Word<'a>,
    issue_severity: Word<'a>,
    issue_confidence: Word<'a>,
    issue_text: Word<'a>,
    issue_cwe: One<Weakness>,
    filename: Word<'a>,
    line_number: Whole,
    line_range: Many<Whole>,
    more_info: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Weakness {
    id: Whole,
}

/// What was seen, to be compared with what Bandit says it has counted.
#[derive(Default)]
struct Seen {
    totals: BTreeMap<String, f64>,
    severities: BTreeMap<String, f64>,
    confidences: BTreeMap<String, f64>,
    unparsed: Vec<String>,
    listed: bool,
}

/// The results come last, and are missing where the file was cut off.
fn recognises(sketch: &Sketch) -> bool {
    sketch.json().is_some_and(|root| {
        let metrics = root.at(&["metrics"]).is_some_and(Value::is_object);
        let results = root.at(&["results"]).is_none_or(|results| matches!(results, Value::List(_)));
        root.is_object()
            && metrics
            && results
            && root.has(&["generated_at"])
            && root.list(&["errors"]).is_some()
    })
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    draft.begin("bandit");
    let mut seen = Seen::default();
    let mut json = input.json();
    json.object(|json, key| match key {
        "results" => {
            seen.listed = true;
            json.list(|json| {
                add(draft, &mut seen, &json.read()?);
                Ok(())
            })
        }
        "metrics" => json.object(|json, file| {
            if file == "_totals" {
                let totals: Named<'_, Decimal> = json.read()?;
                seen.totals = totals
                    .0
                    .into_iter()
                    .filter_map(|(axis, total)| Some((axis.0.into_owned(), total.0?)))
                    .collect();
            }
            Ok(())
        }),
        "errors" => json.list(|json| {
            seen.unparsed.push(json.read::<One<Unparsed<'_>>>()?.0.filename.0.into_owned());
            Ok(())
        }),
        _ => Ok(()),
    })?;
    json.end()?;
    if !seen.listed {
        return Err(Fault::new("There are no results in this report of Bandit, not even an empty list."));
    }
    judge(draft, &seen);
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Unparsed<'a> {
    #[serde(borrow)]
    filename: Word<'a>,
}

fn add(draft: &mut Draft, seen: &mut Seen, item: &Item<'_>) {
    let word = item.issue_severity.some().unwrap_or("UNDEFINED").to_ascii_uppercase();
    *seen.confidences.entry(item.issue_confidence.0.to_ascii_uppercase()).or_default() += 1.0;
    let rule = draft.rule(Rule {
        id: (&*item.test_id.0).into(),
        title: item.test_name.0.replace('_', " ").into(),
        cwe: item.issue_cwe.0.id.natural().into_iter().collect(),
        url: item.more_info.some().map(Into::into),
    });
    let severity = Severity::from_word(&word).unwrap_or(Severity::Unknown);
    let mut finding = Finding::new(Category::Code, severity, rule);
    finding.message = draft.message(&message(item));
    finding.place = place(draft, &item.filename.0, item.line_number.natural());
    if let Some(place) = &mut finding.place {
        let last = item.line_range.items.last().and_then(|line| line.natural());
        place.end_line = last.filter(|last| place.line.is_some_and(|line| *last > line));
    }
    finding.native = Some(draft.text(&word));
    *seen.severities.entry(word).or_default() += 1.0;
    draft.add(finding);
}

/// The tests of hard-coded passwords (B105, B106, B107) quote the password.
fn message(item: &Item<'_>) -> String {
    match &*item.test_id.0 {
        "B105" | "B106" | "B107" => unquoted(&item.issue_text.0),
        _ => item.issue_text.0.to_string(),
    }
}

fn judge(draft: &mut Draft, seen: &Seen) {
    if let Some(first) = seen.unparsed.first() {
        draft.partial(format!(
            "Bandit could not read {} of the files, {first} among them, and says nothing about them.",
            seen.unparsed.len()
        ));
    }
    if seen.totals.is_empty() {
        return draft
            .partial("The report does not say how much Bandit looked at: metrics._totals is missing.");
    }
    let nothing = seen.totals.get("loc").is_none_or(|lines| *lines < 1.0);
    if nothing && seen.severities.is_empty() && seen.unparsed.is_empty() {
        draft.scan_failed("Bandit looked at no line of code: check the paths that it was given.");
    }
    check(draft, seen);
}

/// Bandit counts what it found before `-l` and `-i` leave out what is too mild or too unsure.
fn check(draft: &mut Draft, seen: &Seen) {
    let count = |counts: &BTreeMap<String, f64>, key: &str| counts.get(key).copied().unwrap_or_default();
    let (mut missing, mut surplus, mut left_out) = (0.0, false, 0.0);
    for (axis, found) in [("SEVERITY", &seen.severities), ("CONFIDENCE", &seen.confidences)] {
        let mut below = true;
        for rank in RANKS {
            let (total, found) = (count(&seen.totals, &format!("{axis}.{rank}")), count(found, rank));
            surplus |= found > total;
            below &= found < 1.0 && rank != "HIGH";
            left_out += if below { total } else { 0.0 };
            missing += if axis == "SEVERITY" { total - found } else { 0.0 };
        }
    }
    if surplus || missing > left_out {
        draft
            .partial("The report disagrees with its own totals: it was cut, edited, or joined from several.");
    } else if missing > 0.0 {
        draft.note(format!("Bandit found {missing} more, which its options -l or -i leave out."));
    }
}

#[cfg(test)]
mod tests {
    use crate::report::trial::{one, state};

    fn report(errors: &str, totals: &str, results: &str) -> String {
        format!(
            r#"{{"errors":[{errors}],"generated_at":"2026-01-01","metrics":{{"_totals":{{"loc":9{totals}}}}},"results":[{results}]}}"#
        )
    }

    const ONE: &str = r#"{"test_id":"B105","test_name":"hardcoded_password_string","issue_severity":"LOW",
        "issue_confidence":"MEDIUM","issue_text":"Possible hardcoded password: 'hunter2'","filename":"./a.py",
        "line_number":3,"line_range":[3,4],"issue_cwe":{"id":259}}"#;

    #[test]
    fn a_password_is_found_and_not_told() {
        let text = report("", r#","SEVERITY.LOW":1,"CONFIDENCE.MEDIUM":1"#, ONE);
        let report = one(&text);
        assert_eq!(report.state.as_str(), "ok");
        let finding = &report.findings[0];
        assert_eq!(&*finding.message, "Possible hardcoded password: '…'");
        assert_eq!(finding.rule.cwe, [259]);
        let place = finding.place.as_ref().unwrap();
        assert_eq!((&*place.file, place.line, place.end_line), ("a.py", Some(3), Some(4)));
    }

    #[test]
    fn a_report_that_looked_at_less_than_all_is_not_whole() {
        assert_eq!(state(&report("", "", "")), "ok");
        assert_eq!(state(&report(r#"{"filename":"a.py","reason":"syntax error"}"#, "", "")), "partial");
        assert_eq!(state(&report("", "", "").replace("\"loc\":9", "\"loc\":0")), "scan_failed");
        assert_eq!(state(&report("", "", "").replace("_totals", "totals")), "partial");
        let whole = report("", "", "");
        for (end, _) in whole.match_indices(['}', ']']).skip(2) {
            assert_eq!(state(&whole[..end]), "unreadable", "{}", &whole[..end]);
        }
        assert_eq!(state(&report("", "", "").replace("\"results\":[]", "\"results\":{}")), "none");
    }

    #[test]
    fn totals_that_disagree_are_told_from_options_that_leave_out() {
        for (totals, results, expected) in [
            (r#","SEVERITY.HIGH":1,"CONFIDENCE.HIGH":1"#, "", "partial"),
            (r#","SEVERITY.MEDIUM":1,"CONFIDENCE.HIGH":1"#, "", "ok"),
            (r#","SEVERITY.HIGH":1,"CONFIDENCE.LOW":1"#, "", "ok"),
            ("", ONE, "partial"),
            (r#","SEVERITY.LOW":2,"CONFIDENCE.MEDIUM":2"#, ONE, "partial"),
        ] {
            assert_eq!(state(&report("", totals, results)), expected, "{totals}");
        }
    }
}
