//! What rows from before the newest tables and columns tell of them. Run at each start, it changes nothing where
//! nothing is missing, and it holds a page of rows in memory at most.

use futures_util::future::BoxFuture;

use crate::clock::Timestamp;
use crate::db::commit::{begin, execute};
use crate::db::{Conn, Pools, Result, on, place, repository};
use crate::event::About;
use crate::ids::RepoId;
use crate::promotion::Promotion;

/// How many rows are read at once.
const PAGE: i64 = 500;

/// The number of a repository, and that of one of its promotions.
type Key = (i64, i64);
/// Fills in what is missing in the page after a row, and gives the last row of that; none when there is no page.
type Page = for<'c> fn(&'c mut Conn, Key) -> BoxFuture<'c, Result<Option<Key>>>;

/// Fills in what is missing.
///
/// # Errors
/// When the database fails.
pub(super) async fn run(pools: &Pools) -> Result<()> {
    let all: [Page; 3] = [
        |conn, after| Box::pin(promotions(conn, after)),
        |conn, _| Box::pin(places(conn)),
        |conn, after| Box::pin(repositories(conn, after)),
    ];
    for page in all {
        let mut after = (i64::MIN, i64::MIN);
        while let Some(last) = in_turn(pools, page, after).await? {
            after = last;
        }
    }
    Ok(())
}

/// In a transaction of its own, in turn with whoever writes at the same time.
async fn in_turn(pools: &Pools, page: Page, after: Key) -> Result<Option<Key>> {
    let mut conn = begin(pools).await?;
    let filled = page(&mut conn, after).await;
    execute(&mut conn, if filled.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    filled
}

/// Who asked for it and when, and when it ended, stand in its document.
async fn promotions(conn: &mut Conn, after: Key) -> Result<Option<Key>> {
    let page = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, i64, String)>(
        "SELECT repo, number, document FROM promotion WHERE requested_at IS NULL AND (repo, number) > ($1, $2) \
         ORDER BY repo, number LIMIT $3")
        .bind(after.0).bind(after.1).bind(PAGE).fetch_all(executor).await)?;
    for (repo, number, document) in &page {
        let Some(promotion) = readable(*repo, document) else { continue };
        on!(&mut *conn, executor => sqlx::query(
            "UPDATE promotion SET requested_at = $3, requester = $4, ended_at = $5 WHERE repo = $1 AND number = $2")
            .bind(repo).bind(number).bind(promotion.tuple.requested_at.0).bind(promotion.tuple.requester.id.0)
            .bind(promotion.state.ended_at().map(|at| at.0))
            .execute(executor).await.map(|_| ()))?;
    }
    Ok(page.last().map(|(repo, number, _)| (*repo, *number)))
}

async fn places(conn: &mut Conn) -> Result<Option<Key>> {
    let page = place::missing(conn, PAGE).await?;
    for (repo, environment, changed) in &page {
        place::changed(conn, RepoId(*repo), environment, Timestamp(*changed)).await?;
    }
    Ok(page.last().map(|(repo, ..)| (*repo, 0)))
}

/// What a repository was called when something was last promoted in it.
async fn repositories(conn: &mut Conn, after: Key) -> Result<Option<Key>> {
    let page = on!(&mut *conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT p.repo, p.document FROM promotion p \
         WHERE p.repo > $1 AND p.number = (SELECT MAX(q.number) FROM promotion q WHERE q.repo = p.repo) \
         AND NOT EXISTS (SELECT 1 FROM repository r WHERE r.id = p.repo) ORDER BY p.repo LIMIT $2")
        .bind(after.0).bind(PAGE).fetch_all(executor).await)?;
    for (repo, document) in &page {
        let Some(promotion) = readable(*repo, document) else { continue };
        let unknown = About::default();
        repository::seen(conn, &promotion.repo, &unknown, promotion.tuple.requested_at).await?;
    }
    Ok(page.last().map(|(repo, _)| (*repo, 0)))
}

/// One that cannot be read keeps nobody from starting: whoever needs it says so then.
fn readable(repo: i64, document: &str) -> Option<Promotion> {
    serde_json::from_str(document)
        .inspect_err(|error| tracing::warn!(repo, %error, "a promotion from before cannot be read"))
        .ok()
}
