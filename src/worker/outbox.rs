//! Effects: claimed with their intent, judged again, performed, and their outcome recorded.
//!
//! A try that is not the first looks at GitHub before it acts: the one before may have got through.

use crate::audit::{Outcome, Source};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::db::outbox::{self, Claimed, ClaimedEffect};
use crate::db::{NewEntry, promotion, receipt};
use crate::effect::{CancelRun, CreateDeployment, DispatchWorkflow, Effect, SetDeploymentStatus};
use crate::facts::{self, Gathered, Missing};
use crate::github::earlier::Earlier;
use crate::github::perform::Assigned;
use crate::github::{self, Sent};
use crate::handlers::load_policy;
use crate::handlers::store::{First, Stored, store};
use crate::ids::{PromotionId, RefName};
use crate::policy::{self, Decided, Permit};
use crate::promotion::{Promotion, Run, State};
use crate::telemetry::causes;
use crate::worker::inbox::unless_lost;
use crate::worker::outcome::{Done, Ending, Tried, ending, mark, next, result};
use crate::worker::{BATCH, Error, Workers, backoff};

/// After so many tries nobody can say what became of it.
const TRIES: i64 = 12;
/// How often an outcome is recorded anew when others change the promotion at the same time.
const RECORDINGS: usize = 5;
/// What an earlier try started may take so long to show up at GitHub.
const SETTLE: std::time::Duration = std::time::Duration::from_secs(30);

impl Workers {
    /// One turn; how many effects it took.
    pub(super) async fn perform_effects(&self) -> Result<usize, Error> {
        self.turn(
            |conn, now| Box::pin(outbox::any_ready(conn, now)),
            |tx, now, lease| {
                Box::pin(async move { outbox::claim(tx.conn().await?, now, lease, BATCH).await })
            },
            Db::ring_outbox,
            |effect| self.perform(effect),
        )
        .await
    }

    async fn perform(&self, claimed: Claimed) -> Result<(), Error> {
        let promotion = self.promotion(claimed.promotion()).await?;
        let tried = match claimed.split() {
            ClaimedEffect::CreateDeployment(claimed) => self.create_deployment(&claimed, &promotion).await,
            ClaimedEffect::DispatchWorkflow(claimed) => self.dispatch_workflow(&claimed, &promotion).await,
            ClaimedEffect::CancelRun(claimed) => self.cancel_run(&claimed, &promotion).await,
            ClaimedEffect::SetDeploymentStatus(claimed) => {
                self.set_deployment_status(&claimed, &promotion).await
            }
        };
        let tried = tried.unwrap_or_else(|error| self.after(claimed.attempts(), &error));
        self.record(claimed, tried).await
    }

    async fn create_deployment(
        &self,
        claimed: &Claimed<CreateDeployment>,
        promotion: &Promotion,
    ) -> Result<Tried, Error> {
        let Some(assigned) = assigned(claimed, promotion) else { return Ok(Tried::NotAllowed(None)) };
        if claimed.attempts() > 1 {
            match self.app.reader.earlier_deployment(&mark(claimed), promotion, self.app.app_id).await {
                Ok(Earlier::Found(deployment)) => {
                    return Ok(Tried::Done { what: Done::Deployment(deployment), earlier: true });
                }
                Ok(Earlier::Unclear(why)) => return Ok(Tried::Unknown(why)),
                Ok(Earlier::Nothing) => {}
                Err(error) => return Ok(self.not_seen(claimed.attempts(), error)),
            }
        }
        if !matches!(promotion.state, State::Approved { .. }) {
            return Ok(Tried::NotAllowed(None));
        }
        let (permit, _) = match self.permit(promotion).await? {
            Ok(licence) => licence,
            Err(not_allowed) => return Ok(Tried::NotAllowed(not_allowed)),
        };
        let Some(permitted) = assigned.permitted(permit) else { return Ok(Tried::NotAllowed(None)) };
        if !matches!(self.promotion(claimed.promotion()).await?.state, State::Approved { .. }) {
            return Ok(Tried::NotAllowed(None));
        }
        let receipt = receipt::of_intent(&mut self.app.db.read().await?, claimed.intent()).await?;
        self.app.db.publish_newest().await?;
        let Some(left) = claimed.time_left(self.app.clock.now()) else { return Ok(self.too_slow()) };
        let made = in_time(left, self.writer.create_deployment_of(permitted, &receipt)).await?;
        Ok(Tried::Done { what: Done::Deployment(made), earlier: false })
    }

