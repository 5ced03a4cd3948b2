//! From the bytes that were uploaded to reports with their origin.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::archive::{Others, Refused, Unpacked, unpack, unreadable};
use super::claim;
use super::{Limits, Marker, Origin, Received, Report};

/// What was uploaded together.
#[derive(Debug)]
pub struct Upload<F> {
    /// Its bytes: a zip, or one file.
    pub file: F,
    /// The name it was uploaded under.
    pub name: String,
    /// Where it came from; the entry and the hash are put in for each file.
    pub origin: Origin,
    /// How much of it is read and kept.
    pub limits: Limits,
}

/// The reports of one upload.
#[derive(Debug, Default)]
pub struct Uploaded {
    /// Each with its origin. What could not be read stands among them as unreadable.
    pub reports: Vec<Received>,
    /// How many of these only claim to be reports.
    pub claims: usize,
    /// Files that are no reports, and do not claim to be.
    pub others: Others,
}

/// Reads an upload. Blocks, and takes as long as the largest upload takes.
pub fn read<F: Read + Seek>(upload: Upload<F>, marker: &Marker) -> Uploaded {
    let Upload { mut file, name, origin, limits } = upload;
    let mut read = Uploaded::default();
    if is_empty(&mut file) {
        read.refuse(&name, (&origin, String::new()), "Not one byte was uploaded.", marker);
        return read;
    }
    match unpack(&mut BufReader::new(file), &name, &limits, marker) {
        Ok(unpacked) => read.take(unpacked, &name, &origin, marker),
        Err(why) => read.refuse(&name, (&origin, String::new()), &why.to_string(), marker),
    }
    read
}

/// Something that could not be read, as a report that says so.
pub fn refused(name: &str, why: &str, origin: &Origin, marker: &Marker) -> Vec<Received> {
    let reports = unreadable(name, why, marker).into_iter();
    reports.map(|report| Received { report, origin: origin.clone() }).collect()
}

/// One that cannot tell its length is said to be unreadable where it is read.
fn is_empty(file: &mut impl Seek) -> bool {
    let length = file.seek(SeekFrom::End(0));
    let begun = file.rewind();
    begun.is_ok() && length.is_ok_and(|length| length == 0)
}

impl Uploaded {
    fn take(&mut self, unpacked: Unpacked, name: &str, origin: &Origin, marker: &Marker) {
        self.others = unpacked.others;
        let nothing = unpacked.files.is_empty() && unpacked.refused.is_empty();
        for (entry, file) in unpacked.files {
            let origin = Origin { entry, sha256: hex::encode(file.sha256), ..origin.clone() };
            let with_origin = |report: Report| Received { report, origin: origin.clone() };
            self.reports.extend(file.reports.into_iter().map(with_origin));
        }
        for Refused { entry, why, claims } in unpacked.refused {
            self.claims += usize::from(claims.is_some());
            self.refuse(claims.unwrap_or(name), (origin, entry), &why, marker);
        }
        if let Some(tool) = claim::of_artifact(name).filter(|_| nothing) {
            self.claims += 1;
            let why = format!(
                "By its name it holds a report of {tool}, and no file in it is one. {}",
                claim::WAY_OUT
            );
            self.refuse(tool, (origin, String::new()), &why, marker);
        }
    }

    fn refuse(&mut self, name: &str, (origin, entry): (&Origin, String), why: &str, marker: &Marker) {
        let origin = Origin { entry, ..origin.clone() };
        self.reports.extend(refused(name, why, &origin, marker));
    }
}
