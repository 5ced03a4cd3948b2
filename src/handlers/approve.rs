//! One person's vote on one promotion, by comment or by button: one engine, the same rights.

use std::time::Duration;

use crate::audit::{ActorRole, Kind, Source};
use crate::authz::{self, Authorized, may_vote};
use crate::command::Which;
use crate::comment;
use crate::db::{NewEntry, promotion};
use crate::facts::{self, Gathered, Missing};
use crate::handlers::ask::{CommandContext, Said, Way};
use crate::handlers::store::{First, Stored, store};
use crate::handlers::which::which;
use crate::handlers::{Result, load_policy};
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
    ask: &CommandContext,
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
    match cast(ask, promotion, choice).await? {
        Ok(ballot) => Ok(ballot.said(ask, reason.as_deref())),
        Err(refusal) => Ok(Said::no(&refusal)),
    }
}

/// *Approve* and *Reject*, pressed in the promotion's check run.
pub(super) async fn by_button(ask: &CommandContext, promotion: Promotion, choice: Choice) -> Result<Said> {
    let tuple = promotion.tuple.clone();
    match cast(ask, promotion, choice).await? {
        Ok(ballot) => Ok(ballot.said(ask, None)),
        Err(refusal) => Ok(Said::no_vote(&refusal, &tuple)),
    }
}

/// A vote without a number means what its writer saw. Where another promotion to the same environment has
/// just ended here, that may have been the other one.
async fn may_mean_another(ask: &CommandContext, promotion: &Promotion) -> Result<Option<Refusal>> {
    let mut conn = ask.context.app.db.read().await?;
    let here = promotion::of_subject(&mut conn, ask.repo.id, ask.subject, LOOKED_AT).await?;
    let other = here.into_iter().find(|other| {
        other.id() != promotion.id()
            && other.tuple.environment == promotion.tuple.environment
            && other.state.voided_at().is_some_and(|at| at.plus(CONFUSING) > ask.written_at)
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
struct Ballot {
    step: Step,
    right: Authorized<authz::Vote>,
    decided: Decided,
    missing: Missing,
}

/// Decides whether a vote counts, and what becomes of the promotion with it.
async fn cast(
    ask: &CommandContext,
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
    let (app, repo, now) = (&ask.context.app, &ask.repo, ask.context.now);
    let promotion = promotion.in_repo(repo);
    let loaded = match load_policy(app, repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let environment = match loaded.environment(&promotion.tuple.environment) {
        Ok(environment) => environment,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Gathered { mut facts, missing } =
        facts::gather(app, repo, &promotion.tuple, &loaded, environment).await?;
    let voter_now = facts::person(app, repo, &ask.sender, &principals(environment)).await?;
    let right = match may_vote(environment, &promotion.tuple, &facts.contributors, &voter_now, choice) {
        Ok(right) => right,
        Err(refusal) => return Ok(Err(refusal)),
    };
    facts.votes.retain(|vote| vote.voter.actor.id != right.actor().id);
    facts.votes.push(Vote { voter: voter_now, choice: right.choice(), at: now });
    let decided = loaded.decide(facts, now);
    let step = promotion.decided(&decided.decision, now);
    Ok(Ok(Ballot { step, right, decided, missing }))
}

impl Ballot {
    /// Records the vote and what follows, and says so.
    fn said(self, ask: &CommandContext, reason: Option<&str>) -> Said {
        let words = comment::voted(&self.step.promotion, self.right.choice());
        let (source, now) = (ask.context.source(), ask.context.now);
        let entry = self.entry(ask, source.clone()).reason(reason);
        let Self { step, right, decided, missing } = self;
        Said::done(words, move |tx| {
            Box::pin(async move {
                tx.append(entry).await?;
                promotion::vote(tx, step.promotion.id(), right, now).await?;
                store(tx, Stored { step, decided: Some(decided), missing, source, now }, First::No).await
            })
        })
    }

    /// What the log says about the vote itself. A button's press has no time of its own.
    fn entry(&self, ask: &CommandContext, source: Source) -> NewEntry {
        let role = match self.right.choice() {
            Choice::Approve => ActorRole::Approver,
            Choice::Reject => ActorRole::Rejecter,
        };
        let entry = NewEntry::new(Kind::VoteRecorded, ask.context.now, source)
            .about(&self.step.promotion.tuple)
            .by(role, &self.right);
        match ask.way {
            Way::Comment { .. } => entry.occurred_at(ask.written_at),
            Way::Button => entry,
        }
    }
}
