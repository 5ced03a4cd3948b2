//! What stands in the log's tables beside what was signed, so that nobody has to compute it: a checkpoint's root and
//! frontier, the time of its last entry, the columns by which entries are found, the nodes of tiles.
//!
//! Only notes are signed. Everything else in these rows is compared with what the notes and the entries' bytes give
//! before anything is built on it.

use std::sync::{Arc, Mutex, PoisonError};

use super::{column, index_of};
use crate::audit::{Checkpoint, Decoded, Frontier, Node};
use crate::clock::Timestamp;
use crate::db::{Conn, Result, on};

/// A row of the table `checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Which epoch.
    pub epoch: i64,
    /// Of how many entries, as the column says.
    pub size: u64,
    /// The signed note; nothing else here is signed.
    pub note: String,
    root: Vec<u8>,
    frontier: Vec<u8>,
    at: Timestamp,
}

/// What a row is found by, which is not what its entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Which epoch.
    pub epoch: i64,
    /// Which entry.
    pub index: u64,
    kind: String,
    repo: Option<i64>,
    promotion: Option<i64>,
}

/// A row of the log's tables is not what was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("in epoch {epoch}, {row}: {what}")]
pub struct DamagedRow {
    /// Which epoch.
    pub epoch: i64,
    /// Which row, such as `checkpoint 12`.
    pub row: String,
    /// What of it, and why not.
    pub what: &'static str,
}

impl StoredCheckpoint {
    /// The row that belongs to this tree, whose last entry was written at `at`.
    pub(super) fn of(epoch: u32, tree: &Frontier, note: String, at: Timestamp) -> Self {
        Self {
            epoch: epoch.into(),
            size: tree.size(),
            note,
            root: tree.root().as_bytes().to_vec(),
            frontier: tree.to_bytes(),
            at,
        }
    }

    /// When its last entry was written, as the column says.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Compares everything beside the note with the tree that the entries give, and with when the last was written.
    ///
    /// # Errors
    /// The first column that is another.
    pub fn compare(&self, tree: &Frontier, last: Option<Timestamp>) -> std::result::Result<(), DamagedRow> {
        let columns = [
            (self.size == tree.size(), "its `size` is not how many entries it vouches for"),
            (self.root == tree.root().as_bytes(), "its `root` is not the root over the entries"),
            (self.frontier == tree.to_bytes(), "its `frontier` is not that of the tree over the entries"),
            (Some(self.at) == last, "its `at` is not when its last entry was written"),
        ];
        columns.into_iter().try_for_each(|(same, what)| if same { Ok(()) } else { Err(self.damaged(what)) })
    }

    /// Compares with the size that the newest note says.
    ///
    /// # Errors
    /// When the column is beyond it.
    pub fn is_within(&self, newest: u64) -> std::result::Result<(), DamagedRow> {
        if self.size <= newest {
            Ok(())
        } else {
            Err(self.damaged("its `size` is not the one that was signed"))
        }
    }

    /// The tree to grow on, if everything beside the note fits what the note says, which was `signed`.
    pub(in crate::db) fn tree_of(&self, signed: &Checkpoint) -> std::result::Result<Frontier, DamagedRow> {
        if self.size != signed.size {
            return Err(self.damaged("its `size` is not the one that was signed"));
        }
        if self.root != signed.root.as_bytes() {
            return Err(self.damaged("its `root` is not the one that was signed"));
        }
        let tree = Frontier::from_bytes(self.size, &self.frontier).ok();
        let tree = tree.filter(|tree| tree.root() == signed.root);
        tree.ok_or_else(|| self.damaged("its `frontier` does not give the root that was signed"))
    }

    pub(in crate::db) fn damaged(&self, what: &'static str) -> DamagedRow {
        DamagedRow { epoch: self.epoch, row: format!("checkpoint {}", self.size), what }
    }
}

impl Labels {
    /// Compares the columns with what the entry says of itself. Of an entry of an unknown kind, only a newer version can
    /// tell what it is about.
    ///
    /// # Errors
    /// When one is another.
    pub fn compare(&self, body: &[u8]) -> std::result::Result<(), DamagedRow> {
        let Ok(Decoded { entry, .. }) = Decoded::parse(body) else { return Ok(()) };
        let known = entry.kind.known().is_some();
        let (repo, promotion) = (entry.repo.map(|repo| repo.0), entry.promotion.map(|number| number.0));
        let columns = [
            (self.kind == entry.kind.as_str(), "its `kind` is not the one that its bytes name"),
            (!known || self.repo == repo, "its `repo` is not the one that its bytes name"),
            (!known || self.promotion == promotion, "its `promotion` is not the one that its bytes name"),
        ];
        let damaged = |what| DamagedRow { epoch: self.epoch, row: format!("entry {}", self.index), what };
        columns.into_iter().try_for_each(|(same, what)| if same { Ok(()) } else { Err(damaged(what)) })
    }
}

