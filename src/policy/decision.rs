//! What comes out of an evaluation: go, wait or never, and why.

use serde::Serialize;

use super::Permit;
use crate::clock::Timestamp;
use crate::ids::{Actor, BlobSha, CommitSha, IssueNumber, RefName};
use crate::requirement::{Code, Refusal, Requirement};

/// What was decided, and how each requirement stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The moment it was taken for: soaks and expiries are judged by it.
    pub at: Timestamp,
    /// Every requirement of the policy, those that hold too, in the order people read them.
    pub requirements: Vec<Requirement>,
    /// What follows from them.
    pub verdict: Outcome,
}

/// What follows from the requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything holds: the promotion may deploy now.
    Allow(Permit),
    /// Something does not hold yet, or somebody can still cure it.
    Wait(WaitFor),
    /// The promotion is over, whatever happens later.
    Deny(Denial),
}

/// What a promotion waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// Approvals are all that is missing.
    Approvals,
    /// Something else is missing, perhaps approvals too.
    Requirements,
}

/// Why a promotion is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The head of the pull request is another commit now.
    HeadMoved {
        /// What was asked for.
        asked: CommitSha,
        /// What the head is.
        now: CommitSha,
    },
    /// The tag points at another commit now, or is gone.
    TagMoved {
        /// The tag.
        tag: RefName,
        /// What was asked for.
        asked: CommitSha,
        /// What the tag points at; none when it is gone.
        now: Option<CommitSha>,
    },
    /// The policy is another one now, or is gone.
    PolicyChanged {
        /// The one it was asked under.
        asked: BlobSha,
        /// The one on the default branch; none when there is none.
        now: Option<BlobSha>,
    },
    /// The pull request was closed without being merged.
    PullClosed {
        /// Which.
        number: IssueNumber,
    },
    /// Nobody finished it in time.
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// Somebody who may approve said no.
    Rejected {
        /// Who.
        by: Actor,
    },
    /// The policy does not allow this promotion at all.
    NotAllowed(Refusal),
}

impl Denial {
    /// The stable reason.
    pub fn code(&self) -> Code {
        match self {
            Self::HeadMoved { .. } | Self::TagMoved { .. } => Code::HeadMoved,
            Self::PolicyChanged { .. } => Code::PolicyChanged,
            Self::PullClosed { .. } => Code::PullClosed,
            Self::Expired { .. } => Code::Expired,
            Self::Rejected { .. } => Code::Rejected,
            Self::NotAllowed(refusal) => refusal.code,
        }
    }

    /// What happened and what to do next, for people. May quote untrusted text: escape it.
    pub fn sentence(&self) -> String {
        match self {
            Self::HeadMoved { asked, now } => format!(
                "The head of the pull request is {} now, not {} as asked for; ask again for the new head.",
                now.short(),
                asked.short()
            ),
            Self::TagMoved { tag, asked, now: Some(now) } => format!(
                "The tag {tag} points at {} now, not at {} as asked for; ask again for the commit you mean.",
                now.short(),
                asked.short()
            ),
            Self::TagMoved { tag, now: None, .. } => {
                format!("The tag {tag} is gone; push it again or ask for a commit.")
            }
            Self::PolicyChanged { now: Some(_), .. } => {
                "The policy on the default branch changed since this was asked for; ask again under the new one."
                    .to_owned()
            }
            Self::PolicyChanged { now: None, .. } => {
                "The policy is gone from the default branch; restore it and ask again.".to_owned()
            }
            Self::PullClosed { number } => {
                format!("Pull request {number} was closed without being merged; reopen it and ask again.")
            }
            Self::Expired { at } => format!("Nobody finished it before {at}; ask again."),
            Self::Rejected { by } => {
                format!("{} rejected it; talk to them, then ask again.", by.login)
            }
            Self::NotAllowed(refusal) => refusal.sentence.clone(),
        }
    }
}

impl Decision {
    /// The earliest moment at which time alone may change the decision, so that somebody looks again.
    pub fn look_again_at(&self) -> Option<Timestamp> {
        self.requirements.iter().filter_map(|requirement| requirement.until).min()
    }
}
