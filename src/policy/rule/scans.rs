//! The commit's reports pass what the environment asks of them.

use super::Case;
use crate::requirement::{Code, Requirement};

/// How each thing stands that is asked of the reports.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    let Some(gate) = &case.environment.require.scans else { return Vec::new() };
    let Some(tally) = &case.facts.scans else {
        let short = case.facts.tuple.commit.short();
        let sentence =
            format!("Nobody looked at the reports of {short}; ask again, or run its workflows again.");
        return vec![Requirement::fails("scans", Code::ReportMissing, sentence)];
    };
    let conditions = gate.judge(tally).into_iter();
    conditions
        .map(|condition| {
            let requirement = condition.requirement;
            Requirement { title: format!("scans: {}", requirement.title), ..requirement }
        })
        .collect()
}
