//! Performing effects: the only way from a decision to GitHub.
//!
//! Every method takes a [`Claimed`] effect, which proves that its intent stands in the log, and what puts a
//! commit into an environment takes a [`Permit`], which proves that every requirement held just now.

use std::time::Duration;

use serde_json::{Map, json};

use super::write::{NewDeployment, NewDeploymentStatus};
use super::{Error, Reader, Writer};
use crate::audit::Receipt;
use crate::clock::Timestamp;
use crate::db::outbox::Claimed;
use crate::effect::{DeploymentState, Mark};
use crate::ids::{CommitSha, DeploymentId, RefName, Repo, RunId, WorkflowFile};
use crate::policy::Permit;
use crate::promotion::{Promotion, Run};

/// How far GitHub's clock and ours may be apart when looking for what an earlier try left.
const SKEW: Duration = Duration::from_mins(5);

/// The name under which our mark stands in a deployment's payload and in a workflow's inputs.
pub const MARK: &str = "countersign_id";

/// What a look for an earlier try found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier<T> {
    /// It was done, and left this.
    Found(T),
    /// It was not done: it may be done now.
    Nothing,
    /// Something is there that may be ours and does not say so.
    Unclear(String),
}

impl Writer {
    /// Makes the deployment of a permitted promotion. Its payload says where its intent stands in the log.
    pub(crate) async fn create_permitted_deployment(
        &self,
        claimed: &Claimed,
        permit: &Permit,
        promotion: &Promotion,
        receipt: &Receipt,
    ) -> Result<DeploymentId, Error> {
        let tuple = permit.tuple();
        let payload = json!({
            MARK: claimed.intent.mark(),
            "promotion": tuple.promotion.number.to_string(),
            "log_origin": receipt.checkpoint.origin.as_str(),
            "log_index": receipt.index,
            "leaf_hash": receipt.leaf_hash,
            "checkpoint_size": receipt.checkpoint.size,
            "checkpoint_root": receipt.checkpoint.root,
        });
        let payload: Map<String, serde_json::Value> = payload.as_object().cloned().unwrap_or_default();
        let deployment = NewDeployment {
            commit: tuple.commit.clone(),
            environment: tuple.environment.clone(),
            description: format!("{} asked for by {}", tuple.promotion.number, tuple.requester.login),
            payload,
            production: tuple.environment.looks_like_production(),
        };
        self.create_deployment(&promotion.repo, &deployment).await
    }

    /// Starts the workflow of a permitted promotion on a branch or tag that points at its commit.
    pub(crate) async fn dispatch_permitted(
        &self,
        claimed: &Claimed,
        permit: &Permit,
        promotion: &Promotion,
        workflow: &WorkflowFile,
        reference: &RefName,
    ) -> Result<Option<RunId>, Error> {
        debug_assert_eq!(permit.tuple(), &promotion.tuple, "the permit is for this promotion");
        let mut inputs = promotion.deploy.inputs.clone();
        inputs.insert(MARK.to_owned(), claimed.intent.mark().to_owned());
        let dispatched = self.dispatch(&promotion.repo, workflow, reference, &inputs).await?;
        Ok(dispatched.run)
    }

    /// Stops a run that a claimed effect names.
    pub(crate) async fn cancel_claimed_run(&self, _: &Claimed, repo: &Repo, run: RunId) -> Result<(), Error> {
        self.cancel_run(repo, run).await
    }

    /// Tells a deployment how it stands.
    pub(crate) async fn set_claimed_status(
        &self,
        _: &Claimed,
        promotion: &Promotion,
        deployment: DeploymentId,
        status: (DeploymentState, &str),
    ) -> Result<(), Error> {
        let (state, description) = status;
        let status = NewDeploymentStatus {
            state,
            description: description.to_owned(),
            log_url: promotion.state.run().and_then(|run| run.url.clone()),
            environment_url: promotion.deploy.url.clone(),
            auto_inactive: true,
        };
        self.create_deployment_status(&promotion.repo, deployment, &status).await
    }
}

impl Reader {
    /// The deployment that an earlier try of this effect made.
    pub(crate) async fn earlier_deployment(
        &self,
        claimed: &Claimed,
        promotion: &Promotion,
        app_id: i64,
    ) -> Result<Earlier<DeploymentId>, Error> {
        let tuple = &promotion.tuple;
        let found = self.deployments(&promotion.repo, &tuple.commit, &tuple.environment).await?;
        let ours = found.into_iter().find(|deployment| {
            let mark = deployment.payload.get(MARK).and_then(serde_json::Value::as_str);
            mark == Some(claimed.intent.mark()) && deployment.app_id.is_none_or(|app| app == app_id)
        });
        Ok(ours.map_or(Earlier::Nothing, |deployment| Earlier::Found(deployment.id)))
    }

    /// The run that a dispatch under this mark started: by our mark in its title, never "the newest one".
    ///
    /// A run on the same commit whose title carries no mark may be ours if the workflow does not put
    /// the mark into its `run-name`: then nobody can tell.
    pub(crate) async fn run_of(
        &self,
        repo: &Repo,
        (workflow, commit): (&WorkflowFile, &CommitSha),
        mark: &Mark,
        since: Timestamp,
    ) -> Result<Earlier<Run>, Error> {
        let earliest = Timestamp(since.0.saturating_sub(i64::try_from(SKEW.as_millis()).unwrap_or(0)));
        let runs = self.dispatched_runs(repo, workflow, earliest).await?;
        let title = |run: &super::read::Run| run.display_title.clone().unwrap_or_default();
        if let Some(ours) = runs.iter().find(|run| title(run).contains(mark.as_str())) {
            return Ok(Earlier::Found(Run { id: ours.id, url: ours.html_url.clone() }));
        }
        let unmarked = runs.iter().find(|run| run.head_sha == *commit && !Mark::is_in(&title(run)));
        Ok(match unmarked {
            Some(run) => Earlier::Unclear(format!(
                "Run {} of {workflow} may be the one that was asked for, and its title does not say so: put ${{{{ inputs.{MARK} }}}} into the workflow's run-name.",
                run.id
            )),
            None => Earlier::Nothing,
        })
    }

    /// Whether a deployment was told this already.
    pub(crate) async fn status_is_set(
        &self,
        repo: &Repo,
        deployment: DeploymentId,
        (state, description): (DeploymentState, &str),
    ) -> Result<bool, Error> {
        let statuses = self.deployment_statuses(repo, deployment).await?;
        Ok(statuses.iter().any(|status| status.state == state.as_str() && status.description == description))
    }
}