    async fn dispatch_workflow(
        &self,
        claimed: &Claimed<DispatchWorkflow>,
        promotion: &Promotion,
    ) -> Result<Tried, Error> {
        let Some(assigned) = assigned(claimed, promotion) else { return Ok(Tried::NotAllowed(None)) };
        let Some(workflow) = &promotion.deploy.workflow else { return Ok(Tried::NotAllowed(None)) };
        let deployment = claimed.effect().deployment;
        if claimed.attempts() > 1 {
            let (mark, asked) = (mark(claimed), (workflow, &promotion.tuple.commit));
            match self.app.reader.run_of(&promotion.repo, asked, &mark, claimed.made_at()).await {
                Ok(Earlier::Found(run)) => {
                    return Ok(Tried::Done { what: Done::Dispatched(Some(run)), earlier: true });
                }
                Ok(Earlier::Unclear(why)) => return Ok(Tried::Unknown(why)),
                Ok(Earlier::Nothing) => {}
                Err(error) => return Ok(self.not_seen(claimed.attempts(), error)),
            }
        }
        if !promotion.state.is_wanted(deployment) {
            return Ok(Tried::NotAllowed(None));
        }
        let (permit, reference) = match self.permit(promotion).await? {
            Ok(licence) => licence,
            Err(not_allowed) => return Ok(Tried::NotAllowed(not_allowed)),
        };
        let (Some(permitted), Some(reference)) = (assigned.permitted(permit), reference) else {
            return Ok(Tried::NotAllowed(None));
        };
        // All that reading took its time: what can be moved or withdrawn is looked at once more, last.
        if !self.promotion(claimed.promotion()).await?.state.is_wanted(deployment) {
            return Ok(Tried::NotAllowed(None));
        }
        if !facts::still_points_at(&self.app, &promotion.repo, &reference, &promotion.tuple.commit).await? {
            return Ok(Tried::Later(self.app.clock.now(), format!("{reference} moved")));
        }
        let Some(left) = claimed.time_left(self.app.clock.now()) else { return Ok(self.too_slow()) };
        let run = in_time(left, self.writer.dispatch_workflow_of(permitted, &reference)).await?;
        Ok(Tried::Done { what: Done::Dispatched(run.map(|id| Run { id, url: None })), earlier: false })
    }

    async fn cancel_run(&self, claimed: &Claimed<CancelRun>, promotion: &Promotion) -> Result<Tried, Error> {
        let Some(assigned) = assigned(claimed, promotion) else { return Ok(Tried::NotAllowed(None)) };
        self.writer.cancel_run_of(assigned).await?;
        Ok(Tried::Done { what: Done::Told, earlier: false })
    }

    async fn set_deployment_status(
        &self,
        claimed: &Claimed<SetDeploymentStatus>,
        promotion: &Promotion,
    ) -> Result<Tried, Error> {
        let Some(assigned) = assigned(claimed, promotion) else { return Ok(Tried::NotAllowed(None)) };
        let SetDeploymentStatus { deployment, state, description } = claimed.effect();
        let status = (*state, description.as_str());
        if claimed.attempts() > 1
            && self.app.reader.status_is_set(&promotion.repo, *deployment, status).await?
        {
            return Ok(Tried::Done { what: Done::Told, earlier: true });
        }
        self.writer.set_deployment_status_of(assigned).await?;
        Ok(Tried::Done { what: Done::Told, earlier: false })
    }

    /// Everything is read and judged again, at the moment the effect is performed.
    async fn permit(
        &self,
        promotion: &Promotion,
    ) -> Result<Result<(Permit, Option<RefName>), Option<Box<Decided>>>, Error> {
        let Ok(loaded) = load_policy(&self.app, &promotion.repo).await? else { return Ok(Err(None)) };
        let Some(environment) = loaded.policy.environment(&promotion.tuple.environment) else {
            return Ok(Err(None));
        };
        let gathered =
            facts::gather(&self.app, &promotion.repo, &promotion.tuple, &loaded, environment).await?;
        let Gathered { facts, missing } = gathered;
        self.want(&promotion.repo, &promotion.tuple.commit, missing, self.app.clock.now()).await?;
        let decided = loaded.decide(facts, self.app.clock.now());
        match decided.decision.verdict {
            policy::Outcome::Allow(permit) => Ok(Ok((permit, decided.facts.dispatch_ref))),
            policy::Outcome::Wait(_) | policy::Outcome::Deny(_) => Ok(Err(Some(Box::new(decided)))),
        }
    }

    /// What an error says about what to do next.
    fn after(&self, attempts: i64, error: &Error) -> Tried {
        let (now, why) = (self.app.clock.now(), causes(error));
        let github = match error {
            Error::GitHub(github) | Error::Handler(crate::handlers::Error::GitHub(github)) => github,
            Error::Db(_)
            | Error::Handler(crate::handlers::Error::Db(_) | crate::handlers::Error::WrongRight(_)) => {
                return Tried::Later(backoff::after(attempts, now), why);
            }
        };
        match github {
            github::Error::RetryAt { at, .. } => Tried::Later(*at, why),
            _ if attempts >= TRIES => Tried::Unknown(why),
            github::Error::Unreachable { sent: Sent::Maybe, .. } => Tried::Later(now.plus(SETTLE), why),
            github::Error::Unreachable { sent: Sent::No, .. } | github::Error::Broken { .. } => {
                Tried::Later(backoff::after(attempts, now), why)
            }
            github::Error::Gone | github::Error::Refused { .. } => Tried::Refused(why),
        }
    }

