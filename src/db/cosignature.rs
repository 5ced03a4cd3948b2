//! What witnesses added to our checkpoints: lines that were verified before they came here.
//!
//! `epoch` is the column `log`: 0 until a history is lost and another is begun.

use crate::audit::{Cosignature, KeyName};
use crate::clock::Timestamp;
use crate::db::audit::{column, index_of};
use crate::db::{Conn, Result, Tx, on};

/// Keeps a line; a witness that signs the same checkpoint again replaces its own.
pub async fn keep(tx: &mut Tx, (epoch, size): (i64, u64), line: &Cosignature, now: Timestamp) -> Result<()> {
    let size = column(size)?;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO cosignature (log, size, witness, line, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (log, size, witness) DO UPDATE SET line = excluded.line, at = excluded.at")
        .bind(epoch).bind(size).bind(line.witness.as_str()).bind(line.line.clone()).bind(now.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The largest checkpoint that a witness has signed, and when we got its line.
pub async fn newest(conn: &mut Conn, epoch: i64, witness: &KeyName) -> Result<Option<(u64, Timestamp)>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT size, at FROM cosignature WHERE log = $1 AND witness = $2 ORDER BY size DESC LIMIT 1")
        .bind(epoch).bind(witness.as_str()).fetch_optional(executor).await)?;
    row.map(|(size, at)| Ok((index_of("cosignature", size)?, Timestamp(at)))).transpose()
}

/// The signed note of a checkpoint with the witnesses' lines of exactly that size under it.
pub async fn cosigned(conn: &mut Conn, epoch: i64, size: u64, note: String) -> Result<String> {
    let size = column(size)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT line FROM cosignature WHERE log = $1 AND size = $2 ORDER BY witness")
        .bind(epoch).bind(size).fetch_all(executor).await)?;
    Ok(rows.into_iter().fold(note, |note, (line,)| note + &line))
}
