//! The newest run of each named workflow on this very commit succeeded.

use super::Case;
use crate::ids::WorkflowFile;
use crate::policy::facts::RunFact;
use crate::requirement::{Code, Requirement};

/// How each workflow stands.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    let short = case.facts.tuple.commit.short();
    let workflows = case.environment.require.workflows.iter();
    workflows.map(|file| judge(file, case.facts.workflows.get(file), short)).collect()
}

/// Only `success` is success: a run that was skipped or is neutral has shown nothing.
fn judge(file: &WorkflowFile, run: Option<&RunFact>, short: &str) -> Requirement {
    let title = format!("workflow {file}");
    let Some(run) = run else {
        let sentence = format!("{file} has not run on {short}; push or run it.");
        return Requirement::pending(title, Code::WorkflowMissing, sentence);
    };
    match run.conclusion.as_deref() {
        Some("success") => Requirement::holds(title, format!("{file} succeeded on {short}.")),
        Some(conclusion) => {
            let ended = super::clip(conclusion);
            let sentence = format!("{file} ended as {ended} on {short}; fix it and push, or run it again.");
            Requirement::fails(title, Code::WorkflowFailed, sentence)
        }
        None => {
            let sentence = format!("{file} has not finished on {short}; wait for it.");
            Requirement::pending(title, Code::WorkflowPending, sentence)
        }
    }
}
