//! What a policy asks of a commit's reports.

use super::{Condition, Severity, Tally};

/// What a policy asks of a commit's reports.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gate {
    /// Findings of this severity or worse fail.
    pub fail_on: Option<Severity>,
    /// Reports that have to be there and to be [`State::Ok`](super::State::Ok).
    pub must_have: Vec<String>,
    /// Only findings that the baseline does not have.
    pub new_only: bool,
    /// What is known to be exploited fails, however bad it is.
    pub known_exploited: bool,
    /// Tests that failed do not.
    pub ignore_tests: bool,
    /// The least coverage, in percent.
    pub coverage_minimum: Option<f64>,
    /// How far coverage may drop, in percentage points.
    pub coverage_max_drop: Option<f64>,
    /// The platforms of which there has to be an image report.
    pub platforms: Vec<String>,
    /// The reports whose signatures have to verify.
    pub signed: Vec<String>,
    /// Reports of a fork's runs count.
    pub forks: bool,
}

impl Gate {
    /// How each thing that is asked for stands.
    pub fn judge(&self, _: &Tally) -> Vec<Condition> {
        Vec::new()
    }
}
