//! A pull request was opened, pushed to, closed or reopened: the timeline grows, and what was asked for
//! its old head is void.

use crate::db::head::{self, Head};
use crate::db::introduced::{self, Pull};
use crate::event::{PullRequestAction, PullRequestChange};
use crate::handlers::reevaluate::judge_all;
use crate::handlers::{Context, Result};
use crate::ids::{Actor, CommitSha, Repo};

pub(super) async fn changed(
    context: Context,
    repo: Repo,
    sender: Actor,
    change: PullRequestChange,
) -> Result<()> {
    let moved = change.action == PullRequestAction::Synchronize;
    let (pull, brings) = brought(&sender, &change);
    let head = Head {
        sha: change.head,
        since: change.updated_at,
        // Whoever opens, reopens or labels a pull request need not have pushed its head.
        pusher: moved.then_some(sender),
        branch: change.head_ref,
        fork: change.head_repo != Some(repo.id),
    };
    let moved = moved || change.action == PullRequestAction::Reopened;
    let (at, number, now) = (repo.id, change.number, context.now);
    context
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                head::add(tx, at, number, &head, moved).await?;
                for sha in brings {
                    introduced::by_pull(tx, at, &sha, &pull, now).await?;
                }
                Ok(())
            })
        })
        .await?;
    match change.action {
        PullRequestAction::Synchronize
        | PullRequestAction::Closed
        | PullRequestAction::Merged
        | PullRequestAction::Reopened => {
            judge_all(context, repo, |promotion| promotion.tuple.subject == number).await
        }
        PullRequestAction::Opened | PullRequestAction::Enqueued | PullRequestAction::Other => {
            context.finish().await
        }
    }
}

/// Through whose hands its commits come, and which these are: its head, and what it is merged as.
fn brought(sender: &Actor, change: &PullRequestChange) -> (Pull, Vec<CommitSha>) {
    let enqueued_by = (change.action == PullRequestAction::Enqueued).then(|| sender.clone());
    let (author, merged_by) = (change.author.clone(), change.merged_by.clone());
    let brings = match change.action {
        PullRequestAction::Merged => {
            vec![change.head.clone()].into_iter().chain(change.merged_as.clone()).collect()
        }
        PullRequestAction::Enqueued => vec![change.head.clone()],
        PullRequestAction::Opened
        | PullRequestAction::Synchronize
        | PullRequestAction::Closed
        | PullRequestAction::Reopened
        | PullRequestAction::Other => Vec::new(),
    };
    (Pull { number: change.number, author, merged_by, enqueued_by }, brings)
}
