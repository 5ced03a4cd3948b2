//! Whether the tests pass, and how much of the code they run.

use super::super::{Condition, Tally};
use super::{Gate, Judged, tools};
use crate::requirement::Code;

/// Where tests are told of, they ran and passed. Where none are, `must_have: [tests]` asks for them.
pub(super) fn tests(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let tests = tally.tests.filter(|_| !gate.ignore_tests)?;
    let broken = tests.failed.saturating_add(tests.errored);
    let ran = tests.passed.saturating_add(broken);
    let actual = match broken {
        0 => format!("{} passed", tests.passed),
        _ => format!("{} passed, {} failed, {} broke", tests.passed, tests.failed, tests.errored),
    };
    let reports: Vec<_> = tally.reports.iter().filter(|fact| super::answers(fact, "tests")).collect();
    let judged = Judged { title: "tests pass".to_owned(), actual, decided_by: tools(&reports) };
    if broken > 0 {
        let sentence = format!("{broken} of {ran} tests that ran did not pass. Mend them and push.");
        return Some(judged.fails(Code::TestsFailed, sentence));
    }
    if ran == 0 {
        let sentence = format!(
            "Not one test ran ({} skipped), so nothing was tested. Look at why none was collected.",
            tests.skipped
        );
        return Some(judged.fails(Code::TestsNone, sentence));
    }
    Some(judged.holds(format!("All {ran} tests that ran passed ({} skipped).", tests.skipped)))
}

/// The tests run enough of the code.
pub(super) fn minimum(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let minimum = gate.coverage_minimum?;
    let title = format!("coverage of at least {minimum} %");
    let now = match now(gate, tally, title) {
        Ok(now) => now,
        Err(unknown) => return Some(*unknown),
    };
    let sentence = format!("Tests run {} of the lines, and {minimum} % are asked for.", now.judged.actual);
    Some(if now.percent >= minimum {
        now.judged.holds(sentence)
    } else {
        now.judged.fails(Code::CoverageLow, format!("{sentence} Write tests for what is not run."))
    })
}

/// They do not run much less of it than before.
pub(super) fn drop(gate: &Gate, tally: &Tally) -> Option<Condition> {
    /// What adding and subtracting floating numbers may be wrong by.
    const ROUNDING: f64 = 1e-9;
    let most = gate.coverage_max_drop?;
    let title = format!("coverage drops by at most {most} points");
    let now = match now(gate, tally, title) {
        Ok(now) => now,
        Err(unknown) => return Some(*unknown),
    };
    let before = tally.coverage.as_ref().and_then(|coverage| coverage.before.as_ref()?.percent());
    let Some(before) = before else {
        let sentence = "There is no coverage of an earlier commit to compare with, so nobody knows whether it \
                        dropped. Run the tests with coverage on the commit that this one comes from.";
        return Some(now.judged.fails(Code::CoverageUnknown, sentence));
    };
    let actual = format!("{} before, {} now", shown(before), now.judged.actual);
    let judged = Judged { actual, ..now.judged };
    let sentence = format!("Coverage: {}; it may drop by {most} points.", judged.actual);
    Some(if before - now.percent <= most + ROUNDING {
        judged.holds(sentence)
    } else {
        judged.fails(Code::CoverageDropped, format!("{sentence} Write tests for what was added."))
    })
}

struct Now<'t> {
    percent: f64,
    judged: Judged<'t>,
}

/// The coverage of the commit; a condition that does not hold where it is not known.
fn now<'t>(gate: &Gate, tally: &'t Tally, title: String) -> Result<Now<'t>, Box<Condition>> {
    let reports = gate.called(tally, "coverage");
    let judged = Judged { title, actual: "unknown".to_owned(), decided_by: tools(&reports) };
    let Some(coverage) = &tally.coverage else {
        let sentence = "No coverage report came of this commit. Run the tests with coverage, and upload what \
                        it writes.";
        return Err(Box::new(judged.pending(Code::CoverageUnknown, sentence)));
    };
    let Some(percent) = coverage.now.percent() else {
        let sentence = "The coverage report knows no line that could be run, so it measured nothing. Look at \
                        where it was told to look.";
        return Err(Box::new(judged.fails(Code::CoverageUnknown, sentence)));
    };
    Ok(Now { percent, judged: Judged { actual: shown(percent), ..judged } })
}

/// Rounded down: what is shown as enough is enough.
fn shown(percent: f64) -> String {
    format!("{:.2} %", (percent * 100.0).floor() / 100.0)
}
