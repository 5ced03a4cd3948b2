//! Copies a log out of its database into a folder, in the layout of c2sp.org/tlog-tiles.
//!
//! The checkpoint appears after all that it vouches for is on the disk, and what an older checkpoint vouched for is
//! removed only then: an export that breaks off leaves the older one verifiable, also where the power fails.

use std::io::Write as _;
use std::path::Path;

use super::database::Database;
use super::disclosures::{self, Line, written};
use super::file::File;
use super::out::{Out, unwritable};
use super::source::LogSource;
use super::{Error, Result};
use crate::audit::tile::TILE_WIDTH;
use crate::audit::{Checkpoint, Disclosure, TilePath, Verifier};
use crate::db::{ReadOnly, tile};

/// What is copied, and where to.
#[derive(Debug)]
pub struct Export<'a> {
    /// The folder; made if it is not there.
    pub out: &'a Path,
    /// Which epoch of the log.
    pub epoch: i64,
    /// The log's key, by the name it has in any of its epochs; it lies beside the copy by that of this epoch.
    pub key: &'a Verifier,
    /// Whoever reads it has this many entries already.
    pub since: u64,
    /// Whether to copy what the commitments stand for: personal data.
    pub disclosures: bool,
}

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// How many entries the log has.
    pub entries: u64,
    /// How many of them the folder had before.
    pub before: u64,
    /// How many files were written.
    pub files: u64,
}

/// Copies the log as it is at this moment; none if there is no checkpoint yet.
///
/// # Errors
/// When the database cannot be read or the folder not written, and when the folder holds another history.
pub async fn export(db: &ReadOnly, what: &Export<'_>) -> Result<Option<Exported>> {
    let mut source = LogSource::in_database(db, what.epoch).await?;
    let Some(note) = source.text(File::Checkpoint).await? else { return Ok(None) };
    let key = source.key(what.key).await?;
    let entries = signed_size(&note, &key)?;
    let out = Out::open(what.out)?;
    let before = out.size_before(&mut source, entries).await?;
    let mut export = Copy { what, key, source, out, entries, before, files: 0 };
    export.run(&note).await?;
    Ok(Some(Exported { entries, before, files: export.files }))
}

/// What nobody could verify is not copied.
fn signed_size(note: &str, key: &Verifier) -> Result<u64> {
    let opened = Checkpoint::open(note, key);
    let why = "the newest checkpoint is not signed by the key that the export is to be verified with";
    opened.map(|checkpoint| checkpoint.size).map_err(|error| Error::OtherHistory(format!("{why}: {error}")))
}

struct Copy<'a> {
    what: &'a Export<'a>,
    key: Verifier,
    source: LogSource,
    out: Out,
    entries: u64,
    before: u64,
    files: u64,
}

