//! `/scan`: the reports of the head are read again.

use crate::app::App;
use crate::clock::Timestamp;
use crate::comment;
use crate::db::{self, Tx, inbox, notice, report};
use crate::effect::Notice;
use crate::github::read::Level;
use crate::handlers::ask::{Ask, Said};
use crate::handlers::{Context, Result, facts};
use crate::ids::{Actor, CommitSha, Repo, RunId};
use crate::requirement::{Code, Refusal};

pub(super) async fn scan(ask: &Ask) -> Result<Said> {
    let (app, now) = (&ask.context.app, ask.context.now);
    let Some(pull) = ask.pull().await? else {
        let sentence = "An issue has no commit of its own: ask on the pull request whose head you mean.";
        return Ok(Said::no(&Refusal::new(Code::CommitNeeded, sentence)));
    };
    let opened_it = pull.author.as_ref().is_some_and(|author| author.id == ask.sender.id);
    if !opened_it && !may_sort(app, &ask.repo, &ask.sender).await? {
        let sentence = "Reports are read again for whoever opened the pull request, or may sort those here.";
        return Ok(Said::no(&Refusal::new(Code::RequesterNotAllowed, sentence)));
    }
    let commit = pull.head_sha;
    let runs = facts::finished_runs(app, &ask.repo, &commit).await?;
    let words = comment::scanning(&commit, runs.len());
    let repo = ask.repo.clone();
    Ok(Said::done(words, move |tx| Box::pin(async move { read_again(tx, &repo, commit, runs, now).await })))
}

/// The button *Scan again*, and GitHub's own *Re-run*: as if it had been written. Who may not ask is not heard,
/// since there is nowhere to say so.
pub(super) async fn pressed(context: Context, repo: Repo, sender: Actor, commit: CommitSha) -> Result<()> {
    if sender.bot || !may_sort(&context.app, &repo, &sender).await? {
        return context.finish().await;
    }
    let runs = facts::finished_runs(&context.app, &repo, &commit).await?;
    let Context { app, delivery, now } = context;
    app.db
        .write(move |tx| {
            Box::pin(async move {
                read_again(tx, &repo, commit, runs, now).await?;
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
    commit: CommitSha,
    runs: Vec<(RunId, i64)>,
    now: Timestamp,
) -> db::Result<()> {
    for run in runs {
        report::want(tx.conn().await?, repo, &commit, run, true, now).await?;
    }
    notice::want(tx.conn().await?, repo, &Notice::Scans { commit }, now).await
}

/// On a public repository everybody may comment, and reading costs requests.
async fn may_sort(app: &App, repo: &Repo, sender: &Actor) -> Result<bool> {
    let permission = app.reader.permission(repo, &sender.login).await?;
    Ok(permission.is_some_and(|found| found.user.id == sender.id && found.level >= Level::Triage))
}
