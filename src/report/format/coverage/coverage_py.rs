//! What `coverage json` writes (<https://coverage.readthedocs.io/en/latest/commands/cmd_json.html>), in its
//! formats 2 and 3.

use serde::Deserialize;

use super::told;
use crate::report::format::Format;
use crate::report::input::loose::{One, Whole, Word};
use crate::report::input::{Input, Result};
use crate::report::sketch::Sketch;
use crate::report::{Coverage, Draft};

/// coverage.py's JSON.
pub(in crate::report::format) const FORMAT: Format = Format { name: "coverage-py", recognises, read };

fn recognises(sketch: &Sketch) -> bool {
    let Some(root) = sketch.json() else { return false };
    root.has(&["meta", "files"])
        && root.at(&["meta", "version"]).is_some()
        && (root.at(&["meta", "format"]).is_some() || root.at(&["meta", "branch_coverage"]).is_some())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta<'a> {
    #[serde(borrow)]
    version: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary<'a> {
    covered_lines: Whole,
    num_statements: Whole,
    covered_branches: Whole,
    num_branches: Whole,
    #[serde(borrow)]
    percent_covered: Word<'a>,
}

impl Summary<'_> {
    fn coverage(&self) -> Coverage {
        let natural = |number: Whole| number.natural().map(u64::from);
        let branches_valid = natural(self.num_branches).filter(|branches| *branches > 0);
        Coverage {
            lines_covered: natural(self.covered_lines).unwrap_or(0),
            lines_valid: natural(self.num_statements).unwrap_or(0),
            branches_covered: natural(self.covered_branches).filter(|_| branches_valid.is_some()),
            branches_valid,
            files: 0,
        }
    }
}

fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let mut json = input.json();
    let (mut sum, mut percent) = (Coverage::default(), None);
    let mut totals = None;
    draft.begin("coverage.py");
    json.object(|json, key| {
        match key {
            "meta" => {
                let meta: One<Meta<'_>> = json.read()?;
                draft.tool("coverage.py", meta.0.version.some());
            }
            "totals" => {
                let summary: One<Summary<'_>> = json.read()?;
                percent = summary.0.percent_covered.some().and_then(|percent| percent.parse::<f64>().ok());
                totals = Some(summary.0.coverage());
            }
            "files" => json.object(|json, _| {
                sum.files += 1;
                json.object(|json, key| {
                    if key == "summary" {
                        add(&mut sum, &json.read::<One<Summary<'_>>>()?.0.coverage());
                    }
                    Ok(())
                })
            })?,
            _ => {}
        }
        Ok(())
    })?;
    json.end()?;
    note(&sum, totals.as_ref(), percent, draft);
    told(sum, draft);
    Ok(())
}

fn add(sum: &mut Coverage, file: &Coverage) {
    sum.lines_covered += file.lines_covered;
    sum.lines_valid += file.lines_valid;
    for (sum, file) in
        [(&mut sum.branches_covered, file.branches_covered), (&mut sum.branches_valid, file.branches_valid)]
    {
        *sum = file.map_or(*sum, |file| Some(sum.unwrap_or(0) + file));
    }
}

fn note(sum: &Coverage, totals: Option<&Coverage>, percent: Option<f64>, draft: &mut Draft) {
    let counts = |coverage: &Coverage| (coverage.lines_covered, coverage.lines_valid);
    if let Some(totals) = totals.filter(|totals| totals.lines_valid > 0 && counts(totals) != counts(sum)) {
        let ((covered, valid), (all, of)) = (counts(totals), counts(sum));
        draft.note(format!(
            "Its totals say {covered} of {valid} lines, and its files {all} of {of}, which counts."
        ));
    }
    if let (Some(said), Some(lines)) = (percent, sum.percent())
        && (said - lines).abs() > 0.01
    {
        draft.note(format!(
            "coverage.py itself says {said:.2} %, for it counts branches too; of lines it is {lines:.2} %."
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbers;
    use crate::report::trial::one;

    #[test]
    fn files_are_summed_and_the_other_percentage_is_told() {
        let text = r#"{"files":{
            "a.py":{"executed_lines":[1],"summary":{"covered_lines":1,"num_statements":"2","num_branches":2,"covered_branches":1}},
            "b.py":{"summary":{"covered_lines":2,"num_statements":2,"num_branches":0,"covered_branches":0}}},
            "totals":{"covered_lines":3,"num_statements":4,"percent_covered":66.67},
            "meta":{"format":3,"version":"7.17.3","branch_coverage":true}}"#;
        let report = one(text);
        assert_eq!(numbers(&report), [3, 4, 1, 2, 2]);
        assert_eq!((&*report.tool.name, report.tool.version.as_deref()), ("coverage.py", Some("7.17.3")));
        assert!(report.notes[0].contains("66.67 %") && report.notes[0].contains("75.00 %"));
    }
}
