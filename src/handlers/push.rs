//! A branch or tag moved: perhaps a pull request's head, perhaps the policy, perhaps what a commit is part of.

use crate::db::head::{self, Head};
use crate::db::{self, Tx};
use crate::event::Push;
use crate::handlers::reevaluate::judge_all;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, CommitSha, Repo, RepoId};

pub(super) async fn pushed(context: Context, repo: Repo, sender: Actor, push: Push) -> Result<()> {
    let Push { branch, after, brought, pushed_at, to_default_branch } = push;
    let (at, since) = (repo.id, pushed_at.unwrap_or(context.now));
    let moved = branch.clone();
    if let Some(after) = after.clone() {
        context
            .app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    remember(tx, at, &sender, &after, &brought).await?;
                    let Some(branch) = moved else { return Ok(()) };
                    let head = Head { sha: after, since, pusher: Some(sender), branch, fork: false };
                    moves_heads(tx, at, &head).await
                })
            })
            .await?;
    }
    // A tag that moved, or a deleted branch, may still be what somebody asked for.
    let (Some(branch), Some(_)) = (branch, after) else {
        return judge_all(context, repo, |_| true).await;
    };
    let mut conn = context.app.db.read().await?;
    let pulls = head::pulls_on(&mut conn, repo.id, &branch).await?;
    drop(conn);
    judge_all(context, repo, |promotion| to_default_branch || pulls.contains(&promotion.tuple.subject)).await
}

/// Whoever pushes a tag stands behind its commit as whoever pushes a branch does: a commit can come by a tag alone.
async fn remember(
    tx: &mut Tx,
    repo: RepoId,
    sender: &Actor,
    after: &CommitSha,
    brought: &[CommitSha],
) -> db::Result<()> {
    for commit in brought.iter().filter(|commit| *commit != after).chain([after]) {
        head::pushed(tx, repo, commit, sender).await?;
    }
    Ok(())
}

async fn moves_heads(tx: &mut Tx, repo: RepoId, head: &Head) -> db::Result<()> {
    for pull in head::pulls_on(tx.conn().await?, repo, &head.branch).await? {
        head::add(tx, repo, pull, head, true).await?;
    }
    Ok(())
}
