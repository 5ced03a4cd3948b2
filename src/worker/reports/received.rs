//! From the bytes that were uploaded to reports with their origin.

use std::fs::File;
use std::io::BufReader;

use crate::report::archive::{Unpacked, unpack, unreadable};
use crate::report::{Limits, Marker, Origin, Received, Report};

/// What was uploaded together.
#[derive(Debug)]
pub struct Upload {
    /// Its bytes: a zip, or one file.
    pub file: File,
    /// The name it was uploaded under.
    pub name: String,
    /// Where it came from; the entry and the hash are put in for each file.
    pub origin: Origin,
    /// How much of it is read and kept.
    pub limits: Limits,
}

/// The reports of one upload.
#[derive(Debug, Default)]
pub struct Read {
    /// Each with its origin. What could not be read stands among them as unreadable.
    pub reports: Vec<Received>,
    /// How many files are no reports of any format we know.
    pub unrecognised: u64,
}

/// Reads an upload. Blocks, and takes as long as the largest upload takes.
pub fn read(upload: Upload, marker: &Marker) -> Read {
    let Upload { file, name, origin, limits } = upload;
    let mut read = Read::default();
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
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

impl Read {
    fn take(&mut self, unpacked: Unpacked, name: &str, origin: &Origin, marker: &Marker) {
        self.unrecognised = unpacked.unrecognised;
        for (entry, file) in unpacked.files {
            let origin = Origin { entry, sha256: hex::encode(file.sha256), ..origin.clone() };
            let with_origin = |report: Report| Received { report, origin: origin.clone() };
            self.reports.extend(file.reports.into_iter().map(with_origin));
        }
        for (entry, why) in unpacked.refused {
            self.refuse(name, (origin, entry), &why, marker);
        }
    }

    fn refuse(&mut self, name: &str, (origin, entry): (&Origin, String), why: &str, marker: &Marker) {
        let origin = Origin { entry, ..origin.clone() };
        self.reports.extend(refused(name, why, &origin, marker));
    }
}
