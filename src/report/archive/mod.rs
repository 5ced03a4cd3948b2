//! Artifacts: every report in a zip, however hostile the zip.
//!
//! Nothing is ever written under a name from the archive: names are text for people. A zip in the zip is read
//! as well, one level deep, since people upload zips, and so is what is compressed by itself; all of it within one
//! budget of bytes that really come out, whatever the headers declare.

mod gzipped;
mod zipped;

use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use super::claim;
use super::input::Fault;
use super::{Draft, File, Limits, Marker, Report, Source, read};

/// An archive in the zip is unpacked into memory, and no larger one is.
const NESTED_BYTES: u64 = 64 << 20;
/// As much of a name as people are told.
const SHOWN_NAME: usize = 300;

/// What came out of an artifact.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unpacked {
    /// The files with reports, by their paths in it.
    pub files: Vec<(String, File)>,
    /// What was not read: it may have been a report.
    pub refused: Vec<Refused>,
    /// Files that are no reports, and do not claim to be.
    pub others: Others,
}

/// A file that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its path.
    pub entry: String,
    /// Why not.
    pub why: String,
    /// Whose report it claims to be by its name.
    pub claims: Option<&'static str>,
}

/// Files that are no reports of any format that is known here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Others {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub named: Vec<String>,
}

impl Others {
    /// So many are named.
    const NAMED: usize = 10;

    fn add(&mut self, name: String) {
        self.count += 1;
        if self.named.len() < Self::NAMED {
            self.named.push(name);
        }
    }
}

/// Reads every report in a zip; or in the one file that these bytes are, when they are no zip.
///
/// # Errors
/// It cannot be read as a whole, and then nothing that was read before that is given: half of an archive that
/// is made to hurt is no evidence.
pub fn unpack<R: Read + Seek>(
    bytes: &mut R,
    name: &str,
    limits: &Limits,
    marker: &Marker,
) -> Result<Unpacked, Fault> {
    let mut unpacking =
        Unpacking { limits: *limits, marker, bytes: 0, entries: 0, findings: 0, found: Unpacked::default() };
    if zipped::is_zip(bytes)? {
        unpacking.zip(bytes, None)?;
    } else if gzipped::is_gzip(bytes)? {
        unpacking.gzip(bytes, name)?;
    } else {
        unpacking.single(bytes, name)?;
    }
    Ok(unpacking.found)
}

/// A report that says that something which was uploaded under this name, or is this tool's, could not be read.
pub fn unreadable(name: &str, why: &str, marker: &Marker) -> Vec<Report> {
    let mut draft = Draft::new("artifact", &Limits::default(), marker);
    draft.begin(if name.chars().any(char::is_alphanumeric) { name } else { "artifact" });
    draft.broken(why)
}

struct Unpacking<'a> {
    limits: Limits,
    marker: &'a Marker,
    /// What came out so far.
    bytes: u64,
    entries: usize,
    findings: usize,
    found: Unpacked,
}

impl Unpacking<'_> {
    fn single<R: Read + Seek>(&mut self, bytes: &mut R, name: &str) -> Result<(), Fault> {
        let mut most = 0;
        let file = read(&mut Whole { name, bytes, most: &mut most }, &self.left(), self.marker)?;
        self.keep(shown(name), file);
        Ok(())
    }

    fn keep(&mut self, name: String, file: File) {
        if file.reports.is_empty() {
            return self.passed_over(name, NO_REPORT);
        }
        self.findings += file.reports.iter().map(|report| report.findings.len()).sum::<usize>();
        self.found.files.push((name, file));
    }

    /// A file in which there is no report: one that claims to be one must not pass as nothing.
    fn passed_over(&mut self, entry: String, why: &str) {
        match claim::of_file(&entry) {
            None => self.found.others.add(entry),
            Some(tool) => {
                let why = format!("By its name it is a report of {tool}, and {why}. {}", claim::WAY_OUT);
                self.found.refused.push(Refused { entry, why, claims: Some(tool) });
            }
        }
    }

    fn refuse(&mut self, entry: String, why: impl Into<String>) {
        self.found.refused.push(Refused { entry, why: why.into(), claims: None });
    }

    /// The budget of the next file.
    fn left(&self) -> Limits {
        Limits { findings: self.limits.findings.saturating_sub(self.findings), ..self.limits }
    }

    fn bytes_left(&self) -> u64 {
        self.limits.artifact_bytes.saturating_sub(self.bytes)
    }

    fn count(&mut self, bytes: u64) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(bytes);
        self.within_budget()
    }

    fn within_budget(&self) -> Result<(), Fault> {
        if self.entries > self.limits.entries {
            return Err(Fault::new(format!("There are more than {} files in it.", self.limits.entries)));
        }
        if self.bytes > self.limits.artifact_bytes {
            return Err(Fault::new(format!(
                "More than {} MiB come out of it: it is too large, or a zip bomb. Nothing of it counts. Upload the reports in an artifact of their own.",
                self.limits.artifact_bytes >> 20
            )));
        }
        Ok(())
    }
}

const NO_REPORT: &str = "it holds none of any format that is known here";

/// A name as people are told it.
fn shown(name: &str) -> String {
    let name: String =
        name.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    name.get(..name.floor_char_boundary(SHOWN_NAME)).unwrap_or_default().to_owned()
}

/// A file that is no zip.
struct Whole<'e, R> {
    name: &'e str,
    bytes: &'e mut R,
    most: &'e mut u64,
}

impl<R: Read + Seek> Source for Whole<'_, R> {
    fn name(&self) -> &str {
        self.name
    }

    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        self.bytes.seek(SeekFrom::Start(0))?;
        Ok(Box::new(Metered { inner: &mut *self.bytes, read: 0, left: u64::MAX, most: self.most }))
    }
}

/// Counts what comes out, and ends when it is too much.
struct Metered<'m, R> {
    inner: R,
    read: u64,
    left: u64,
    most: &'m mut u64,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read > self.left {
            return Err(io::Error::other("the artifact is too large"));
        }
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        *self.most = (*self.most).max(self.read);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
