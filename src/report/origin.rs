//! Where a report came from, and when.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Others, Report, State};
use crate::clock::Timestamp;
use crate::ids::{CommitSha, RunId};

/// A report with where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// What it says.
    pub report: Report,
    /// Where it came from.
    pub origin: Origin,
}

impl Received {
    /// What a waiver calls it where it cannot be relied on: the same for the same file of the same workflow by the same
    /// tool, on every commit.
    pub fn id(&self) -> String {
        let Origin { workflow, artifact, entry, .. } = &self.origin;
        let parts =
            [workflow.as_deref(), artifact.as_deref(), Some(entry.as_str()), Some(&*self.report.tool.name)];
        let mut hash = Sha256::new();
        for part in parts.into_iter().map(Option::unwrap_or_default) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digits = hex::encode(hash.finalize());
        format!("report-{}", digits.get(..ID_DIGITS).unwrap_or_default())
    }
}

impl Received {
    /// The same, where somebody may let it through.
    pub(super) fn waivable(&self) -> Option<String> {
        let state = &self.report.state;
        (!state.is_ok() && !matches!(state, State::Withheld { .. })).then(|| self.id())
    }
}

/// So many digits tell the broken reports of a repository apart, and can be typed.
const ID_DIGITS: usize = 12;

/// Where a report came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// How it reached us.
    pub way: Way,
    /// The commit it is about: what GitHub says the run ran on, never what the report says.
    pub commit: CommitSha,
    /// The workflow run that made it; none for GitHub's own alerts.
    pub run: Option<RunId>,
    /// Which attempt of it.
    pub attempt: i64,
    /// The workflow's file or name, for people.
    pub workflow: Option<String>,
    /// The artifact's name; none when it was uploaded.
    pub artifact: Option<String>,
    /// The path in the artifact, or the name it was uploaded under.
    pub entry: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The run is of a fork: shown, and satisfies nothing unless the policy says so.
    pub fork: bool,
    /// Where people find the run.
    pub url: Option<String>,
    /// When we read it.
    pub at: Timestamp,
}

/// Files of one artifact that are no reports, and do not claim to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The artifact's name.
    pub artifact: String,
    /// Which files.
    pub files: Others,
}

/// How a report reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// In an artifact of a workflow run.
    Artifact,
    /// A job sent it, authorised by its OIDC token.
    Upload,
    /// They are GitHub's own alerts.
    Alerts,
}

/// The report of the same tool about the same target on an earlier commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// What it said.
    pub report: Report,
    /// On which commit.
    pub commit: CommitSha,
    /// When it was read.
    pub at: Timestamp,
}