/// The newest checkpoint with the tree to grow on, as this program committed or checked it last: what is still so is
/// not checked again for each commit.
#[derive(Debug, Clone, Default)]
pub(in crate::db) struct Believed(Arc<Mutex<Option<(StoredCheckpoint, Frontier)>>>);

impl Believed {
    /// The tree of this very row, if it was believed before.
    pub(in crate::db) fn tree_of(&self, row: &StoredCheckpoint) -> Option<Frontier> {
        let believed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        believed.as_ref().filter(|(known, _)| known == row).map(|(_, tree)| tree.clone())
    }

    /// This row was checked, or is durable as it was written here.
    pub(in crate::db) fn remember(&self, row: StoredCheckpoint, tree: Frontier) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((row, tree));
    }
}

type Row = (i64, i64, Vec<u8>, String, Vec<u8>, i64);

/// The newest checkpoint of the newest epoch.
pub(in crate::db) async fn newest(conn: &mut Conn) -> Result<Option<StoredCheckpoint>> {
    let row = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT log, size, root, note, frontier, at FROM checkpoint ORDER BY log DESC, size DESC LIMIT 1")
        .fetch_optional(executor).await)?;
    row.map(stored).transpose()
}

/// The checkpoints of an epoch after `size`, in order, at most `limit`.
pub async fn checkpoint_rows(
    conn: &mut Conn,
    epoch: i64,
    size: u64,
    limit: i64,
) -> Result<Vec<StoredCheckpoint>> {
    let after = column(size)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "SELECT log, size, root, note, frontier, at FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT $3")
        .bind(epoch).bind(after).bind(limit).fetch_all(executor).await)?;
    rows.into_iter().map(stored).collect()
}

/// Inserts a checkpoint.
pub(super) async fn insert(conn: &mut Conn, row: &StoredCheckpoint) -> Result<()> {
    let size = column(row.size)?;
    on!(conn, executor => sqlx::query(
        "INSERT INTO checkpoint (log, size, root, note, frontier, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(row.epoch).bind(size).bind(row.root.as_slice()).bind(row.note.as_str())
        .bind(row.frontier.as_slice()).bind(row.at.0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

fn stored((epoch, size, root, note, frontier, at): Row) -> Result<StoredCheckpoint> {
    let size = index_of("checkpoint", size)?;
    Ok(StoredCheckpoint { epoch, size, note, root, frontier, at: Timestamp(at) })
}

/// What the entries of an epoch from `index` on are found by, in order, at most `limit`.
pub async fn labels_from(conn: &mut Conn, epoch: i64, index: u64, limit: i64) -> Result<Vec<Labels>> {
    let from = column(index)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String, Option<i64>, Option<i64>)>(
        "SELECT idx, kind, repo, promotion FROM entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3")
        .bind(epoch).bind(from).bind(limit).fetch_all(executor).await)?;
    let labels = rows.into_iter().map(|(index, kind, repo, promotion)| {
        Ok(Labels { epoch, index: index_of("entry", index)?, kind, repo, promotion })
    });
    labels.collect()
}

/// The first of the nodes that entries completed whose row is not there or holds another hash.
pub async fn damaged_node(conn: &mut Conn, epoch: i64, completed: &[Node]) -> Result<Option<DamagedRow>> {
    for node in completed.iter().filter(|node| node.level.is_multiple_of(8)) {
        let row = on!(&mut *conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
            "SELECT hash FROM node WHERE log = $1 AND level = $2 AND idx = $3")
            .bind(epoch).bind(i64::from(node.level)).bind(column(node.index)?)
            .fetch_optional(executor).await)?;
        if row.is_none_or(|(hash,)| hash != node.hash.as_bytes()) {
            let row = format!("node {} of level {}", node.index, node.level);
            let what = "its `hash` is not that of the entries under it, or it is missing";
            return Ok(Some(DamagedRow { epoch, row, what }));
        }
    }
    Ok(None)
}

/// A node that no tree of `size` entries has.
pub async fn node_too_many(conn: &mut Conn, epoch: i64, size: u64) -> Result<Option<DamagedRow>> {
    let levels = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT level, MAX(idx) FROM node WHERE log = $1 GROUP BY level ORDER BY level")
        .bind(epoch).fetch_all(executor).await)?;
    let strange = levels.into_iter().find(|(level, last)| {
        let complete = u32::try_from(*level).ok().filter(|level| *level > 0 && level.is_multiple_of(8));
        let complete = complete.map_or(0, |level| size.checked_shr(level).unwrap_or(0));
        u64::try_from(*last).map_or(true, |last| last >= complete)
    });
    Ok(strange.map(|(level, last)| DamagedRow {
        epoch,
        row: format!("node {last} of level {level}"),
        what: "the log is not so large that there could be one",
    }))
}
