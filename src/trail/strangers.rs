//! Files in the folder of a log that are no part of the log it claims to be: nothing is known of them.

use std::fs;
use std::path::Path;

use super::folder::unreadable;
use super::{Result, disclosures};
use crate::audit::{TilePath, decimal};

/// How many are named.
const NAMED: usize = 10;
/// Folders within folders that are looked into.
const DEEPEST: usize = 12;

/// What else lies in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strangers {
    /// How many there are.
    pub count: u64,
    /// The first of them, by their paths within the folder.
    pub named: Vec<String>,
}

impl Strangers {
    /// Everything below `root` that is no file of a log of exactly `size` entries.
    pub(super) fn beside(root: &Path, size: u64) -> Result<Self> {
        let mut found = Self::default();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
                let entry = entry.map_err(|error| unreadable(&folder, error))?;
                let path = entry.path();
                let name = path.strip_prefix(root).unwrap_or(&path);
                let kind = entry.file_type().map_err(|error| unreadable(&path, error))?;
                if kind.is_dir() && name.components().count() < DEEPEST {
                    folders.push(path);
                } else if !kind.is_file() || !name.to_str().is_some_and(|name| belongs(root, name, size)) {
                    found.add(name);
                }
            }
        }
        found.named.sort();
        Ok(found)
    }

    fn add(&mut self, name: &Path) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(name.display().to_string());
        }
    }
}

fn belongs(root: &Path, name: &str, size: u64) -> bool {
    if ["checkpoint", "key", disclosures::FILE].contains(&name) {
        return true;
    }
    if let Some(kept) = name.strip_prefix("checkpoints/") {
        return is_size(kept, size);
    }
    if let Some(stamped) = name.strip_prefix("timestamps/").and_then(|file| file.strip_suffix(".tsr")) {
        // Without its checkpoint it is a timestamp of nothing.
        return is_size(stamped, size) && root.join("checkpoints").join(stamped).exists();
    }
    name.parse::<TilePath>().is_ok_and(|path| is_widest(&path, size))
}

/// Whether this is a size that a log of `size` entries had.
fn is_size(text: &str, size: u64) -> bool {
    decimal(text).is_some_and(|number: u64| (1..=size).contains(&number))
}

/// Whether a tree of exactly this size has this tile.
fn is_widest(path: &TilePath, size: u64) -> bool {
    let end = path.first().map(|first| first + u64::from(path.width));
    path.fits(size) && (path.is_full() || end == Some(path.level.count(size)))
}
