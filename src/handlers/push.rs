//! A branch or tag moved: perhaps a pull request's head, perhaps the policy, perhaps what a commit is part of.

use crate::clock::Timestamp;
use crate::db::head::{self, Head};
use crate::db::{self, Tx, introduced, push};
use crate::event::Push;
use crate::handlers::reevaluate::judge_all;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, CommitSha, Repo, RepoId};

pub(super) async fn pushed(context: Context, repo: Repo, sender: Actor, push: Push) -> Result<()> {
    let (branch, after) = (push.branch.clone(), push.after.clone());
    let to_default_branch = push.to_default_branch;
    if let Some(after) = after.clone() {
        let (repo, now) = (repo.id, context.now);
        let write = context
            .app
            .db
            .write(move |tx| Box::pin(async move { remember(tx, repo, sender, (push, after), now).await }));
        write.await?;
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
    sender: Actor,
    (told, after): (Push, CommitSha),
    now: Timestamp,
) -> db::Result<()> {
    let Push { branch, reference, before, commits, pushed_at, .. } = told;
    let at = pushed_at.unwrap_or(now);
    let (new, old): (Vec<_>, Vec<_>) =
        commits.iter().filter(|commit| commit.sha != after).partition(|commit| commit.new);
    let new: Vec<&CommitSha> = new.iter().map(|commit| &commit.sha).chain([&after]).collect();
    let old: Vec<&CommitSha> = old.iter().map(|commit| &commit.sha).collect();
    introduced::by_push(tx, repo, &new, &sender, now).await?;
    introduced::seen(tx, repo, &old, now).await?;
    let told = push::Push { sha: after.clone(), pusher: sender.clone(), reference, before, at };
    push::add(tx, repo, &told).await?;
    let Some(branch) = branch else { return Ok(()) };
    let head = Head { sha: after, since: at, pusher: Some(sender), branch, fork: false };
    moves_heads(tx, repo, &head).await
}

async fn moves_heads(tx: &mut Tx, repo: RepoId, head: &Head) -> db::Result<()> {
    for pull in head::pulls_on(tx.conn().await?, repo, &head.branch).await? {
        head::add(tx, repo, pull, head, true).await?;
    }
    Ok(())
}
