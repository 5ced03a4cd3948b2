//! The parameters are still what the policy allows, complete with its defaults.

use super::Case;
use crate::policy::check_parameters;
use crate::requirement::{Code, Refusal, Requirement};

const TITLE: &str = "parameters";

/// How the rule stands; nothing when there are neither parameters nor rules for them.
pub(super) fn requirement(case: Case<'_>) -> Option<Requirement> {
    let given = &case.facts.tuple.parameters;
    if given.is_empty() && case.environment.parameters.is_empty() {
        return None;
    }
    if let Some(refusal) = refusal(case) {
        return Some(Requirement::fails(TITLE, refusal.code, refusal.sentence));
    }
    let pairs: Vec<String> = given.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let sentence = if pairs.is_empty() { "None given.".to_owned() } else { format!("{}.", pairs.join(", ")) };
    Some(Requirement::holds(TITLE, sentence))
}

/// Why the parameters are not allowed, if they are not.
pub(super) fn refusal(case: Case<'_>) -> Option<Refusal> {
    match check_parameters(case.environment, &case.facts.tuple.parameters) {
        Ok(complete) if complete == case.facts.tuple.parameters => None,
        Ok(_) => Some(Refusal::new(
            Code::ParameterNotAllowed,
            "The promotion lacks a default that the policy gives; ask again.",
        )),
        Err(refusal) => Some(refusal),
    }
}
