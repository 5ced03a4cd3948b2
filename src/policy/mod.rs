//! The policy: what has to hold before a commit may go to an environment, and the decision itself.
//!
//! A file becomes typed rules ([`Policy::parse`]) or a list of problems that each point at a place;
//! the rules, the facts and the time become a decision ([`evaluate`]). Nothing here reads a clock,
//! a database or GitHub, so a decision can be replayed from what was stored.

pub use decided::{Decided, PolicyText};
pub use decision::{Decision, Denial, Outcome, WaitFor};
pub use duration::Written;
pub use eligibility::{Involvement, either, involvement, is_approver, may_ask};
pub use environment::{
    After, ApprovalRule, Approvals, CheckRule, Deploy, Environment, InvalidSource, Policy, Promote, Require,
    Source,
};
pub use evaluate::{Permit, evaluate};
pub use glob::{Glob, InvalidGlob};
pub use parameters::{ParameterRule, ParameterType, check_parameters};
pub use principal::{InvalidPrincipal, Principal, RoleLevel, principals};
pub use problem::{Problem, ProblemCode};
pub(crate) use rule::requester::refuse as refuse_requester;
pub use rules::{LaterRules, Rules};
pub use scans::{Identity, PublicKey, Scans, Trust, Waive};
pub use schema::json_schema;

/// Where the policy is, from the root of the repository.
pub const PATH: &str = ".github/countersign.yml";

pub mod facts;

mod environment;
mod principal;
mod glob;
mod duration;
mod parameters;
mod file;
mod scans;
mod soundness;
mod schema;
mod words;
mod read;
mod node;
mod problem;
mod evaluate;
mod decision;
mod decided;
mod eligibility;
mod rule;
mod rules;

#[cfg(test)]
pub(crate) mod tests;
