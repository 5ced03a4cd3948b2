//! Where the log's checkpoints are written down outside.

use std::fmt;

use url::Url;

use crate::audit::{Witness, WitnessPolicy};
use crate::ids::{RefName, RepoName};

use super::place::http_url;
use super::{AnchorFlags, InvalidSetting, given};

const REPOSITORY: &str = "COUNTERSIGN_ANCHOR_REPOSITORY";
const BRANCH: &str = "COUNTERSIGN_ANCHOR_BRANCH";
const POLICY: &str = "COUNTERSIGN_WITNESS_POLICY";
const TIMESTAMPS: &str = "COUNTERSIGN_TSA_URL";
const DEFAULT_BRANCH: &str = "countersign-audit";

/// Where the log's checkpoints are written down outside. By default nowhere.
#[derive(Debug, Clone, Default)]
pub struct AnchorSettings {
    /// The branch that they are committed to.
    pub branch: Option<AnchorBranch>,
    /// The authority that is asked when it saw them (RFC 3161).
    pub timestamps: Option<Url>,
    /// The witnesses that are asked to sign them.
    pub policy: Option<WitnessPolicy>,
}

/// A branch that only we write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorBranch {
    /// In which repository; the App needs `contents: write` there.
    pub repository: RepoName,
    /// Which one.
    pub branch: RefName,
}

impl AnchorSettings {
    /// Reads what the flags and the environment say.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub fn read(flags: &AnchorFlags) -> Result<Self, InvalidSetting> {
        Ok(Self { branch: branch(flags)?, timestamps: timestamps(flags)?, policy: policy(flags)? })
    }

    /// The witnesses of the policy, if there is one.
    pub fn witnesses(&self) -> &[Witness] {
        self.policy.as_ref().map_or(&[], WitnessPolicy::witnesses)
    }
}

fn branch(flags: &AnchorFlags) -> Result<Option<AnchorBranch>, InvalidSetting> {
    let Some(repository) = given(flags.anchor_repository.as_deref()) else { return Ok(None) };
    let repository = repository.parse().map_err(|_| {
        let what = format!("is {repository:?}, which is no repository");
        InvalidSetting::new(REPOSITORY, what, "Write OWNER/NAME")
    })?;
    let branch = given(flags.anchor_branch.as_deref()).unwrap_or(DEFAULT_BRANCH);
    let branch = branch.parse().map_err(|_| {
        let what = format!("is {branch:?}, which no branch can be called");
        InvalidSetting::new(BRANCH, what, format!("Write a branch's name, such as {DEFAULT_BRANCH}"))
    })?;
    Ok(Some(AnchorBranch { repository, branch }))
}

fn timestamps(flags: &AnchorFlags) -> Result<Option<Url>, InvalidSetting> {
    let write =
        "Write where a timestamp authority takes requests (RFC 3161), such as https://tsa.example.com/tsr";
    given(flags.tsa_url.as_deref()).map(|text| http_url(TIMESTAMPS, text, write)).transpose()
}

fn policy(flags: &AnchorFlags) -> Result<Option<WitnessPolicy>, InvalidSetting> {
    let Some(file) = given(flags.witness_policy.as_deref()) else { return Ok(None) };
    let text = std::fs::read_to_string(file).map_err(|error| {
        let write = "Write the path of a file that this program can read";
        InvalidSetting::new(POLICY, format!("is {file:?}, which cannot be read: {error}"), write)
    })?;
    let policy = text.parse::<WitnessPolicy>().map_err(|why| {
        let write = "Write it as c2sp.org/tlog-policy has it: log, witness, group and quorum lines";
        InvalidSetting::new(POLICY, format!("is {file:?}, which is no policy: {why}"), write)
    })?;
    Ok(Some(policy))
}

impl fmt::Display for AnchorBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the branch {} of {}", self.branch, self.repository)
    }
}
