//! Workflow runs whose artifacts are to be read.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::authz::{Authorized, Rescan};
use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, on, readable};
use crate::ids::{CommitSha, Repo, RepoId, RunId};
use crate::report::PassedOver;

/// A run whose artifacts a worker may read until its lease runs out.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Where.
    pub repo: Repo,
    /// Which run.
    pub run: RunId,
    /// Which attempt of it.
    pub attempt: i64,
    /// The commit it ran on, as we heard.
    pub commit: CommitSha,
    /// How often it was tried, this time included.
    pub attempts: i64,
    fence: i64,
}

/// What is known of a run once it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The commit it ran on, as GitHub says.
    pub commit: CommitSha,
    /// Its workflow's file or name.
    pub workflow: Option<String>,
    /// Whether that commit is a fork's.
    pub fork: bool,
    /// Files in its artifacts that are no reports.
    pub passed_over: Vec<PassedOver>,
}

/// Asks for the artifacts of a run to be read, once: if they were read before, they are not again.
pub async fn want(
    conn: &mut Conn,
    repo: &Repo,
    commit: &CommitSha,
    run: (RunId, i64),
    now: Timestamp,
) -> Result<()> {
    ask(conn, repo, commit, run, false, now).await
}

/// Asks for the artifacts of these runs to be read, also those that were read before or are put off after an error.
/// Whoever reads them at this moment is left in peace.
///
/// ```
/// # use countersign::{authz::{Authorized, Rescan}, clock::Timestamp, db::{Conn, Result, report::rescan}, ids::{CommitSha, Repo}};
/// async fn again(conn: &mut Conn, repo: &Repo, right: Authorized<Rescan>, commit: &CommitSha, now: Timestamp) -> Result<()> {
///     rescan(conn, repo, right, (commit, &[]), now).await
/// }
/// ```
///
/// Without that right nobody asks:
///
/// ```compile_fail,E0308
/// # use countersign::{clock::Timestamp, db::{Conn, Result, report::rescan}, ids::{Actor, CommitSha, Repo}};
/// async fn again(conn: &mut Conn, repo: &Repo, by: Actor, commit: &CommitSha, now: Timestamp) -> Result<()> {
///     rescan(conn, repo, by, (commit, &[]), now).await
/// }
/// ```
pub async fn rescan(
    conn: &mut Conn,
    repo: &Repo,
    right: Authorized<Rescan>,
    (commit, runs): (&CommitSha, &[(RunId, i64)]),
    now: Timestamp,
) -> Result<()> {
    right.for_repo(repo.id)?;
    for run in runs {
        ask(conn, repo, commit, *run, true, now).await?;
    }
    Ok(())
}

