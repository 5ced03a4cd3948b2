//! The end of the log within one transaction, and the checkpoint that is signed over it.

use super::stored::{self, StoredCheckpoint};
use crate::audit::{Decoded, Frontier, leaf_hash};
use crate::clock::Timestamp;
use crate::db::guard::{Guard, unsigned};
use crate::db::signer::Signer;
use crate::db::tile::{self, entries_from};
use crate::db::{Conn, Error, Refused, Result, Tx};

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
    pub(in crate::db) row: StoredCheckpoint,
    pub(in crate::db) tree: Frontier,
}

impl Tail {
    /// The end of the log of this epoch, not read yet.
    pub(in crate::db) fn of(epoch: u32) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// Refuses an end that is not as it was signed: nothing may grow on it.
    pub(in crate::db) async fn read(conn: &mut Conn, guard: &Guard) -> Result<Self> {
        let epoch = guard.signer.epoch();
        let unread = Self { read: true, ..Self::of(epoch) };
        let Some(newest) = stored::newest(conn).await? else { return Ok(unread) };
        if newest.epoch < i64::from(epoch) {
            return Ok(unread);
        }
        if newest.epoch > i64::from(epoch) {
            return Err(Refused::Ended.into());
        }
        let frontier = believed(conn, &newest, guard).await?;
        let at = newest.at().0;
        Ok(Self { signed: frontier.clone(), note: Some(newest.note), frontier, at, ..unread })
    }
}

/// The tree to grow on. What this program has not checked or written itself is checked first.
async fn believed(conn: &mut Conn, newest: &StoredCheckpoint, guard: &Guard) -> Result<Frontier> {
    if let Some(tree) = guard.believed.tree_of(newest) {
        return Ok(tree);
    }
    let tree = check(conn, newest, &guard.signer).await?;
    guard.believed.remember(newest.clone(), tree.clone());
    Ok(tree)
}

/// Everything in the row must follow from its note, and that must be signed by one of our keys.
async fn check(conn: &mut Conn, newest: &StoredCheckpoint, signer: &Signer) -> Result<Frontier> {
    let checkpoint = signer.open(&newest.note).map_err(unsigned)?;
    let tree = newest.tree_of(&checkpoint).map_err(Refused::from)?;
    let Some(last) = checkpoint.size.checked_sub(1) else { return Ok(tree) };
    let Some(body) = tile::proven_entry(conn, newest.epoch, last, &checkpoint).await? else {
        let why = "its last entry, or a hash beside the entries, is not what was signed";
        return Err(Refused::from(newest.damaged(why)).into());
    };
    let last = Decoded::parse(&body).map_err(|why| Error::impossible("entry", last, why))?;
    newest.compare(&tree, Some(last.entry.observed_at)).map_err(Refused::from)?;
    Ok(tree)
}

impl Tx {
    pub(super) async fn read_tail(&mut self) -> Result<()> {
        if !self.log.read {
            let tail = Tail::read(&mut self.conn, &self.guard).await;
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
    pub(in crate::db) async fn sign_checkpoint(&mut self) -> Result<Option<Signed>> {
        let Tail { epoch, signed, note, frontier, at, .. } = &self.log;
        if frontier.size() == signed.size() {
            return Ok(None);
        }
        self.guard.admit(&mut self.conn, note.as_deref()).await?;
        if grown_by_what_is_stored(&mut self.conn, *epoch, signed).await? != *frontier {
            let why = "what was read back from there on gives another tree than what was written";
            return Err(Error::impossible("entry", signed.size(), why));
        }
        let (size, root, tree) = (frontier.size(), frontier.root(), frontier.clone());
        let note = self.guard.signer.sign(size, root).map_err(unsigned)?;
        let row = StoredCheckpoint::of(*epoch, &tree, note, Timestamp(*at));
        stored::insert(&mut self.conn, &row).await?;
        Ok(Some(Signed { row, tree }))
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
