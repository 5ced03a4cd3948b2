//! Copies a log out of its database into a folder, in the layout of c2sp.org/tlog-tiles.
//!
//! Each file appears whole or not at all, the checkpoint after all that it vouches for, and what an older
//! checkpoint vouched for is removed only then: an export that breaks off leaves the older one verifiable.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::database::Database;
use super::disclosures::{self, Line, written};
use super::folder::{Folder, unreadable};
use super::source::{File, LogSource};
use super::{Error, Result};
use crate::audit::tile::TILE_WIDTH;
use crate::audit::{Checkpoint, Disclosure, TileLevel, TilePath, Verifier};
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
        if self.what.disclosures {
            self.disclosures().await?;
        }
        self.write(&File::Checkpoint.to_string(), note.as_bytes())?;
        self.write(&File::Key.to_string(), format!("{}\n", self.key).as_bytes())?;
        self.out.forget_partial_tiles(self.before, self.entries)
    }

    /// The checkpoints that vouch for changes of the key.
    async fn rotations(&mut self) -> Result<()> {
        let Database { conn, epoch } = self.database()?;
        let rotations = tile::rotations(conn, *epoch).await?;
        let entries = self.entries;
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
        let path = self.out.root.join(disclosures::FILE);
        let unwritable = |error| unwritable(&path, error);
        for first in (0..self.entries).step_by(usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX)) {
            let range = first..(first + TILE_WIDTH).min(self.entries);
            let Database { conn, epoch } = self.database()?;
            for line in in_order(tile::disclosures_of(conn, *epoch, range).await?) {
                let line = written(&line).map_err(|error| unwritable(error.into()))?;
                file.write_all(line.as_bytes()).map_err(unwritable)?;
            }
        }
        file.persist(&path).map_err(|failed| unwritable(failed.error))?;
        self.files += 1;
        Ok(())
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

/// The folder that is written.
struct Out {
    root: PathBuf,
}

impl Out {
    fn open(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).map_err(|error| unwritable(root, error))?;
        let root = root.canonicalize().map_err(|error| unwritable(root, error))?;
        Ok(Self { root })
    }

    /// How many entries were exported before; they must be the beginning of what is there now.
    async fn size_before(&self, source: &mut LogSource, now: u64) -> Result<u64> {
        let Some(bytes) = Folder::open(&self.root)?.read(File::Checkpoint)? else { return Ok(0) };
        let other = |why: &str| {
            let folder = self.root.display();
            Error::OtherHistory(format!(
                "{folder} holds an export that {why}: keep it, it may be the only proof of what was there, and \
                 verify both; export to another folder"
            ))
        };
        let note = String::from_utf8(bytes).map_err(|_| other("has no readable checkpoint"))?;
        let before = Checkpoint::claimed(&note).ok_or_else(|| other("has no readable checkpoint"))?;
        if before.size > now {
            return Err(other(&format!("has {} entries, and the database has {now}", before.size)));
        }
        let kept = source.text(File::CheckpointOf(before.size)).await?;
        match kept.as_deref().and_then(Checkpoint::claimed) {
            Some(kept) if kept == before => Ok(before.size),
            _ => Err(other("was made from another history than the database now tells")),
        }
    }

    fn temporary(&self) -> Result<tempfile::NamedTempFile> {
        let made = tempfile::Builder::new().prefix(".export").permissions(readable()).tempfile_in(&self.root);
        made.map_err(|error| unwritable(&self.root, error))
    }

    /// The file appears whole or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(name);
        let unwritable = |error| unwritable(&path, error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let mut file = self.temporary()?;
        file.write_all(bytes).map_err(unwritable)?;
        file.persist(&path).map_err(|failed| unwritable(failed.error))?;
        Ok(())
    }

    /// Removes the partial tiles that fuller ones have replaced, also those that a broken-off export left.
    fn forget_partial_tiles(&self, before: u64, now: u64) -> Result<()> {
        let levels = [TileLevel::Entries].into_iter().chain((0..8).map(TileLevel::Hashes));
        for level in levels.filter(|level| level.count(now) > 0) {
            let first = level.count(before) / TILE_WIDTH;
            for path in TilePath::of_level(level, now).skip_while(|path| path.index < first) {
                self.forget_narrower(&path)?;
            }
        }
        Ok(())
    }

    fn forget_narrower(&self, path: &TilePath) -> Result<()> {
        let full = TilePath { width: 256, ..*path };
        let folder = self.root.join(format!("{full}.p"));
        let Ok(partial) = fs::read_dir(&folder) else { return Ok(()) };
        for entry in partial {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            if path.is_full() || entry.file_name().to_str() != Some(&path.width.to_string()) {
                let path = entry.path();
                fs::remove_file(&path).map_err(|error| unwritable(&path, error))?;
            }
        }
        match fs::remove_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty => Err(unwritable(&folder, error)),
            _ => Ok(()),
        }
    }
}

/// An export is there to be handed on.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), what: "written", error }
}
