//! Promotions and the votes on them.

use crate::authz::{Authorized, Vote};
use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, Tx, on, readable};
use crate::ids::{
    Actor, CheckRunId, CommitSha, DeploymentId, EnvironmentName, IssueNumber, PromotionId, PromotionNumber,
    Repo, RepoId, RunId, UserId,
};
use crate::policy::facts::{Choice, LiveSpan};
use crate::promotion::{Promotion, State};

type Row = (i64, i64, String, i64, Option<i64>);

/// The number that the next promotion of a repository gets.
///
/// Asked before the transaction: if somebody else took it meanwhile, [`insert`] fails and it is asked again.
pub async fn next_number(conn: &mut Conn, repo: RepoId) -> Result<PromotionNumber> {
    let (number,) = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT COALESCE(MAX(number), 0) + 1 FROM promotion WHERE repo = $1")
        .bind(repo.0).fetch_one(executor).await)?;
    Ok(PromotionNumber(number))
}

/// Stores a new promotion.
pub async fn insert(tx: &mut Tx, promotion: &Promotion, wake_at: Option<Timestamp>) -> Result<()> {
    let tuple = &promotion.tuple;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO promotion (repo, number, subject, environment, commit_sha, state, version, document, wake_at, \
             requested_at, requester, ended_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(tuple.promotion.repo.0).bind(tuple.promotion.number.0).bind(tuple.subject.0)
        .bind(tuple.environment.as_str()).bind(tuple.commit.as_str()).bind(promotion.state.name())
        .bind(promotion.version).bind(document(promotion)?).bind(wake_at.map(|at| at.0))
        .bind(tuple.requested_at.0).bind(tuple.requester.id.0).bind(promotion.state.ended_at().map(|at| at.0))
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Stores what became of a promotion, if nobody else changed it since it was read.
pub async fn update(tx: &mut Tx, promotion: &Promotion, wake_at: Option<Timestamp>) -> Result<()> {
    let live_from = match &promotion.state {
        State::Succeeded { at, .. } => Some(at.0),
        State::Blocked
        | State::AwaitingApproval
        | State::Approved { .. }
        | State::Deploying { .. }
        | State::Failed { .. }
        | State::Rejected { .. }
        | State::Cancelled { .. }
        | State::Superseded { .. }
        | State::Expired { .. } => None,
    };
    let id = promotion.id();
    let changed = on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE promotion SET state = $4, version = $3 + 1, document = $5, deployment = $6, run = $7, wake_at = $8, live_from = $9, \
             ended_at = $10 \
         WHERE repo = $1 AND number = $2 AND version = $3")
        .bind(id.repo.0).bind(id.number.0).bind(promotion.version).bind(promotion.state.name())
        .bind(document(promotion)?).bind(promotion.state.deployment().map(|id| id.0))
        .bind(promotion.state.run().map(|run| run.id.0)).bind(wake_at.map(|at| at.0)).bind(live_from)
        .bind(promotion.state.ended_at().map(|at| at.0))
        .execute(executor).await.map(|done| done.rows_affected()))?;
    if changed == 0 {
        return Err(Error::Stale(format!("promotion {id}")));
    }
    if let Some(from) = live_from {
        end_earlier_lives(tx, promotion, from).await?;
    }
    Ok(())
}

/// Whatever was live in the environment before is not any more.
async fn end_earlier_lives(tx: &mut Tx, promotion: &Promotion, at: i64) -> Result<()> {
    let id = promotion.id();
    on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE promotion SET live_until = $4 \
         WHERE repo = $1 AND environment = $2 AND number <> $3 AND live_from IS NOT NULL AND live_until IS NULL")
        .bind(id.repo.0).bind(promotion.tuple.environment.as_str()).bind(id.number.0).bind(at)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Remembers which check run shows a promotion. Not part of its state, so it makes nobody's reading stale.
pub async fn set_check_run(tx: &mut Tx, id: PromotionId, check_run: CheckRunId) -> Result<()> {
    on!(tx.conn().await?, executor => sqlx::query("UPDATE promotion SET check_run = $3 WHERE repo = $1 AND number = $2")
        .bind(id.repo.0).bind(id.number.0).bind(check_run.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// One promotion by its number.
pub async fn find(conn: &mut Conn, id: PromotionId) -> Result<Option<Promotion>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion WHERE repo = $1 AND number = $2")
        .bind(id.repo.0).bind(id.number.0).fetch_optional(executor).await)?;
    row.map(parse).transpose()
}

/// The promotion whose workflow run this is.
pub async fn by_run(conn: &mut Conn, repo: RepoId, run: RunId) -> Result<Option<Promotion>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion WHERE repo = $1 AND run = $2")
        .bind(repo.0).bind(run.0).fetch_optional(executor).await)?;
    row.map(parse).transpose()
}

/// The promotion whose deployment this is.
pub async fn by_deployment(
    conn: &mut Conn,
    repo: RepoId,
    deployment: DeploymentId,
) -> Result<Option<Promotion>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion WHERE repo = $1 AND deployment = $2")
        .bind(repo.0).bind(deployment.0).fetch_optional(executor).await)?;
    row.map(parse).transpose()
}

