//! From what is so and what happened to the next state and what to ask of GitHub. Nothing here asks.

use std::time::Duration;

use crate::audit::Kind;
use crate::authz::{Authorized, Cancel, Promote, WrongRight};
use crate::clock::Timestamp;
use crate::effect::{DeploymentState, Effect, Mark, MarkSeed};
use crate::ids::{Actor, CommitSha, DeploymentId, Repo};
use crate::policy::facts::Tuple;
use crate::policy::{Decision, Denial, Outcome, WaitFor};
use crate::promotion::{DeployPlan, Promotion, Run, State};
use crate::requirement::{Code, Requirement, Verdict};

/// What becomes of a promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a step that is not stored did not happen"]
pub struct Step {
    /// As it is now.
    pub promotion: Promotion,
    /// What the log says about it; none when nothing changed that anybody would ask about.
    pub kind: Option<Kind>,
    /// What to ask of GitHub, in this order.
    pub effects: Vec<Effect>,
    /// When to look at it again, whatever happens.
    pub wake_at: Option<Timestamp>,
}

/// What a look at the deployment workflow's run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSeen {
    /// Which run.
    pub run: Run,
    /// The commit it runs on.
    pub commit: CommitSha,
    /// How it ended; none while it has not.
    pub conclusion: Option<String>,
}

/// A promotion as it begins, before anything was decided. It takes the requester's right to ask for it:
///
/// ```compile_fail,E0308
/// # use countersign::{effect::MarkSeed, ids::Repo, policy::facts::Tuple, promotion::{DeployPlan, open}};
/// fn ask(tuple: Tuple, repo: Repo) {
///     let requester = tuple.requester.clone();
///     let promotion = open(requester, tuple, repo, None, DeployPlan::default(), MarkSeed::new([7; 16]));
/// }
/// ```
///
/// # Errors
/// [`WrongRight`] when the right is for another environment, or somebody else's.
pub fn open(
    right: Authorized<Promote>,
    tuple: Tuple,
    repo: Repo,
    reason: Option<String>,
    deploy: DeployPlan,
    marks: MarkSeed,
) -> Result<Promotion, WrongRight> {
    right.for_request(&tuple)?;
    Ok(Promotion {
        tuple,
        repo,
        reason,
        deploy,
        state: State::Blocked,
        requirements: Vec::new(),
        check_run: None,
        marks,
        version: 0,
    })
}

impl Promotion {
    /// A decision was taken about a promotion that waits, or again before its deployment is made.
    pub fn decided(mut self, decision: &Decision, now: Timestamp) -> Step {
        let before = (self.state.name(), codes(&self.requirements));
        self.requirements.clone_from(&decision.requirements);
        let (state, kind) = match &decision.verdict {
            Outcome::Allow(_) => return self.allowed(now),
            Outcome::Wait(WaitFor::Approvals) => (State::AwaitingApproval, Kind::DecisionWaiting),
            Outcome::Wait(WaitFor::Requirements) => (State::Blocked, Kind::DecisionWaiting),
            Outcome::Deny(denial) => denied(denial, now),
        };
        self.state = state;
        let changed = before != (self.state.name(), codes(&self.requirements));
        Step {
            kind: changed.then_some(kind),
            effects: Vec::new(),
            wake_at: self.wake_at(now),
            promotion: self,
        }
    }

    fn allowed(mut self, now: Timestamp) -> Step {
        if self.state.is_under_way() {
            return self.unchanged(now);
        }
        self.state = State::Approved { at: now };
        self.step(Kind::DecisionAllowed, vec![Effect::CreateDeployment], now)
    }

    /// Between the deployment and its workflow something stopped holding.
    pub fn stopped(self, decision: &Decision, now: Timestamp) -> Step {
        let (code, why) = match &decision.verdict {
            Outcome::Deny(denial) => (denial.code(), denial.sentence()),
            Outcome::Allow(_) | Outcome::Wait(_) => decision
                .requirements
                .iter()
                .find(|requirement| requirement.verdict != Verdict::Holds)
                .map_or((Code::Cancelled, String::new()), |first| (first.code, first.sentence.clone())),
        };
        let sentence = format!("Not started, because something no longer holds: {why}");
        let mut stopped = self;
        stopped.requirements.clone_from(&decision.requirements);
        stopped.fail(code, sentence, DeploymentState::Error, now)
    }

