//! Performing effects: the only way from a decision to GitHub.
//!
//! What writes takes an `Assigned` effect: a claim, which proves that the intent stands in the log, with the
//! promotion that the intent is of. What puts a commit into an environment takes a `Permitted` one, whose permit
//! proves that every requirement held just now. Nothing else says what is done: all of it is read from these.

use serde_json::{Map, Value, json};

use super::write::{NewDeployment, NewDeploymentStatus};
use super::{Error, Writer};
use crate::audit::Receipt;
use crate::db::outbox::Claimed;
use crate::effect::{CancelRun, CreateDeployment, DispatchWorkflow, Effect, SetDeploymentStatus};
use crate::ids::{DeploymentId, RefName, RunId};
use crate::policy::Permit;
use crate::promotion::Promotion;

/// The name under which our mark stands in a deployment's payload and in a workflow's inputs.
pub const MARK: &str = "countersign_id";

/// A claimed effect, and the promotion that its recorded intent is of.
#[derive(Debug)]
pub(crate) struct Assigned<'a, E> {
    claimed: &'a Claimed<E>,
    promotion: &'a Promotion,
}

/// The same with the permit that was given for this promotion.
#[derive(Debug)]
pub(crate) struct Permitted<'a, E> {
    assigned: Assigned<'a, E>,
    permit: Permit,
}

impl<'a, E> Assigned<'a, E>
where
    E: Clone + Into<Effect>,
{
    /// None where the claim is of another promotion, or its effect is not the one that was intended: the mark in
    /// the recorded intent follows from both.
    pub(crate) fn new(claimed: &'a Claimed<E>, promotion: &'a Promotion) -> Option<Self> {
        let mark = promotion.marks.mark(&claimed.effect().clone().into());
        let ours = claimed.promotion() == promotion.id() && claimed.intent().mark() == mark.as_str();
        ours.then_some(Self { claimed, promotion })
    }

    /// None where the permit is for another promotion, or for another commit or environment than this one's.
    pub(crate) fn permitted(self, permit: Permit) -> Option<Permitted<'a, E>> {
        (*permit.tuple() == self.promotion.tuple).then_some(Permitted { assigned: self, permit })
    }
}

impl Writer {
    /// Makes the deployment of a permitted promotion. Its payload says where its intent stands in the log.
    pub(crate) async fn create_deployment_of(
        &self,
        effect: Permitted<'_, CreateDeployment>,
        receipt: &Receipt,
    ) -> Result<DeploymentId, Error> {
        let Permitted { assigned: Assigned { claimed, promotion }, permit } = effect;
        let tuple = permit.tuple();
        let payload = json!({
            MARK: claimed.intent().mark(),
            "promotion": tuple.promotion.number.to_string(),
            "log_origin": receipt.checkpoint.origin.as_str(),
            "log_index": receipt.index,
            "leaf_hash": receipt.leaf_hash,
            "checkpoint_size": receipt.checkpoint.size,
            "checkpoint_root": receipt.checkpoint.root,
        });
        let payload: Map<String, Value> = payload.as_object().cloned().unwrap_or_default();
        let deployment = NewDeployment {
            commit: tuple.commit.clone(),
            environment: tuple.environment.clone(),
            description: format!("{} asked for by {}", tuple.promotion.number, tuple.requester.login),
            payload,
            production: tuple.environment.looks_like_production(),
        };
        self.create_deployment(&promotion.repo, &deployment).await
    }

    /// Starts the workflow of a permitted promotion on a branch or tag that points at its commit; none where it
    /// has no workflow.
    pub(crate) async fn dispatch_workflow_of(
        &self,
        effect: Permitted<'_, DispatchWorkflow>,
        reference: &RefName,
    ) -> Result<Option<RunId>, Error> {
        let Assigned { claimed, promotion } = effect.assigned;
        let Some(workflow) = &promotion.deploy.workflow else { return Ok(None) };
        let mut inputs = promotion.deploy.inputs.clone();
        inputs.insert(MARK.to_owned(), claimed.intent().mark().to_owned());
        let dispatched = self.dispatch(&promotion.repo, workflow, reference, &inputs).await?;
        Ok(dispatched.run)
    }

    /// Stops the run that was to be stopped.
    pub(crate) async fn cancel_run_of(&self, effect: Assigned<'_, CancelRun>) -> Result<(), Error> {
        let Assigned { claimed, promotion } = effect;
        self.cancel_run(&promotion.repo, claimed.effect().run).await
    }

    /// Tells a deployment how it stands.
    pub(crate) async fn set_deployment_status_of(
        &self,
        effect: Assigned<'_, SetDeploymentStatus>,
    ) -> Result<(), Error> {
        let Assigned { claimed, promotion } = effect;
        let SetDeploymentStatus { deployment, state, description } = claimed.effect().clone();
        let status = NewDeploymentStatus {
            state,
            description,
            log_url: promotion.state.run().and_then(|run| run.url.clone()),
            environment_url: promotion.deploy.url.clone(),
            auto_inactive: true,
        };
        self.create_deployment_status(&promotion.repo, deployment, &status).await
    }
}

#[cfg(test)]
mod tests;
