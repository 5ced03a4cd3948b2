//! The decision: rules, facts and the time in; go, wait or never out.

use serde::Serialize;

use super::facts::{Facts, Tuple};
use super::rule::{self, Case, ending};
use super::{Decision, Denial, Outcome, Policy, WaitFor};
use crate::clock::Timestamp;
use crate::ids::EnvironmentName;
use crate::requirement::{Code, Refusal, Requirement, Verdict};

/// The licence to deploy one tuple: proof that every requirement held when it was made.
///
/// Only [`evaluate`] makes one, and it cannot be read back from anywhere.
///
/// ```
/// # use countersign::policy::{Permit, facts::Tuple};
/// fn allowed(permit: &Permit) -> &Tuple {
///     permit.tuple()
/// }
/// ```
///
/// Nobody else makes one, and none is made for something else:
///
/// ```compile_fail,E0451
/// # use countersign::policy::{Permit, facts::Tuple};
/// fn allow(tuple: Tuple) -> Permit {
///     Permit { tuple, requirements: Vec::new() }
/// }
/// ```
///
/// ```compile_fail,E0616
/// # use countersign::policy::{Permit, facts::Tuple};
/// fn turn(mut permit: Permit, tuple: Tuple) -> Permit {
///     permit.tuple = tuple;
///     permit
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use countersign::policy::Permit;
/// fn read(text: &str) -> Option<Permit> {
///     serde_json::from_str(text).ok()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permit {
    tuple: Tuple,
    requirements: Vec<Requirement>,
}

/// Decides about the promotion that the facts describe.
///
/// Total and deterministic: the same policy, facts and time give the same decision years later.
/// What ends a promotion for good is a [`Denial`]; what a person, a rerun or time may still cure
/// is waited for.
pub fn evaluate(policy: &Policy, facts: &Facts, now: Timestamp) -> Decision {
    let Some(environment) = policy.environment(&facts.tuple.environment) else {
        let denial = ending::policy_changed(facts)
            .unwrap_or_else(|| Denial::NotAllowed(unknown_environment(policy, facts)));
        return Decision { at: now, requirements: Vec::new(), verdict: Outcome::Deny(denial) };
    };
    let case = Case { environment, facts, now };
    let requirements = rule::requirements(case);
    let verdict = match ending::policy_changed(facts).or_else(|| ending::denial(case)) {
        Some(denial) => Outcome::Deny(denial),
        None => weigh(facts, &requirements),
    };
    Decision { at: now, requirements, verdict }
}

/// Only when every requirement holds is there a permit.
fn weigh(facts: &Facts, requirements: &[Requirement]) -> Outcome {
    let mut open = requirements.iter().filter(|requirement| requirement.verdict != Verdict::Holds).peekable();
    if open.peek().is_none() {
        return Outcome::Allow(Permit { tuple: facts.tuple.clone(), requirements: requirements.to_vec() });
    }
    let only_approvals = open.all(|requirement| requirement.code == Code::ApprovalsMissing);
    Outcome::Wait(if only_approvals { WaitFor::Approvals } else { WaitFor::Requirements })
}

fn unknown_environment(policy: &Policy, facts: &Facts) -> Refusal {
    let known: Vec<&str> = policy.environments.keys().map(EnvironmentName::as_str).collect();
    let sentence =
        format!("The policy has no environment {}; it has {}.", facts.tuple.environment, known.join(", "));
    Refusal::new(Code::UnknownEnvironment, sentence)
}

impl Permit {
    /// What may be deployed.
    pub fn tuple(&self) -> &Tuple {
        &self.tuple
    }

    /// What held.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}
