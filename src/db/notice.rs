//! Notices: one row for each thing that is told, however often it changes before it is.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, on, readable};
use crate::effect::Notice;
use crate::ids::{Repo, RepoId};

/// A notice that a worker may tell now.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Where.
    pub repo: Repo,
    /// What.
    pub notice: Notice,
    /// How often it was tried since it last succeeded, this time included.
    pub attempts: i64,
    wanted: i64,
    fence: i64,
}

/// Asks for something to be told (again): many changes before it is told are told once.
pub async fn want(conn: &mut Conn, repo: &Repo, notice: &Notice, now: Timestamp) -> Result<()> {
    let encode = |why: serde_json::Error| Error::impossible("notice", notice.key(), why);
    let target = serde_json::to_string(repo).map_err(encode)?;
    let document = serde_json::to_string(notice).map_err(encode)?;
    on!(conn, executor => sqlx::query(
        "INSERT INTO notice (repo, key, target, document, wanted, told, attempts, run_at, fence) \
         VALUES ($1, $2, $3, $4, 1, 0, 0, $5, 0) \
         ON CONFLICT (repo, key) DO UPDATE SET wanted = notice.wanted + 1, target = excluded.target, document = excluded.document, \
             run_at = CASE WHEN notice.told = notice.wanted THEN excluded.run_at ELSE notice.run_at END, \
             attempts = CASE WHEN notice.told = notice.wanted THEN 0 ELSE notice.attempts END")
        .bind(repo.id.0).bind(notice.key()).bind(target).bind(document).bind(now.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Claims notices that wait to be told, at most `limit`, for as long as `lease`. One that cannot be read is left out,
/// stays waiting, and is looked at again when the lease has run out.
pub async fn claim(conn: &mut Conn, now: Timestamp, lease: Duration, limit: i64) -> Result<Vec<Claimed>> {
    let until = now.plus(lease);
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String, String, String, i64, i64, i64)>(
        "UPDATE notice SET run_at = $2, attempts = attempts + 1, fence = fence + 1 \
         WHERE (repo, key) IN (SELECT repo, key FROM notice WHERE told < wanted AND run_at <= $1 ORDER BY run_at LIMIT $3) \
         RETURNING repo, key, target, document, attempts, wanted, fence")
        .bind(now.0).bind(until.0).bind(limit).fetch_all(executor).await)?;
    let read = |(repo, key, target, document, attempts, wanted, fence): (
        i64,
        String,
        String,
        String,
        i64,
        i64,
        i64,
    )| {
        let decode = |why: serde_json::Error| Error::impossible("notice", format!("{repo} {key}"), why);
        Ok(Claimed {
            repo: serde_json::from_str(&target).map_err(decode)?,
            notice: serde_json::from_str(&document).map_err(decode)?,
            attempts,
            wanted,
            fence,
        })
    };
    Ok(rows.into_iter().filter_map(|row| readable(read(row))).collect())
}

/// Whether any notice is ready to be told.
pub async fn any_ready(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT wanted FROM notice WHERE told < wanted AND run_at <= $1 LIMIT 1")
        .bind(now.0).fetch_optional(executor).await)?;
    Ok(row.is_some())
}

/// It was told, as it was when it was claimed; what changed since is told next.
pub async fn told(conn: &mut Conn, claimed: &Claimed, now: Timestamp) -> Result<()> {
    on!(conn, executor => sqlx::query(
        "UPDATE notice SET told = $4, run_at = $5, attempts = 0, error = NULL WHERE repo = $1 AND key = $2 AND fence = $3")
        .bind(claimed.repo.id.0).bind(claimed.notice.key()).bind(claimed.fence).bind(claimed.wanted).bind(now.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// It could not be told: again at `at`, or never when that is none.
pub async fn failed(conn: &mut Conn, claimed: &Claimed, at: Option<Timestamp>, why: &str) -> Result<()> {
    let told = if at.is_some() { None } else { Some(claimed.wanted) };
    on!(conn, executor => sqlx::query(
        "UPDATE notice SET run_at = COALESCE($4, run_at), told = COALESCE($5, told), error = $6 \
         WHERE repo = $1 AND key = $2 AND fence = $3")
        .bind(claimed.repo.id.0).bind(claimed.notice.key()).bind(claimed.fence)
        .bind(at.map(|at| at.0)).bind(told).bind(why.to_owned())
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Where something was to be told; none when it never was.
pub async fn repo(conn: &mut Conn, repo: RepoId, notice: &Notice) -> Result<Option<Repo>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT target FROM notice WHERE repo = $1 AND key = $2")
        .bind(repo.0).bind(notice.key()).fetch_optional(executor).await)?;
    row.map(|(target,)| {
        serde_json::from_str(&target).map_err(|why| Error::impossible("notice", notice.key(), why))
    })
    .transpose()
}

/// How many things wait to be told.
pub async fn waiting(conn: &mut Conn) -> Result<i64> {
    let (count,) = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT COUNT(*) FROM notice WHERE told < wanted").fetch_one(executor).await)?;
    Ok(count)
}
