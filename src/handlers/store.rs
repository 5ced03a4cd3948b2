//! Storing what became of a promotion: state, log, intents, effects and notices, in one transaction.

use crate::audit::{Kind, Outcome, OutcomeResult, Source};
use crate::clock::Timestamp;
use crate::db::{self, NewEntry, Tx, audit, epoch, notice, outbox, place, policy_text, promotion, report};
use crate::effect::Notice;
use crate::facts::Missing;
use crate::ids::{BlobSha, CommitSha, Repo};
use crate::policy::Decided;
use crate::promotion::{Promotion, State, Step};
use crate::requirement::Code;

/// A step to store, with what it follows from.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What became of the promotion.
    pub step: Step,
    /// What it was decided from, when it was decided.
    pub decided: Option<Decided>,
    /// What was not there to decide from, and is to be fetched.
    pub missing: Missing,
    /// Why anything happened at all.
    pub source: Source,
    /// When.
    pub now: Timestamp,
}

/// Whether the promotion is stored for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// It has just been asked for.
    Yes,
    /// It has been here before.
    No,
}

/// Stores a step and everything that follows from it.
pub async fn store(tx: &mut Tx, stored: Stored, first: First) -> db::Result<()> {
    let Stored { step, decided, missing, source, now } = stored;
    let Step { promotion, kind, effects, wake_at } = step;
    want(tx, &promotion.repo, &promotion.tuple.commit, &missing, now).await?;
    match first {
        First::Yes => promotion::insert(tx, &promotion, wake_at).await?,
        First::No if is_as_before(tx, &promotion).await? && effects.is_empty() => {
            // Nothing to tell anybody: only the next look moves.
            return promotion::set_alarm(tx, promotion.id(), wake_at).await;
        }
        First::No => promotion::update(tx, &promotion, wake_at).await?,
    }
    let environment = promotion.tuple.environment.as_str();
    place::changed(tx.conn().await?, promotion.id().repo, environment, now).await?;
    if let Some(kind) = kind {
        if let Some(decided) = &decided {
            policy_text::keep(tx.conn().await?, &decided.policy).await?;
        }
        tx.append(entry(kind, &promotion, decided.as_ref(), source.clone(), now)).await?;
    }
    for effect in effects {
        let mark = promotion.marks.mark(&effect);
        let intent = NewEntry::new(Kind::EffectIntended, now, source.clone())
            .about(&promotion.tuple)
            .effect(effect.name())
            .deployment(promotion.state.deployment())
            .run(promotion.state.run().map(|run| run.id));
        let intent = tx.append_intent(intent, mark.as_str()).await?;
        let since = epoch::began_before(tx, promotion.id()).await?.then_some(promotion.tuple.requested_at);
        outbox::insert(tx, promotion.id(), (&effect, &intent), since, now).await?;
    }
    if !promotion.state.is_open() {
        promotion::wake_others(tx, promotion.id(), now).await?;
    }
    show(tx, &promotion, now).await
}

/// Asks for what was missing to be fetched.
pub async fn want(
    tx: &mut Tx,
    repo: &Repo,
    commit: &CommitSha,
    missing: &Missing,
    now: Timestamp,
) -> db::Result<()> {
    for run in &missing.runs {
        report::want(tx.conn().await?, repo, commit, *run, now).await?;
    }
    Ok(())
}

async fn is_as_before(tx: &mut Tx, promotion: &Promotion) -> db::Result<bool> {
    Ok(promotion::find(tx.conn().await?, promotion.id()).await?.as_ref() == Some(promotion))
}

/// What is asked for first under a version of the policy says which one that is.
pub(super) async fn log_policy(
    tx: &mut Tx,
    repo: &Repo,
    policy: &BlobSha,
    source: &Source,
    now: Timestamp,
) -> db::Result<()> {
    if audit::policy_is_logged(tx.conn().await?, repo.id, policy).await? {
        return Ok(());
    }
    let loaded = NewEntry::new(Kind::PolicyLoaded, now, source.clone()).repo(repo.id).policy(policy);
    tx.append(loaded).await.map(|_| ())
}

/// Has the promotion's check run and its subject's comment written anew.
pub async fn show(tx: &mut Tx, promotion: &Promotion, now: Timestamp) -> db::Result<()> {
    let check_run = Notice::CheckRun { promotion: promotion.id().number };
    notice::want(tx.conn().await?, &promotion.repo, &check_run, now).await?;
    let comment = Notice::StatusComment { subject: promotion.tuple.subject };
    notice::want(tx.conn().await?, &promotion.repo, &comment, now).await
}

fn entry(
    kind: Kind,
    promotion: &Promotion,
    decided: Option<&Decided>,
    source: Source,
    now: Timestamp,
) -> NewEntry {
    let mut entry = NewEntry::new(kind, now, source)
        .about(&promotion.tuple)
        .deployment(promotion.state.deployment())
        .run(promotion.state.run().map(|run| run.id));
    if let Some(decided) = decided {
        entry = entry.decided(&decided.facts, &decided.decision);
    }
    match &promotion.state {
        State::Failed { code: code @ Code::OutcomeUnknown, .. } => {
            entry.outcome(Outcome { result: OutcomeResult::Unknown, code: Some(code.as_str().to_owned()) })
        }
        State::Failed { code, .. } | State::Superseded { code, .. } => {
            entry.outcome(Outcome { result: OutcomeResult::Refused, code: Some(code.as_str().to_owned()) })
        }
        State::Succeeded { .. } => entry.outcome(Outcome { result: OutcomeResult::Succeeded, code: None }),
        State::Cancelled { by, .. } => entry.actor(crate::audit::ActorRole::Canceller, by),
        State::Rejected { by, .. } => entry.actor(crate::audit::ActorRole::Voter, by),
        State::Blocked
        | State::AwaitingApproval
        | State::Approved { .. }
        | State::Deploying { .. }
        | State::Expired { .. } => entry,
    }
}