    /// GitHub made the deployment.
    pub fn deployment_created(mut self, deployment: DeploymentId, now: Timestamp) -> Step {
        if !matches!(self.state, State::Approved { .. }) {
            let description = format!("{} is {}", self.id().number, self.state.name());
            let effect = status(deployment, DeploymentState::Inactive, description);
            return Step { effects: vec![effect], ..self.unchanged(now) };
        }
        self.state =
            State::Deploying { deployment, run: None, dispatched_as: None, since: now, cancelling: None };
        let mut effects = Vec::new();
        if let Some(workflow) = &self.deploy.workflow {
            effects.push(status(deployment, DeploymentState::Queued, format!("Starting {workflow}")));
            effects.push(Effect::DispatchWorkflow { deployment });
        }
        Step { kind: None, effects, wake_at: self.wake_at(now), promotion: self }
    }

    /// GitHub started the workflow; some servers do not say which run it is.
    pub fn dispatched(mut self, started: Option<Run>, mark: Mark, now: Timestamp) -> Step {
        let stop = started.iter().map(|run| Effect::CancelRun { run: run.id }).collect();
        let State::Deploying { deployment, run, dispatched_as, cancelling, .. } = &mut self.state else {
            // It ended while the answer was on its way.
            return Step { effects: stop, ..self.unchanged(now) };
        };
        *run = started;
        *dispatched_as = Some(mark);
        let effects = match cancelling {
            Some(_) => stop,
            None => vec![status(*deployment, DeploymentState::InProgress, "The workflow is running")],
        };
        Step { kind: None, effects, wake_at: Some(now), promotion: self }
    }

    /// Somebody looked at the workflow's run. `replaced` is what was live there before.
    pub fn run_seen(mut self, seen: &RunSeen, replaced: Option<DeploymentId>, now: Timestamp) -> Step {
        let State::Deploying { run, cancelling, .. } = &mut self.state else { return self.unchanged(now) };
        let found = run.replace(seen.run.clone()).is_none();
        let by = cancelling.clone();
        let cancel = Effect::CancelRun { run: seen.run.id };
        if seen.commit != self.tuple.commit {
            let sentence = format!(
                "The workflow ran on {} instead of {}: its branch moved after the approval. The run was cancelled; ask again.",
                seen.commit.short(),
                self.tuple.commit.short()
            );
            let mut step = self.fail(Code::RunOnOtherCommit, sentence, DeploymentState::Failure, now);
            step.effects.insert(0, cancel);
            return step;
        }
        match (seen.conclusion.as_deref(), by) {
            (None, Some(_)) if found => Step { effects: vec![cancel], ..self.unchanged(now) },
            (None, _) => self.unchanged(now),
            // It was too late to cancel: what is live is live.
            (Some("success"), _) => self.succeed(replaced, now),
            (Some(_), Some(by)) => self.stopped_by(by, now),
            (Some(conclusion), None) => {
                let sentence = format!(
                    "The deployment workflow ended with {conclusion}. See its run, mend it, and ask again."
                );
                self.fail(Code::DeploymentFailed, sentence, DeploymentState::Failure, now)
            }
        }
    }

    /// Whoever deploys without a workflow of ours told the deployment how it stands.
    pub fn deployment_seen(self, word: &str, replaced: Option<DeploymentId>, now: Timestamp) -> Step {
        if !matches!(self.state, State::Deploying { .. }) || self.deploy.workflow.is_some() {
            return self.unchanged(now);
        }
        match word {
            "success" => self.succeed(replaced, now),
            "failure" | "error" => {
                let sentence = format!("The deployment was reported as {word}. Mend it and ask again.");
                let mut step = self.fail(Code::DeploymentFailed, sentence, DeploymentState::Failure, now);
                step.effects.clear();
                step
            }
            _ => self.unchanged(now),
        }
    }

    /// An effect it needs was refused, or nobody can know what became of it.
    pub fn effect_failed(self, code: Code, sentence: String, now: Timestamp) -> Step {
        if !self.state.is_under_way() {
            return self.unchanged(now);
        }
        self.fail(code, sentence, DeploymentState::Error, now)
    }

    /// It can no longer be judged as it was asked for.
    pub fn superseded(mut self, code: Code, sentence: String, now: Timestamp) -> Step {
        self.state = State::Superseded { code, sentence, at: now };
        self.step(Kind::DecisionSuperseded, Vec::new(), now)
    }

    /// Somebody withdraws it. What a workflow may be doing already ends when that workflow does, so that
    /// nothing else is deployed beside it and nobody is told that it stopped before it has.
    ///
    /// # Errors
    /// [`WrongRight`] when the right is for another promotion.
    pub fn cancelled(mut self, right: Authorized<Cancel>, now: Timestamp) -> Result<Step, WrongRight> {
        let by = right.for_promotion(self.id())?;
        if let State::Deploying { run, cancelling, .. } = &mut self.state
            && self.deploy.workflow.is_some()
        {
            let effects = run.iter().map(|run| Effect::CancelRun { run: run.id }).collect();
            *cancelling = Some(by);
            return Ok(self.step(Kind::DecisionCancelled, effects, now));
        }
        let step = self.stopped_by(by, now);
        Ok(Step { kind: Some(Kind::DecisionCancelled), ..step })
    }

