//! The policy: what has to hold before a commit may go to an environment, and the decision itself.
//!
//! A file becomes typed rules ([`Policy`]) or a list of problems that each point at a place;
//! the rules, the facts and the time become a decision . Nothing here reads a clock,
//! a database or GitHub, so a decision can be replayed from what was stored.

pub use decision::{Decision, Denial, Outcome, WaitFor};
pub use environment::{
    After, ApprovalRule, Approvals, CheckRule, Deploy, Environment, Policy, Promote, Require, Source,
};
pub use evaluate::Permit;
pub use glob::Glob;
pub use parameters::{ParameterRule, ParameterType, check_parameters};
pub use principal::{Principal, RoleLevel, principals};

pub mod facts;

mod principal;
mod glob;
mod environment;
mod parameters;
mod decision;
mod evaluate;