    /// Reading took so long that the lease may run out before GitHub's answer to the deed is here.
    fn too_slow(&self) -> Tried {
        Tried::Later(self.app.clock.now(), "everything had to be read again: it took too long".to_owned())
    }

    /// What became of an earlier try could not be read. A no to that question says nothing about the deed.
    fn not_seen(&self, attempts: i64, error: github::Error) -> Tried {
        match self.after(attempts, &error.into()) {
            Tried::Refused(why) => Tried::Later(backoff::after(attempts, self.app.clock.now()), why),
            other @ (Tried::Done { .. } | Tried::NotAllowed(_) | Tried::Unknown(_) | Tried::Later(..)) => {
                other
            }
        }
    }

    /// Records the outcome with what follows from it. What was done at GitHub is done, so if somebody
    /// else changed the promotion meanwhile, what follows is worked out again, and nothing is repeated.
    async fn record(&self, claimed: Claimed, tried: Tried) -> Result<(), Error> {
        if let Tried::Later(at, why) = tried {
            return self.later(claimed, at, why).await;
        }
        for _ in 0..RECORDINGS {
            match self.record_once(claimed.clone(), tried.clone()).await {
                Err(Error::Db(crate::db::Error::Stale(what))) => {
                    tracing::debug!(what, "the outcome is recorded again");
                }
                recorded => return recorded,
            }
        }
        // Found at GitHub by the next try, when the lease has run out.
        Ok(())
    }

    async fn record_once(&self, claimed: Claimed, tried: Tried) -> Result<(), Error> {
        let now = self.app.clock.now();
        let promotion = self.promotion(claimed.promotion()).await?;
        let Ending { ended, kind, code, why } = ending(&tried);
        let outcome = Outcome { result: result(ended), code: code.map(|code| code.as_str().to_owned()) };
        let source = Source::internal("outbox");
        let entry = NewEntry::new(kind, now, source.clone())
            .about(&promotion.tuple)
            .effect(claimed.effect().name())
            .of_intent(claimed.intent().index(), claimed.intent().mark())
            .outcome(outcome);
        let (entry, decided, step) = next(promotion, &claimed, tried, entry, now);
        let stored = Stored { step, decided, missing: Missing::default(), source, now };
        let write = self
            .app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    tx.append(entry).await?;
                    outbox::finish(tx, &claimed, ended, why.as_deref()).await?;
                    store(tx, stored, First::No).await
                })
            })
            .await;
        self.app.db.ring_outbox();
        unless_lost(write)
    }

    async fn promotion(&self, id: PromotionId) -> Result<Promotion, Error> {
        let mut conn = self.app.db.read().await?;
        let found = promotion::find(&mut conn, id).await?;
        Ok(found.ok_or_else(|| crate::db::Error::Stale(format!("promotion {id}")))?)
    }

    async fn later(&self, claimed: Claimed, at: Timestamp, why: String) -> Result<(), Error> {
        tracing::warn!(effect = claimed.effect().name(), promotion = %claimed.promotion(), why, "the effect is tried again at {at}");
        let write = self
            .app
            .db
            .write(move |tx| Box::pin(async move { outbox::try_again(tx, &claimed, at, &why).await }))
            .await;
        unless_lost(write)
    }
}

/// The effect with the promotion that it was intended for. Nothing is done about one that is of another: whoever
/// changed the row, or mixed the two up, is told of loudly.
fn assigned<'a, E: Clone + Into<Effect>>(
    claimed: &'a Claimed<E>,
    promotion: &'a Promotion,
) -> Option<Assigned<'a, E>> {
    let assigned = Assigned::new(claimed, promotion);
    if assigned.is_none() {
        tracing::error!(
            intent = claimed.intent().index(),
            promotion = %claimed.promotion(),
            "an effect is not the one that was intended for this promotion, and is not performed"
        );
    }
    assigned
}

/// A request that outlasts the lease is dropped: what is dropped is never sent later, when somebody else
/// has looked and found nothing.
async fn in_time<T>(
    left: std::time::Duration,
    asked: impl Future<Output = Result<T, github::Error>>,
) -> Result<T, github::Error> {
    let late =
        || github::Error::Unreachable { sent: Sent::Maybe, why: "it took longer than the lease".to_owned() };
    tokio::time::timeout(left, asked).await.unwrap_or_else(|_| Err(late()))
}
