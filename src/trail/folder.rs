//! A log in a folder. Nothing outside of it is ever opened, whatever lies in it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::file::File;
use super::{Error, Result};

/// How many folders are remembered as looked at.
const REMEMBERED: usize = 64;
/// How many stored checkpoints or timestamps are read at once.
const PAGE: usize = 100;
/// No export keeps more: there is one for each time the key was changed or an authority was asked for the time.
const MOST_KEPT: usize = 1_000_000;

/// A folder that holds a log.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Folders in it that are no symbolic links.
    looked_at: BTreeSet<PathBuf>,
    /// The sizes whose checkpoints are kept, read once.
    kept: Option<BTreeSet<u64>>,
    /// The sizes whose checkpoints were timestamped, read once.
    stamped: Option<BTreeSet<u64>>,
}

impl Folder {
    pub(super) fn open(root: &Path) -> Result<Self> {
        // The folder that was named may itself be a link; from here on none is followed.
        let root = root.canonicalize().map_err(|error| unreadable(root, error))?;
        if !root.is_dir() {
            return Err(unreadable(&root, ErrorKind::NotADirectory.into()));
        }
        Ok(Self { root, looked_at: BTreeSet::new(), kept: None, stamped: None })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn read(&mut self, file: File) -> Result<Option<Vec<u8>>> {
        let limit = file.limit();
        let name = file.to_string();
        let Some(found) = self.open_file(&name)? else { return Ok(None) };
        let mut bytes = Vec::with_capacity(expected(&found).min(limit));
        let read = found.take(limit as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(&self.root.join(&name), error))?;
        if bytes.len() > limit {
            return Err(Error::Strange { path: name, what: "larger than it can be" });
        }
        Ok(Some(bytes))
    }

    /// Opens a plain file; none if there is none.
    pub(super) fn open_file(&mut self, name: &str) -> Result<Option<fs::File>> {
        let path = self.root.join(name);
        if !self.leads_inside(&path)? {
            return Ok(None);
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(Error::Strange { path: name.to_owned(), what: "not a plain file" }),
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(unreadable(&path, error)),
        }
        fs::File::open(&path).map(Some).map_err(|error| unreadable(&path, error))
    }

    /// Whether the folders on the way to `path` are there, and are folders and no links.
    fn leads_inside(&mut self, path: &Path) -> Result<bool> {
        let folders: Vec<&Path> =
            path.ancestors().skip(1).take_while(|folder| **folder != *self.root).collect();
        if folders.first().is_none_or(|nearest| self.looked_at.contains(*nearest)) {
            return Ok(true);
        }
        for folder in folders.iter().rev() {
            match fs::symlink_metadata(folder) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => {
                    let path = folder.strip_prefix(&self.root).unwrap_or(folder).display().to_string();
                    return Err(Error::Strange { path, what: "not a plain folder" });
                }
                Err(error) if is_absent(&error) => return Ok(false),
                Err(error) => return Err(unreadable(folder, error)),
            }
        }
        if self.looked_at.len() >= REMEMBERED {
            self.looked_at.clear();
        }
        self.looked_at.extend(folders.first().map(|nearest| nearest.to_path_buf()));
        Ok(true)
    }

    pub(super) fn checkpoints_after(&mut self, size: u64) -> Result<Vec<(u64, String)>> {
        if self.kept.is_none() {
            self.kept = Some(self.sizes("checkpoints", "")?);
        }
        let sizes = page(self.kept.as_ref(), size);
        sizes.into_iter().map(|size| Ok((size, self.checkpoint_of(size)?))).collect()
    }

    pub(super) fn timestamps_after(&mut self, size: u64) -> Result<Vec<(u64, Vec<u8>)>> {
        if self.stamped.is_none() {
            self.stamped = Some(self.sizes("timestamps", ".tsr")?);
        }
        let sizes = page(self.stamped.as_ref(), size);
        let read = |size| Ok((size, self.read(File::TimestampOf(size))?.unwrap_or_default()));
        sizes.into_iter().map(read).collect()
    }

    fn checkpoint_of(&mut self, size: u64) -> Result<String> {
        let file = File::CheckpointOf(size);
        let bytes = self.read(file)?.unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| Error::Strange { path: file.to_string(), what: "not text" })
    }

    /// The sizes that files in a folder are called after, with this at the end of their names.
    fn sizes(&mut self, folder: &str, ending: &str) -> Result<BTreeSet<u64>> {
        let path = self.root.join(folder);
        // Looks at the folder before it is listed.
        if !self.leads_inside(&path.join("0"))? {
            return Ok(BTreeSet::new());
        }
        let mut sizes = BTreeSet::new();
        for entry in fs::read_dir(&path).map_err(|error| unreadable(&path, error))? {
            let name = entry.map_err(|error| unreadable(&path, error))?.file_name();
            sizes.extend(name.to_str().and_then(|name| name.strip_suffix(ending)).and_then(size_of));
            if sizes.len() > MOST_KEPT {
                let what = "a folder of more files than an export has";
                return Err(Error::Strange { path: folder.to_owned(), what });
            }
        }
        Ok(sizes)
    }
}

/// The first sizes beyond `size`.
fn page(sizes: Option<&BTreeSet<u64>>, size: u64) -> Vec<u64> {
    let beyond = (Bound::Excluded(size), Bound::Unbounded);
    sizes.iter().flat_map(|sizes| sizes.range(beyond)).take(PAGE).copied().collect()
}

/// A number has one spelling.
fn size_of(name: &str) -> Option<u64> {
    name.parse::<u64>().ok().filter(|size| size.to_string() == name)
}

fn expected(file: &fs::File) -> usize {
    file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::Io { path: path.to_owned(), what: "read", error }
}
