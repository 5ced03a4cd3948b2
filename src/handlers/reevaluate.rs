//! Something changed: promotions that wait are judged again, each from fresh facts.

use crate::db::promotion;
use crate::facts::{self, Gathered, Missing};
use crate::handlers::store::{First, Stored, store};
use crate::handlers::{Context, Result, load_policy};
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
    let Judgement { step, decided, missing } = judge(context, repo, promotion).await?;
    if step.promotion == before && step.effects.is_empty() && missing.runs.is_empty() {
        return Ok(());
    }
    let stored = Stored { step, decided, missing, source: context.source(), now: context.now };
    context.app.db.write(move |tx| Box::pin(store(tx, stored, First::No))).await?;
    Ok(())
}

/// What becomes of a promotion, and from what.
pub(super) struct Judgement {
    pub(super) step: Step,
    pub(super) decided: Option<Decided>,
    pub(super) missing: Missing,
}

impl Judgement {
    /// What was seen, and not decided.
    pub(super) fn without_facts(step: Step) -> Self {
        Self { step, decided: None, missing: Missing::default() }
    }
}

/// What becomes of one promotion that waits, from fresh facts. Without a usable policy nothing may be deployed.
pub(super) async fn judge(context: &Context, repo: &Repo, promotion: Promotion) -> Result<Judgement> {
    let (app, now) = (&context.app, context.now);
    let promotion = promotion.in_repo(repo);
    let loaded = match load_policy(app, repo).await? {
        Ok(loaded) => loaded,
        Err(refusal) => {
            let step = promotion.superseded(refusal.code, refusal.sentence, now);
            return Ok(Judgement::without_facts(step));
        }
    };
    let Some(environment) = loaded.policy.environment(&promotion.tuple.environment) else {
        let sentence =
            "The policy no longer knows this environment; ask again under the new policy.".to_owned();
        return Ok(Judgement::without_facts(promotion.superseded(Code::PolicyChanged, sentence, now)));
    };
    // Boxed, since every handler that judges holds it.
    let gathered = Box::pin(facts::gather(app, repo, &promotion.tuple, &loaded, environment)).await?;
    let Gathered { facts, missing } = gathered;
    let decided = loaded.decide(facts, now);
    let step = promotion.decided(&decided.decision, now);
    Ok(Judgement { step, decided: Some(decided), missing })
}
