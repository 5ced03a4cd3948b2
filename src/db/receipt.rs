//! Where the entries about a promotion stand, for what is told to GitHub.
//!
//! An entry is found by its index and its hash, so that it cannot be taken for one of a history that was lost.

use crate::audit::{Checkpoint, Hash, Receipt};
use crate::db::audit::{column, index_of};
use crate::db::{Conn, Error, RecordedIntent, Result, on};
use crate::ids::PromotionId;

type Row = (i64, Vec<u8>, String);

/// Where an intent stands, under the first checkpoint that covers it.
pub async fn of_intent(conn: &mut Conn, intent: &RecordedIntent) -> Result<Receipt> {
    let index = column(intent.index())?;
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT e.idx, e.leaf_hash, c.note \
         FROM entry e JOIN checkpoint c ON c.log = e.log AND c.size > e.idx \
         WHERE e.idx = $1 AND e.leaf_hash = $2 ORDER BY e.log DESC, c.size LIMIT 1")
        .bind(index).bind(intent.leaf_hash().as_bytes().to_vec()).fetch_optional(executor).await)?;
    row.map(receipt).transpose()?.ok_or_else(|| Error::impossible("entry", index, "no checkpoint covers it"))
}

/// Where the newest entry about a promotion stands, under the first checkpoint that covers it.
pub async fn of_promotion(conn: &mut Conn, id: PromotionId) -> Result<Option<Receipt>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT e.idx, e.leaf_hash, c.note \
         FROM (SELECT log, idx, leaf_hash FROM entry WHERE repo = $1 AND promotion = $2 \
               ORDER BY log DESC, idx DESC LIMIT 1) AS e \
         JOIN checkpoint c ON c.log = e.log AND c.size > e.idx ORDER BY c.size LIMIT 1")
        .bind(id.repo.0).bind(id.number.0).fetch_optional(executor).await)?;
    row.map(receipt).transpose()
}

fn receipt((index, leaf_hash, note): Row) -> Result<Receipt> {
    let leaf_hash = Hash::from_slice(&leaf_hash).map_err(|why| Error::impossible("entry", index, why))?;
    let checkpoint = Checkpoint::claimed(&note).ok_or_else(|| {
        Error::impossible("checkpoint", format!("over entry {index}"), "its note is not one")
    })?;
    Ok(Receipt { index: index_of("entry", index)?, leaf_hash, checkpoint })
}
