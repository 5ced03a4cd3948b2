//! How a commit was judged by its reports last, for the page with the full list.

use crate::db::judgement::{self, Judgement};
use crate::db::{Db, Result, notice};
use crate::effect::Notice;
use crate::ids::{CommitSha, RepoId, RepoName};

/// What is known of a commit's reports.
#[derive(Debug, Clone)]
pub struct CommitReports {
    /// What its repository is called.
    pub repo: RepoName,
    /// How it was judged last; none when that was before judgements were kept.
    pub judgement: Option<Judgement>,
}

/// What is known of a commit's reports; none of a commit that has no check run of ours.
pub async fn of_commit(db: &Db, repo: RepoId, commit: &CommitSha) -> Result<Option<CommitReports>> {
    let mut conn = db.read().await?;
    let told = notice::repo(&mut conn, repo, &Notice::Scans { commit: commit.clone() }).await?;
    let Some(told) = told else { return Ok(None) };
    let judgement = judgement::find(&mut conn, repo, commit).await?;
    Ok(Some(CommitReports { repo: told.name, judgement }))
}
