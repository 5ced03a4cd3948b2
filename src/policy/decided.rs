//! A decision with everything it followed from, so that it can be taken again years later.

use std::sync::Arc;

use super::Decision;
use super::facts::Facts;
use crate::ids::BlobSha;

/// A decision, and what it was taken from.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// What was so.
    pub facts: Facts,
    /// What was decided.
    pub decision: Decision,
    /// The rules it was decided by.
    pub policy: PolicyText,
}

/// One version of a policy file, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText {
    /// The hash git gives to the text.
    pub blob: BlobSha,
    /// The text.
    pub text: Arc<str>,
}
