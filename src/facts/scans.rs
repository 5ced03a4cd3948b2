//! How a commit stands by its reports, read fresh: what is there, what is still to come, and what to compare with.

use std::collections::BTreeSet;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{self, report, waiver};
use crate::facts::signatures::signatures;
use crate::facts::unfinished::unfinished;
use crate::facts::{Loaded, Missing, Result};
use crate::github::read::Run;
use crate::ids::{CommitSha, RefName, Repo, RunId};
use crate::policy::{Environment, Policy, Scans};
use crate::report::{Evidence, Received, Standing, Tally, Text, stand};

/// The default branch, and the commit that it is at.
pub(super) type Tip<'a> = (&'a RefName, &'a CommitSha);

/// How a commit stands by its reports at this moment, and what nobody has asked to be read.
///
/// A finished run that was not read yet makes it pending, and is missing until whoever decides asks for it: an event
/// that got lost never reads as "no findings". `policy_at` is where the policy was read from, which need not be asked
/// for again.
pub(super) async fn standing(
    app: &App,
    repo: &Repo,
    (commit, runs): (&CommitSha, &[Run]),
    (policy, policy_at): (Option<&Policy>, Option<Tip<'_>>),
    now: Timestamp,
) -> Result<(Standing, Missing)> {
    let default = Scans::default();
    let scans = policy.map_or(&default, |policy| &policy.scans);
    let runs: Vec<Run> = runs.iter().filter(|run| run.head_sha == *commit).cloned().collect();
    let (pending, missing) = pending(app, repo, commit, &runs).await?;
    let unfinished = match policy {
        Some(policy) => unfinished(app, repo, commit, (policy, &runs), now).await?,
        None => Vec::new(),
    };
    let mut conn = app.db.read().await?;
    let mut reports = report::of_commit(&mut conn, repo.id, commit).await?;
    // Here and not when they are fetched: were the policy to say otherwise tomorrow, nothing would be missing.
    reports.retain(|received| !received.origin.artifact.as_deref().is_some_and(|name| scans.ignores(name)));
    let mut waivers = scans.waivers.clone();
    waivers.extend(waiver::all(&mut conn, repo.id).await?);
    let mut passed_over = report::passed_over(&mut conn, repo.id, commit).await?;
    passed_over.retain(|files| !scans.ignores(&files.artifact));
    drop(conn);
    let wanted: BTreeSet<(Text, String)> = reports.iter().map(told_apart).collect();
    // Where there is nothing to compare, GitHub is not asked with what.
    let (default_branch, tip) = match policy_at {
        _ if wanted.is_empty() => (None, None),
        Some((branch, tip)) => (Some(branch.clone()), Some(tip.clone())),
        None => {
            let branch = app.reader.repository(repo).await?.default_branch;
            let tip = app.reader.branch_tip(repo, &branch).await?;
            (Some(branch), tip)
        }
    };
    let ancestors = before(app, repo, commit, tip.as_ref()).await?;
    let mut conn = app.db.read().await?;
    let branch = default_branch.as_ref().map_or("", |branch| branch.as_str());
    let ignored = |artifact: &str| scans.ignores(artifact);
    let baselines = report::baselines(&mut conn, repo.id, &ancestors, &wanted, branch, &ignored).await?;
    drop(conn);
    let signatures = signatures(app, repo, scans.trust.as_ref(), (&reports, tip.as_ref())).await?;
    let (forks, today) = (scans.gate.forks, now.day());
    // A hundred thousand findings are merged beside the threads that answer requests.
    let judged = tokio::task::spawn_blocking(move || {
        stand(&Evidence {
            reports: &reports.iter().collect::<Vec<_>>(),
            signatures: &signatures,
            baselines: &baselines,
            waivers: &waivers,
            pending,
            unfinished: &unfinished,
            forks,
            today,
        })
    });
    match judged.await {
        Ok(standing) => Ok((Standing { passed_over, ..standing }, missing)),
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_) => Err(db::Error::Stopped.into()),
    }
}

/// What a decision looks at, and what is missing for it; nothing where the environment requires nothing of the reports.
pub(super) async fn tally(
    app: &App,
    repo: &Repo,
    on: (&CommitSha, &[Run]),
    (loaded, environment): (&Loaded, &Environment),
) -> Result<(Option<Tally>, Missing)> {
    if environment.require.scans.is_none() {
        return Ok((None, Missing::default()));
    }
    let policy = (Some(&loaded.policy), Some(loaded.at()));
    let (standing, missing) = Box::pin(standing(app, repo, on, policy, app.clock.now())).await?;
    Ok((Some(standing.tally), missing))
}

/// How many runs are still to be read, and those of them that nobody told us of. A run that is known and goes on
/// again is still to come, too: what it said before is about to be replaced.
async fn pending(app: &App, repo: &Repo, commit: &CommitSha, runs: &[Run]) -> Result<(u32, Missing)> {
    let (finished, going) = by_end(runs);
    let mut conn = app.db.read().await?;
    let read: BTreeSet<_> = report::read_runs(&mut conn, repo.id, commit).await?.into_iter().collect();
    let known: BTreeSet<_> = report::known_runs(&mut conn, repo.id, commit).await?.into_iter().collect();
    let waiting = report::unread(&mut conn, repo.id, commit).await?;
    drop(conn);
    let unread: Vec<(RunId, i64)> = finished.into_iter().filter(|run| !read.contains(run)).collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let count = number(unread.len());
    let missing = if count > waiting { Missing { runs: unread } } else { Missing::default() };
    let again = number(going.iter().filter(|(run, _)| known.contains(run)).count());
    Ok((count.max(waiting).saturating_add(again), missing))
}

/// The runs on a commit that have finished, each with its newest attempt, as GitHub says now.
pub async fn finished_runs(app: &App, repo: &Repo, commit: &CommitSha) -> Result<Vec<(RunId, i64)>> {
    let mut runs = app.reader.workflow_runs_of(repo, commit).await?;
    runs.retain(|run| run.head_sha == *commit);
    Ok(by_end(&runs).0)
}

/// A run and its newest attempt.
type Attempt = (RunId, i64);

/// The runs that have finished, and those that go on.
fn by_end(runs: &[Run]) -> (Vec<Attempt>, Vec<Attempt>) {
    let (finished, going): (Vec<&Run>, Vec<&Run>) = runs.iter().partition(|run| run.status == "completed");
    let attempts = |runs: Vec<&Run>| runs.into_iter().map(|run| (run.id, run.attempt)).collect();
    (attempts(finished), attempts(going))
}

/// What a report is compared by.
fn told_apart(received: &Received) -> (Text, String) {
    (received.report.tool.name.clone(), received.report.subject())
}

/// What the default branch had when the commit left it, the nearest first.
async fn before(
    app: &App,
    repo: &Repo,
    commit: &CommitSha,
    tip: Option<&CommitSha>,
) -> Result<Vec<CommitSha>> {
    let Some(tip) = tip else { return Ok(Vec::new()) };
    let compared = app.reader.compare(repo, tip.as_str(), commit.as_str()).await?;
    let Some(base) = compared.and_then(|comparison| comparison.merge_base) else { return Ok(Vec::new()) };
    let mut history = app.reader.ancestors(repo, &base).await?;
    // A commit on the default branch itself is not compared with itself.
    history.retain(|earlier| earlier != commit);
    Ok(history)
}
