//! What happened, in our words: every webhook we act on, and our own alarm clock.
//!
//! An event is a hint that something may have changed. Except for who wrote what and when, which
//! only the delivery can tell, whatever matters is read again from GitHub before it is believed.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{
    Actor, CheckRunId, CommentId, CommitSha, DeploymentId, IssueNumber, PromotionNumber, RefName, Repo,
    RepoId, RunId,
};

/// One thing that happened in one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where.
    pub repo: Repo,
    /// What else the delivery tells of that; none of what came from no delivery of GitHub's.
    pub about: Option<About>,
    /// Who did it, as GitHub authenticated them; the only identity that is believed.
    pub sender: Actor,
    /// What.
    pub what: What,
}

/// What a delivery tells of its repository, beside which it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Whether strangers cannot see it.
    pub private: Option<bool>,
    /// The branch whose policy counts.
    pub default_branch: Option<RefName>,
}

/// The kinds of events that can change anything here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody wrote a comment.
    CommentCreated(Comment),
    /// A comment was edited or deleted; recorded when it was a command, and changes nothing.
    CommentChanged(CommentChange),
    /// A pull request was opened, pushed to, closed, reopened or changed otherwise.
    PullRequest(PullRequestChange),
    /// A branch or tag moved.
    Push(Push),
    /// A button of one of our check runs was pressed.
    ButtonPressed(ButtonPress),
    /// Somebody asked for our check run again.
    CheckRunRerequested(Rerequest),
    /// Something that a requirement may look at finished on a commit (check, suite, status).
    ChecksChanged(CommitSha),
    /// A workflow run was requested, started or finished.
    WorkflowRun(WorkflowRunChange),
    /// A deployment got a status.
    DeploymentStatus(DeploymentId),
    /// Reports of a commit were read.
    ReportsRead(CommitSha),
    /// The time a promotion asked to be looked at again has come.
    Wake(PromotionNumber),
}

/// A comment as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// On which issue or pull request.
    pub number: IssueNumber,
    /// Whether that is a pull request.
    pub on_pull_request: bool,
    /// The text, exactly.
    pub body: String,
    /// When GitHub says it was written; whole seconds.
    pub created_at: Timestamp,
    /// Whether an App wrote it on somebody's behalf.
    pub through_app: bool,
}

/// A comment that is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentChange {
    /// Its id.
    pub id: CommentId,
    /// On which issue or pull request.
    pub number: IssueNumber,
    /// The text before the change, where the event tells it.
    pub body_before: Option<String>,
    /// Deleted rather than edited.
    pub deleted: bool,
}

/// What a `pull_request` event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestChange {
    /// Its number.
    pub number: IssueNumber,
    /// What was done to it.
    pub action: PullRequestAction,
    /// Its head commit now.
    pub head: CommitSha,
    /// The branch its head is on.
    pub head_ref: RefName,
    /// The repository its head is in; none when that was deleted.
    pub head_repo: Option<RepoId>,
    /// Who opened it; none when GitHub does not say.
    pub author: Option<Actor>,
    /// Who merged it; none when nobody did, or GitHub does not say.
    pub merged_by: Option<Actor>,
    /// The commit it was merged as; none when it was not merged.
    pub merged_as: Option<CommitSha>,
    /// When GitHub says it was last changed; whole seconds.
    pub updated_at: Timestamp,
}

/// What was done to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullRequestAction {
    /// Opened.
    Opened,
    /// Commits were pushed to its head.
    Synchronize,
    /// Closed without being merged.
    Closed,
    /// Closed by being merged.
    Merged,
    /// Put into the merge queue.
    Enqueued,
    /// Opened again: whatever its head is now, it is a new head.
    Reopened,
    /// Anything else (labels, title, draft …).
    Other,
}

/// What a `push` event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The branch that moved; none for tags.
    pub branch: Option<RefName>,
    /// The commit it is at now, also where a tag has a message of its own; none when it was deleted.
    pub after: Option<CommitSha>,
    /// The branch or tag, written out in full.
    pub reference: RefName,
    /// Where that was before; none when it was not there.
    pub before: Option<CommitSha>,
    /// The commits that its ref has since, as far as GitHub lists them.
    pub commits: Vec<PushedCommit>,
    /// When GitHub received the push; whole seconds.
    pub pushed_at: Option<Timestamp>,
    /// Whether it is the repository's default branch.
    pub to_default_branch: bool,
}

/// A commit that a push lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedCommit {
    /// Which.
    pub sha: CommitSha,
    /// Whether no push before brought it into the repository.
    pub new: bool,
}

/// A press of one of our buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonPress {
    /// The check run that carries it.
    pub check_run: CheckRunId,
    /// Which button: what we called it when we made it.
    pub identifier: String,
    /// What we wrote into the check run when we made it.
    pub external_id: String,
    /// The App that owns the check run, by its id; only our own counts.
    pub app: i64,
    /// The commit it is about.
    pub commit: CommitSha,
}

/// Somebody asked for one of our checks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerequest {
    /// Which one.
    pub check_run: CheckRunId,
    /// What we wrote into it when we made it.
    pub external_id: String,
    /// The commit it is about.
    pub commit: CommitSha,
}

/// What a `workflow_run` event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRunChange {
    /// Which run.
    pub run: RunId,
    /// The commit it runs on.
    pub commit: CommitSha,
    /// Whether it finished.
    pub finished: bool,
    /// Which attempt of it this is; the first is 1.
    pub attempt: i64,
}

/// Word that reports of a commit were read, as it is put into the inbox beside GitHub's deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportsRead {
    /// Where the commit is.
    pub repo: Repo,
    /// Which one.
    pub commit: CommitSha,
}

/// Our own alarm clock, as it is put into the inbox beside GitHub's deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeCall {
    /// Where the promotion is.
    pub repo: Repo,
    /// Which promotion.
    pub promotion: PromotionNumber,
}