impl Copy<'_> {
    async fn run(&mut self, note: &str) -> Result<()> {
        // Full tiles never change: those that are there stay.
        let there = self.before.max(self.what.since);
        for path in TilePath::all(self.entries).filter(|path| !(path.is_full() && path.fits(there))) {
            let bytes = self.source.read(File::Tile(path)).await?;
            let bytes = bytes.ok_or_else(|| {
                Error::OtherHistory(format!(
                    "{path} is not whole in the database: run `countersign audit verify`"
                ))
            })?;
            self.write(&path.to_string(), &bytes)?;
        }
        self.rotations().await?;
        self.timestamps().await?;
        if self.what.disclosures {
            self.disclosures().await?;
        }
        let key = format!("{}\n", self.key);
        // The key of an earlier export belongs to the earlier checkpoint until the new one is there.
        if self.before == 0 {
            self.write(&File::Key.to_string(), key.as_bytes())?;
        }
        self.out.settle()?;
        self.write(&File::Checkpoint.to_string(), note.as_bytes())?;
        if self.before > 0 {
            self.write(&File::Key.to_string(), key.as_bytes())?;
        }
        self.out.settle()?;
        self.out.forget_partial_tiles(self.before, self.entries)
    }

    /// What authorities said of checkpoints, and the checkpoints as they were sent to them.
    async fn timestamps(&mut self) -> Result<()> {
        let mut last = 0;
        loop {
            let mut page = self.source.timestamps_after(last).await?;
            page.retain(|(size, _)| *size <= self.entries);
            let Some((newest, _)) = page.last() else { return Ok(()) };
            last = *newest;
            for (size, response) in page {
                self.timestamp(size, &response).await?;
            }
        }
    }

    /// Neither file ever changes: those that are there stay.
    async fn timestamp(&mut self, size: u64, response: &[u8]) -> Result<()> {
        let (checkpoint, timestamp) = (File::CheckpointOf(size), File::TimestampOf(size));
        if self.out.has(&timestamp.to_string()) {
            return Ok(());
        }
        let missing = || Error::OtherHistory(format!("{timestamp} is of a checkpoint that is not there"));
        let note = self.source.text(checkpoint).await?.ok_or_else(missing)?;
        self.write(&checkpoint.to_string(), note.as_bytes())?;
        self.write(&timestamp.to_string(), response)
    }

    /// The checkpoints that vouch for changes of the key. What a newer version needs of its own entries about keys is
    /// copied, if it is there.
    async fn rotations(&mut self) -> Result<()> {
        let Database { conn, epoch } = self.database()?;
        let rotations = tile::rotations(conn, *epoch).await?;
        let others = tile::unknown_changes_of_keys(conn, *epoch).await?;
        let entries = self.entries;
        for size in others.into_iter().map(|index| index + 1).filter(|size| *size <= entries) {
            let file = File::CheckpointOf(size);
            if let Some(note) = self.source.text(file).await? {
                self.write(&file.to_string(), note.as_bytes())?;
            }
        }
        for size in rotations.into_iter().map(|index| index + 1).filter(|size| *size <= entries) {
            let file = File::CheckpointOf(size);
            let missing = || {
                Error::OtherHistory(format!("no checkpoint vouches for the new key of entry {}", size - 1))
            };
            let note = self.source.text(file).await?.ok_or_else(missing)?;
            self.write(&file.to_string(), note.as_bytes())?;
        }
        Ok(())
    }

    /// All of them each time, because some may have been erased.
    async fn disclosures(&mut self) -> Result<()> {
        let mut file = self.out.temporary()?;
        let path = file.path().to_owned();
        let unwritable = |error| unwritable(&path, error);
        for first in (0..self.entries).step_by(usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX)) {
            let range = first..(first + TILE_WIDTH).min(self.entries);
            let Database { conn, epoch } = self.database()?;
            for line in in_order(tile::disclosures_of(conn, *epoch, range).await?) {
                let line = written(&line).map_err(|error| unwritable(error.into()))?;
                file.write_all(line.as_bytes()).map_err(unwritable)?;
            }
        }
        self.files += 1;
        self.out.keep(file, disclosures::FILE)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.files += 1;
        self.out.write(name, bytes)
    }

    fn database(&mut self) -> Result<&mut Database> {
        match &mut self.source {
            LogSource::Database(database) => Ok(database),
            LogSource::Folder(_) | LogSource::Web(_) => {
                Err(Error::OtherHistory("an export is made from a database".to_owned()))
            }
        }
    }
}

/// By entry and commitment; what is no disclosure any more is left out, as if it had been erased.
fn in_order(rows: Vec<(u64, String)>) -> impl Iterator<Item = Line> {
    let readable = rows.into_iter().filter_map(|(index, text)| {
        let disclosure: Disclosure = text.parse().ok()?;
        Some(((index, disclosure.commitment()), Line { index, disclosure: text }))
    });
    let mut lines: Vec<_> = readable.collect();
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    lines.into_iter().map(|(_, line)| line)
}
