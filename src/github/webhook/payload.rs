//! The shapes of the payloads that are acted on. Only what is used is read.

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::github::wire::{Account, MaybeAccount, WithId, lenient, maybe_moment, moment};
use crate::ids::{
    CheckRunId, CommentId, CommitSha, DeploymentId, InstallationId, IssueNumber, RefName, RepoId, RepoName,
    RunId,
};

/// What every payload has.
#[derive(Deserialize)]
pub(super) struct Common {
    #[serde(default)]
    pub(super) action: Option<String>,
    #[serde(default)]
    pub(super) repository: Option<Repository>,
    #[serde(default)]
    pub(super) installation: Option<Installation>,
    #[serde(default)]
    pub(super) sender: Option<Account>,
}

#[derive(Deserialize)]
pub(super) struct Installation {
    pub(super) id: InstallationId,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) id: RepoId,
    pub(super) full_name: RepoName,
    #[serde(default)]
    pub(super) default_branch: Option<String>,
    #[serde(default)]
    pub(super) private: Option<bool>,
    /// Only of use in `push`, where it is the time of this very push.
    #[serde(default, deserialize_with = "maybe_moment")]
    pub(super) pushed_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct IssueComment {
    pub(super) issue: Issue,
    pub(super) comment: Comment,
    #[serde(default)]
    pub(super) changes: Option<Changes>,
}

#[derive(Deserialize)]
pub(super) struct Issue {
    pub(super) number: IssueNumber,
    #[serde(default)]
    pub(super) pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: CommentId,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) performed_via_github_app: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Changes {
    #[serde(default)]
    pub(super) body: Option<ChangedBody>,
}

#[derive(Deserialize)]
pub(super) struct ChangedBody {
    pub(super) from: String,
}

#[derive(Deserialize)]
pub(super) struct PullRequest {
    pub(super) pull_request: Pull,
}

#[derive(Deserialize)]
pub(super) struct Pull {
    pub(super) number: IssueNumber,
    #[serde(default)]
    pub(super) merged: Option<bool>,
    #[serde(default)]
    pub(super) user: MaybeAccount,
    #[serde(default)]
    pub(super) merged_by: MaybeAccount,
    /// Of a pull request that was not merged, what it would be merged as.
    #[serde(default)]
    pub(super) merge_commit_sha: Option<CommitSha>,
    pub(super) head: Head,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) sha: CommitSha,
    #[serde(rename = "ref")]
    pub(super) name: RefName,
    #[serde(default)]
    pub(super) repo: Option<WithId>,
}

#[derive(Deserialize)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) before: Option<CommitSha>,
    pub(super) after: CommitSha,
    #[serde(default)]
    pub(super) deleted: bool,
    /// Of an annotated tag, `after` is the tag; this is the commit.
    #[serde(default)]
    pub(super) head_commit: Option<PushedCommit>,
    #[serde(default)]
    pub(super) commits: Vec<PushedCommit>,
}

#[derive(Deserialize)]
pub(super) struct PushedCommit {
    pub(super) id: CommitSha,
    /// Whether no push brought it before.
    #[serde(default)]
    pub(super) distinct: bool,
}

#[derive(Deserialize)]
pub(super) struct CheckRunEvent {
    pub(super) check_run: CheckRun,
    #[serde(default)]
    pub(super) requested_action: Option<RequestedAction>,
}

#[derive(Deserialize)]
pub(super) struct CheckRun {
    pub(super) id: CheckRunId,
    pub(super) head_sha: CommitSha,
    #[serde(default)]
    pub(super) external_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) app: Option<WithId>,
}

#[derive(Deserialize)]
pub(super) struct RequestedAction {
    pub(super) identifier: String,
}

#[derive(Deserialize)]
pub(super) struct CheckSuiteEvent {
    pub(super) check_suite: OnCommit,
}

#[derive(Deserialize)]
pub(super) struct OnCommit {
    pub(super) head_sha: CommitSha,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) sha: CommitSha,
}

#[derive(Deserialize)]
pub(super) struct WorkflowRunEvent {
    pub(super) workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
pub(super) struct WorkflowRun {
    pub(super) id: RunId,
    pub(super) head_sha: CommitSha,
    #[serde(default)]
    pub(super) run_attempt: Option<i64>,
    #[serde(default)]
    pub(super) status: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DeploymentStatusEvent {
    pub(super) deployment: Deployment,
}

#[derive(Deserialize)]
pub(super) struct Deployment {
    pub(super) id: DeploymentId,
}
