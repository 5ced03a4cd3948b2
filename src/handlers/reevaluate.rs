//! Something changed: promotions that wait are judged again, each from fresh facts.

use crate::db::promotion;
use crate::handlers::store::{First, Stored, store};
use crate::handlers::{Context, Result, facts, load_policy};
use crate::ids::{CommitSha, Repo};
use crate::policy::Decided;
use crate::promotion::{Promotion, Step};
use crate::requirement::Code;

/// Checks ended on a commit: whatever waits on that commit is judged again.
pub(super) async fn waiting_on(context: Context, repo: Repo, commit: CommitSha) -> Result<()> {
    judge_all(context, repo, |promotion| promotion.tuple.commit == commit).await
}

/// Judges every waiting promotion of the repository that fits, and finishes the delivery.
pub(super) async fn judge_all<F>(context: Context, repo: Repo, fits: F) -> Result<()>
where
    F: Fn(&Promotion) -> bool,
{
    let mut conn = context.app.db.read().await?;
    let waiting: Vec<Promotion> = promotion::open(&mut conn, repo.id)
        .await?
        .into_iter()
        .filter(|promotion| promotion.state.is_waiting() && fits(promotion))
        .collect();
    drop(conn);
    // One that cannot be judged now hides nothing from the others.
    let mut failed = None;
    for promotion in waiting {
        if let Err(error) = Box::pin(judge_one(&context, &repo, promotion)).await {
            failed.get_or_insert(error);
        }
    }
    context.app.db.ring_outbox();
    match failed {
        Some(error) => Err(error),
        None => context.finish().await,
    }
}

async fn judge_one(context: &Context, repo: &Repo, promotion: Promotion) -> Result<()> {
    let before = promotion.clone();
    let (step, decided) = judge(context, repo, promotion).await?;
    if step.promotion == before && step.effects.is_empty() {
        return Ok(());
    }
    let stored = Stored { step, decided, source: context.source(), now: context.now };
    context.app.db.write(move |tx| Box::pin(store(tx, stored, First::No))).await?;
    Ok(())
}

/// What becomes of one promotion that waits, from fresh facts. Without a usable policy nothing may be deployed.
pub(super) async fn judge(
    context: &Context,
    repo: &Repo,
    promotion: Promotion,
) -> Result<(Step, Option<Decided>)> {
    let (app, now) = (&context.app, context.now);
    let promotion = promotion.in_repo(repo);
    let loaded = match load_policy(app, repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok((promotion.superseded(refusal.code, refusal.sentence, now), None)),
    };
    let Some(environment) = loaded.policy.environment(&promotion.tuple.environment) else {
        let sentence =
            "The policy no longer knows this environment; ask again under the new policy.".to_owned();
        return Ok((promotion.superseded(Code::PolicyChanged, sentence, now), None));
    };
    // Boxed, since every handler that judges holds it.
    let facts = Box::pin(facts::gather(app, repo, &promotion.tuple, &loaded, environment)).await?;
    let decided = loaded.decide(facts, now);
    Ok((promotion.decided(&decided.decision, now), Some(decided)))
}
