//! A promotion: a request to put one commit into one environment, and the states it goes through.
//!
//! ```text
//! blocked ⇄ awaiting_approval → approved → deploying → succeeded | failed
//!    └──────────────┴──────────────┴→ rejected | cancelled | superseded | expired
//! ```

mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::effect::{Mark, MarkSeed};
use crate::ids::{Actor, CheckRunId, DeploymentId, PromotionId, Repo, RunId, WorkflowFile};
use crate::policy::facts::Tuple;
use crate::requirement::{Code, Requirement};

pub use plan::{RunSeen, Step, open};

/// A request to put one commit into one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// What was asked for; what approvals name. Never changes.
    pub tuple: Tuple,
    /// Where it was asked.
    pub repo: Repo,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// How the policy says to deploy.
    pub deploy: DeployPlan,
    /// Where it stands.
    pub state: State,
    /// Every requirement as it was evaluated last.
    pub requirements: Vec<Requirement>,
    /// Its check run, once GitHub has one.
    pub check_run: Option<CheckRunId>,
    /// What the marks of its effects follow from.
    pub marks: MarkSeed,
    /// How often it was stored, so that two writers notice each other.
    pub version: i64,
}

/// How the policy says to deploy to the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeployPlan {
    /// The workflow to dispatch; without one only a GitHub Deployment is made, and whoever deploys
    /// answers with its statuses.
    pub workflow: Option<WorkflowFile>,
    /// What to give it, parameters included.
    pub inputs: BTreeMap<String, String>,
    /// Where the environment can be visited.
    pub url: Option<String>,
}

/// Where a promotion stands, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Something other than an approval is missing.
    Blocked,
    /// Only approvals are missing.
    AwaitingApproval,
    /// Everything holds; the deployment is asked for.
    Approved {
        /// When that was decided.
        at: Timestamp,
    },
    /// The deployment exists.
    Deploying {
        /// GitHub's object.
        deployment: DeploymentId,
        /// The workflow's run, once it is known.
        run: Option<Run>,
        /// The mark under which the workflow was dispatched, once it was.
        dispatched_as: Option<Mark>,
        /// When the deployment was made.
        since: Timestamp,
        /// Who asked to stop it. It goes on until its workflow has ended, one way or the other.
        #[serde(default)]
        cancelling: Option<Actor>,
    },
    /// It is, or was, live.
    Succeeded {
        /// GitHub's object.
        deployment: DeploymentId,
        /// The workflow's run.
        run: Option<Run>,
        /// When.
        at: Timestamp,
    },
    /// It did not get there.
    Failed {
        /// GitHub's object, if it came to that.
        deployment: Option<DeploymentId>,
        /// The workflow's run, if it came to that.
        run: Option<Run>,
        /// When.
        at: Timestamp,
        /// Why.
        code: Code,
        /// Why, for people, and what to do next.
        sentence: String,
    },
    /// Somebody who may approve said no.
    Rejected {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// Somebody withdrew it.
    Cancelled {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// What was approved is no longer what would be deployed.
    Superseded {
        /// What changed.
        code: Code,
        /// For people.
        sentence: String,
        /// When.
        at: Timestamp,
    },
    /// Nobody finished it in time.
    Expired {
        /// When.
        at: Timestamp,
    },
}

/// A run of the deployment workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// GitHub's id.
    pub id: RunId,
    /// Its page.
    pub url: Option<String>,
}

impl State {
    /// The word for it, in the database, in the comment and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved { .. } => "approved",
            Self::Deploying { .. } => "deploying",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Rejected { .. } => "rejected",
            Self::Cancelled { .. } => "cancelled",
            Self::Superseded { .. } => "superseded",
            Self::Expired { .. } => "expired",
        }
    }

    /// Waits for something or somebody before anything is deployed.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Blocked | Self::AwaitingApproval)
    }

    /// Is being deployed: nothing else may be, to the same environment.
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Approved { .. } | Self::Deploying { .. })
    }

    /// Has not ended.
    pub fn is_open(&self) -> bool {
        self.is_waiting() || self.is_under_way()
    }

    /// When it ended; none while it has not.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Succeeded { at, .. }
            | Self::Failed { at, .. }
            | Self::Rejected { at, .. }
            | Self::Cancelled { at, .. }
            | Self::Superseded { at, .. }
            | Self::Expired { at } => Some(*at),
            Self::Blocked | Self::AwaitingApproval | Self::Approved { .. } | Self::Deploying { .. } => None,
        }
    }

    /// When it was voided without anybody having said no: those who vote may not have noticed.
    pub fn voided_at(&self) -> Option<Timestamp> {
        match self {
            Self::Superseded { at, .. } | Self::Cancelled { at, .. } | Self::Expired { at } => Some(*at),
            Self::Blocked
            | Self::AwaitingApproval
            | Self::Approved { .. }
            | Self::Deploying { .. }
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Rejected { .. } => None,
        }
    }

    /// Whether this deployment is still to be carried out.
    pub fn is_wanted(&self, wanted: DeploymentId) -> bool {
        matches!(self, Self::Deploying { deployment, cancelling: None, .. } if *deployment == wanted)
    }

    /// GitHub's deployment object, if it came to that.
    pub fn deployment(&self) -> Option<DeploymentId> {
        match self {
            Self::Deploying { deployment, .. } | Self::Succeeded { deployment, .. } => Some(*deployment),
            Self::Failed { deployment, .. } => *deployment,
            Self::Blocked
            | Self::AwaitingApproval
            | Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Cancelled { .. }
            | Self::Superseded { .. }
            | Self::Expired { .. } => None,
        }
    }

    /// The workflow's run, if it is known.
    pub fn run(&self) -> Option<&Run> {
        match self {
            Self::Deploying { run, .. } | Self::Succeeded { run, .. } | Self::Failed { run, .. } => {
                run.as_ref()
            }
            Self::Blocked
            | Self::AwaitingApproval
            | Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Cancelled { .. }
            | Self::Superseded { .. }
            | Self::Expired { .. } => None,
        }
    }
}

impl Promotion {
    /// Its id among all repositories.
    pub fn id(&self) -> PromotionId {
        self.tuple.promotion
    }

    /// With its repository as it is called now: GitHub does not redirect what is written to an old name.
    #[must_use]
    pub fn in_repo(mut self, repo: &Repo) -> Self {
        if repo.id == self.repo.id {
            self.repo.clone_from(repo);
        }
        self
    }
}
