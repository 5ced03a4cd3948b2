//! What was annotated in the check run of a commit's reports.

use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::{CommitSha, RepoId};

/// A list of annotations, by their digests, in the order in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Annotated {
    /// Which list of this commit it is.
    pub list: u32,
    /// The digests.
    pub digests: Vec<String>,
}

/// The list of this commit; an empty one when nothing was annotated.
pub async fn annotated(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Annotated> {
    let row = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT annotated FROM scans_check WHERE repo = $1 AND commit_sha = $2")
        .bind(repo.0).bind(commit.as_str()).fetch_optional(executor).await)?;
    row.map_or_else(
        || Ok(Annotated::default()),
        |(text,)| serde_json::from_str(&text).map_err(|why| Error::impossible("scans_check", commit, why)),
    )
}

/// Remembers the list, before anything of it is sent.
pub async fn remember(tx: &mut Tx, repo: RepoId, commit: &CommitSha, annotated: &Annotated) -> Result<()> {
    let text =
        serde_json::to_string(annotated).map_err(|why| Error::impossible("scans_check", commit, why))?;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO scans_check (repo, commit_sha, annotated) VALUES ($1, $2, $3) \
         ON CONFLICT (repo, commit_sha) DO UPDATE SET annotated = excluded.annotated")
        .bind(repo.0).bind(commit.as_str()).bind(text).execute(executor).await.map(|_| ()))?;
    Ok(())
}
