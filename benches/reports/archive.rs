//! Reports in zip archives, written and read without ever being whole in memory.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read};
use std::path::Path;

use countersign::report::Source;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::made;

/// Writes a report of about this size; how many items are in it.
pub(crate) fn write(path: &Path, kind: made::Kind, bytes: u64) -> u64 {
    let mut archive = ZipWriter::new(BufWriter::new(File::create(path).unwrap()));
    let options = SimpleFileOptions::default().large_file(true).compression_level(Some(6));
    archive.start_file("report", options).unwrap();
    let items = made::write(&mut BufWriter::with_capacity(1 << 20, &mut archive), kind, bytes).unwrap();
    archive.finish().unwrap();
    items
}

/// Unpacks the only file of an archive.
pub(crate) fn unpack(path: &Path, to: &Path) {
    let mut source = Archived::open(path);
    io::copy(&mut source.open().unwrap(), &mut File::create(to).unwrap()).unwrap();
}

/// The only file of an archive.
pub(crate) struct Archived(ZipArchive<BufReader<File>>);

impl Archived {
    pub(crate) fn open(path: &Path) -> Self {
        Self(ZipArchive::new(BufReader::new(File::open(path).unwrap())).unwrap())
    }
}

impl Source for Archived {
    fn name(&self) -> &'static str {
        "report"
    }

    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0.by_index(0)?))
    }
}
