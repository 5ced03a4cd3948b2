//! The hash tiles above the leaves, as the entries give them.

use crate::audit::tile::TILE_WIDTH;
use crate::audit::{Node, TileLevel, TilePath};

/// The hashes of each level that wait for their tile to be full; one tile for each level is kept.
#[derive(Debug, Default)]
pub(super) struct Tiles {
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    index: u64,
    hashes: Vec<u8>,
}

impl Tiles {
    /// Takes the nodes that an entry completed: those at the top of full tiles are hashes of the level above.
    pub(super) fn add(&mut self, completed: &[Node]) {
        for node in completed.iter().filter(|node| node.level % 8 == 0) {
            let level = node.level as usize / 8;
            if self.levels.len() < level {
                self.levels.resize_with(level, Level::default);
            }
            if let Some(level) = self.levels.get_mut(level - 1) {
                level.hashes.extend_from_slice(node.hash.as_bytes());
            }
        }
    }

    /// The tiles that are full now. Must be asked after each bundle of entries.
    pub(super) fn full(&mut self) -> Vec<(TilePath, Vec<u8>)> {
        self.take(|level| level.width() == TILE_WIDTH)
    }

    /// The tiles that stay partial because the log ends.
    pub(super) fn partial(&mut self) -> Vec<(TilePath, Vec<u8>)> {
        self.take(|level| level.width() > 0)
    }

    fn take(&mut self, which: fn(&Level) -> bool) -> Vec<(TilePath, Vec<u8>)> {
        let levels = (1..).zip(&mut self.levels).filter(|(_, level)| which(level));
        levels.map(|(number, level)| (level.path(number), level.end())).collect()
    }
}

impl Level {
    fn width(&self) -> u64 {
        self.hashes.len() as u64 / 32
    }

    fn path(&self, level: u8) -> TilePath {
        let width = u16::try_from(self.width()).unwrap_or(u16::MAX);
        TilePath { level: TileLevel::Hashes(level), index: self.index, width }
    }

    fn end(&mut self) -> Vec<u8> {
        self.index += 1;
        std::mem::take(&mut self.hashes)
    }
}
