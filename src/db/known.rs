//! Which repositories ever told us anything.

use crate::db::{Conn, Result, on};
use crate::ids::RepoId;

/// Whether anything is stored of this repository: then the App is, or was, installed there.
pub async fn repository(conn: &mut Conn, repo: RepoId) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT repo FROM push WHERE repo = $1 UNION ALL SELECT repo FROM head WHERE repo = $1 \
         UNION ALL SELECT repo FROM report_run WHERE repo = $1 UNION ALL SELECT repo FROM report WHERE repo = $1 \
         UNION ALL SELECT repo FROM promotion WHERE repo = $1 LIMIT 1")
        .bind(repo.0).fetch_optional(executor).await)?;
    Ok(row.is_some())
}
