//! One epoch of the log in a database, as files.

use super::Result;
use super::file::File;
use crate::audit::tile::bundle;
use crate::audit::{Checkpoint, Node, TileLevel, TilePath, Verifier};
use crate::db::audit::stored::{self, DamagedRow, Labels, StoredCheckpoint};
use crate::db::{Conn, cosignature, tile, timestamp};

/// How many stored checkpoints are read at once.
const PAGE: i64 = 1000;
/// Larger than any log: which tiles there are is for the rows to say.
const ANY_SIZE: u64 = i64::MAX as u64;

/// A connection at one moment.
#[derive(Debug)]
pub struct Database {
    pub(super) conn: Conn,
    pub(super) epoch: i64,
}

impl Database {
    pub(super) async fn read(&mut self, file: File) -> Result<Option<Vec<u8>>> {
        Ok(match file {
            File::Checkpoint => self.newest().await?,
            // Timestamps are listed, and the key is known from elsewhere.
            File::Key | File::TimestampOf(_) => None,
            File::CheckpointOf(size) => {
                tile::checkpoint_of(&mut self.conn, self.epoch, size).await?.map(String::into_bytes)
            }
            File::Tile(path) if path.level == TileLevel::Entries => self.bundle(path).await?,
            File::Tile(path) => tile::tile(&mut self.conn, self.epoch, &path, ANY_SIZE).await?,
        })
    }

    /// With the lines of those witnesses that have signed it already.
    async fn newest(&mut self) -> Result<Option<Vec<u8>>> {
        let newest = tile::newest_checkpoint(&mut self.conn, self.epoch).await?;
        let Some((size, note)) = newest else { return Ok(None) };
        let cosigned = cosignature::cosigned(&mut self.conn, self.epoch, size, note).await?;
        Ok(Some(cosigned.into_bytes()))
    }

    /// The entries that are there: one that is missing is named by what stands in its place.
    async fn bundle(&mut self, path: TilePath) -> Result<Option<Vec<u8>>> {
        let Some(first) = path.first() else { return Ok(None) };
        let width = i64::from(path.width);
        let rows = tile::entries_from(&mut self.conn, self.epoch, first, width).await?;
        Ok(bundle(rows.iter().map(|row| &row.body)))
    }

    pub(super) async fn checkpoints_after(&mut self, size: u64) -> Result<Vec<StoredCheckpoint>> {
        Ok(stored::checkpoint_rows(&mut self.conn, self.epoch, size, PAGE).await?)
    }

    /// What the entries of a bundle are found by.
    pub(super) async fn labels_of(&mut self, path: TilePath) -> Result<Vec<Labels>> {
        let Some(first) = path.first() else { return Ok(Vec::new()) };
        Ok(stored::labels_from(&mut self.conn, self.epoch, first, path.width.into()).await?)
    }

    /// The first row of these nodes that is not what entries completed.
    pub(super) async fn damaged_node(&mut self, completed: &[Node]) -> Result<Option<DamagedRow>> {
        Ok(stored::damaged_node(&mut self.conn, self.epoch, completed).await?)
    }

    /// A node that a log of `size` entries does not have.
    pub(super) async fn node_too_many(&mut self, size: u64) -> Result<Option<DamagedRow>> {
        Ok(stored::node_too_many(&mut self.conn, self.epoch, size).await?)
    }

    pub(super) async fn timestamps_after(&mut self, size: u64) -> Result<Vec<(u64, Vec<u8>)>> {
        Ok(timestamp::after(&mut self.conn, self.epoch, size, PAGE).await?)
    }

    /// The log's key as it is called in this epoch; the same again when it is not called as this log is in any.
    pub(super) async fn key_of_epoch(&mut self, key: &Verifier) -> Result<Verifier> {
        let newest = tile::newest_checkpoint(&mut self.conn, self.epoch).await?;
        let claimed = newest.and_then(|(_, note)| Checkpoint::claimed(&note));
        let named = claimed.zip(u32::try_from(self.epoch).ok());
        let named = named.and_then(|(checkpoint, epoch)| checkpoint.origin.key_in(epoch, key));
        Ok(named.unwrap_or_else(|| key.clone()))
    }

    /// The first entry that is stored beyond `size`.
    pub(super) async fn entry_beyond(&mut self, size: u64) -> Result<Option<u64>> {
        let rows = tile::entries_from(&mut self.conn, self.epoch, size, 1).await?;
        Ok(rows.first().map(|row| row.index))
    }
}
