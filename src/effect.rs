//! What we ask of GitHub, as values: they are stored, shown, retried, tested and audited before and
//! after they are calls.
//!
//! An *effect* changes what runs or who may run it and needs a recorded intent. A *notice* (comment,
//! check run, reaction) only tells: it is rendered from the state when it is sent, may be sent again,
//! and is not in the log.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{CommentId, CommitSha, DeploymentId, IssueNumber, PromotionNumber, RunId};

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

    /// All that makes it another effect of the same promotion, in one line.
    fn line(&self) -> String {
        let name = self.name();
        match self {
            Self::CreateDeployment => name.to_owned(),
            Self::DispatchWorkflow { deployment } => format!("{name} {deployment}"),
            Self::CancelRun { run } => format!("{name} {run}"),
            Self::SetDeploymentStatus { deployment, state, description } => {
                format!("{name} {deployment} {} {description}", state.as_str())
            }
        }
    }
}

/// What [`Effect::CreateDeployment`] takes: all of it stands in the promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateDeployment;

/// What [`Effect::DispatchWorkflow`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DispatchWorkflow {
    /// The deployment that the run belongs to.
    pub deployment: DeploymentId,
}

/// What [`Effect::CancelRun`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelRun {
    /// Which run.
    pub run: RunId,
}

/// What [`Effect::SetDeploymentStatus`] takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetDeploymentStatus {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// How it stands.
    pub state: DeploymentState,
    /// For people, at most 140 characters.
    pub description: String,
}

impl From<CreateDeployment> for Effect {
    fn from(CreateDeployment: CreateDeployment) -> Self {
        Self::CreateDeployment
    }
}

impl From<DispatchWorkflow> for Effect {
    fn from(DispatchWorkflow { deployment }: DispatchWorkflow) -> Self {
        Self::DispatchWorkflow { deployment }
    }
}

impl From<CancelRun> for Effect {
    fn from(CancelRun { run }: CancelRun) -> Self {
        Self::CancelRun { run }
    }
}

impl From<SetDeploymentStatus> for Effect {
    fn from(effect: SetDeploymentStatus) -> Self {
        let SetDeploymentStatus { deployment, state, description } = effect;
        Self::SetDeploymentStatus { deployment, state, description }
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

/// What the marks of one promotion's effects follow from: random, and shown to nobody.
///
/// It is kept with the promotion. So the same effect has the same mark also in a database that was restored from
/// before that effect was intended, and what was done in the part that is lost is found.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MarkSeed(String);

impl MarkSeed {
    /// From bytes that are random, and known to nobody else.
    pub fn new(secret: [u8; 16]) -> Self {
        Self(hex::encode(secret))
    }

    /// What this effect leaves at GitHub: the first 12 bytes of a SHA-256 that nobody computes without the seed.
    pub fn mark(&self, effect: &Effect) -> Mark {
        let digest = Sha256::new_with_prefix(&self.0).chain_update(effect.line()).finalize();
        Mark::new(&digest.iter().copied().take(12).collect::<Vec<_>>())
    }
}

impl fmt::Debug for MarkSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MarkSeed(…)")
    }
}

/// What an effect leaves at GitHub so that it is found again when the answer was lost.
///
/// Nobody can guess one, and so leave the same one there before us.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(String);

impl Mark {
    /// What every mark begins with.
    pub const PREFIX: &str = "cs_";

    fn new(bytes: &[u8]) -> Self {
        Self(format!("{}{}", Self::PREFIX, hex::encode(bytes)))
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
    /// Write the check run anew that sums up a commit's reports.
    Scans {
        /// Of which.
        commit: CommitSha,
    },
}

impl Notice {
    /// What it is about: one row, however often it changes.
    pub fn key(&self) -> String {
        match self {
            Self::React { comment, reaction } => format!("react:{comment}:{}", reaction.as_str()),
            Self::StatusComment { subject } => format!("comment:{subject}"),
            Self::CheckRun { promotion } => format!("check:{promotion}"),
            Self::Scans { commit } => format!("scans:{commit}"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_has_one_mark_and_no_other_effect_or_promotion_has_it() {
        let status = |state, description: &str| Effect::SetDeploymentStatus {
            deployment: DeploymentId(1),
            state,
            description: description.to_owned(),
        };
        let effects = [
            Effect::CreateDeployment,
            Effect::DispatchWorkflow { deployment: DeploymentId(1) },
            Effect::DispatchWorkflow { deployment: DeploymentId(11) },
            Effect::CancelRun { run: RunId(1) },
            status(DeploymentState::Queued, "a"),
            status(DeploymentState::Queued, "b"),
            status(DeploymentState::Error, "a"),
        ];
        let seeds = [MarkSeed::new([1; 16]), MarkSeed::new([2; 16])];
        let marks = || seeds.iter().flat_map(|seed| effects.iter().map(|effect| seed.mark(effect)));
        let distinct: std::collections::HashSet<Mark> = marks().collect();
        assert_eq!(distinct.len(), 14);
        assert!(distinct.iter().all(|mark| mark.as_str().len() == 27 && Mark::is_in(mark.as_str())));
        assert!(marks().eq(marks()));
        assert_eq!(format!("{:?}", seeds[0]), "MarkSeed(…)");
    }
}
