//! The end of the log within one transaction, and the checkpoint that is signed over it.

use super::{LOG, column, entries_from, index_of};
use crate::audit::{Checkpoint, CheckpointError, Frontier, Hash, LogKey, Origin, leaf_hash};
use crate::db::{Conn, Error, Result, Tx, on};

/// The end of the log; read when the first entry is appended.
#[derive(Clone, Debug, Default)]
pub(in crate::db) struct Tail {
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
    async fn read(conn: &mut Conn) -> Result<Self> {
        let row = on!(conn, executor => sqlx::query_as::<_, (i64, Vec<u8>, String, i64)>(
            "SELECT size, frontier, note, at FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1")
            .bind(LOG).fetch_optional(executor).await)?;
        let Some((size, frontier, note, at)) = row else { return Ok(Self { read: true, ..Self::default() }) };
        let frontier = Frontier::from_bytes(index_of("checkpoint", size)?, &frontier)
            .map_err(|why| Error::impossible("checkpoint", size, why))?;
        Ok(Self { read: true, signed: frontier.clone(), note: Some(note), frontier, at })
    }
}

impl Tx {
    pub(super) async fn read_tail(&mut self) -> Result<()> {
        if !self.log.read {
            let tail = Tail::read(&mut self.conn).await;
            self.log = self.shared(tail)?;
        }
        Ok(())
    }

    /// Signs the tree as it is now, if it has grown, and if the entries it grew by stand in the database as
    /// they were written.
    pub(in crate::db) async fn sign_checkpoint(&mut self, key: &LogKey) -> Result<Option<Signed>> {
        let Tail { signed, note, frontier, at, .. } = &self.log;
        if frontier.size() == signed.size() {
            return Ok(None);
        }
        let refused = |why: CheckpointError| Error::Log(why.to_string());
        // Two replicas with different keys would otherwise sign one log in turn, for ever unverifiable.
        if let Some(before) = note {
            Checkpoint::open(before, &key.verifier()).map_err(refused)?;
        }
        if grown_by_what_is_stored(&mut self.conn, signed).await? != *frontier {
            let why = "what was read back from there on gives another tree than what was written";
            return Err(Error::impossible("entry", signed.size(), why));
        }
        let origin: Origin = key.name().as_str().parse().map_err(refused)?;
        let (size, root) = (frontier.size(), frontier.root());
        let note = Checkpoint { origin, size, root }.sign(key).map_err(refused)?;
        let (length, frontier) = (column(size)?, frontier.to_bytes());
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO checkpoint (log, size, root, note, frontier, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(LOG).bind(length).bind(root.as_bytes().to_vec()).bind(note.clone()).bind(frontier).bind(at)
            .execute(executor).await.map(|_| ()))?;
        Ok(Some(Signed { size, root, note }))
    }
}

/// The tree with everything that stands in the database after its end, hashed from the bytes that are there.
async fn grown_by_what_is_stored(conn: &mut Conn, tree: &Frontier) -> Result<Frontier> {
    let mut tree = tree.clone();
    for stored in entries_from(conn, tree.size(), i64::MAX).await? {
        let leaf_hash = leaf_hash(&stored.body);
        if stored.index != tree.size() || stored.leaf_hash != leaf_hash.as_bytes() {
            let why = "it was read back with another index, other bytes or another hash than were written";
            return Err(Error::impossible("entry", stored.index, why));
        }
        tree.push(leaf_hash);
    }
    Ok(tree)
}
