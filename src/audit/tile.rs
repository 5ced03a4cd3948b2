//! Tiles (c2sp.org/tlog-tiles): the tree and its entries cut into files that never change.
//!
//! A hash tile of level L holds up to 256 hashes, each the root over 256^L entries; an entry bundle holds the up
//! to 256 entries under one tile of level 0. Only the last of a level can be partial, and then it is asked for
//! by its width.

use std::fmt;
use std::str::FromStr;

use super::decimal::decimal;

/// How many hashes, or entries, a full tile has.
pub const TILE_WIDTH: u64 = 256;

/// The highest level a path may name; a log of 2^63 entries ends far below.
const MAX_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileLevel {
    /// Hashes, each the root over 256 to the power of this many entries; 0 to 63.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// Which tile: `tile/<level>/<index>`, with `.p/<width>` when it is partial.
///
/// The index is written in groups of three digits, all but the last with an `x` before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    /// What it holds.
    pub level: TileLevel,
    /// Which one of its level, from the left, starting with 0.
    pub index: u64,
    /// How many hashes or entries are in it: 1 to 256.
    pub width: u16,
}

/// The text is not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tile is called tile/<level>/<index> or tile/entries/<index>, such as tile/0/x001/067 or tile/0/x001/067.p/17"
)]
pub struct InvalidTilePath;

/// Bytes that are not a bundle of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBundle {
    /// It breaks off within an entry.
    #[error("the bundle breaks off within an entry")]
    BrokenOff,
}

impl TileLevel {
    /// How many of what a tile of this level holds a tree of `size` entries has.
    ///
    /// A hash counts when everything under it is there: a partial tile never feeds the level above.
    pub fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "entries" {
            return Some(Self::Entries);
        }
        decimal(text).filter(|level| *level <= MAX_LEVEL).map(Self::Hashes)
    }
}

impl TilePath {
    /// Whether it has all 256.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The place of its first hash or entry among those of its level; none beyond any log.
    pub fn first(&self) -> Option<u64> {
        self.index.checked_mul(TILE_WIDTH)
    }

    /// Whether a tree that grew to `size` entries had this tile at some time.
    pub fn fits(&self, size: u64) -> bool {
        let end = self.first().and_then(|first| first.checked_add(u64::from(self.width)));
        end.is_some_and(|end| end <= self.level.count(size))
    }

    /// The tiles of a tree of exactly `size` entries: the bundles of entries, then the hashes from below.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let hashes = (0..=MAX_LEVEL).map(TileLevel::Hashes).take_while(move |level| level.count(size) > 0);
        [TileLevel::Entries].into_iter().chain(hashes).flat_map(move |level| Self::of_level(level, size))
    }

    /// The tiles of one level of a tree of exactly `size` entries, from the left.
    pub fn of_level(level: TileLevel, size: u64) -> impl Iterator<Item = Self> {
        let count = level.count(size);
        (0..count.div_ceil(TILE_WIDTH)).map(move |index| {
            let width = (count - index * TILE_WIDTH).min(TILE_WIDTH);
            Self { level, index, width: u16::try_from(width).unwrap_or(u16::MAX) }
        })
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            TileLevel::Hashes(level) => write!(f, "tile/{level}/")?,
            TileLevel::Entries => f.write_str("tile/entries/")?,
        }
        write_index(f, self.index)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// Only the one way in which [`TilePath`] writes itself is taken.
impl FromStr for TilePath {
    type Err = InvalidTilePath;
    fn from_str(text: &str) -> Result<Self, InvalidTilePath> {
        let read = || {
            let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
            let (index, width) = match rest.split_once(".p/") {
                Some((index, width)) => (index, decimal(width)?),
                None => (rest, 256),
            };
            Some(Self { level: TileLevel::parse(level)?, index: read_index(index)?, width })
        };
        let path: Self = read().ok_or(InvalidTilePath)?;
        let known = (1..=256).contains(&path.width) && path.to_string() == text;
        if known { Ok(path) } else { Err(InvalidTilePath) }
    }
}

fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    if index >= 1000 {
        write_groups(f, index / 1000)?;
    }
    write!(f, "{:03}", index % 1000)
}

fn write_groups(f: &mut fmt::Formatter<'_>, groups: u64) -> fmt::Result {
    if groups >= 1000 {
        write_groups(f, groups / 1000)?;
    }
    write!(f, "x{:03}/", groups % 1000)
}

fn read_index(text: &str) -> Option<u64> {
    text.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let three = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
        index.checked_mul(1000)?.checked_add(three.then(|| digits.parse().ok())??)
    })
}

