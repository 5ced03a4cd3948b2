//! The end of the log within one transaction, and the checkpoint that is signed over it.

use super::{column, index_of};
use crate::audit::{Frontier, Hash, leaf_hash};
use crate::clock::Timestamp;
use crate::db::guard::{Guard, unsigned};
use crate::db::tile::entries_from;
use crate::db::{Conn, Error, Refused, Result, Tx, on};

/// The end of the log; read when the first entry is appended.
#[derive(Clone, Debug, Default)]
pub(in crate::db) struct Tail {
    pub(in crate::db) epoch: u32,
    read: bool,
    /// The tree that the last checkpoint was signed for.
    signed: Frontier,
    note: Option<String>,
    pub(super) frontier: Frontier,
    pub(super) at: i64,
}

/// A checkpoint that was signed in a transaction; it counts once that has committed.
#[derive(Clone, Debug)]
pub(in crate::db) struct Signed {
    pub(in crate::db) size: u64,
    pub(in crate::db) root: Hash,
    pub(in crate::db) note: String,
}

impl Tail {
    /// The end of the log of this epoch, not read yet.
    pub(in crate::db) fn of(epoch: u32) -> Self {
        Self { epoch, ..Self::default() }
    }

    async fn read(conn: &mut Conn, epoch: u32) -> Result<Self> {
        let row = on!(conn, executor => sqlx::query_as::<_, (i64, i64, Vec<u8>, String, i64)>(
            "SELECT log, size, frontier, note, at FROM checkpoint ORDER BY log DESC, size DESC LIMIT 1")
            .fetch_optional(executor).await)?;
        let unread = Self { read: true, ..Self::of(epoch) };
        let Some((newest, size, frontier, note, at)) = row else { return Ok(unread) };
        if newest < i64::from(epoch) {
            return Ok(unread);
        }
        if newest > i64::from(epoch) {
            return Err(Refused::Ended.into());
        }
        let frontier = Frontier::from_bytes(index_of("checkpoint", size)?, &frontier)
            .map_err(|why| Error::impossible("checkpoint", size, why))?;
        Ok(Self { signed: frontier.clone(), note: Some(note), frontier, at, ..unread })
    }
}

impl Tx {
    pub(super) async fn read_tail(&mut self) -> Result<()> {
        if !self.log.read {
            let tail = Tail::read(&mut self.conn, self.log.epoch).await;
            self.log = self.shared(tail)?;
        }
        Ok(())
    }

    /// When the last entry was written, the ones of this transaction included.
    pub async fn last_observed(&mut self) -> Result<Option<Timestamp>> {
        self.read_tail().await?;
        Ok((self.log.frontier.size() > 0).then_some(Timestamp(self.log.at)))
    }

    /// Signs the tree as it is now, if it has grown, and if the entries it grew by stand in the database as
    /// they were written.
    pub(in crate::db) async fn sign_checkpoint(&mut self, guard: &Guard) -> Result<Option<Signed>> {
        let Tail { epoch, signed, note, frontier, at, .. } = &self.log;
        if frontier.size() == signed.size() {
            return Ok(None);
        }
        guard.admit(&mut self.conn, note.as_deref()).await?;
        if grown_by_what_is_stored(&mut self.conn, *epoch, signed).await? != *frontier {
            let why = "what was read back from there on gives another tree than what was written";
            return Err(Error::impossible("entry", signed.size(), why));
        }
        let (size, root) = (frontier.size(), frontier.root());
        let note = guard.signer.sign(size, root).map_err(unsigned)?;
        let (length, frontier) = (column(size)?, frontier.to_bytes());
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO checkpoint (log, size, root, note, frontier, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(i64::from(*epoch)).bind(length).bind(root.as_bytes().to_vec()).bind(note.clone()).bind(frontier).bind(at)
            .execute(executor).await.map(|_| ()))?;
        Ok(Some(Signed { size, root, note }))
    }
}

/// The tree with everything that stands in the database after its end, hashed from the bytes that are there.
async fn grown_by_what_is_stored(conn: &mut Conn, epoch: u32, tree: &Frontier) -> Result<Frontier> {
    let mut tree = tree.clone();
    for stored in entries_from(conn, epoch.into(), tree.size(), i64::MAX).await? {
        let leaf_hash = leaf_hash(&stored.body);
        if stored.index != tree.size() || stored.leaf_hash != leaf_hash.as_bytes() {
            let why = "it was read back with another index, other bytes or another hash than were written";
            return Err(Error::impossible("entry", stored.index, why));
        }
        tree.push(leaf_hash);
    }
    Ok(tree)
}
