//! How much of the code the tests ran, in the three formats in which that is written.

mod cobertura;
mod coverage_py;
mod lcov;

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::report::input::{Fault, Result};
use crate::report::{Coverage, Draft};

pub(super) use cobertura::FORMAT as COBERTURA;
pub(super) use coverage_py::FORMAT as COVERAGE_PY;
pub(super) use lcov::FORMAT as LCOV;

/// No report is about more lines than these; what repeats itself counts once.
const LINES: usize = 3_000_000;

/// The lines of a report. One that is told twice, for a class and its method or in two runs, is one line,
/// and it was run if either says so.
#[derive(Debug, Default)]
struct Tally {
    /// By a digest of their names, which may be long.
    files: HashMap<[u8; 16], u32>,
    lines: Vec<Line>,
    /// The file at hand.
    file: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    file: u32,
    number: u32,
    run: bool,
    branches_taken: u8,
    branches: u8,
}

impl Tally {
    /// What follows is about this file.
    fn file(&mut self, name: &str) {
        let next = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let digest = Sha256::digest(name);
        let digest = digest.first_chunk().copied().unwrap_or_default();
        self.file = *self.files.entry(digest).or_insert(next);
    }

    fn line(&mut self, number: u32, run: bool, (taken, branches): (u32, u32)) -> Result<()> {
        if self.lines.len() >= LINES {
            self.unite();
            if self.lines.len() >= LINES / 4 * 3 {
                return Err(Fault(format!("It lists more than {} lines of code.", LINES / 4 * 3)));
            }
        }
        let few = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        let (branches_taken, branches) = (few(taken), few(branches));
        self.lines.push(Line { file: self.file, number, run, branches_taken, branches });
        Ok(())
    }

    /// Makes one of those that are about the same line.
    fn unite(&mut self) {
        self.lines.sort_unstable();
        self.lines.dedup_by(|again, first| {
            let same = (again.file, again.number) == (first.file, first.number);
            if same {
                first.run |= again.run;
                first.branches_taken = first.branches_taken.max(again.branches_taken);
                first.branches = first.branches.max(again.branches);
            }
            same
        });
    }

    fn coverage(mut self) -> Coverage {
        self.unite();
        let sum = |number: fn(&Line) -> u64| self.lines.iter().map(number).sum::<u64>();
        let branches = sum(|line| u64::from(line.branches));
        Coverage {
            lines_covered: sum(|line| u64::from(line.run)),
            lines_valid: sum(|_| 1),
            branches_covered: (branches > 0).then(|| sum(|line| u64::from(line.branches_taken))),
            branches_valid: (branches > 0).then_some(branches),
            files: self.files.len() as u64,
        }
    }
}

/// Tells what was measured, and what is odd about it.
fn told(coverage: Coverage, draft: &mut Draft) {
    if coverage.lines_valid == 0 {
        draft.scan_failed("It lists no line of code: nothing was measured.");
    } else if coverage.lines_covered == 0 {
        draft.note("Nothing was covered. Was it measured in the folder in which the tests run?");
    }
    draft.report().coverage = Some(coverage);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::trial::one;
    use crate::report::{Report, State};

    pub(super) fn numbers(report: &Report) -> [u64; 5] {
        let coverage = report.coverage.as_ref().unwrap();
        let branches = (coverage.branches_covered.unwrap_or(0), coverage.branches_valid.unwrap_or(0));
        [coverage.lines_covered, coverage.lines_valid, branches.0, branches.1, coverage.files]
    }

    #[test]
    fn nothing_measured_is_no_coverage() {
        for text in [
            r#"<coverage line-rate="1" lines-valid="0"><packages/></coverage>"#,
            r#"{"meta":{"format":3,"version":"7"},"files":{},"totals":{"num_statements":0,"covered_lines":0}}"#,
            "TN:\nSF:a.c\nend_of_record\n",
        ] {
            let report = one(text);
            assert!(matches!(report.state, State::ScanFailed { .. }), "{text}");
            assert_eq!(report.coverage.unwrap().percent(), None);
        }
    }

    #[test]
    fn nothing_covered_is_said() {
        for text in [
            r#"<coverage line-rate="0"><class filename="a"><lines><line number="1" hits="0"/></lines></class></coverage>"#,
            r#"{"meta":{"format":2,"version":"6"},"files":{"a.py":{"summary":{"covered_lines":0,"num_statements":1}}},"totals":{}}"#,
            "SF:a.c\nDA:1,0\nend_of_record\n",
        ] {
            let report = one(text);
            assert_eq!((numbers(&report), report.state), ([0, 1, 0, 0, 1], State::Ok), "{text}");
            assert!(report.notes[0].starts_with("Nothing was covered"), "{text}");
        }
    }

    #[test]
    fn what_repeats_itself_counts_once() {
        let mut tally = Tally::default();
        tally.file("a");
        for round in 0..3 {
            for number in 0..1_100_000 {
                tally.line(number, round == 2, (0, 0)).unwrap();
            }
        }
        let coverage = tally.coverage();
        assert_eq!((coverage.lines_valid, coverage.lines_covered), (1_100_000, 1_100_000));
    }
}
