//! Runs of the commit that go on: what they bring may be what closes the gate.

use super::super::{Condition, Tally, UnfinishedRun};
use super::{Gate, Judged, few};
use crate::requirement::Code;

/// Those that are waited for.
pub(super) fn going(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let going: Vec<&UnfinishedRun> = tally.unfinished.iter().filter(|run| !is_late(gate, run)).collect();
    let first = going.iter().map(|run| run.since).min()?;
    let named = named(&going);
    let judged =
        Judged { title: TITLE.to_owned(), actual: format!("running: {named}"), decided_by: Vec::new() };
    let sentence = format!("Still running: {named}. Wait: this goes on by itself once they have ended.");
    let condition = judged.pending(Code::ReportPending, sentence);
    let requirement = condition.requirement.until(first.plus(gate.wait.0));
    Some(Condition { requirement, ..condition })
}

/// Those that were waited for long enough.
pub(super) fn late(gate: &Gate, tally: &Tally) -> Option<Condition> {
    let late: Vec<&UnfinishedRun> = tally.unfinished.iter().filter(|run| is_late(gate, run)).collect();
    let longest = late.iter().max_by_key(|run| run.for_seconds)?;
    let named = named(&late);
    let judged = Judged { title: TITLE.to_owned(), actual: format!("late: {named}"), decided_by: Vec::new() };
    let sentence = format!(
        "After {} minutes it has not ended: {named}. What it would tell cannot be known. Look what it waits for, cancel \
         it, or leave it out with `scans: {{ ignore_workflows: [{}] }}` in the policy.",
        longest.for_seconds / 60,
        longest.workflow
    );
    Some(judged.fails(Code::ReportLate, sentence))
}

const TITLE: &str = "the commit's workflows have ended";

fn is_late(gate: &Gate, run: &UnfinishedRun) -> bool {
    run.for_seconds > gate.wait.0.as_secs()
}

fn named(runs: &[&UnfinishedRun]) -> String {
    let named: Vec<String> = runs.iter().map(|run| format!("{} (run {})", run.workflow, run.run)).collect();
    few(&named, named.len() as u64)
}
