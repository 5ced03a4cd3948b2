//! Performing effects: the only way from a decision to GitHub.
//!
//! Every method takes a [`Claimed`] effect, which proves that its intent stands in the log, and what puts a
//! commit into an environment takes a [`Permit`], which proves that every requirement held just now.

use serde_json::{Map, json};

use super::write::{NewDeployment, NewDeploymentStatus};
use super::{Error, Writer};
use crate::audit::Receipt;
use crate::db::outbox::Claimed;
use crate::effect::DeploymentState;
use crate::ids::{DeploymentId, RefName, Repo, RunId, WorkflowFile};
use crate::policy::Permit;
use crate::promotion::Promotion;

/// The name under which our mark stands in a deployment's payload and in a workflow's inputs.
pub const MARK: &str = "countersign_id";

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
