//! `/scan`: the reports of the head are read again.

use crate::app::App;
use crate::authz::{Authorized, Rescan, may_rescan};
use crate::clock::Timestamp;
use crate::comment;
use crate::db::{self, Tx, inbox, notice, report};
use crate::effect::Notice;
use crate::facts;
use crate::handlers::ask::{CommandContext, Said};
use crate::handlers::{Context, Result};
use crate::ids::{Actor, CommitSha, Repo, RunId, UserId};
use crate::requirement::{Code, Refusal};

pub(super) async fn scan(ask: &CommandContext) -> Result<Said> {
    let (app, now) = (&ask.context.app, ask.context.now);
    let Some(pull) = ask.pull().await? else {
        let sentence = "An issue has no commit of its own: ask on the pull request whose head you mean.";
        return Ok(Said::no(&Refusal::new(Code::CommitNeeded, sentence)));
    };
    let author = pull.author.as_ref().map(|author| author.id);
    let right = match right(app, &ask.repo, &ask.sender, author).await? {
        Ok(right) => right,
        Err(refusal) => return Ok(Said::no(&refusal)),
    };
    let commit = pull.head_sha;
    let runs = facts::finished_runs(app, &ask.repo, &commit).await?;
    let words = comment::scanning(&commit, runs.len());
    let repo = ask.repo.clone();
    Ok(Said::done(words, move |tx| {
        Box::pin(async move { read_again(tx, &repo, right, (commit, runs), now).await })
    }))
}

/// The button *Scan again*, and GitHub's own *Re-run*: as if it had been written. Who may not ask is not heard,
/// since there is nowhere to say so.
pub(super) async fn pressed(context: Context, repo: Repo, sender: Actor, commit: CommitSha) -> Result<()> {
    if sender.bot {
        return context.finish().await;
    }
    let Ok(right) = right(&context.app, &repo, &sender, None).await? else { return context.finish().await };
    let runs = facts::finished_runs(&context.app, &repo, &commit).await?;
    let Context { app, delivery, now } = context;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                read_again(tx, &repo, right, (commit, runs), now).await?;
                inbox::finish(tx, &delivery, now).await
            })
        })
        .await?;
    app.db.ring_outbox();
    Ok(())
}

/// The runs are fetched anew, and the check run says so.
async fn read_again(
    tx: &mut Tx,
    repo: &Repo,
    right: Authorized<Rescan>,
    (commit, runs): (CommitSha, Vec<(RunId, i64)>),
    now: Timestamp,
) -> db::Result<()> {
    report::rescan(tx.conn().await?, repo, right, (&commit, &runs), now).await?;
    notice::want(tx.conn().await?, repo, &Notice::Scans { commit }, now).await
}

/// Whoever opened the pull request needs no role, so GitHub is not asked for one.
async fn right(
    app: &App,
    repo: &Repo,
    sender: &Actor,
    author: Option<UserId>,
) -> Result<std::result::Result<Authorized<Rescan>, Refusal>> {
    if let Ok(right) = may_rescan(repo.id, sender, None, author) {
        return Ok(Ok(right));
    }
    let role = facts::role_of(app, repo, sender).await?;
    Ok(may_rescan(repo.id, sender, role, author))
}
