//! `/scan`: the reports of the head are read again.

use crate::comment;
use crate::db::{notice, report};
use crate::effect::Notice;
use crate::github::read::{Level, Pull};
use crate::handlers::ask::{Ask, Said};
use crate::handlers::{Result, facts};
use crate::requirement::{Code, Refusal};

pub(super) async fn scan(ask: &Ask) -> Result<Said> {
    let (app, now) = (&ask.context.app, ask.context.now);
    let Some(pull) = ask.pull().await? else {
        let sentence = "An issue has no commit of its own: ask on the pull request whose head you mean.";
        return Ok(Said::no(&Refusal::new(Code::CommitNeeded, sentence)));
    };
    if !may_ask(ask, &pull).await? {
        let sentence = "Reports are read again for whoever opened the pull request, or may sort those here.";
        return Ok(Said::no(&Refusal::new(Code::RequesterNotAllowed, sentence)));
    }
    let commit = pull.head_sha;
    let runs = facts::finished_runs(app, &ask.repo, &commit).await?;
    let words = comment::scanning(&commit, runs.len());
    let repo = ask.repo.clone();
    Ok(Said::done(words, move |tx| {
        Box::pin(async move {
            for run in runs {
                report::want(tx.conn().await?, &repo, &commit, run, true, now).await?;
            }
            notice::want(tx.conn().await?, &repo, &Notice::Scans { commit }, now).await
        })
    }))
}

/// On a public repository everybody may comment, and reading costs requests.
async fn may_ask(ask: &Ask, pull: &Pull) -> Result<bool> {
    if pull.author.as_ref().is_some_and(|author| author.id == ask.sender.id) {
        return Ok(true);
    }
    let permission = ask.context.app.reader.permission(&ask.repo, &ask.sender.login).await?;
    Ok(permission.is_some_and(|found| found.user.id == ask.sender.id && found.level >= Level::Triage))
}
