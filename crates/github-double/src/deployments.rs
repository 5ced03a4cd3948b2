//! Deployments and their statuses.

use serde_json::Value;

use countersign_kernel::clock::Timestamp;

/// The longest description of a status, in characters.
pub const DESCRIPTION_LIMIT: usize = 140;

/// A commit that is to be put into an environment.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The deployment's id.
    pub id: i64,
    /// The commit.
    pub sha: String,
    /// What was asked for: a branch, a tag or a commit.
    pub reference: String,
    /// What is to be done; `deploy` unless somebody said otherwise.
    pub task: String,
    /// Where to.
    pub environment: String,
    /// Its sentence.
    pub description: Option<String>,
    /// What its creator wanted to find again.
    pub payload: Value,
    /// Whether the environment will be gone one day.
    pub transient: bool,
    /// Whether end users see it.
    pub production: bool,
    /// Who made it.
    pub creator: i64,
    /// The App that made it, if one did.
    pub app: Option<i64>,
    /// What became of it, oldest first.
    pub statuses: Vec<DeploymentStatus>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Deployment {
    /// How it stands: the state of its last status.
    pub fn latest(&self) -> Option<&DeploymentStatus> {
        self.statuses.last()
    }
}

/// One report of how a deployment goes.
#[derive(Debug, Clone)]
pub struct DeploymentStatus {
    /// The status's id.
    pub id: i64,
    /// `error`, `failure`, `inactive`, `in_progress`, `queued`, `pending` or `success`.
    pub state: String,
    /// Its sentence; at most [`DESCRIPTION_LIMIT`] characters.
    pub description: String,
    /// The environment it is about.
    pub environment: String,
    /// Where the environment can be seen.
    pub environment_url: String,
    /// Where to read more.
    pub log_url: String,
    /// Who said so.
    pub creator: i64,
    /// The App that said so, if one did.
    pub app: Option<i64>,
    /// When.
    pub created_at: Timestamp,
}
