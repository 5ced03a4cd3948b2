//! The decision: rules, facts and the time in; go, wait or never out.

use serde::Serialize;

use super::facts::Tuple;
use crate::requirement::Requirement;

/// The licence to deploy one tuple: proof that every requirement held when it was made.
///
/// Only [`evaluate`] makes one, and it cannot be read back from anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permit {
    tuple: Tuple,
    requirements: Vec<Requirement>,
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
