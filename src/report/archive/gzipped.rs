//! What is compressed by itself: a report (`trivy.json.gz`), or a tape archive of files (`reports.tgz`).

use std::io::{self, Read, Seek};

use flate2::read::MultiGzDecoder;

use super::{NESTED_BYTES, Unpacking, shown};
use crate::report::claim;
use crate::report::input::Fault;
use crate::report::read;

/// The bytes that all gzip begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// What a tape archive has at this place in its first header.
const USTAR: (usize, &[u8]) = (257, b"ustar");

const TOO_LARGE: &str = "unpacked it is larger than 64 MiB and was not read";

/// Whether a file is called as compressed ones are in which a report may be.
pub(super) fn is_called_so(name: &str) -> bool {
    inside(name).is_some_and(|inner| is_tape(&inner) || claim::is_of_a_reports_type(&inner))
}

/// Whether bytes begin as gzip does.
pub(super) fn is_gzip<R: Read + Seek>(bytes: &mut R) -> io::Result<bool> {
    let mut first = [0; 2];
    bytes.rewind()?;
    let is_one = bytes.read_exact(&mut first).is_ok() && first == MAGIC;
    bytes.rewind()?;
    Ok(is_one)
}

impl Unpacking<'_> {
    /// What is too large or broken is one more file that is no report, unless it claims to be one.
    pub(super) fn gzip(&mut self, bytes: impl Read, name: &str) -> Result<(), Fault> {
        let inner = inside(name).unwrap_or_else(|| name.to_owned());
        let most = NESTED_BYTES.min(self.bytes_left());
        let mut unpacked = Vec::new();
        let done = MultiGzDecoder::new(bytes).take(most + 1).read_to_end(&mut unpacked);
        if unpacked.len() as u64 > most {
            self.passed_over(name.to_owned(), TOO_LARGE);
            return Ok(());
        }
        self.count(unpacked.len() as u64)?;
        if let Err(error) = done {
            self.passed_over(name.to_owned(), &format!("its bytes cannot be unpacked ({error})"));
        } else if is_tape_archive(&unpacked) {
            self.tape(&unpacked, name)?;
        } else {
            let file = read(&mut (inner.as_str(), &*unpacked), &self.left(), self.marker)?;
            self.keep(shown(&inner), file);
        }
        Ok(())
    }

    /// Links and devices are not followed; a tape archive of a program has many.
    fn tape(&mut self, bytes: &[u8], name: &str) -> Result<(), Fault> {
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().map_err(|error| Fault::new(error.to_string()))?;
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.refuse(name.to_owned(), format!("It is broken or cut off: {error}."));
                    return Ok(());
                }
            };
            self.entries += 1;
            if self.entries > self.limits.entries {
                let why = format!("There are more than {} files in it.", self.limits.entries);
                self.refuse(name.to_owned(), why);
                return Ok(());
            }
            let kind = entry.header().entry_type();
            let path = shown(&format!("{name}!/{}", String::from_utf8_lossy(&entry.path_bytes())));
            if kind.is_file() || kind.is_gnu_sparse() || kind.is_contiguous() {
                self.taped(entry, path)?;
            } else if !kind.is_dir() {
                self.passed_over(path, "it is a link or no ordinary file and was not read");
            }
        }
        Ok(())
    }

    fn taped(&mut self, entry: impl Read, path: String) -> Result<(), Fault> {
        // A sparse file is as long as its header says, however little of it is there.
        let most = NESTED_BYTES.min(self.bytes_left());
        let mut content = Vec::new();
        let done = entry.take(most + 1).read_to_end(&mut content);
        self.count((content.len() as u64).min(most))?;
        if let Err(error) = done {
            self.passed_over(path, &format!("its bytes cannot be unpacked ({error})"));
            return Ok(());
        }
        if content.len() as u64 > most {
            self.passed_over(path, TOO_LARGE);
            return Ok(());
        }
        let file = read(&mut (path.as_str(), &*content), &self.left(), self.marker)?;
        self.keep(path, file);
        Ok(())
    }
}

/// What the file in it is called: `trivy.json` in `trivy.json.gz`.
fn inside(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "tgz" => Some(format!("{stem}.tar")),
        "gz" => Some(stem.to_owned()),
        _ => None,
    }
}

fn is_tape(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("tar"))
}

fn is_tape_archive(bytes: &[u8]) -> bool {
    let (at, magic) = USTAR;
    bytes.get(at..at + magic.len()) == Some(magic)
}
