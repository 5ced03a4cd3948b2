//! The time has come to look at a promotion again: it may have expired, soaked long enough, or an event was lost.

use crate::check_run::scans::Mark;
use crate::db::{inbox, notice, promotion};
use crate::effect::Notice;
use crate::event::Rerequest;
use crate::handlers::reevaluate::judge;
use crate::handlers::workflow_run::look;
use crate::handlers::{Context, Result, scan};
use crate::ids::{Actor, PromotionId, PromotionNumber, Repo};

pub(super) async fn woken(context: Context, repo: Repo, number: PromotionNumber) -> Result<()> {
    let mut conn = context.app.db.read().await?;
    let found = promotion::find(&mut conn, PromotionId { repo: repo.id, number }).await?;
    drop(conn);
    let Some(promotion) = found else { return context.finish().await };
    if promotion.state.is_under_way() {
        return look(context, repo, promotion).await;
    }
    if !promotion.state.is_waiting() {
        return context.finish().await;
    }
    let judgement = judge(&context, &repo, promotion).await?;
    context.store(judgement).await
}

/// Somebody asked GitHub to run our check again: a promotion's is written anew from the state, and for that of a
/// commit's reports they are read again.
pub(super) async fn check_run_rerequested(
    context: Context,
    repo: Repo,
    sender: Actor,
    asked: Rerequest,
) -> Result<()> {
    // GitHub tells this only to the App whose check it is.
    if Mark::parse(&asked.external_id).is_some() {
        return scan::pressed(context, repo, sender, asked.commit).await;
    }
    let mut conn = context.app.db.read().await?;
    let found = promotion::by_check_run(&mut conn, repo.id, asked.check_run).await?;
    drop(conn);
    let Some(promotion) = found else { return context.finish().await };
    let notice = Notice::CheckRun { promotion: promotion.id().number };
    let Context { app, delivery, now } = context;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                notice::want(tx.conn().await?, &repo, &notice, now).await?;
                inbox::finish(tx, &delivery, now).await
            })
        })
        .await?;
    app.db.ring_outbox();
    Ok(())
}
