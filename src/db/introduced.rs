//! How each commit came into its repository: with whose push, or with which pull request and through whose hands.

use sqlx::QueryBuilder;

use crate::clock::Timestamp;
use crate::db::audit::few_sizes;
use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::{Actor, CommitSha, IssueNumber, RepoId, UserId};

/// A pull request that brings a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: IssueNumber,
    /// Who opened it; none when GitHub does not say.
    pub author: Option<Actor>,
    /// Who merged it, once somebody did.
    pub merged_by: Option<Actor>,
    /// Who put it into the merge queue, if anybody did.
    pub enqueued_by: Option<Actor>,
}

/// Remembers that somebody pushed these commits, which nobody had pushed before.
pub async fn by_push(
    tx: &mut Tx,
    repo: RepoId,
    commits: &[&CommitSha],
    pusher: &Actor,
    seen_at: Timestamp,
) -> Result<()> {
    for some in few_sizes(commits) {
        on!(tx.conn().await?, executor => {
            let mut insert = QueryBuilder::new("INSERT INTO introduced (repo, sha, pusher, login, bot, pull, seen_at) ");
            insert.push_values(some, |mut row, sha| {
                row.push_bind(repo.0).push_bind(sha.as_str()).push_bind(pusher.id.0)
                    .push_bind(pusher.login.as_str()).push_bind(i64::from(pusher.bot)).push("0").push_bind(seen_at.0);
            });
            insert.push(" ON CONFLICT (repo, sha, pusher, pull) DO NOTHING");
            insert.build().execute(executor).await.map(drop)
        })?;
    }
    Ok(())
}

/// Remembers when commits were seen that an earlier push brought, where we were not told of that one.
pub async fn seen(tx: &mut Tx, repo: RepoId, commits: &[&CommitSha], seen_at: Timestamp) -> Result<()> {
    for some in few_sizes(commits) {
        on!(tx.conn().await?, executor => {
            let mut insert = QueryBuilder::new(
                "INSERT INTO introduced (repo, sha, pusher, bot, pull, seen_at) \
                 SELECT column1, column2, 0, 0, 0, column3 FROM (");
            insert.push_values(some, |mut row, sha| {
                row.push_bind(repo.0).push_bind(sha.as_str()).push_bind(seen_at.0);
            });
            insert.push(
                ") AS listed WHERE NOT EXISTS (SELECT 1 FROM introduced i \
                 WHERE i.repo = listed.column1 AND i.sha = listed.column2)");
            insert.build().execute(executor).await.map(drop)
        })?;
    }
    Ok(())
}

/// Remembers that a pull request brings this commit. What was known of it and is not said now stays.
pub async fn by_pull(
    tx: &mut Tx,
    repo: RepoId,
    sha: &CommitSha,
    pull: &Pull,
    seen_at: Timestamp,
) -> Result<()> {
    let id = |actor: &Option<Actor>| actor.as_ref().map(|actor| actor.id.0);
    let login = |actor: &Option<Actor>| actor.as_ref().map(|actor| actor.login.as_str().to_owned());
    let bot = |actor: &Option<Actor>| actor.as_ref().map(|actor| i64::from(actor.bot));
    let Pull { number, author, merged_by, enqueued_by } = pull;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO introduced (repo, sha, pusher, bot, pull, seen_at, author, author_login, author_bot, \
             merged_by, merged_by_login, merged_by_bot, enqueued_by, enqueued_by_login, enqueued_by_bot) \
         VALUES ($1, $2, 0, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (repo, sha, pusher, pull) DO UPDATE SET \
             author = COALESCE(excluded.author, introduced.author), \
             author_login = COALESCE(excluded.author_login, introduced.author_login), \
             author_bot = COALESCE(excluded.author_bot, introduced.author_bot), \
             merged_by = COALESCE(excluded.merged_by, introduced.merged_by), \
             merged_by_login = COALESCE(excluded.merged_by_login, introduced.merged_by_login), \
             merged_by_bot = COALESCE(excluded.merged_by_bot, introduced.merged_by_bot), \
             enqueued_by = COALESCE(excluded.enqueued_by, introduced.enqueued_by), \
             enqueued_by_login = COALESCE(excluded.enqueued_by_login, introduced.enqueued_by_login), \
             enqueued_by_bot = COALESCE(excluded.enqueued_by_bot, introduced.enqueued_by_bot)")
        .bind(repo.0).bind(sha.as_str()).bind(number.0).bind(seen_at.0)
        .bind(id(author)).bind(login(author)).bind(bot(author))
        .bind(id(merged_by)).bind(login(merged_by)).bind(bot(merged_by))
        .bind(id(enqueued_by)).bind(login(enqueued_by)).bind(bot(enqueued_by))
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Everybody who opened a pull request that brought this commit, as far as we were told.
pub async fn openers(conn: &mut Conn, repo: RepoId, sha: &CommitSha) -> Result<Vec<Actor>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, Option<String>, Option<i64>)>(
        "SELECT author, author_login, author_bot FROM introduced WHERE repo = $1 AND sha = $2 AND author IS NOT NULL \
         ORDER BY author")
        .bind(repo.0).bind(sha.as_str()).fetch_all(executor).await)?;
    rows.into_iter().map(|(id, login, bot)| actor(id, login, bot.unwrap_or_default())).collect()
}

fn actor(id: i64, login: Option<String>, bot: i64) -> Result<Actor> {
    let login = login.unwrap_or_default().parse();
    let login = login.map_err(|why| Error::impossible("introduced", id, why))?;
    Ok(Actor { id: UserId(id), login, bot: bot != 0 })
}

/// Everybody who pushed this commit, as far as we were told.
pub async fn pushers(conn: &mut Conn, repo: RepoId, sha: &CommitSha) -> Result<Vec<Actor>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, Option<String>, i64)>(
        "SELECT pusher, login, bot FROM introduced WHERE repo = $1 AND sha = $2 AND pusher <> 0 ORDER BY pusher")
        .bind(repo.0).bind(sha.as_str()).fetch_all(executor).await)?;
    rows.into_iter().map(|(id, login, bot)| actor(id, login, bot)).collect()
}
