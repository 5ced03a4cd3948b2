//! A pull request was opened, pushed to, closed or reopened: the timeline grows, and what was asked for
//! its old head is void.

use crate::db::head::{self, Head};
use crate::event::{PullRequestAction, PullRequestChange};
use crate::handlers::reevaluate::judge_all;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, Repo};

pub(super) async fn changed(
    context: Context,
    repo: Repo,
    sender: Actor,
    change: PullRequestChange,
) -> Result<()> {
    let moved = change.action == PullRequestAction::Synchronize;
    let head = Head {
        sha: change.head,
        since: change.updated_at,
        // Whoever opens, reopens or labels a pull request need not have pushed its head.
        pusher: moved.then_some(sender),
        branch: change.head_ref,
        fork: change.head_repo != Some(repo.id),
    };
    let moved = moved || change.action == PullRequestAction::Reopened;
    let (at, number) = (repo.id, change.number);
    context
        .app
        .db
        .write(move |tx| Box::pin(async move { head::add(tx, at, number, &head, moved).await }))
        .await?;
    match change.action {
        PullRequestAction::Synchronize
        | PullRequestAction::Closed
        | PullRequestAction::Merged
        | PullRequestAction::Reopened => {
            judge_all(context, repo, |promotion| promotion.tuple.subject == number).await
        }
        PullRequestAction::Opened | PullRequestAction::Other => context.finish().await,
    }
}
