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

/// Environments whose promotions have no row here, with when the newest of these was asked for or ended.
pub(super) async fn missing(conn: &mut Conn, limit: i64) -> Result<Vec<(i64, String, i64)>> {
    Ok(on!(conn, executor => sqlx::query_as::<_, (i64, String, i64)>(
        "SELECT p.repo, p.environment, MAX(COALESCE(p.ended_at, p.requested_at, 0)) FROM promotion p \
         WHERE NOT EXISTS (SELECT 1 FROM place q WHERE q.repo = p.repo AND q.environment = p.environment) \
         GROUP BY p.repo, p.environment ORDER BY p.repo, p.environment LIMIT $1")
        .bind(limit).fetch_all(executor).await)?)
}
