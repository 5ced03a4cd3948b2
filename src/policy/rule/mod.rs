//! One kind of rule per file, each with the sentences it says.
//!
//! A rule is never changed so that it says something else of facts that were decided upon: see [`super::Rules`].

use super::Environment;
use super::facts::Facts;
use crate::clock::Timestamp;
use crate::requirement::Requirement;

pub(super) mod source;
pub(super) mod requester;
pub(super) mod ending;

mod parameters;
mod workflows;
mod checks;
mod scans;
mod after;
mod contributors;
mod approvals;
mod environment_busy;
mod dispatch_ref;
mod v1;

/// What the rules of one environment are judged on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    /// The rules.
    pub environment: &'a Environment,
    /// What is so.
    pub facts: &'a Facts,
    /// When.
    pub now: Timestamp,
}

/// How every configured rule stands, in the order people read them.
///
/// A rule that is younger than the facts was not asked then, and is not asked now: one that comes with rules 3 is
/// added `if case.facts.rules >= Rules::Three`.
pub(super) fn requirements(case: Case<'_>) -> Vec<Requirement> {
    let mut all = vec![source::requirement(case), requester::requirement(case)];
    all.extend(parameters::requirement(case));
    all.extend(workflows::requirements(case));
    all.extend(checks::requirements(case));
    all.extend(scans::requirements(case));
    all.extend(after::requirements(case));
    all.extend(contributors::requirement(case));
    all.extend(approvals::requirements(case));
    all.push(environment_busy::requirement(case));
    all.extend(dispatch_ref::requirement(case));
    all
}

/// Text from outside, short enough for a sentence.
fn clip(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