/// The promotion that a check run shows.
pub async fn by_check_run(conn: &mut Conn, repo: RepoId, check_run: CheckRunId) -> Result<Option<Promotion>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion WHERE repo = $1 AND check_run = $2")
        .bind(repo.0).bind(check_run.0).fetch_optional(executor).await)?;
    row.map(parse).transpose()
}

/// Every promotion of a repository that has not ended.
pub async fn open(conn: &mut Conn, repo: RepoId) -> Result<Vec<Promotion>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion \
         WHERE repo = $1 AND state IN ('blocked', 'awaiting_approval', 'approved', 'deploying', 'verifying') \
         ORDER BY number")
        .bind(repo.0).fetch_all(executor).await)?;
    rows.into_iter().map(parse).collect()
}

/// The last promotions asked for on one issue or pull request, newest first.
pub async fn of_subject(
    conn: &mut Conn,
    repo: RepoId,
    subject: IssueNumber,
    limit: i64,
) -> Result<Vec<Promotion>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion WHERE repo = $1 AND subject = $2 ORDER BY number DESC LIMIT $3")
        .bind(repo.0).bind(subject.0).bind(limit).fetch_all(executor).await)?;
    rows.into_iter().map(parse).collect()
}

/// What is live in each environment of a repository now.
pub async fn live(conn: &mut Conn, repo: RepoId) -> Result<Vec<Promotion>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, document, version, check_run FROM promotion \
         WHERE repo = $1 AND live_from IS NOT NULL AND live_until IS NULL ORDER BY environment, number")
        .bind(repo.0).fetch_all(executor).await)?;
    rows.into_iter().map(parse).collect()
}

/// When one commit was live in one environment.
pub async fn live_spans(
    conn: &mut Conn,
    repo: RepoId,
    environment: &EnvironmentName,
    commit: &CommitSha,
) -> Result<Vec<LiveSpan>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, i64, Option<i64>)>(
        "SELECT number, live_from, live_until FROM promotion \
         WHERE repo = $1 AND environment = $2 AND commit_sha = $3 AND live_from IS NOT NULL ORDER BY number")
        .bind(repo.0).bind(environment.as_str()).bind(commit.as_str()).fetch_all(executor).await)?;
    Ok(rows
        .into_iter()
        .map(|(number, from, until)| LiveSpan {
            promotion: PromotionId { repo, number: PromotionNumber(number) },
            from: Timestamp(from),
            until: until.map(Timestamp),
        })
        .collect())
}

/// The runs that promotions of this commit dispatched.
pub async fn runs_on(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Vec<RunId>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT run FROM promotion WHERE repo = $1 AND commit_sha = $2 AND run IS NOT NULL")
        .bind(repo.0).bind(commit.as_str()).fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(run,)| RunId(run)).collect())
}

/// A promotion that wants to be looked at.
#[derive(Debug, Clone)]
pub struct Due {
    /// Which.
    pub id: PromotionId,
    /// Where; none if what is stored of it cannot be read.
    pub repo: Option<Repo>,
    /// Since when.
    pub at: Timestamp,
}

/// The promotions whose time has come, at most `limit`.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Due>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, i64, String, i64)>(
        "SELECT repo, number, document, wake_at FROM promotion WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2")
        .bind(now.0).bind(limit).fetch_all(executor).await)?;
    let due = |(repo, number, document, at)| {
        let id = PromotionId { repo: RepoId(repo), number: PromotionNumber(number) };
        let promotion = readable(parse((repo, number, document, 0, None)));
        Due { id, repo: promotion.map(|promotion| promotion.repo), at: Timestamp(at) }
    };
    Ok(rows.into_iter().map(due).collect())
}

