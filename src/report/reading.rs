//! From the bytes of one file to its reports.

use std::io::{self, BufRead as _, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::format::{Format, recognise};
use super::input::{Decoded, Input};
use super::sketch::{GLANCE, Sketch};
use super::{Draft, Limits, Marker, Report, State};

/// A report is looked for behind so many lines of messages.
const MESSAGES: usize = 200;

/// A file that can be read from its start, twice if it must be.
pub trait Source {
    /// Its path in the artifact or on disk: a hint, and what people are told.
    fn name(&self) -> &str;

    /// Its bytes from the first one.
    fn open(&mut self) -> io::Result<Box<dyn Read + '_>>;
}

/// What was read from one file.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The SHA-256 of its bytes; zeros when it is no report, since then it is not read to its end.
    pub sha256: [u8; 32],
    /// What is in it; empty when it is no report of any format we know.
    pub reports: Vec<Report>,
}

/// Recognises a file by its content and reads it.
///
/// # Errors
/// Its bytes cannot be had. What is wrong with the bytes themselves is a state of the report.
pub fn read(source: &mut dyn Source, limits: &Limits, marker: &Marker) -> io::Result<File> {
    let name = source.name().to_owned();
    let Some((format, before)) = look(source, limits)? else {
        return Ok(File { sha256: [0; 32], reports: Vec::new() });
    };
    let mut hashed = Hashed {
        inner: source.open()?.take(limits.entry_bytes.saturating_add(1)),
        hash: Sha256::new(),
        bytes: 0,
    };
    let mut text = Decoded::new(&mut hashed);
    let mut reports = match before {
        Some(line) => Draft::new(format.name, limits, marker).broken(&something_before(&line)),
        None => read_as(format, &name, &mut text, limits, marker),
    };
    text.drain()?;
    let replaced = text.was_replaced();
    if hashed.bytes > limits.entry_bytes {
        let why = format!(
            "The file is longer than {} MiB, and only its beginning was read.",
            limits.entry_bytes >> 20
        );
        for report in &mut reports {
            report.state = State::Unreadable { why: why.clone() };
        }
    }
    if replaced {
        let note = "Some of its bytes are no text; they are shown as \u{fffd}.";
        for report in &mut reports {
            report.notes.push(note.to_owned());
        }
    }
    Ok(File { sha256: hashed.hash.finalize().into(), reports })
}

fn read_as(
    format: &Format,
    name: &str,
    text: &mut dyn io::BufRead,
    limits: &Limits,
    marker: &Marker,
) -> Vec<Report> {
    let mut draft = Draft::new(format.name, limits, marker);
    let mut input = Input::new(name, text, *limits);
    match (format.read)(&mut input, &mut draft) {
        Ok(()) => draft.finish(),
        Err(fault) => draft.broken(&fault.to_string()),
    }
}

fn something_before(line: &str) -> String {
    let line: String = line.chars().take(80).collect();
    format!(
        "Something stands before the report: `{}`. Have the tool write into the file itself, and its messages go elsewhere.",
        line.trim()
    )
}

/// What it is, and what stands in the first line if the report begins only after it.
type Looked = (&'static Format, Option<String>);

/// By its beginning, and by the whole of it where the beginning does not tell.
fn look(source: &mut dyn Source, limits: &Limits) -> io::Result<Option<Looked>> {
    let mut text = Decoded::new(source.open()?);
    let mut beginning = Vec::with_capacity(GLANCE);
    let mut more = true;
    while beginning.len() < GLANCE && more {
        let chunk = text.fill_buf()?;
        beginning.extend_from_slice(chunk);
        let length = chunk.len();
        more = length > 0;
        text.consume(length);
    }
    drop(text);
    let beginning = String::from_utf8_lossy(&beginning);
    let sketch = Sketch::of(&beginning, *limits);
    if let Some(format) = recognise(&sketch) {
        return Ok(Some((format, None)));
    }
    if sketch.json().is_none() {
        return Ok(look_further(&beginning, *limits));
    }
    if !more {
        return Ok(None);
    }
    let mut whole = BufReader::new(Decoded::new(source.open()?.take(limits.entry_bytes)));
    Ok(recognise(&Sketch::whole_json(&mut whole, *limits)).map(|format| (format, None)))
}

/// A report behind messages: where a line begins as JSON or XML does.
fn look_further(beginning: &str, limits: Limits) -> Option<Looked> {
    let mut lines = beginning.split_inclusive('\n');
    let first = lines.next()?;
    let mut at = first.len();
    for line in lines.take(MESSAGES) {
        if line.starts_with(['{', '[', '<']) {
            let sketch = Sketch::of(beginning.get(at..)?, limits);
            let structured = matches!(sketch, Sketch::Json(_) | Sketch::JsonLines(_) | Sketch::Xml(_));
            return recognise(&sketch).filter(|_| structured).map(|format| (format, Some(first.to_owned())));
        }
        at += line.len();
    }
    None
}

/// Bytes that are hashed and counted as they are read.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

/// A file that is in memory.
impl Source for (&str, &[u8]) {
    fn name(&self) -> &str {
        self.0
    }

    fn open(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.1))
    }
}
