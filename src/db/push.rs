//! Pushes as GitHub told of them: what each ref was moved to, by whom and when.

use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::{Actor, CommitSha, RefName, RepoId};

/// One push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The commit its ref is at since.
    pub sha: CommitSha,
    /// Who pushed.
    pub pusher: Actor,
    /// The branch or tag, written out in full.
    pub reference: RefName,
    /// Where that was before; none when it was not there.
    pub before: Option<CommitSha>,
    /// When, in GitHub's whole seconds.
    pub at: Timestamp,
}

/// Remembers a push. Told twice, it stands there once.
pub async fn add(tx: &mut Tx, repo: RepoId, push: &Push) -> Result<()> {
    let Push { sha, pusher, reference, before, at } = push;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO push (repo, sha, pusher, login, bot, ref, before, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (repo, sha, pusher, ref, at) DO NOTHING")
        .bind(repo.0).bind(sha.as_str()).bind(pusher.id.0).bind(pusher.login.as_str()).bind(i64::from(pusher.bot))
        .bind(reference.as_str()).bind(before.as_ref().map(|sha| sha.as_str().to_owned())).bind(at.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Where a branch or tag, written out in full, was put last, and when: more than one place if it moved twice within the
/// second. None where nobody told us of it.
pub async fn latest(
    conn: &mut Conn,
    repo: RepoId,
    reference: &str,
) -> Result<Option<(Timestamp, Vec<CommitSha>)>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (String, i64)>(
        "SELECT sha, at FROM push WHERE repo = $1 AND ref = $2 \
         AND at = (SELECT MAX(at) FROM push WHERE repo = $1 AND ref = $2)")
        .bind(repo.0).bind(reference).fetch_all(executor).await)?;
    let Some(at) = rows.first().map(|(_, at)| Timestamp(*at)) else { return Ok(None) };
    let commits: Result<Vec<CommitSha>> =
        rows.iter().map(|(sha, _)| sha.parse().map_err(|why| Error::impossible("push", sha, why))).collect();
    Ok(Some((at, commits?)))
}
