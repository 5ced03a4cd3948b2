//! The files of a zip, however hostile it is.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::{Config, ZipFile};
use zip::unstable::read::ZipIterable;

use super::{Metered, NESTED_BYTES, Unpacking, gzipped, shown};
use crate::report::input::Fault;
use crate::report::{Source, read};

/// The bytes that every zip begins with, and those of one with nothing in it.
const MAGIC: [[u8; 4]; 2] = [*b"PK\x03\x04", *b"PK\x05\x06"];
/// The longest name of a file in a zip, in bytes. File systems take no longer paths.
const LONGEST_NAME: usize = 4096;
/// The part of a Unix mode that says what kind of file it is, and the kind of an ordinary one.
const KIND: u32 = 0o170_000;
const ORDINARY: u32 = 0o100_000;

impl Unpacking<'_> {
    pub(super) fn zip<R: Read + Seek>(&mut self, bytes: R, within: Option<&str>) -> Result<(), Fault> {
        let mut archive = self.open(bytes)?;
        for index in 0..archive.len() {
            let (name, fate) = look(&mut archive, index, within)?;
            match fate {
                Fate::Folder => {}
                Fate::Refuse(why) => self.refuse(name, why),
                Fate::Read { zip: true } if within.is_none() => self.nested(&mut archive, index, &name)?,
                Fate::Read { zip: true } => {
                    self.refuse(name, "It is a zip in a zip in a zip, which is not read.");
                }
                Fate::Read { .. } if gzipped::is_called_so(&name) => {
                    self.gzip_entry(&mut archive, index, name)?;
                }
                Fate::Read { .. } => self.entry(&mut archive, index, name)?,
            }
        }
        Ok(())
    }

    /// Every header of the directory is read before an index of them is made: their number is what the
    /// archive says, and an index of millions is all that it takes to fill the memory.
    fn open<R: Read + Seek>(&mut self, mut bytes: R) -> Result<ZipArchive<R>, Fault> {
        let mut headers = ZipIterable::try_new(&mut bytes, Config::default()).map_err(|why| broken(&why))?;
        self.entries = self.entries.saturating_add(headers.len());
        if self.entries > self.limits.entries {
            return Err(Fault::new(format!(
                "There are more than {} files in it, and none was read.",
                self.limits.entries
            )));
        }
        let mut names = BTreeSet::new();
        for entry in headers.files().map_err(|why| broken(&why))? {
            let entry = entry.map_err(|why| broken(&why))?;
            let name = entry.name_raw();
            if name.len() > LONGEST_NAME {
                return Err(Fault::new("A file in it has a name of more than 4096 bytes; nothing was read."));
            }
            if !names.insert(name.to_vec()) {
                return Err(Fault::new(format!(
                    "Two files in it are called {}, and nothing tells which one counts. Nothing was read.",
                    shown(&String::from_utf8_lossy(name))
                )));
            }
        }
        ZipArchive::new(bytes).map_err(|why| broken(&why))
    }

    fn entry<R: Read + Seek>(
        &mut self,
        archive: &mut ZipArchive<R>,
        index: usize,
        name: String,
    ) -> Result<(), Fault> {
        let (mut most, left) = (0, self.bytes_left());
        let mut entry = Entry { name: &name, archive, index, left, most: &mut most };
        let file = read(&mut entry, &self.left(), self.marker);
        self.count(most)?;
        match file {
            Ok(file) => self.keep(name, file),
            Err(error) => self.refuse(name, format!("Its bytes cannot be unpacked: {error}.")),
        }
        Ok(())
    }

    fn gzip_entry<R: Read + Seek>(
        &mut self,
        archive: &mut ZipArchive<R>,
        index: usize,
        name: String,
    ) -> Result<(), Fault> {
        match archive.by_index(index) {
            Ok(entry) => self.gzip(entry, &name),
            Err(error) => {
                self.refuse(name, format!("Its bytes cannot be unpacked: {error}."));
                Ok(())
            }
        }
    }

    fn nested<R: Read + Seek>(
        &mut self,
        archive: &mut ZipArchive<R>,
        index: usize,
        name: &str,
    ) -> Result<(), Fault> {
        let (mut most, left) = (0, self.bytes_left());
        let mut bytes = Vec::new();
        let unpacked = Entry { name, archive, index, left, most: &mut most }
            .open()
            .and_then(|open| open.take(NESTED_BYTES + 1).read_to_end(&mut bytes));
        self.count(most)?;
        let (files, refused, others) =
            (self.found.files.len(), self.found.refused.len(), self.found.others.clone());
        let read = match unpacked {
            Err(error) => Err(Fault::new(format!("Its bytes cannot be unpacked: {error}."))),
            Ok(_) if bytes.len() as u64 > NESTED_BYTES => {
                Err(Fault::new(format!("It is a zip of more than {} MiB in a zip.", NESTED_BYTES >> 20)))
            }
            Ok(_) => self.zip(Cursor::new(bytes), Some(name)),
        };
        let Err(why) = read else { return Ok(()) };
        self.within_budget()?;
        self.found.files.truncate(files);
        self.found.refused.truncate(refused);
        self.found.others = others;
        self.refuse(name.to_owned(), why.to_string());
        Ok(())
    }
}

