//! The newest result of each named check on this very commit is success.

use super::Case;
use crate::policy::CheckRule;
use crate::policy::facts::CheckFact;
use crate::requirement::{Code, Requirement};

/// How each check stands.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    case.environment.require.checks.iter().map(|rule| judge(rule, case)).collect()
}

/// Without a pinned App, every App that reports under this name has to say success: otherwise any
/// App could outvote the one that was meant.
fn judge(rule: &CheckRule, case: Case<'_>) -> Requirement {
    let short = case.facts.tuple.commit.short();
    let (title, name) = (title(rule), &rule.name);
    let reported = case.facts.checks.get(name).map(Vec::as_slice).unwrap_or_default();
    let results: Vec<&CheckFact> =
        reported.iter().filter(|fact| rule.app.is_none() || fact.app == rule.app).collect();
    if results.is_empty() {
        let by = rule.app.as_ref().map(|app| format!(" by {app}")).unwrap_or_default();
        let sentence = format!("{name} has not been reported{by} on {short}; push or run it.");
        return Requirement::pending(title, Code::CheckMissing, sentence);
    }
    let bad = results.iter().find_map(|fact| {
        let conclusion = fact.conclusion.as_deref().filter(|conclusion| *conclusion != "success")?;
        Some((conclusion, reporter(fact)))
    });
    if let Some((conclusion, reporter)) = bad {
        let ended = super::clip(conclusion);
        let sentence =
            format!("{name} ended as {ended} on {short} ({reporter}); fix it and push, or run it again.");
        return Requirement::fails(title, Code::CheckFailed, sentence);
    }
    if let Some(open) = results.iter().find(|fact| fact.conclusion.is_none()) {
        let sentence = format!("{name} has not finished on {short} ({}); wait for it.", reporter(open));
        return Requirement::pending(title, Code::CheckPending, sentence);
    }
    Requirement::holds(title, format!("{name} succeeded on {short}."))
}

fn title(rule: &CheckRule) -> String {
    match &rule.app {
        Some(app) => format!("check {} by {app}", rule.name),
        None => format!("check {}", rule.name),
    }
}

fn reporter(fact: &CheckFact) -> String {
    fact.app.as_deref().map_or_else(|| "commit status".to_owned(), super::clip)
}
