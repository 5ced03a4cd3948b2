//! Where we talk with people: the one status comment of an issue or pull request, and the last answers in it.

use crate::comment::Answer;
use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::{CommentId, IssueNumber, RepoId};

/// How many of the last answers the status comment shows.
const SHOWN: i64 = 5;

/// Keeps an answer to be shown, and forgets the ones that are no longer.
pub async fn answer(tx: &mut Tx, repo: RepoId, subject: IssueNumber, answer: &Answer) -> Result<()> {
    let document = serde_json::to_string(answer).map_err(|why| Error::impossible("answer", subject, why))?;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO answer (repo, subject, seq, document) \
         VALUES ($1, $2, (SELECT COALESCE(MAX(seq), 0) + 1 FROM answer WHERE repo = $1 AND subject = $2), $3)")
        .bind(repo.0).bind(subject.0).bind(document).execute(executor).await.map(|_| ()))?;
    on!(tx.conn().await?, executor => sqlx::query(
        "DELETE FROM answer WHERE repo = $1 AND subject = $2 \
         AND seq <= (SELECT MAX(seq) FROM answer WHERE repo = $1 AND subject = $2) - $3")
        .bind(repo.0).bind(subject.0).bind(SHOWN).execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The last answers, newest first.
pub async fn answers(conn: &mut Conn, repo: RepoId, subject: IssueNumber) -> Result<Vec<Answer>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT document FROM answer WHERE repo = $1 AND subject = $2 ORDER BY seq DESC")
        .bind(repo.0).bind(subject.0).fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(document,)| {
            serde_json::from_str(&document).map_err(|why| Error::impossible("answer", subject, why))
        })
        .collect()
}

/// The status comment, if there is one yet.
pub async fn comment(conn: &mut Conn, repo: RepoId, subject: IssueNumber) -> Result<Option<CommentId>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (Option<i64>,)>(
        "SELECT comment FROM subject WHERE repo = $1 AND number = $2")
        .bind(repo.0).bind(subject.0).fetch_optional(executor).await)?;
    Ok(row.and_then(|(comment,)| comment).map(CommentId))
}

/// Remembers the status comment; none when it is gone.
pub async fn set_comment(
    tx: &mut Tx,
    repo: RepoId,
    subject: IssueNumber,
    comment: Option<CommentId>,
) -> Result<()> {
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO subject (repo, number, comment) VALUES ($1, $2, $3) \
         ON CONFLICT (repo, number) DO UPDATE SET comment = excluded.comment")
        .bind(repo.0).bind(subject.0).bind(comment.map(|id| id.0)).execute(executor).await.map(|_| ()))?;
    Ok(())
}