    /// What somebody withdrew has stopped.
    fn stopped_by(mut self, by: Actor, now: Timestamp) -> Step {
        let deployment = self.state.deployment();
        let description = format!("Cancelled by {}", by.login);
        let told = deployment.map(|deployment| status(deployment, DeploymentState::Inactive, description));
        self.state = State::Cancelled { by, at: now };
        self.step(Kind::PromotionFailed, told.into_iter().collect(), now)
    }

    /// It is as it was; somebody looks again later.
    pub fn unchanged(self, now: Timestamp) -> Step {
        Step { kind: None, effects: Vec::new(), wake_at: self.wake_at(now), promotion: self }
    }

    fn succeed(mut self, replaced: Option<DeploymentId>, now: Timestamp) -> Step {
        let State::Deploying { deployment, run, .. } = self.state.clone() else { return self.unchanged(now) };
        let mut effects = Vec::new();
        if self.deploy.workflow.is_some() {
            effects.push(status(
                deployment,
                DeploymentState::Success,
                format!("{} is live", self.tuple.commit.short()),
            ));
        }
        if let Some(replaced) = replaced.filter(|replaced| *replaced != deployment) {
            let description = format!("Replaced by {}", self.id().number);
            effects.push(status(replaced, DeploymentState::Inactive, description));
        }
        self.state = State::Succeeded { deployment, run, at: now };
        self.step(Kind::PromotionSucceeded, effects, now)
    }

    fn fail(mut self, code: Code, sentence: String, shown: DeploymentState, now: Timestamp) -> Step {
        if let State::Deploying { cancelling: Some(by), .. } = &self.state
            && code != Code::OutcomeUnknown
        {
            let by = by.clone();
            return self.stopped_by(by, now);
        }
        let deployment = self.state.deployment();
        let run = self.state.run().cloned();
        let description = format!("{} failed: {}", self.id().number, code.as_str());
        let effects =
            deployment.map(|deployment| status(deployment, shown, description)).into_iter().collect();
        self.state = State::Failed { deployment, run, at: now, code, sentence };
        self.step(Kind::PromotionFailed, effects, now)
    }

    fn step(self, kind: Kind, effects: Vec<Effect>, now: Timestamp) -> Step {
        Step { kind: Some(kind), effects, wake_at: self.wake_at(now), promotion: self }
    }

    /// When to look again although no event came: a lost event is healed by reading.
    fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.state {
            State::Blocked | State::AwaitingApproval => self
                .requirements
                .iter()
                .filter_map(|requirement| requirement.until)
                .chain([self.tuple.expires_at])
                .min(),
            State::Deploying { since, .. } => Some(now.plus(patience(now.since(*since)))),
            State::Approved { .. }
            | State::Succeeded { .. }
            | State::Failed { .. }
            | State::Rejected { .. }
            | State::Cancelled { .. }
            | State::Superseded { .. }
            | State::Expired { .. } => None,
        }
    }
}

/// How long to wait for an event before reading: short deployments are watched closely.
fn patience(running_for: Duration) -> Duration {
    match running_for.as_secs() {
        0..60 => Duration::from_secs(5),
        60..600 => Duration::from_secs(20),
        _ => Duration::from_mins(1),
    }
}

fn denied(denial: &Denial, now: Timestamp) -> (State, Kind) {
    match denial {
        Denial::Expired { .. } => (State::Expired { at: now }, Kind::DecisionExpired),
        Denial::Rejected { by } => (State::Rejected { by: by.clone(), at: now }, Kind::DecisionRejected),
        Denial::HeadMoved { .. }
        | Denial::TagMoved { .. }
        | Denial::PolicyChanged { .. }
        | Denial::PullClosed { .. }
        | Denial::NotAllowed(_) => {
            let (code, sentence) = (denial.code(), denial.sentence());
            (State::Superseded { code, sentence, at: now }, Kind::DecisionSuperseded)
        }
    }
}

fn codes(requirements: &[Requirement]) -> Vec<(String, Code)> {
    requirements.iter().map(|requirement| (requirement.title.clone(), requirement.code)).collect()
}

fn status(deployment: DeploymentId, state: DeploymentState, description: impl Into<String>) -> Effect {
    Effect::SetDeploymentStatus { deployment, state, description: description.into() }
}
