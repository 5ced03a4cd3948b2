//! Timestamps of our checkpoints, as the authority answered (RFC 3161).
//!
//! `epoch` is the column `log`: 0 until a history is lost and another is begun.

use crate::db::audit::{column, index_of};
use crate::db::{Conn, Result, Tx, on};

/// Keeps the answer for a checkpoint; the first one stays.
pub async fn keep(tx: &mut Tx, (epoch, size): (i64, u64), response: Vec<u8>) -> Result<()> {
    let size = column(size)?;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO timestamp_token (log, size, token) VALUES ($1, $2, $3) ON CONFLICT (log, size) DO NOTHING")
        .bind(epoch).bind(size).bind(response).execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The answers after `size`, each with its checkpoint's size, in order, at most `limit`.
pub async fn after(conn: &mut Conn, epoch: i64, size: u64, limit: i64) -> Result<Vec<(u64, Vec<u8>)>> {
    let after = column(size)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, Vec<u8>)>(
        "SELECT size, token FROM timestamp_token WHERE log = $1 AND size > $2 ORDER BY size LIMIT $3")
        .bind(epoch).bind(after).bind(limit).fetch_all(executor).await)?;
    rows.into_iter().map(|(size, token)| Ok((index_of("timestamp_token", size)?, token))).collect()
}
