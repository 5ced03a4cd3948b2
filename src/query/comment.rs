//! What the status comment of a pull request or an issue says.

use crate::comment::Answer;
use crate::db::{Db, Result, promotion, subject};
use crate::ids::{CommentId, IssueNumber, RepoId};
use crate::promotion::Promotion;

/// How many promotions the comment shows.
const SHOWN: i64 = 10;

/// What the comment is written from.
#[derive(Debug, Clone)]
pub struct CommentFacts {
    /// The last promotions that were asked for here, the newest first.
    pub promotions: Vec<Promotion>,
    /// What is live in the repository, one promotion for each environment.
    pub live: Vec<Promotion>,
    /// What commands were answered with, which no promotion tells.
    pub answers: Vec<Answer>,
    /// The comment as it was written last, when it was.
    pub known: Option<CommentId>,
}

/// What the comment of a pull request or an issue says now.
pub async fn of_comment(db: &Db, repo: RepoId, number: IssueNumber) -> Result<CommentFacts> {
    let mut conn = db.read().await?;
    Ok(CommentFacts {
        promotions: promotion::of_subject(&mut conn, repo, number, SHOWN).await?,
        live: promotion::live(&mut conn, repo).await?,
        answers: subject::answers(&mut conn, repo, number).await?,
        known: subject::comment(&mut conn, repo, number).await?,
    })
}
