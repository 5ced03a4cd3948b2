//! Pull requests and reviews.

use countersign_kernel::clock::Timestamp;

/// The part of a pull request that an issue does not have.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its own id, which is not its issue's.
    pub id: i64,
    /// The number it shares with its issue.
    pub number: i64,
    /// The branch it would change.
    pub base: String,
    /// The tip of the base when it was opened.
    pub base_sha: String,
    /// The repository the head is in; another one if it comes from a fork.
    pub head_repo: i64,
    /// The branch it comes from.
    pub head: String,
    /// The head's tip while it is open; where it stood when it was closed.
    pub head_sha: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// The merge commit, by whom and when.
    pub merged: Option<Merged>,
    /// The pull request before the last change, for answers that lag behind.
    pub before: Option<Box<Before>>,
}

/// What an answer that lags behind still says about a pull request.
#[derive(Debug, Clone)]
pub struct Before {
    /// The head's tip then.
    pub head_sha: String,
    /// Whether it was open then.
    pub open: bool,
    /// The base branch then.
    pub base: String,
}

/// How a pull request was merged.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The merge commit, or the last of those that were rebased.
    pub sha: String,
    /// The commits that a rebase made of its own.
    pub rebased: Vec<String>,
    /// Who merged.
    pub by: i64,
    /// When.
    pub at: Timestamp,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `APPROVED`
    Approved,
    /// `CHANGES_REQUESTED`
    ChangesRequested,
    /// `COMMENTED`
    Commented,
    /// `DISMISSED`
    Dismissed,
}

impl Verdict {
    /// GitHub's word in the REST API; webhooks have it in small letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::ChangesRequested => "CHANGES_REQUESTED",
            Self::Commented => "COMMENTED",
            Self::Dismissed => "DISMISSED",
        }
    }
}

/// A review of a pull request.
#[derive(Debug, Clone)]
pub struct Review {
    /// The review's id.
    pub id: i64,
    /// The pull request.
    pub number: i64,
    /// Who reviewed.
    pub user: i64,
    /// What they say.
    pub verdict: Verdict,
    /// Their words.
    pub body: String,
    /// The head they looked at.
    pub commit_id: String,
    /// When.
    pub submitted_at: Timestamp,
}
