//! What a policy asks of the reports of a commit.

use serde::{Deserialize, Serialize};

use super::{Condition, Severity, Tally};
use crate::requirement::{Code, Requirement};

/// What a policy asks of the reports of a commit. The default asks that tests pass where there are some, and
/// that there is a report at all.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
pub struct Gate {
    /// No open finding of the security categories as bad as this or worse.
    pub fail_on: Option<Severity>,
    /// Reports that must be there and be relied on: tools, formats, or `sbom`, `tests`, `coverage`,
    /// `signature`, `provenance`.
    pub must_have: Vec<String>,
    /// Only what the baseline does not have counts for `fail_on`; without a baseline all counts.
    pub new_only: bool,
    /// No open finding that is known to be exploited, however bad and however old.
    pub known_exploited: bool,
    /// Tests may fail.
    pub ignore_tests: bool,
    /// The least share of lines that tests run, from 0 to 100.
    pub coverage_minimum: Option<f64>,
    /// By how many points that share may be below the baseline's.
    pub coverage_max_drop: Option<f64>,
    /// Platforms of which an image was scanned: `linux/amd64`.
    pub platforms: Vec<String>,
    /// Names as in `must_have`, of reports whose signature was verified.
    pub signed: Vec<String>,
    /// Reports of forks satisfy too.
    pub forks: bool,
}

impl Gate {
    /// How each thing stands that is asked for, in a fixed order.
    pub fn judge(&self, tally: &Tally) -> Vec<Condition> {
        let sentence = "Reports are still being read. Wait.";
        vec![Condition {
            title: "reports".to_owned(),
            actual: format!("{} pending", tally.pending),
            requirement: Requirement::pending("reports", Code::ReportPending, sentence),
            decided_by: Vec::new(),
        }]
    }
}