/// When somebody is to look at it again.
pub async fn set_alarm(tx: &mut Tx, id: PromotionId, wake_at: Option<Timestamp>) -> Result<()> {
    on!(tx.conn().await?, executor => sqlx::query("UPDATE promotion SET wake_at = $3 WHERE repo = $1 AND number = $2")
        .bind(id.repo.0).bind(id.number.0).bind(wake_at.map(|at| at.0))
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Takes the alarm, to ring it. It rings again at `again`, unless whoever hears it sets another. False if
/// somebody else took it.
pub async fn take_alarm(tx: &mut Tx, due: &Due, again: Timestamp) -> Result<bool> {
    let taken = on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE promotion SET wake_at = $4 WHERE repo = $1 AND number = $2 AND wake_at = $3")
        .bind(due.id.repo.0).bind(due.id.number.0).bind(due.at.0).bind(again.0)
        .execute(executor).await.map(|done| done.rows_affected()))?;
    Ok(taken == 1)
}

/// Every other promotion of the repository that waits looks again: something it may wait for has changed.
pub async fn wake_others(tx: &mut Tx, id: PromotionId, now: Timestamp) -> Result<()> {
    on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE promotion SET wake_at = $3 WHERE repo = $1 AND number <> $2 AND state IN ('blocked', 'awaiting_approval')")
        .bind(id.repo.0).bind(id.number.0).bind(now.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Every promotion of the repository that waits looks again.
pub async fn wake_waiting(tx: &mut Tx, repo: RepoId, now: Timestamp) -> Result<()> {
    on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE promotion SET wake_at = $2 WHERE repo = $1 AND state IN ('blocked', 'awaiting_approval')")
        .bind(repo.0).bind(now.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Records the vote that somebody may cast on this promotion; their earlier one no longer counts.
///
/// ```
/// # use countersign::{authz::{Authorized, Vote}, clock::Timestamp, db::{Result, Tx, promotion::vote}, ids::PromotionId};
/// async fn cast(tx: &mut Tx, id: PromotionId, right: Authorized<Vote>, now: Timestamp) -> Result<()> {
///     vote(tx, id, right, now).await
/// }
/// ```
///
/// Without that right nobody votes:
///
/// ```compile_fail,E0308
/// # use countersign::{clock::Timestamp, db::{Result, Tx, promotion::vote}, ids::{Actor, PromotionId}};
/// async fn cast(tx: &mut Tx, id: PromotionId, voter: Actor, now: Timestamp) -> Result<()> {
///     vote(tx, id, voter, now).await
/// }
/// ```
pub async fn vote(tx: &mut Tx, id: PromotionId, right: Authorized<Vote>, at: Timestamp) -> Result<()> {
    let (voter, choice) = right.for_promotion(id)?;
    let word = match choice {
        Choice::Approve => "approve",
        Choice::Reject => "reject",
    };
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO vote (repo, promotion, voter, login, choice, at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (repo, promotion, voter) DO UPDATE SET login = excluded.login, choice = excluded.choice, at = excluded.at")
        .bind(id.repo.0).bind(id.number.0).bind(voter.id.0).bind(voter.login.as_str()).bind(word).bind(at.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The latest vote of each voter.
pub async fn votes(conn: &mut Conn, id: PromotionId) -> Result<Vec<(Actor, Choice, Timestamp)>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String, String, i64)>(
        "SELECT voter, login, choice, at FROM vote WHERE repo = $1 AND promotion = $2 ORDER BY at, voter")
        .bind(id.repo.0).bind(id.number.0).fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(voter, login, choice, at)| {
            let login = login.parse().map_err(|why| Error::impossible("vote", voter, why))?;
            let choice = match choice.as_str() {
                "approve" => Choice::Approve,
                "reject" => Choice::Reject,
                other => return Err(Error::impossible("vote", voter, other)),
            };
            Ok((Actor { id: UserId(voter), login, bot: false }, choice, Timestamp(at)))
        })
        .collect()
}

fn document(promotion: &Promotion) -> Result<String> {
    serde_json::to_string(promotion).map_err(|why| Error::impossible("promotion", promotion.id(), why))
}

fn parse((repo, number, document, version, check_run): Row) -> Result<Promotion> {
    let mut promotion: Promotion = serde_json::from_str(&document)
        .map_err(|why| Error::impossible("promotion", format!("{repo} {number}"), why))?;
    promotion.version = version;
    promotion.check_run = check_run.map(CheckRunId);
    Ok(promotion)
}
