//! What each promotion brought to its environment.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, Tx, on, readable};
use crate::ids::{CommitSha, PromotionId, PromotionNumber, Repo};
use crate::promotion::Promotion;

/// A promotion whose changes a worker may ask for until its lease runs out.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Where.
    pub repo: Repo,
    /// Which promotion.
    pub promotion: PromotionId,
    /// What was live before; none for the first one.
    pub base: Option<CommitSha>,
    /// Its own commit.
    pub head: CommitSha,
    /// How often it was tried, this time included.
    pub attempts: i64,
    fence: i64,
}

/// One commit that a promotion brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub sha: CommitSha,
    /// When whoever made it says that they did.
    pub committed_at: Option<Timestamp>,
}

/// Asks for the changes of a promotion that succeeds, in the transaction in which it does; once.
pub async fn want(tx: &mut Tx, promotion: &Promotion, now: Timestamp) -> Result<()> {
    let id = promotion.id();
    let target =
        serde_json::to_string(&promotion.repo).map_err(|why| Error::impossible("change_list", id, why))?;
    // What went live last, of all others, is what was live until now.
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO change_list (repo, promotion, target, base, head, state, attempts, run_at, fence) \
         VALUES ($1, $2, $3, (SELECT commit_sha FROM promotion WHERE repo = $1 AND environment = $4 AND number <> $2 \
             AND live_from IS NOT NULL ORDER BY live_from DESC, number DESC LIMIT 1), $5, 'waiting', 0, $6, 0) \
         ON CONFLICT (repo, promotion) DO NOTHING")
        .bind(id.repo.0).bind(id.number.0).bind(target).bind(promotion.tuple.environment.as_str())
        .bind(promotion.tuple.commit.as_str()).bind(now.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Whether any promotion's changes are to be asked for.
pub async fn any_ready(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT promotion FROM change_list WHERE state = 'waiting' AND run_at <= $1 LIMIT 1")
        .bind(now.0).fetch_optional(executor).await)?;
    Ok(row.is_some())
}

type Row = (String, i64, Option<String>, String, i64, i64);

/// Claims promotions whose changes are to be asked for, at most `limit`, for as long as `lease`. One that cannot be read
/// is left out.
pub async fn claim(conn: &mut Conn, now: Timestamp, lease: Duration, limit: i64) -> Result<Vec<Claimed>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "UPDATE change_list SET run_at = $2, attempts = attempts + 1, fence = fence + 1 \
         WHERE (repo, promotion) IN (SELECT repo, promotion FROM change_list \
             WHERE state = 'waiting' AND run_at <= $1 ORDER BY run_at LIMIT $3) \
         RETURNING target, promotion, base, head, attempts, fence")
        .bind(now.0).bind(now.plus(lease).0).bind(limit).fetch_all(executor).await)?;
    Ok(rows.into_iter().filter_map(|row| readable(read(row))).collect())
}

fn read((target, number, base, head, attempts, fence): Row) -> Result<Claimed> {
    let wrong = |why: String| Error::impossible("change_list", number, why);
    let repo: Repo = serde_json::from_str(&target).map_err(|why| wrong(why.to_string()))?;
    let sha = |text: String| text.parse::<CommitSha>().map_err(|why| wrong(why.to_string()));
    let promotion = PromotionId { repo: repo.id, number: PromotionNumber(number) };
    let (base, head) = (base.map(sha).transpose()?, sha(head)?);
    Ok(Claimed { repo, promotion, base, head, attempts, fence })
}

/// Stores what a promotion brought, with when we were first told of each commit.
pub async fn listed(tx: &mut Tx, claimed: &Claimed, changes: &[Change], complete: bool) -> Result<()> {
    end(tx, claimed, "listed", Some(complete), None).await?;
    let PromotionId { repo, number } = claimed.promotion;
    for change in changes {
        on!(tx.conn().await?, executor => sqlx::query(
            "INSERT INTO change (repo, promotion, sha, first_seen_at, committed_at) \
             VALUES ($1, $2, $3, (SELECT MIN(seen_at) FROM introduced WHERE repo = $1 AND sha = $3), $4) \
             ON CONFLICT (repo, promotion, sha) DO NOTHING")
            .bind(repo.0).bind(number.0).bind(change.sha.as_str()).bind(change.committed_at.map(|at| at.0))
            .execute(executor).await.map(|_| ()))?;
    }
    Ok(())
}

/// They cannot be listed, and will not be asked for again.
pub async fn given_up(tx: &mut Tx, claimed: &Claimed, why: &str) -> Result<()> {
    end(tx, claimed, "given_up", None, Some(why)).await
}

/// Nothing but the end is kept: where to ask is forgotten.
async fn end(
    tx: &mut Tx,
    claimed: &Claimed,
    state: &'static str,
    complete: Option<bool>,
    why: Option<&str>,
) -> Result<()> {
    let PromotionId { repo, number } = claimed.promotion;
    let changed = on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE change_list SET state = $4, complete = $5, error = $6, target = '' \
         WHERE repo = $1 AND promotion = $2 AND fence = $3 AND state = 'waiting'")
        .bind(repo.0).bind(number.0).bind(claimed.fence).bind(state).bind(complete.map(i64::from))
        .bind(why.map(str::to_owned))
        .execute(executor).await.map(|done| done.rows_affected()))?;
    if changed == 1 { Ok(()) } else { Err(Error::LeaseLost(format!("the changes of {}", claimed.promotion))) }
}

/// They are asked for again at `at`.
pub async fn try_again(tx: &mut Tx, claimed: &Claimed, at: Timestamp, why: &str) -> Result<()> {
    let PromotionId { repo, number } = claimed.promotion;
    on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE change_list SET run_at = $4, error = $5 WHERE repo = $1 AND promotion = $2 AND fence = $3 AND state = 'waiting'")
        .bind(repo.0).bind(number.0).bind(claimed.fence).bind(at.0).bind(why.to_owned())
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}
