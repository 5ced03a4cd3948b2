//! Nothing else is being deployed to the environment.

use super::Case;
use crate::requirement::{Code, Requirement};

const TITLE: &str = "environment is free";

/// How the rule stands.
pub(super) fn requirement(case: Case<'_>) -> Requirement {
    let tuple = &case.facts.tuple;
    match case.facts.busy.filter(|other| *other != tuple.promotion) {
        Some(other) => {
            let sentence = format!(
                "{} is being deployed to {}; this goes on when that has ended.",
                other.number, tuple.environment
            );
            Requirement::pending(TITLE, Code::EnvironmentBusy, sentence)
        }
        None => {
            Requirement::holds(TITLE, format!("Nothing else is being deployed to {}.", tuple.environment))
        }
    }
}
