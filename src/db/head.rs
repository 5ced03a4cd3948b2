//! Our own timeline of the heads of pull requests: what was the head since when, as the events said.

use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::{Actor, CommitSha, IssueNumber, Login, RefName, RepoId, UserId};

/// The head of a pull request since a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which commit.
    pub sha: CommitSha,
    /// Since when, in GitHub's whole seconds.
    pub since: Timestamp,
    /// Who moved it there; none when we only read that it is there.
    pub pusher: Option<Actor>,
    /// The branch it is on.
    pub branch: RefName,
    /// Whether that branch is in another repository.
    pub fork: bool,
}

/// How many of the latest heads are looked at; a comment is about the last ones.
const LATEST: i64 = 50;

type Row = (String, i64, Option<i64>, Option<String>, String, i64, i64);

/// Adds a head. One that was only seen is not added when it is the newest already; one that was moved there
/// is, with its later time: it may have been elsewhere meanwhile, and nobody told us.
pub async fn add(tx: &mut Tx, repo: RepoId, pull: IssueNumber, head: &Head, moved: bool) -> Result<()> {
    let newest = latest(tx.conn().await?, repo, pull).await?.into_iter().next();
    let known = newest.is_some_and(|newest| newest.sha == head.sha && (!moved || newest.since >= head.since));
    if known {
        return Ok(());
    }
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO head (repo, pull, seq, sha, since, pusher, login, head_ref, fork, bot) \
         VALUES ($1, $2, (SELECT COALESCE(MAX(seq), 0) + 1 FROM head WHERE repo = $1 AND pull = $2), $3, $4, $5, $6, $7, $8, $9)")
        .bind(repo.0).bind(pull.0).bind(head.sha.as_str()).bind(head.since.0)
        .bind(head.pusher.as_ref().map(|actor| actor.id.0))
        .bind(head.pusher.as_ref().map(|actor| actor.login.as_str().to_owned()))
        .bind(head.branch.as_str()).bind(i64::from(head.fork))
        .bind(i64::from(head.pusher.as_ref().is_some_and(|actor| actor.bot)))
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The latest heads of a pull request, newest first.
pub async fn latest(conn: &mut Conn, repo: RepoId, pull: IssueNumber) -> Result<Vec<Head>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT sha, since, pusher, login, head_ref, fork, bot FROM head WHERE repo = $1 AND pull = $2 ORDER BY since DESC, seq DESC LIMIT $3")
        .bind(repo.0).bind(pull.0).bind(LATEST).fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(sha, since, pusher, login, branch, fork, bot)| {
            let broken = |why: crate::ids::InvalidName| Error::impossible("head", &sha, why);
            let login = login.map(|login| login.parse::<Login>()).transpose().map_err(broken)?;
            Ok(Head {
                sha: sha.parse().map_err(broken)?,
                since: Timestamp(since),
                pusher: pusher.zip(login).map(|(id, login)| Actor { id: UserId(id), login, bot: bot != 0 }),
                branch: branch.parse().map_err(broken)?,
                fork: fork != 0,
            })
        })
        .collect()
}

/// The pull requests whose head is on this branch of the repository itself.
pub async fn pulls_on(conn: &mut Conn, repo: RepoId, branch: &RefName) -> Result<Vec<IssueNumber>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT DISTINCT pull FROM head WHERE repo = $1 AND head_ref = $2 AND fork = 0 ORDER BY pull")
        .bind(repo.0).bind(branch.as_str()).fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(pull,)| IssueNumber(pull)).collect())
}