async fn ask(
    conn: &mut Conn,
    repo: &Repo,
    commit: &CommitSha,
    (run, attempt): (RunId, i64),
    again: bool,
    now: Timestamp,
) -> Result<()> {
    let target = serde_json::to_string(repo).map_err(|why| Error::impossible("report_run", run, why))?;
    on!(conn, executor => sqlx::query(
        "INSERT INTO report_run (repo, run, attempt, commit_sha, target, state, attempts, run_at, fence) \
         VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, 0) \
         ON CONFLICT (repo, run, attempt) DO UPDATE SET state = 'waiting', attempts = 0, run_at = excluded.run_at, \
             target = excluded.target WHERE $7 = 1 AND (report_run.state = 'read' OR report_run.error IS NOT NULL)")
        .bind(repo.id.0).bind(run.0).bind(attempt).bind(commit.as_str()).bind(target).bind(now.0)
        .bind(i64::from(again))
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Claims runs that wait to be read, at most `limit`, for as long as `lease`. One whose row cannot be read is left out.
pub async fn claim(conn: &mut Conn, now: Timestamp, lease: Duration, limit: i64) -> Result<Vec<Claimed>> {
    let until = now.plus(lease);
    let rows = on!(conn, executor => sqlx::query_as::<_, (String, i64, i64, String, i64, i64)>(
        "UPDATE report_run SET run_at = $2, attempts = attempts + 1, fence = fence + 1, error = NULL \
         WHERE (repo, run, attempt) IN (SELECT repo, run, attempt FROM report_run \
             WHERE state = 'waiting' AND run_at <= $1 ORDER BY run_at LIMIT $3) \
         RETURNING target, run, attempt, commit_sha, attempts, fence")
        .bind(now.0).bind(until.0).bind(limit).fetch_all(executor).await)?;
    let read = |(target, run, attempt, commit, attempts, fence): (String, i64, i64, String, i64, i64)| {
        Ok(Claimed {
            repo: serde_json::from_str(&target).map_err(|why| Error::impossible("report_run", run, why))?,
            run: RunId(run),
            attempt,
            commit: commit.parse().map_err(|why| Error::impossible("report_run", run, why))?,
            attempts,
            fence,
        })
    };
    Ok(rows.into_iter().filter_map(|row| readable(read(row))).collect())
}

/// Whether any run is ready to be read.
pub async fn any_ready(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT run FROM report_run WHERE state = 'waiting' AND run_at <= $1 LIMIT 1")
        .bind(now.0).fetch_optional(executor).await)?;
    Ok(row.is_some())
}

/// It was read, or it is known that it cannot be; in the transaction of what was stored.
pub async fn finish(
    conn: &mut Conn,
    claimed: &Claimed,
    finished: &Finished,
    error: Option<&str>,
) -> Result<()> {
    let passed_over = serde_json::to_string(&finished.passed_over)
        .map_err(|why| Error::impossible("report_run", claimed.run, why))?;
    let changed = on!(conn, executor => sqlx::query(
        "UPDATE report_run SET state = 'read', commit_sha = $5, workflow = $6, fork = $7, error = $8, passed_over = $9 \
         WHERE repo = $1 AND run = $2 AND attempt = $3 AND fence = $4 AND state = 'waiting'")
        .bind(claimed.repo.id.0).bind(claimed.run.0).bind(claimed.attempt).bind(claimed.fence)
        .bind(finished.commit.as_str()).bind(finished.workflow.clone()).bind(i64::from(finished.fork))
        .bind(error.map(str::to_owned)).bind(passed_over)
        .execute(executor).await.map(|done| done.rows_affected()))?;
    still_ours(changed, claimed)
}

/// It could not be read now: again at `at`.
pub async fn try_again(conn: &mut Conn, claimed: &Claimed, at: Timestamp, why: &str) -> Result<()> {
    let changed = on!(conn, executor => sqlx::query(
        "UPDATE report_run SET run_at = $5, error = $6 \
         WHERE repo = $1 AND run = $2 AND attempt = $3 AND fence = $4 AND state = 'waiting'")
        .bind(claimed.repo.id.0).bind(claimed.run.0).bind(claimed.attempt).bind(claimed.fence)
        .bind(at.0).bind(why.to_owned())
        .execute(executor).await.map(|done| done.rows_affected()))?;
    still_ours(changed, claimed)
}

/// How many runs on this commit are not read yet, each in its newest attempt.
pub async fn unread(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<u32> {
    let (count,) = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT COUNT(*) FROM report_run r WHERE repo = $1 AND commit_sha = $2 AND state = 'waiting' \
         AND NOT EXISTS (SELECT 1 FROM report_run n WHERE n.repo = r.repo AND n.run = r.run AND n.attempt > r.attempt)")
        .bind(repo.0).bind(commit.as_str()).fetch_one(executor).await)?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The runs on this commit that were read, each in its newest attempt.
pub async fn read_runs(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Vec<(RunId, i64)>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT run, attempt FROM report_run r WHERE repo = $1 AND commit_sha = $2 AND state = 'read' \
         AND NOT EXISTS (SELECT 1 FROM report_run n WHERE n.repo = r.repo AND n.run = r.run AND n.attempt > r.attempt) \
         ORDER BY run")
        .bind(repo.0).bind(commit.as_str()).fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(run, attempt)| (RunId(run), attempt)).collect())
}

/// The attempts of runs on this commit that were read to their end.
pub(super) async fn read_attempts(
    conn: &mut Conn,
    repo: RepoId,
    commit: &CommitSha,
) -> Result<BTreeSet<(i64, i64)>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT run, attempt FROM report_run WHERE repo = $1 AND commit_sha = $2 AND state = 'read'")
        .bind(repo.0).bind(commit.as_str()).fetch_all(executor).await)?;
    Ok(rows.into_iter().collect())
}

/// What stands in the artifacts of runs on this commit and is no report; of forks' runs nothing is told.
pub async fn passed_over(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Vec<PassedOver>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT run, passed_over FROM report_run r WHERE repo = $1 AND commit_sha = $2 AND state = 'read' AND fork = 0 \
         AND passed_over IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM report_run n WHERE n.repo = r.repo AND n.run = r.run AND n.attempt > r.attempt) \
         ORDER BY run")
        .bind(repo.0).bind(commit.as_str()).fetch_all(executor).await)?;
    let read = |(run, text): (i64, String)| {
        serde_json::from_str::<Vec<PassedOver>>(&text)
            .map_err(|why| Error::impossible("report_run", run, why))
    };
    // It is only shown: nothing is decided by it.
    Ok(rows.into_iter().filter_map(|row| readable(read(row))).flatten().collect())
}

/// The runs on this commit of which anything was wanted or stored, in whatever attempt.
pub async fn known_runs(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Vec<RunId>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT run FROM report_run WHERE repo = $1 AND commit_sha = $2 UNION SELECT run FROM report WHERE repo = $1 AND commit_sha = $2")
        .bind(repo.0).bind(commit.as_str()).fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(run,)| RunId(run)).collect())
}

fn still_ours(changed: u64, claimed: &Claimed) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Error::LeaseLost(format!("run {}", claimed.run))) }
}