/// Puts entries into a bundle: each after its length in two bytes.
///
/// None if an entry is longer than those can say, which no entry of ours is.
pub fn bundle(entries: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        bytes.extend(u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend(entry);
    }
    Some(bytes)
}

/// Takes a bundle apart, without copying. After an error there is nothing more.
pub fn unbundle(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], InvalidBundle>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = split_entry(rest);
        rest = entry.map_or(&[], |(_, rest)| rest);
        Some(entry.map(|(entry, _)| entry).ok_or(InvalidBundle::BrokenOff))
    })
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(size: u64, level: TileLevel) -> Vec<u16> {
        TilePath::of_level(level, size).map(|tile| tile.width).collect()
    }

    /// The example of c2sp.org/tlog-tiles.
    #[test]
    fn a_tree_of_70000_has_the_tiles_that_the_specification_counts() {
        let zero = widths(70_000, TileLevel::Hashes(0));
        assert_eq!((zero.len(), zero.last()), (274, Some(&112)));
        assert_eq!(widths(70_000, TileLevel::Hashes(1)), [256, 17]);
        assert_eq!(widths(70_000, TileLevel::Hashes(2)), [1]);
        assert!(widths(70_000, TileLevel::Hashes(3)).is_empty());
        assert_eq!(TilePath::all(70_000).count(), 274 + 274 + 2 + 1);
        assert_eq!(TilePath::all(0).count(), 0);
    }

    #[test]
    fn paths_are_written_as_specified() {
        for (index, path) in [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")] {
            let tile = TilePath { level: TileLevel::Hashes(0), index, width: 256 };
            assert_eq!(tile.to_string(), format!("tile/0/{path}"));
            let partial = TilePath { level: TileLevel::Entries, index, width: 17 };
            assert_eq!(partial.to_string(), format!("tile/entries/{path}.p/17"));
            for tile in [tile, partial] {
                assert_eq!(tile.to_string().parse(), Ok(tile));
            }
        }
        let last = TilePath { level: TileLevel::Hashes(63), index: u64::MAX, width: 1 };
        assert_eq!(last.to_string().parse(), Ok(last));
        assert_eq!((last.first(), last.fits(u64::MAX)), (None, false));
    }

    #[test]
    fn what_is_written_otherwise_is_no_path() {
        for text in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/0/001/067",
            "tile/0/x001/x067",
            "tile/0/x000/067",
            "tile/0/x001/",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/257",
            "tile/0/000.p/017",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000/",
            "/tile/0/000",
            "tile/Entries/000",
            "tile/entries/../000",
            "tile/0/0 0",
            "tile/0/x99/000",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/٠٠٠",
            "tile/0/000.p/17.p/17",
        ] {
            assert_eq!(text.parse::<TilePath>(), Err(InvalidTilePath), "{text:?}");
        }
    }

    #[test]
    fn a_tile_fits_a_tree_that_once_had_it() {
        let tile = |text: &str| text.parse::<TilePath>().unwrap();
        assert!(tile("tile/0/000.p/3").fits(3));
        assert!(tile("tile/0/000.p/3").fits(300), "it was partial once");
        assert!(!tile("tile/0/000.p/3").fits(2));
        assert!(tile("tile/0/000").fits(256) && !tile("tile/0/000").fits(255));
        assert!(tile("tile/1/000.p/1").fits(256) && !tile("tile/1/000.p/1").fits(255));
        assert!(!tile("tile/63/000.p/1").fits(u64::MAX));
    }

    #[test]
    fn entries_come_out_of_a_bundle_as_they_went_in() {
        let entries: [&[u8]; 3] = [b"leaf-0", b"", b"leaf-2"];
        let bytes = bundle(entries).unwrap();
        assert!(bytes.starts_with(b"\x00\x06leaf-0\x00\x00\x00\x06"));
        assert_eq!(unbundle(&bytes).collect::<Result<Vec<_>, _>>(), Ok(entries.to_vec()));
        assert_eq!(unbundle(&[]).count(), 0);
        assert_eq!(bundle([vec![0; 65_536]]), None);
    }

    #[test]
    fn a_bundle_that_breaks_off_is_an_error_and_then_over() {
        let bytes = bundle([b"leaf-0"]).unwrap();
        for length in 1..bytes.len() {
            let read: Vec<_> = unbundle(&bytes[..length]).collect();
            assert_eq!(read, [Err(InvalidBundle::BrokenOff)]);
        }
    }
}
