//! What is read of the log.

use crate::audit::Kind;
use crate::clock::Timestamp;
use crate::db::{Conn, Result, epoch, on, tile};
use crate::ids::{BlobSha, RepoId};

/// An entry as it is stored.
#[derive(Debug, Clone)]
pub struct StoredEntry {
    /// Where it stands.
    pub index: u64,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// The hash that was stored beside them.
    pub leaf_hash: Vec<u8>,
}

/// The newest signed checkpoint, if anything was ever logged.
pub async fn latest_checkpoint(conn: &mut Conn) -> Result<Option<String>> {
    let epoch = epoch::current(conn).await?;
    Ok(tile::newest_checkpoint(conn, epoch.into()).await?.map(|(_, note)| note))
}

/// When the last entry was written, if anything was ever logged.
pub async fn last_observed(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT at FROM checkpoint ORDER BY log DESC, size DESC LIMIT 1").fetch_optional(executor).await)?;
    Ok(row.map(|(at,)| Timestamp(at)))
}

/// The checkpoints of the current epoch after `size`, in order, at most `limit`.
pub async fn checkpoints_after(conn: &mut Conn, size: u64, limit: i64) -> Result<Vec<(u64, String)>> {
    let epoch = epoch::current(conn).await?;
    tile::checkpoints_after(conn, epoch.into(), size, limit).await
}

/// The entries of the current epoch from `index` on, in order, at most `limit`.
pub async fn entries_from(conn: &mut Conn, index: u64, limit: i64) -> Result<Vec<StoredEntry>> {
    let epoch = epoch::current(conn).await?;
    tile::entries_from(conn, epoch.into(), index, limit).await
}

/// The policies of a repository that stand in the log as loaded: whether this version is among them.
pub async fn policy_is_logged(conn: &mut Conn, repo: RepoId, policy: &BlobSha) -> Result<bool> {
    let epoch = epoch::current(conn).await?;
    // The newest such entry tells: a policy that was loaded before another is loaded again.
    let row = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT body FROM entry WHERE repo = $1 AND promotion IS NULL AND kind = $2 AND log = $3 ORDER BY idx DESC LIMIT 1")
        .bind(repo.0).bind(Kind::PolicyLoaded.as_str()).bind(i64::from(epoch)).fetch_optional(executor).await)?;
    let Some((body,)) = row else { return Ok(false) };
    Ok(String::from_utf8_lossy(&body).contains(policy.as_str()))
}