/// What is done with one entry.
enum Fate {
    Folder,
    Refuse(&'static str),
    Read { zip: bool },
}

/// What one entry is called, and what is to be done with it.
fn look<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    within: Option<&str>,
) -> Result<(String, Fate), Fault> {
    let (name, fate) = {
        let entry = archive.by_index_raw(index).map_err(|why| broken(&why))?;
        let name = String::from_utf8_lossy(entry.name_raw()).replace('\\', "/");
        let fate = fate_of(&entry, &name);
        (name, fate)
    };
    let told = within.map_or_else(|| shown(&name), |outer| shown(&format!("{outer}!/{name}")));
    let Fate::Read { zip: true } = fate else { return Ok((told, fate)) };
    // The name is a hint: wheels and jars are zips, too, and programs are no archives of reports.
    let zip = archive.by_index(index).is_ok_and(|mut entry| begins_as_zip(&mut entry));
    Ok((told, Fate::Read { zip }))
}

fn fate_of<R: Read>(entry: &ZipFile<'_, R>, name: &str) -> Fate {
    let kind = entry.unix_mode().unwrap_or_default() & KIND;
    if let Some(why) = wrong_name(name) {
        Fate::Refuse(why)
    } else if entry.is_dir() {
        Fate::Folder
    } else if entry.is_symlink() {
        Fate::Refuse("It is a symbolic link, which is not followed.")
    } else if kind != 0 && kind != ORDINARY {
        Fate::Refuse("It is no ordinary file.")
    } else if entry.encrypted() {
        Fate::Refuse("It is encrypted, so nobody can tell what is in it.")
    } else {
        Fate::Read { zip: name.to_ascii_lowercase().ends_with(".zip") }
    }
}

/// Names with which somebody tries to write elsewhere.
fn wrong_name(name: &str) -> Option<&'static str> {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if name.is_empty() || name.contains(char::is_control) {
        Some("Its name is none.")
    } else if drive || name.starts_with('/') {
        Some("Its name is an absolute path.")
    } else if name.split('/').any(|part| part == "..") {
        Some("Its name leads out of the archive.")
    } else {
        None
    }
}

pub(super) fn is_zip<R: Read + Seek>(bytes: &mut R) -> io::Result<bool> {
    bytes.seek(SeekFrom::Start(0))?;
    let is_one = begins_as_zip(bytes);
    bytes.seek(SeekFrom::Start(0))?;
    Ok(is_one)
}

fn begins_as_zip(bytes: &mut impl Read) -> bool {
    let mut first = [0; 4];
    bytes.read_exact(&mut first).is_ok() && MAGIC.contains(&first)
}

fn broken(why: &zip::result::ZipError) -> Fault {
    Fault::new(format!("The zip is broken or cut off ({why}), and nothing of it was read."))
}

/// One file of a zip.
struct Entry<'e, R> {
    name: &'e str,
    archive: &'e mut ZipArchive<R>,
    index: usize,
    /// How much may come out of it.
    left: u64,
    /// How much came out of it at most, of all the times it was opened.
    most: &'e mut u64,
}

impl<R: Read + Seek> Source for Entry<'_, R> {
    fn name(&self) -> &str {
        self.name
    }

    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        let inner = self.archive.by_index(self.index).map_err(io::Error::other)?;
        Ok(Box::new(Metered { inner, read: 0, left: self.left, most: self.most }))
    }
}
