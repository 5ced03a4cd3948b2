//! Each environment as it is now: what is live there, what was asked for last, and how many wait.

use crate::clock::Timestamp;
use crate::db::{Conn, Result, on};
use crate::ids::RepoId;

/// Makes the row of an environment anew, in the transaction that changed one of its promotions.
pub async fn changed(conn: &mut Conn, repo: RepoId, environment: &str, at: Timestamp) -> Result<()> {
    on!(conn, executor => sqlx::query(
        "INSERT INTO place (repo, environment, live, live_from, last, last_state, last_at, waiting, changed) \
         SELECT p.repo, p.environment, \
             (SELECT MAX(l.number) FROM promotion l WHERE l.repo = p.repo AND l.environment = p.environment \
                 AND l.live_from IS NOT NULL AND l.live_until IS NULL), \
             (SELECT MAX(l.live_from) FROM promotion l WHERE l.repo = p.repo AND l.environment = p.environment \
                 AND l.live_from IS NOT NULL AND l.live_until IS NULL), \
             p.number, p.state, COALESCE(p.ended_at, p.requested_at, $3), \
             (SELECT COUNT(*) FROM promotion w WHERE w.repo = p.repo AND w.environment = p.environment \
                 AND w.state IN ('blocked', 'awaiting_approval')), \
             $3 \
         FROM promotion p WHERE p.repo = $1 AND p.environment = $2 ORDER BY p.number DESC LIMIT 1 \
         ON CONFLICT (repo, environment) DO UPDATE SET live = excluded.live, live_from = excluded.live_from, \
             last = excluded.last, last_state = excluded.last_state, last_at = excluded.last_at, \
             waiting = excluded.waiting, changed = excluded.changed")
        .bind(repo.0).bind(environment).bind(at.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The same from rows that were there before, as of when the newest of them was asked for or ended.
pub(super) async fn made_anew(conn: &mut Conn, repo: RepoId, environment: &str) -> Result<()> {
    let (at,) = on!(&mut *conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT COALESCE(MAX(COALESCE(ended_at, requested_at)), 0) FROM promotion WHERE repo = $1 AND environment = $2")
        .bind(repo.0).bind(environment).fetch_one(executor).await)?;
    changed(conn, repo, environment, Timestamp(at)).await
}

/// Whether there is a row of this environment.
pub(super) async fn is_there(conn: &mut Conn, repo: RepoId, environment: &str) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT repo FROM place WHERE repo = $1 AND environment = $2")
        .bind(repo.0).bind(environment).fetch_optional(executor).await)?;
    Ok(row.is_some())
}
