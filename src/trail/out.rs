//! The folder that an export is written to. Each file appears whole or not at all.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::file::File;
use super::folder::{Folder, unreadable};
use super::source::LogSource;
use super::{Error, Result};
use crate::audit::tile::TILE_WIDTH;
use crate::audit::{Checkpoint, TileLevel, TilePath};

/// The folder that is written.
pub(super) struct Out {
    root: PathBuf,
    /// Folders in which files appeared that may not be on the disk yet.
    unsettled: BTreeSet<PathBuf>,
}

impl Out {
    pub(super) fn open(root: &Path) -> Result<Self> {
        let made = !root.exists();
        fs::create_dir_all(root).map_err(|error| unwritable(root, error))?;
        let root = root.canonicalize().map_err(|error| unwritable(root, error))?;
        let outside = root.parent().filter(|_| made).map(Path::to_owned);
        Ok(Self { root, unsettled: outside.into_iter().collect() })
    }

    /// How many entries were exported before; they must be the beginning of what is there now.
    pub(super) async fn size_before(&self, source: &mut LogSource, now: u64) -> Result<u64> {
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

    /// A file that is not there yet under any name that is looked for.
    pub(super) fn temporary(&self) -> Result<NamedTempFile> {
        let made = tempfile::Builder::new().prefix(".export").permissions(readable()).tempfile_in(&self.root);
        made.map_err(|error| unwritable(&self.root, error))
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }

    /// The file appears whole or not at all.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.temporary()?;
        file.write_all(bytes).map_err(|error| unwritable(&self.root.join(name), error))?;
        self.keep(file, name)
    }

    /// Gives a file its name once its bytes are on the disk.
    pub(super) fn keep(&mut self, file: NamedTempFile, name: &str) -> Result<()> {
        let path = self.root.join(name);
        let unwritable = |error| unwritable(&path, error);
        file.as_file().sync_all().map_err(unwritable)?;
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root)) {
            fs::create_dir_all(folder).map_err(unwritable)?;
            if !self.unsettled.insert(folder.to_owned()) {
                break;
            }
        }
        file.persist(&path).map_err(|failed| unwritable(failed.error))?;
        Ok(())
    }

    /// Waits until every name that was given is on the disk.
    pub(super) fn settle(&mut self) -> Result<()> {
        for folder in std::mem::take(&mut self.unsettled) {
            let synced = fs::File::open(&folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| unwritable(&folder, error))?;
        }
        Ok(())
    }

    /// Removes the partial tiles that fuller ones have replaced, also those that a broken-off export left.
    pub(super) fn forget_partial_tiles(&self, before: u64, now: u64) -> Result<()> {
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

pub(super) fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), what: "written", error }
}
