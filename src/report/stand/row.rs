//! The table of reports: what came of each.

use std::collections::{HashMap, HashSet};

use super::problem::Merged;
use super::tally::signatures;
use super::{Evidence, Outcome};
use crate::report::{Compared, Novelty, Received, Row, SignatureFact};

/// One row for each report, in the order of the reports.
pub(super) fn rows(evidence: &Evidence<'_>, outcome: &Outcome<'_>) -> Vec<Row> {
    let gone = gone(outcome);
    let compared = outcome.baselines.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
    let received = evidence.reports.iter().zip(compared).zip(signatures(evidence));
    let mut rows: Vec<Row> =
        received.map(|((it, compared), signature)| row(evidence, compared, &gone, signature, it)).collect();
    for (row, waiver) in rows.iter_mut().zip(&outcome.let_through) {
        row.waiver.clone_from(waiver);
    }
    for merged in &outcome.open {
        each(&mut rows, merged, |row| {
            *row.counts.entry(merged.problem.severity).or_default() += 1;
            match merged.problem.novelty {
                Novelty::New | Novelty::Unknown => row.new += 1,
                Novelty::Existing => row.existing += 1,
            }
        });
    }
    for merged in &outcome.waived {
        each(&mut rows, merged, |row| row.waived += 1);
    }
    rows
}

/// All reports that tell of a problem, each once.
fn each(rows: &mut [Row], merged: &Merged<'_>, count: impl Fn(&mut Row)) {
    let mut reports: Vec<usize> = merged.members.iter().map(|member| member.report).collect();
    reports.sort_unstable();
    reports.dedup();
    for report in reports {
        rows.get_mut(report).into_iter().for_each(&count);
    }
}

/// By baseline: which of its problems are gone, by their places among those.
fn gone(outcome: &Outcome<'_>) -> HashMap<usize, Vec<usize>> {
    let mut gone: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, merged) in outcome.fixed.iter().enumerate() {
        for member in &merged.members {
            gone.entry(member.report).or_default().push(index);
        }
    }
    gone
}

fn row(
    evidence: &Evidence<'_>,
    baselines: &[usize],
    gone: &HashMap<usize, Vec<usize>>,
    signature: SignatureFact,
    received: &Received,
) -> Row {
    let Received { report, origin } = received;
    let fixed: HashSet<usize> = baselines.iter().filter_map(|it| gone.get(it)).flatten().copied().collect();
    let mut row = Row {
        tool: report.tool.clone(),
        target: report.target.clone(),
        state: report.state.clone(),
        notes: report.notes.clone(),
        origin: origin.clone(),
        counts: std::collections::BTreeMap::new(),
        new: 0,
        existing: 0,
        fixed: fixed.len() as u64,
        waived: 0,
        baseline: compared(evidence, baselines),
        tests: report.tests,
        coverage: report.coverage.clone(),
        inventory: report.inventory.as_ref().map(|it| (it.specification.clone(), it.components)),
        signature,
        id: received.waivable(),
        waiver: None,
    };
    for unkept in &report.unkept {
        *row.counts.entry(unkept.weight).or_default() += unkept.findings;
        row.new += unkept.findings;
    }
    row
}

/// The newest, where there are several.
fn compared(evidence: &Evidence<'_>, baselines: &[usize]) -> Option<Compared> {
    let known = baselines.iter().filter_map(|index| evidence.baselines.get(*index));
    let newest = known.max_by_key(|baseline| (baseline.at, baseline.commit.as_str()))?;
    Some(Compared { commit: newest.commit.clone(), at: newest.at })
}
