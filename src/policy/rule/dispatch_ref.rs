//! A branch or tag points at the commit, because `workflow_dispatch` takes no commit.

use super::Case;
use crate::requirement::{Code, Requirement};

const TITLE: &str = "ref to deploy from";

/// How the rule stands; nothing when no workflow deploys.
pub(super) fn requirement(case: Case<'_>) -> Option<Requirement> {
    let deploy = case.environment.deploy.as_ref()?;
    let short = case.facts.tuple.commit.short();
    if let Some(name) = &case.facts.dispatch_ref {
        return Some(Requirement::holds(TITLE, format!("{name} points at {short}.")));
    }
    let sentence = format!(
        "No branch or tag points at {short}, so {} cannot be run on it; push a tag there.",
        deploy.workflow
    );
    Some(Requirement::fails(TITLE, Code::RefUnavailable, sentence))
}
