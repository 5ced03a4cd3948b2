//! A workflow run moved on: perhaps one that deploys, perhaps one that a requirement looks at.

use std::time::Duration;

use crate::db::{promotion, report};
use crate::event::WorkflowRunChange;
use crate::github::earlier::Earlier;
use crate::handlers::reevaluate::{Judgement, waiting_on};
use crate::handlers::{Context, Result};
use crate::ids::Repo;
use crate::promotion::{Promotion, Run, RunSeen, State, Step};
use crate::requirement::Code;

/// How long a dispatched run may stay out of GitHub's lists.
const FOUND_WITHIN: Duration = Duration::from_mins(5);

pub(super) async fn changed(context: Context, repo: Repo, change: WorkflowRunChange) -> Result<()> {
    let mut conn = context.app.db.read().await?;
    let deploying = promotion::by_run(&mut conn, repo.id, change.run).await?;
    drop(conn);
    match deploying {
        Some(promotion) => look(context, repo, promotion).await,
        None if change.finished => {
            want_reports(&context, &repo, &change).await?;
            waiting_on(context, repo, change.commit).await
        }
        None => context.finish().await,
    }
}

/// Its reports are to be read, whatever waits for them. Stored before anything is judged, so that they count as
/// not read yet; asked for twice, they are read once.
async fn want_reports(context: &Context, repo: &Repo, change: &WorkflowRunChange) -> Result<()> {
    let (repo, change, now) = (repo.clone(), change.clone(), context.now);
    let wanted = context.app.db.write(move |tx| {
        Box::pin(async move {
            let run = (change.run, change.attempt);
            report::want(tx.conn().await?, &repo, &change.commit, run, now).await
        })
    });
    Ok(wanted.await?)
}

/// Reads what became of a promotion's run or deployment, stores it, and finishes the delivery.
pub(super) async fn look(context: Context, repo: Repo, promotion: Promotion) -> Result<()> {
    let step = seen(&context, &repo, promotion.in_repo(&repo)).await?;
    context.store(Judgement::without_facts(step)).await
}

async fn seen(context: &Context, repo: &Repo, promotion: Promotion) -> Result<Step> {
    let (app, now) = (&context.app, context.now);
    let State::Deploying { deployment, run, dispatched_as, since, .. } = promotion.state.clone() else {
        return Ok(promotion.unchanged(now));
    };
    let mut conn = app.db.read().await?;
    let replaced = promotion::live(&mut conn, repo.id)
        .await?
        .iter()
        .find(|live| live.tuple.environment == promotion.tuple.environment)
        .and_then(|live| live.state.deployment());
    drop(conn);
    let Some(workflow) = promotion.deploy.workflow.clone() else {
        let statuses = app.reader.deployment_statuses(repo, deployment).await?;
        let word = statuses.first().map(|status| status.state.clone()).unwrap_or_default();
        return Ok(promotion.deployment_seen(&word, replaced, now));
    };
    let run = match (run, dispatched_as) {
        (Some(run), _) => run,
        // Not dispatched yet: the outbox is at it.
        (None, None) => return Ok(promotion.unchanged(now)),
        (None, Some(mark)) => {
            let asked = (&workflow, &promotion.tuple.commit);
            match app.reader.run_of(repo, asked, &mark, since).await? {
                Earlier::Found(run) => run,
                Earlier::Nothing if now.since(since) < FOUND_WITHIN => return Ok(promotion.unchanged(now)),
                Earlier::Nothing => {
                    let sentence = format!(
                        "{workflow} was dispatched, and no run of it carries the mark {mark}: look in Actions, put the input countersign_id into its run-name, and ask again."
                    );
                    return Ok(promotion.effect_failed(Code::OutcomeUnknown, sentence, now));
                }
                Earlier::Unclear(why) => return Ok(promotion.effect_failed(Code::OutcomeUnknown, why, now)),
            }
        }
    };
    let Some(read) = app.reader.run(repo, run.id).await? else {
        let sentence =
            "GitHub no longer knows the deployment workflow's run: look in Actions, and ask again.";
        return Ok(promotion.effect_failed(Code::OutcomeUnknown, sentence.to_owned(), now));
    };
    let conclusion = read.conclusion.filter(|_| read.status == "completed");
    let seen = RunSeen { run: Run { id: read.id, url: read.html_url }, commit: read.head_sha, conclusion };
    Ok(promotion.run_seen(&seen, replaced, now))
}
