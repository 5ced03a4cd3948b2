//! The log as its readers ask for it: tiles (c2sp.org/tlog-tiles), checkpoints of any size that was signed,
//! and proofs.
//!
//! `epoch` is the column `log`: 0 until a history is lost and another is begun.

use std::ops::Range;

use crate::audit::proof::{Plan, Subtree, check_inclusion, perfect_root};
use crate::audit::tile::{TileLevel, TilePath, bundle};
use crate::audit::{Checkpoint, Frontier, Hash, Kind, TlogProof, leaf_hash};
use crate::db::audit::{StoredEntry, column, index_of};
use crate::db::{Conn, Error, Result, on};
use crate::ids::PromotionId;

/// The bytes of a tile of the tree over the first `size` entries: 32 for each hash, or a bundle of entries.
///
/// None if no tree that grew to that size had it, or if a row of it is missing.
pub async fn tile(conn: &mut Conn, epoch: i64, path: &TilePath, size: u64) -> Result<Option<Vec<u8>>> {
    let Some(first) = path.first().filter(|_| path.fits(size)) else { return Ok(None) };
    let range = first..first + u64::from(path.width);
    let TileLevel::Hashes(level) = path.level else {
        let bodies = bodies(conn, epoch, range).await?;
        let whole = bodies.len() == usize::from(path.width);
        return Ok(if whole { bundle(bodies) } else { None });
    };
    let hashes = hashes(conn, epoch, u32::from(level) * 8, range).await?;
    let whole = hashes.len() == usize::from(path.width);
    Ok(whole.then(|| hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()))
}

/// The signed checkpoint of exactly `size` entries, if one was signed.
pub async fn checkpoint_of(conn: &mut Conn, epoch: i64, size: u64) -> Result<Option<String>> {
    let size = column(size)?;
    let row = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT note FROM checkpoint WHERE log = $1 AND size = $2")
        .bind(epoch).bind(size).fetch_optional(executor).await)?;
    Ok(row.map(|(note,)| note))
}

/// The newest checkpoint of an epoch, and its size.
pub async fn newest_checkpoint(conn: &mut Conn, epoch: i64) -> Result<Option<(u64, String)>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT size, note FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1")
        .bind(epoch).fetch_optional(executor).await)?;
    row.map(|(size, note)| Ok((index_of("checkpoint", size)?, note))).transpose()
}

/// The checkpoints of an epoch after `size`, in order, at most `limit`.
pub async fn checkpoints_after(
    conn: &mut Conn,
    epoch: i64,
    size: u64,
    limit: i64,
) -> Result<Vec<(u64, String)>> {
    let after = column(size)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT size, note FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT $3")
        .bind(epoch).bind(after).bind(limit).fetch_all(executor).await)?;
    rows.into_iter().map(|(size, note)| Ok((index_of("checkpoint", size)?, note))).collect()
}

/// The epochs there are, the oldest first.
pub async fn epochs(conn: &mut Conn) -> Result<Vec<i64>> {
    // Somebody may have emptied one of the tables: that must not hide the other.
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT log FROM checkpoint UNION SELECT log FROM entry ORDER BY 1")
        .fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(epoch,)| epoch).collect())
}

/// The entries of an epoch from `index` on, in order, at most `limit`.
pub async fn entries_from(conn: &mut Conn, epoch: i64, index: u64, limit: i64) -> Result<Vec<StoredEntry>> {
    let from = column(index)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, Vec<u8>, Vec<u8>)>(
        "SELECT idx, body, leaf_hash FROM entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3")
        .bind(epoch).bind(from).bind(limit).fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(index, body, leaf_hash)| Ok(StoredEntry { index: index_of("entry", index)?, body, leaf_hash }))
        .collect()
}

/// The entries at which the key was changed.
pub async fn rotations(conn: &mut Conn, epoch: i64) -> Result<Vec<u64>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT idx FROM entry WHERE log = $1 AND repo IS NULL AND promotion IS NULL AND kind = $2 ORDER BY idx")
        .bind(epoch).bind(Kind::KeyRotated.as_str()).fetch_all(executor).await)?;
    rows.into_iter().map(|(index,)| index_of("entry", index)).collect()
}

/// The entries about keys of kinds that this version does not know.
pub async fn unknown_changes_of_keys(conn: &mut Conn, epoch: i64) -> Result<Vec<u64>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT idx FROM entry WHERE log = $1 AND kind LIKE 'key.%' AND kind <> $2 ORDER BY idx")
        .bind(epoch).bind(Kind::KeyRotated.as_str()).fetch_all(executor).await)?;
    rows.into_iter().map(|(index,)| index_of("entry", index)).collect()
}

/// The newest decision about a promotion, of the newest epoch that has one: the epoch and the entry's index.
pub async fn newest_decision(conn: &mut Conn, promotion: PromotionId) -> Result<Option<(i64, u64)>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT log, idx FROM entry WHERE repo = $1 AND promotion = $2 AND kind LIKE 'decision.%' \
         ORDER BY log DESC, idx DESC LIMIT 1")
        .bind(promotion.repo.0).bind(promotion.number.0).fetch_optional(executor).await)?;
    row.map(|(epoch, index)| Ok((epoch, index_of("entry", index)?))).transpose()
}

