//! Everything that the check run of a commit's reports is written from.

use serde::{Deserialize, Serialize};

use super::Gated;
use crate::report::Standing;

/// How a commit stands, and what is asked of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// How it stands.
    pub standing: Standing,
    /// What is asked; empty when the policy asks nothing.
    pub gates: Vec<Gated>,
    /// How many annotations its check run may have.
    pub annotations: usize,
}
