//! Findings that people let through, one row for each; those of the policy's file are not here.

use jiff::civil::Date;

use crate::authz::{Authorized, Waive};
use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::RepoId;
use crate::report::Waiver;

/// Lets a finding through; what was said about the same one in the same place before no longer counts.
///
/// ```
/// # use countersign::{authz::{Authorized, Waive}, clock::Timestamp, db::{Result, Tx, waiver::grant}, ids::RepoId, report::Waiver};
/// async fn through(tx: &mut Tx, repo: RepoId, right: Authorized<Waive>, waiver: &Waiver, now: Timestamp) -> Result<()> {
///     grant(tx, repo, right, waiver, now).await
/// }
/// ```
///
/// Without that right nobody does:
///
/// ```compile_fail,E0308
/// # use countersign::{clock::Timestamp, db::{Result, Tx, waiver::grant}, ids::{Actor, RepoId}, report::Waiver};
/// async fn through(tx: &mut Tx, repo: RepoId, by: Actor, waiver: &Waiver, now: Timestamp) -> Result<()> {
///     grant(tx, repo, by, waiver, now).await
/// }
/// ```
pub async fn grant(
    tx: &mut Tx,
    repo: RepoId,
    right: Authorized<Waive>,
    waiver: &Waiver,
    at: Timestamp,
) -> Result<()> {
    let by = right.for_repo(repo)?;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO waiver (repo, finding, only_in, until, reason, granted_by, login, granted_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (repo, finding, only_in) DO UPDATE SET until = excluded.until, reason = excluded.reason, \
             granted_by = excluded.granted_by, login = excluded.login, granted_at = excluded.granted_at")
        .bind(repo.0).bind(waiver.id.as_str()).bind(waiver.only.as_deref().unwrap_or_default())
        .bind(waiver.until.to_string()).bind(waiver.reason.as_str())
        .bind(by.id.0).bind(by.login.as_str()).bind(at.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Takes back whatever lets this finding through, wherever, and says how many waivers that were.
pub async fn revoke(tx: &mut Tx, repo: RepoId, right: Authorized<Waive>, finding: &str) -> Result<u64> {
    right.for_repo(repo)?;
    Ok(on!(tx.conn().await?, executor => sqlx::query("DELETE FROM waiver WHERE repo = $1 AND finding = $2")
        .bind(repo.0).bind(finding).execute(executor).await.map(|done| done.rows_affected()))?)
}

/// Every waiver of a repository, in the order of their names; also those whose day has come, so that they can
/// be named.
pub async fn all(conn: &mut Conn, repo: RepoId) -> Result<Vec<Waiver>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (String, String, String, String, i64, String)>(
        "SELECT finding, only_in, until, reason, granted_by, login FROM waiver WHERE repo = $1 ORDER BY finding, only_in")
        .bind(repo.0).fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(id, only, until, reason, granted_by, login)| {
            let until = until.parse::<Date>().map_err(|why| Error::impossible("waiver", &id, why))?;
            let only = Some(only).filter(|only| !only.is_empty());
            Ok(Waiver { id, only, until, reason, by: format!("{login} ({granted_by})") })
        })
        .collect()
}
