//! Facts: everything one decision looks at, as one value that can be stored and replayed.
//!
//! They are read fresh for each deciding act. What could not be read is not here: whoever gathers
//! them fails instead, because an unreadable answer is a no.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{
    Actor, BlobSha, CommitSha, EnvironmentName, IssueNumber, Login, PromotionId, RefName, RunId, UserId,
    WorkflowFile,
};
use crate::policy::{Principal, Rules};
use crate::report::Tally;

/// What is so, about one promotion, at one moment.
///
/// Facts are stored, and read for ever. So this type and those within it only ever gain fields, each with a
/// default that stands for what was so before; a test refuses others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The rules that are decided by; facts of 0.1.0 name none, and are of the first.
    #[serde(default)]
    pub rules: Rules,
    /// What was asked for. Never changes.
    pub tuple: Tuple,
    /// The policy on the default branch as it is now.
    pub policy_now: Option<BlobSha>,
    /// Where the commit is found now.
    pub origin: Origin,
    /// The requester, with which of the policy's principals they are now.
    pub requester: Person,
    /// A branch or tag that points at the commit now, for `workflow_dispatch`.
    pub dispatch_ref: Option<RefName>,
    /// The newest run on this commit of each workflow that the policy names; missing where none ran.
    pub workflows: BTreeMap<WorkflowFile, RunFact>,
    /// The newest result on this commit, per App, of each check that the policy names.
    pub checks: BTreeMap<String, Vec<CheckFact>>,
    /// How the commit stands by its reports; none where the environment requires nothing of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scans: Option<Tally>,
    /// When this very commit was live in each environment that the policy's `after` names.
    pub live: BTreeMap<EnvironmentName, Vec<LiveSpan>>,
    /// Everybody who took part in the change; never empty, because every commit has an author.
    pub contributors: Vec<Contributor>,
    /// The latest vote of each voter.
    pub votes: Vec<Vote>,
    /// The promotion that is being deployed to the same environment now, if another one is.
    pub busy: Option<PromotionId>,
}

/// What is approved: one immutable tuple. Approvals name it by its promotion's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuple {
    /// The repository and the number.
    pub promotion: PromotionId,
    /// Where to.
    pub environment: EnvironmentName,
    /// What.
    pub commit: CommitSha,
    /// Under which policy.
    pub policy: BlobSha,
    /// With which values.
    pub parameters: BTreeMap<String, String>,
    /// By whom.
    pub requester: Actor,
    /// The issue or pull request it was asked on.
    pub subject: IssueNumber,
    /// How the commit was named, which decides what may void it.
    pub target: TargetKind,
    /// When GitHub says it was asked.
    pub requested_at: Timestamp,
    /// When it is void by itself.
    pub expires_at: Timestamp,
}

/// How the commit was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// The head of the pull request, as of the comment: void when it moves.
    Head,
    /// By `--sha`.
    Sha,
    /// By `--tag`: void when the tag moves.
    Tag(RefName),
}

/// Where the commit is found now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The pull request the promotion was asked on, when it was one.
    pub pull: Option<PullFact>,
    /// The commit is in the history of the default branch.
    pub on_default_branch: bool,
    /// The tag that was named, with the commit it points at now.
    pub tag: Option<(RefName, Option<CommitSha>)>,
}

/// A pull request as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullFact {
    /// Its number.
    pub number: IssueNumber,
    /// Its head.
    pub head: CommitSha,
    /// Neither closed nor merged.
    pub open: bool,
    /// Merged.
    pub merged: bool,
    /// Its head is in another repository, or in one that is gone.
    pub fork: bool,
}

/// A person, with which of the policy's principals they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub actor: Actor,
    /// Those of the principals the policy names for this environment that this person is.
    pub is: BTreeSet<Principal>,
}

/// One workflow's newest run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFact {
    /// Which run.
    pub run: RunId,
    /// Which attempt of it.
    pub attempt: i64,
    /// How it ended; none while it has not.
    pub conclusion: Option<String>,
    /// Its page, for people.
    pub url: Option<String>,
}

/// One check's newest result by one App.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFact {
    /// The App's slug; none for a commit status.
    pub app: Option<String>,
    /// How it ended; none while it has not. A commit status that is not `pending` ended as its state.
    pub conclusion: Option<String>,
}

/// A time during which the commit was live in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSpan {
    /// By which promotion.
    pub promotion: PromotionId,
    /// From when.
    pub from: Timestamp,
    /// Until when; none while it still is.
    pub until: Option<Timestamp>,
}

/// Somebody who took part in the change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contributor {
    /// Who, when they could be matched with an account.
    pub id: Option<UserId>,
    /// How the commit names them, for people: a login, or a name and e-mail.
    pub called: String,
    /// What GitHub says their account is called; none where only a commit names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Their e-mail, when a commit named one; a policy may name it in `known_authors`.
    pub email: Option<String>,
    /// What they did.
    pub part: Part,
}

/// What a contributor did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Opened the pull request.
    PullRequestAuthor,
    /// Wrote a commit.
    Author,
    /// Committed one.
    Committer,
    /// Is named in a `Co-authored-by` trailer.
    CoAuthor,
    /// Pushed the head.
    Pusher,
}

/// One person's vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Whose, with which principals they are now.
    pub voter: Person,
    /// What they said.
    pub choice: Choice,
    /// When.
    pub at: Timestamp,
}

/// What a vote says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Yes.
    Approve,
    /// No.
    Reject,
}
