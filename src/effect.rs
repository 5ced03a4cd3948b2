//! What we ask of GitHub, as values: they are stored, shown, retried, tested and audited before and
//! after they are calls.
//!
//! An *effect* changes what runs or who may run it and needs a recorded intent. A *notice* (comment,
//! check run, reaction) only tells: it is rendered from the state when it is sent, may be sent again,
//! and is not in the log.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::random;
use crate::ids::{CommentId, DeploymentId, IssueNumber, PromotionNumber, RunId};

/// Something that changes what runs. It belongs to one promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Make an object of GitHub's Deployments API for the promotion's commit. Guarded.
    CreateDeployment,
    /// Dispatch the environment's workflow for that deployment. Guarded.
    DispatchWorkflow {
        /// The deployment that the run belongs to.
        deployment: DeploymentId,
    },
    /// Stop a run.
    CancelRun {
        /// Which one.
        run: RunId,
    },
    /// Tell the deployment how it stands.
    SetDeploymentStatus {
        /// Which deployment; that of an earlier promotion when it is no longer live.
        deployment: DeploymentId,
        /// How it stands.
        state: DeploymentState,
        /// For people, at most 140 characters.
        description: String,
    },
}

impl Effect {
    /// Its name in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateDeployment => "create_deployment",
            Self::DispatchWorkflow { .. } => "dispatch_workflow",
            Self::CancelRun { .. } => "cancel_run",
            Self::SetDeploymentStatus { .. } => "set_deployment_status",
        }
    }
}

/// The states of a deployment that we set.
/// <https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    /// The workflow was asked for.
    Queued,
    /// It runs.
    InProgress,
    /// It is live.
    Success,
    /// It ran and did not succeed.
    Failure,
    /// It could not run.
    Error,
    /// It is no longer live.
    Inactive,
}

impl DeploymentState {
    /// GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Inactive => "inactive",
        }
    }
}

/// What an effect leaves at GitHub so that it is found again when the answer was lost.
///
/// Random, so that nobody can leave the same one there before us.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(String);

impl Mark {
    /// What every mark begins with.
    pub const PREFIX: &str = "cs_";

    /// A new one.
    pub fn random() -> Self {
        Self(format!("{}{}", Self::PREFIX, hex::encode(random::<12>())))
    }

    /// One that was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text holds a mark, whosever it is: the prefix and 24 hexadecimal digits.
    pub fn is_in(text: &str) -> bool {
        text.split(Self::PREFIX).skip(1).any(|rest| {
            rest.get(..24).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that only tells. Its key names what is told, so that many changes become one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// Show a person that their comment was read, and what came of it.
    React {
        /// Which comment.
        comment: CommentId,
        /// With what.
        reaction: Reaction,
    },
    /// Write the one status comment of an issue or pull request anew.
    StatusComment {
        /// Of which.
        subject: IssueNumber,
    },
    /// Write a promotion's check run anew.
    CheckRun {
        /// Of which.
        promotion: PromotionNumber,
    },
}

impl Notice {
    /// What it is about: one row, however often it changes.
    pub fn key(&self) -> String {
        match self {
            Self::React { comment, reaction } => format!("react:{comment}:{}", reaction.as_str()),
            Self::StatusComment { subject } => format!("comment:{subject}"),
            Self::CheckRun { promotion } => format!("check:{promotion}"),
        }
    }
}

/// The reactions we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// Seen.
    Eyes,
    /// Done, or under way.
    Rocket,
    /// Refused.
    ThumbsDown,
    /// Not understood.
    Confused,
}

impl Reaction {
    /// GitHub's word. <https://docs.github.com/en/rest/reactions/reactions>
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eyes => "eyes",
            Self::Rocket => "rocket",
            Self::ThumbsDown => "-1",
            Self::Confused => "confused",
        }
    }
}
