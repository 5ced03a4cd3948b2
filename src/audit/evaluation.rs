//! What an entry keeps of a decision: enough to tell whether it would be taken again.

use super::digest::Digest;
use super::entry::{Evaluation, Quorum, RequirementVerdict, Ruling};
use crate::policy::{self, Decision};
use crate::requirement::{Requirement, Verdict};

impl Evaluation {
    /// The decision that was taken from the facts with this digest.
    pub fn of(facts: Digest, decision: &Decision) -> Self {
        let decided = match &decision.verdict {
            policy::Outcome::Allow(_) => Ruling::Allow,
            policy::Outcome::Wait(_) => Ruling::Wait,
            policy::Outcome::Deny(_) => Ruling::Deny,
        };
        Self { facts, decision: decided, requirements: decision.requirements.iter().map(verdict).collect() }
    }
}

impl Quorum {
    /// All approval rules together; none when nobody has to approve.
    pub fn of(decision: &Decision) -> Option<Self> {
        let votes = decision.requirements.iter().filter_map(|requirement| requirement.votes);
        votes
            .map(|votes| Self { required: votes.required, counted: votes.counted.min(votes.required) })
            .reduce(|all, one| Self {
                required: all.required + one.required,
                counted: all.counted + one.counted,
            })
    }
}

/// Codes only: a requirement's title may name people.
fn verdict(requirement: &Requirement) -> RequirementVerdict {
    let verdict = match requirement.verdict {
        Verdict::Holds => "holds",
        Verdict::Pending => "pending",
        Verdict::Fails => "fails",
    };
    RequirementVerdict { code: requirement.code.as_str().to_owned(), verdict: verdict.to_owned() }
}
