//! What is live in a repository, and what waits there.

use crate::db::{Db, Result, promotion};
use crate::ids::RepoId;
use crate::promotion::Promotion;

/// How a repository stands.
#[derive(Debug, Clone)]
pub struct Status {
    /// What is live, one promotion for each environment.
    pub live: Vec<Promotion>,
    /// What has not ended.
    pub open: Vec<Promotion>,
}

/// How a repository stands now.
pub async fn of_repository(db: &Db, repo: RepoId) -> Result<Status> {
    let mut conn = db.read().await?;
    let live = promotion::live(&mut conn, repo).await?;
    let open = promotion::open(&mut conn, repo).await?;
    Ok(Status { live, open })
}
