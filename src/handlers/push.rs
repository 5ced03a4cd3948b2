//! A branch moved: perhaps a pull request's head, perhaps the policy, perhaps what a commit is part of.

use crate::db::head::{self, Head};
use crate::event::Push;
use crate::handlers::reevaluate::judge_all;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, Repo};

pub(super) async fn pushed(context: Context, repo: Repo, sender: Actor, push: Push) -> Result<()> {
    let Push { branch, after, pushed_at, to_default_branch } = push;
    // A tag that moved, or a deleted branch, may still be what somebody asked for.
    let (Some(branch), Some(after)) = (branch, after) else {
        return judge_all(context, repo, |_| true).await;
    };
    let (at, now) = (repo.id, context.now);
    let moved = branch.clone();
    context
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                head::pushed(tx, at, &after, &sender).await?;
                for pull in head::pulls_on(tx.conn().await?, at, &moved).await? {
                    let head = Head {
                        sha: after.clone(),
                        since: pushed_at.unwrap_or(now),
                        pusher: Some(sender.clone()),
                        branch: moved.clone(),
                        fork: false,
                    };
                    head::add(tx, at, pull, &head, true).await?;
                }
                Ok(())
            })
        })
        .await?;
    let mut conn = context.app.db.read().await?;
    let pulls = head::pulls_on(&mut conn, repo.id, &branch).await?;
    drop(conn);
    judge_all(context, repo, |promotion| to_default_branch || pulls.contains(&promotion.tuple.subject)).await
}
