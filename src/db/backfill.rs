//! What rows from before the newest tables and columns tell of them. Run at each start: promotions from before are
//! those without the moment they were asked for, and an index holds only these, so that where there are none nothing
//! is looked through. A page of rows is held in memory at most.

use std::collections::BTreeSet;

use crate::db::commit::{begin, execute};
use crate::db::{Conn, Pools, Result, on, place, repository, scan_point};
use crate::event::About;
use crate::ids::{PromotionId, PromotionNumber, RepoId};
use crate::promotion::Promotion;

/// How many rows are read at once.
const PAGE: i64 = 500;

/// The number of a repository, and that of one of its promotions.
type Key = (i64, i64);

/// A promotion from before: its key, its environment and its document.
type Row = (i64, i64, String, String);

/// Fills in what is missing.
///
/// # Errors
/// When the database fails.
pub(super) async fn run(pools: &Pools) -> Result<()> {
    let mut after = (i64::MIN, i64::MIN);
    while let Some(last) = in_turn(pools, after).await? {
        after = last;
    }
    Ok(())
}

/// One page in a transaction of its own, in turn with whoever writes at the same time.
async fn in_turn(pools: &Pools, after: Key) -> Result<Option<Key>> {
    let mut conn = begin(pools).await?;
    let filled = page(&mut conn, after).await;
    execute(&mut conn, if filled.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    filled
}

/// Fills in the page after a row, with the environments and repositories of its promotions, and gives the last row of
/// it; none when there is no page.
async fn page(conn: &mut Conn, after: Key) -> Result<Option<Key>> {
    let page = on!(&mut *conn, executor => sqlx::query_as::<_, Row>(
        "SELECT repo, number, environment, document FROM promotion \
         WHERE requested_at IS NULL AND (repo, number) > ($1, $2) ORDER BY repo, number LIMIT $3")
        .bind(after.0).bind(after.1).bind(PAGE).fetch_all(executor).await)?;
    let mut places = BTreeSet::new();
    for row in &page {
        let (repo, _, environment, _) = row;
        // One that cannot be read comes again at each start, and changes nothing any more.
        if times(conn, row).await? || !place::is_there(conn, RepoId(*repo), environment).await? {
            places.insert((*repo, environment));
        }
    }
    for (repo, number, ..) in &page {
        let id = PromotionId { repo: RepoId(*repo), number: PromotionNumber(*number) };
        scan_point::from_decisions(conn, id).await?;
    }
    for (repo, environment) in places {
        place::made_anew(conn, RepoId(repo), environment).await?;
    }
    for repo in page.iter().map(|(repo, ..)| *repo).collect::<BTreeSet<_>>() {
        name(conn, RepoId(repo)).await?;
    }
    Ok(page.last().map(|(repo, number, ..)| (*repo, *number)))
}

/// Who asked for it and when, and when it ended, stand in its document; false if that cannot be read.
async fn times(conn: &mut Conn, (repo, number, _, document): &Row) -> Result<bool> {
    let Some(promotion) = readable(*repo, document) else { return Ok(false) };
    on!(conn, executor => sqlx::query(
        "UPDATE promotion SET requested_at = $3, requester = $4, ended_at = $5 WHERE repo = $1 AND number = $2")
        .bind(repo).bind(number).bind(promotion.tuple.requested_at.0).bind(promotion.tuple.requester.id.0)
        .bind(promotion.state.ended_at().map(|at| at.0))
        .execute(executor).await.map(|_| ()))?;
    Ok(true)
}

/// What a repository that was never told of was called when something was last promoted in it.
async fn name(conn: &mut Conn, repo: RepoId) -> Result<()> {
    if repository::find(conn, repo).await?.is_some() {
        return Ok(());
    }
    let (document,) = on!(&mut *conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT document FROM promotion WHERE repo = $1 ORDER BY number DESC LIMIT 1")
        .bind(repo.0).fetch_one(executor).await)?;
    let Some(promotion) = readable(repo.0, &document) else { return Ok(()) };
    repository::seen(conn, &promotion.repo, &About::default(), promotion.tuple.requested_at).await
}

/// One that cannot be read keeps nobody from starting: whoever needs it says so then.
fn readable(repo: i64, document: &str) -> Option<Promotion> {
    serde_json::from_str(document)
        .inspect_err(|error| tracing::warn!(repo, %error, "a promotion from before cannot be read"))
        .ok()
}
