//! The mark in a file: two slots that are written in turn, so that a write that is cut off leaves the other.
//!
//! Each slot holds one signed note and nothing after it but zeros: what was damaged does not verify.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::super::only_writer::try_lock;
use crate::db::{Refused, Result};

/// A note of the longest origin with two signatures has about 1,100 bytes.
const SLOT: usize = 2048;

/// The file, locked until this is dropped.
#[derive(Debug)]
pub(super) struct Slots {
    file: File,
    /// The slot that does not hold the newest note.
    next: u64,
}

impl Slots {
    /// Opens or makes the file, and reads the notes in it.
    pub(super) async fn open(path: &Path) -> Result<(Self, Vec<String>)> {
        let refused = |what| {
            move |error: io::Error| Refused::Mark {
                place: path.display().to_string(),
                what,
                why: error.to_string(),
            }
        };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(refused("opened"))?;
        if !try_lock(&file).await.map_err(refused("locked"))? {
            return Err(Refused::MarkHeld { place: path.display().to_string() }.into());
        }
        let slots = read(&mut file).map_err(refused("read"))?;
        if slots.iter().all(String::is_empty) {
            prepare(&file, path).map_err(refused("made"))?;
        }
        let size = |slot: &String| slot.split('\n').nth(1).and_then(|size| size.parse::<u64>().ok());
        let [first, second] = &slots;
        let next = u64::from(size(first) > size(second));
        let notes = slots.into_iter().filter(|slot| !slot.is_empty()).collect();
        Ok((Self { file, next }, notes))
    }

    /// Writes a note over the older one of the two; it is durable when this returns. Blocks on the disk.
    pub(super) fn write(&mut self, note: &str) -> io::Result<()> {
        let mut slot = note.as_bytes().to_vec();
        if slot.len() > SLOT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the note is longer than its slot"));
        }
        slot.resize(SLOT, 0);
        self.file.seek(SeekFrom::Start(self.next * SLOT as u64))?;
        self.file.write_all(&slot)?;
        self.file.sync_data()?;
        self.next = 1 - self.next;
        Ok(())
    }
}

/// What stands in the two slots, without the zeros; a damaged one as well as it can be read.
fn read(file: &mut File) -> io::Result<[String; 2]> {
    let mut bytes = Vec::new();
    file.take(2 * SLOT as u64).read_to_end(&mut bytes)?;
    let (first, second) = bytes.split_at(bytes.len().min(SLOT));
    Ok([first, second].map(|slot| String::from_utf8_lossy(slot).trim_end_matches('\0').to_owned()))
}

/// The file has its length before it is first written, so that a raise flushes nothing but a slot.
fn prepare(file: &File, path: &Path) -> io::Result<()> {
    file.set_len(2 * SLOT as u64)?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn notes(path: &Path) -> Vec<String> {
        Slots::open(path).await.unwrap().1
    }

    #[tokio::test]
    async fn the_newest_two_notes_are_kept_and_written_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let (mut slots, none) = Slots::open(&path).await.unwrap();
        assert_eq!(none, Vec::<String>::new());
        for size in 1..=3 {
            slots.write(&format!("log\n{size}\n")).unwrap();
        }
        drop(slots);
        assert_eq!(notes(&path).await, ["log\n3\n", "log\n2\n"]);
        let (mut slots, _) = Slots::open(&path).await.unwrap();
        slots.write("log\n4\n").unwrap();
        drop(slots);
        assert_eq!(notes(&path).await, ["log\n3\n", "log\n4\n"]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 2 * SLOT as u64);
    }

    #[tokio::test]
    async fn a_write_that_was_cut_off_leaves_the_note_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let (mut slots, _) = Slots::open(&path).await.unwrap();
        slots.write("log\n1\n").unwrap();
        drop(slots);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[SLOT..SLOT + 3].copy_from_slice(b"lo\xe2");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(notes(&path).await[0], "log\n1\n");
    }

    #[tokio::test]
    async fn one_program_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let held = Slots::open(&path).await.unwrap();
        let refused = Slots::open(&path).await.unwrap_err().to_string();
        assert!(refused.contains("COUNTERSIGN_HIGH_WATER"), "{refused}");
        drop(held);
        assert!(Slots::open(&path).await.is_ok());
        assert!(Slots::open(&folder.path().join("no/such/folder")).await.is_err());
    }
}