/// The disclosures that are left of these entries, each with its entry's index.
pub async fn disclosures_of(conn: &mut Conn, epoch: i64, range: Range<u64>) -> Result<Vec<(u64, String)>> {
    let (from, to) = (column(range.start)?, column(range.end)?);
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT idx, text FROM disclosure WHERE log = $1 AND idx >= $2 AND idx < $3 ORDER BY idx, commitment")
        .bind(epoch).bind(from).bind(to).fetch_all(executor).await)?;
    rows.into_iter().map(|(index, text)| Ok((index_of("disclosure", index)?, text))).collect()
}

/// The proof that entry `index` is in the log of `size` entries, with the checkpoint of that size.
///
/// None if there is no such entry, or no checkpoint of exactly that size.
pub async fn proof(conn: &mut Conn, epoch: i64, index: u64, size: u64) -> Result<Option<TlogProof>> {
    let Some(plan) = Plan::inclusion(index, size) else { return Ok(None) };
    let Some(checkpoint) = checkpoint_of(conn, epoch, size).await? else { return Ok(None) };
    let path = planned(conn, epoch, &plan).await?;
    Ok(path.map(|path| TlogProof { extra: None, index, path, checkpoint }))
}

/// The bytes of entry `index`, if they and the stored hashes lead to the root of this checkpoint of the epoch.
pub(super) async fn proven_entry(
    conn: &mut Conn,
    epoch: i64,
    index: u64,
    signed: &Checkpoint,
) -> Result<Option<Vec<u8>>> {
    let Some(plan) = Plan::inclusion(index, signed.size) else { return Ok(None) };
    let stored = entries_from(conn, epoch, index, 1).await?.pop().filter(|stored| stored.index == index);
    let (Some(stored), Some(path)) = (stored, planned(conn, epoch, &plan).await?) else { return Ok(None) };
    let leaf = leaf_hash(&stored.body);
    Ok(check_inclusion(leaf, index, signed.size, &path, signed.root).is_ok().then_some(stored.body))
}

/// The proof that the log of `old` entries is the beginning of the one of `new`; none if it cannot be.
pub async fn consistency(conn: &mut Conn, epoch: i64, old: u64, new: u64) -> Result<Option<Vec<Hash>>> {
    let Some(plan) = Plan::consistency(old, new) else { return Ok(None) };
    planned(conn, epoch, &plan).await
}

/// The root of the tree over the first `size` entries of an epoch; none if there are not so many.
pub async fn root_of(conn: &mut Conn, epoch: i64, size: u64) -> Result<Option<Hash>> {
    let (mut first, mut tops) = (0_u64, Vec::new());
    for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
        let Some(top) = top(conn, epoch, Subtree { level, index: first >> level }).await? else {
            return Ok(None);
        };
        tops.extend(top.as_bytes());
        first += 1 << level;
    }
    let tree = Frontier::from_bytes(size, &tops).map_err(|why| Error::impossible("entry", size, why))?;
    Ok(Some(tree.root()))
}

/// The hashes that a plan asks for, put together.
async fn planned(conn: &mut Conn, epoch: i64, plan: &Plan) -> Result<Option<Vec<Hash>>> {
    let mut tops = Vec::new();
    for subtree in plan.needs() {
        let Some(top) = top(conn, epoch, subtree).await? else { return Ok(None) };
        tops.push(top);
    }
    // A plan looks its needs up in the order in which it names them.
    let mut tops = tops.into_iter();
    Ok(plan.proof(|_| tops.next()))
}

/// Only every eighth level is stored: what lies between is made of at most 128 hashes from below.
async fn top(conn: &mut Conn, epoch: i64, Subtree { level, index }: Subtree) -> Result<Option<Hash>> {
    let above = level % 8;
    let below = hashes(conn, epoch, level - above, index << above..(index + 1) << above).await?;
    Ok(if below.len() == 1 << above { perfect_root(&below) } else { None })
}

/// The stored hashes of one level; those that are missing are left out.
async fn hashes(conn: &mut Conn, epoch: i64, level: u32, range: Range<u64>) -> Result<Vec<Hash>> {
    let (from, to) = (column(range.start)?, column(range.end)?);
    let rows = if level == 0 {
        on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
            "SELECT leaf_hash FROM entry WHERE log = $1 AND idx >= $2 AND idx < $3 ORDER BY idx")
            .bind(epoch).bind(from).bind(to).fetch_all(executor).await)?
    } else {
        on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
            "SELECT hash FROM node WHERE log = $1 AND level = $4 AND idx >= $2 AND idx < $3 ORDER BY idx")
            .bind(epoch).bind(from).bind(to).bind(i64::from(level)).fetch_all(executor).await)?
    };
    // What is no hash counts as missing.
    Ok(rows.iter().filter_map(|(hash,)| Hash::from_slice(hash).ok()).collect())
}

async fn bodies(conn: &mut Conn, epoch: i64, range: Range<u64>) -> Result<Vec<Vec<u8>>> {
    let (from, to) = (column(range.start)?, column(range.end)?);
    let rows = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT body FROM entry WHERE log = $1 AND idx >= $2 AND idx < $3 ORDER BY idx")
        .bind(epoch).bind(from).bind(to).fetch_all(executor).await)?;
    Ok(rows.into_iter().map(|(body,)| body).collect())
}
