//! The files that a log consists of, wherever they are.

use std::fmt;

use crate::audit::tile::TILE_WIDTH;
use crate::audit::{TileLevel, TilePath};

/// One file of a log; it shows itself as its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The newest checkpoint.
    Checkpoint,
    /// The verifier key.
    Key,
    /// The checkpoint of exactly so many entries.
    CheckpointOf(u64),
    /// What a timestamp authority said of that checkpoint (RFC 3161).
    TimestampOf(u64),
    /// Hashes or entries.
    Tile(TilePath),
}

impl File {
    /// No such file is larger, in bytes.
    pub(super) fn limit(self) -> usize {
        const NOTE: usize = 1_000_000;
        const HASH: usize = 32;
        const TIMESTAMP: usize = 65_536;
        match self {
            Self::Checkpoint | Self::CheckpointOf(_) => NOTE,
            Self::Key => 4096,
            Self::TimestampOf(_) => TIMESTAMP,
            Self::Tile(TilePath { level: TileLevel::Hashes(_), width, .. }) => usize::from(width) * HASH,
            Self::Tile(TilePath { width, .. }) => usize::from(width) * (2 + usize::from(u16::MAX)),
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint => f.write_str("checkpoint"),
            Self::Key => f.write_str("key"),
            Self::CheckpointOf(size) => write!(f, "checkpoints/{size}"),
            Self::TimestampOf(size) => write!(f, "timestamps/{size}.tsr"),
            Self::Tile(path) => path.fmt(f),
        }
    }
}

/// The bundle of entries that entry `index` is in, in a log of `size` entries.
pub(super) fn bundle_of(index: u64, size: u64) -> TilePath {
    let tile = index / TILE_WIDTH;
    let width = size.saturating_sub(tile * TILE_WIDTH).min(TILE_WIDTH);
    TilePath { level: TileLevel::Entries, index: tile, width: u16::try_from(width).unwrap_or(u16::MAX) }
}
