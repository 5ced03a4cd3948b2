//! One person's vote on one promotion, by comment or by button: one engine, the same rights.

use std::time::Duration;

use crate::audit::{ActorRole, Kind};
use crate::authz::may_vote;
use crate::command::Which;
use crate::comment;
use crate::db::{NewEntry, promotion};
use crate::handlers::ask::{Ask, Said};
use crate::handlers::store::{First, Stored, store};
use crate::handlers::which::which;
use crate::handlers::{Context, Result, facts, load_policy};
use crate::ids::{Actor, Repo};
use crate::policy::facts::{Choice, Vote};
use crate::policy::{Decided, principals};
use crate::promotion::{Promotion, Step};
use crate::requirement::{Code, Refusal};

/// How long after a promotion was voided a vote may still have meant that one.
const CONFUSING: Duration = Duration::from_mins(1);
/// How many of the last promotions are looked at for that.
const LOOKED_AT: i64 = 10;

/// `/approve` and `/reject`.
pub(super) async fn by_comment(
    ask: &Ask,
    named: Option<Which>,
    choice: Choice,
    reason: Option<String>,
) -> Result<Said> {
    let found = which(ask, named.as_ref(), |promotion| promotion.state.is_waiting()).await?;
    let promotion = match found {
        Ok(promotion) => promotion,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    if !matches!(named, Some(Which::Number(_)))
        && let Some(refusal) = may_mean_another(ask, &promotion).await?
    {
        return Ok(Said::no(&refusal));
    }
    let ballot = match cast(&ask.context, &ask.repo, &ask.sender, promotion, choice).await? {
        Ok(ballot) => ballot,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let words = comment::voted(&ballot.step.promotion, choice);
    let context = ask.context.clone();
    let entry = ballot.entry(&context).occurred_at(ask.comment.created_at).reason(reason.as_deref());
    Ok(Said::done(words, move |tx| Box::pin(async move { ballot.store(tx, &context, entry).await })))
}

/// A vote without a number means what its writer saw. Where another promotion to the same environment has
/// just ended here, that may have been the other one.
async fn may_mean_another(ask: &Ask, promotion: &Promotion) -> Result<Option<Refusal>> {
    let mut conn = ask.context.app.db.read().await?;
    let here = promotion::of_subject(&mut conn, ask.repo.id, ask.comment.number, LOOKED_AT).await?;
    let other = here.into_iter().find(|other| {
        other.id() != promotion.id()
            && other.tuple.environment == promotion.tuple.environment
            && other.state.voided_at().is_some_and(|at| at.plus(CONFUSING) > ask.comment.created_at)
    });
    Ok(other.map(|other| {
        let sentence = format!(
            "{} ended just before you wrote that, and {} was asked for instead, for {}. Look at that commit; if you mean it, name the number.",
            other.id().number,
            promotion.id().number,
            promotion.tuple.commit.short()
        );
        Refusal::new(Code::WhichPromotion, sentence)
    }))
}

/// A vote that counts, and what follows from it.
pub(super) struct Ballot {
    pub(super) step: Step,
    voter: Actor,
    choice: Choice,
    decided: Decided,
}

/// Decides whether a vote counts, and what becomes of the promotion with it.
pub(super) async fn cast(
    context: &Context,
    repo: &Repo,
    voter: &Actor,
    promotion: Promotion,
    choice: Choice,
) -> Result<std::result::Result<Ballot, Refusal>> {
    if !promotion.state.is_waiting() {
        let sentence = format!(
            "{} is {} and takes no more votes. Ask anew with /promote {}.",
            promotion.id().number,
            promotion.state.name().replace('_', " "),
            promotion.tuple.environment
        );
        return Ok(Err(Refusal::new(Code::TooLate, sentence)));
    }
    let (app, now) = (&context.app, context.now);
    let promotion = promotion.in_repo(repo);
    let loaded = match load_policy(app, repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let environment = match loaded.environment(&promotion.tuple.environment) {
        Ok(environment) => environment,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut facts = facts::gather(app, repo, &promotion.tuple, &loaded, environment).await?;
    let voter_now = facts::person(app, repo, voter, &principals(environment)).await?;
    if let Err(refusal) = may_vote(environment, &promotion.tuple, &facts.contributors, &voter_now, choice) {
        return Ok(Err(refusal));
    }
    facts.votes.retain(|vote| vote.voter.actor.id != voter.id);
    facts.votes.push(Vote { voter: voter_now, choice, at: now });
    let decided = loaded.decide(facts, now);
    let step = promotion.decided(&decided.decision, now);
    Ok(Ok(Ballot { step, voter: voter.clone(), choice, decided }))
}

impl Ballot {
    /// What the log says about the vote itself.
    pub(super) fn entry(&self, context: &Context) -> NewEntry {
        let role = match self.choice {
            Choice::Approve => ActorRole::Approver,
            Choice::Reject => ActorRole::Rejecter,
        };
        NewEntry::new(Kind::VoteRecorded, context.now, context.source())
            .about(&self.step.promotion.tuple)
            .actor(role, &self.voter)
    }

    /// Records the vote and what follows, in the caller's transaction.
    pub(super) async fn store(
        self,
        tx: &mut crate::db::Tx,
        context: &Context,
        entry: NewEntry,
    ) -> crate::db::Result<()> {
        tx.append(entry).await?;
        promotion::vote(tx, self.step.promotion.id(), &self.voter, self.choice, context.now).await?;
        let decided = Some(self.decided);
        let stored = Stored { step: self.step, decided, source: context.source(), now: context.now };
        store(tx, stored, First::No).await
    }
}
