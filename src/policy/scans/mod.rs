//! What the policy says about the reports of scanners, tests and builds.

use super::{Glob, Principal};
use crate::report::{Gate, Waiver};

mod build;
pub(super) mod section;
mod words;
#[cfg(test)]
mod tests;

pub(super) use build::{gate, scans};
#[cfg(test)]
pub(super) use tests::EVERYTHING;

/// What the file's own `scans` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Scans {
    /// Whether the file says anything: without it, reports are shown and nothing is judged.
    pub stated: bool,
    /// What a commit's reports are judged by, and what an environment's `require.scans` begins with.
    pub gate: Gate,
    /// Under what signatures have to verify.
    pub trust: Option<Trust>,
    /// Whether GitHub's own alerts are read too.
    pub github_alerts: bool,
    /// Artifacts whose reports do not count, neither for nor against anything.
    pub ignore_artifacts: Vec<Glob>,
    /// Workflows whose runs are not waited for.
    pub ignore_workflows: Vec<Glob>,
    /// How many annotations a check run may have.
    pub annotations: u16,
    /// Who may let findings through.
    pub waive: Waive,
    /// Findings that the file itself lets through.
    pub waivers: Vec<Waiver>,
}

/// Under what the signatures of statements have to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// A public key.
    Key(PublicKey),
    /// A certificate for this identity, by the operator's trusted root.
    Keyless(Identity),
}

/// A public key that signatures have to verify under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicKey {
    /// The key itself, as PEM.
    Pem(String),
    /// The path of a file with it, on the default branch.
    File(String),
}

/// Who signed, as a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who vouches for the identity, such as `https://token.actions.githubusercontent.com`.
    pub issuer: String,
    /// The certificate's subject: an address or an e-mail.
    pub identity: String,
}

/// Who may let findings through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waive {
    /// Any of these; nobody when it is empty.
    pub by: Vec<Principal>,
}

impl Scans {
    /// Whether what is in an artifact of this name does not count.
    pub fn ignores(&self, artifact: &str) -> bool {
        self.ignore_artifacts.iter().any(|pattern| pattern.matches(artifact))
    }

    /// Whether runs of a workflow's file of this name are not waited for.
    pub fn leaves_out(&self, workflow: &str) -> bool {
        self.ignore_workflows.iter().any(|pattern| pattern.matches(workflow))
    }

    /// How many annotations a check run has when the policy does not say: as many as GitHub takes at once.
    const ANNOTATIONS: u16 = 50;
}

impl Default for Scans {
    fn default() -> Self {
        Self {
            stated: false,
            gate: Gate::default(),
            trust: None,
            github_alerts: false,
            ignore_artifacts: Vec::new(),
            ignore_workflows: Vec::new(),
            annotations: Self::ANNOTATIONS,
            waive: Waive::default(),
            waivers: Vec::new(),
        }
    }
}
