//! Reading hostile text piece by piece: [`json`], [`xml`] and [`lines`], all within [`Limits`].
//!
//! Nothing here holds a whole report: strings are cut while they are read, and what a reader does not ask
//! for is passed over.

mod decode;
pub mod loose;
pub mod json;
pub mod xml;
pub mod lines;
pub(super) mod located;

use std::io::{self, BufRead};

use super::Limits;
use json::Json;
use lines::Lines;
use xml::Xml;

pub use decode::Decoded;

/// Why a file cannot be read: one sentence for whoever uploaded it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl Fault {
    /// A fault, said in one sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a reader gives.
pub type Result<T> = std::result::Result<T, Fault>;

/// One file, as text, from its first byte on.
pub struct Input<'a> {
    bytes: &'a mut dyn BufRead,
    /// Its path in the artifact: a hint, and only where the content leaves a doubt.
    pub name: &'a str,
    /// How much of it may be read.
    pub limits: Limits,
}

impl<'a> Input<'a> {
    /// A file whose bytes are text already; [`Decoded`] makes them so.
    pub fn new(name: &'a str, bytes: &'a mut dyn BufRead, limits: Limits) -> Self {
        Self { bytes, name, limits }
    }

    /// Reads it as JSON.
    pub fn json(&mut self) -> Json<'_> {
        Json::new(self.bytes, self.limits)
    }

    /// Reads it as XML.
    pub fn xml(&mut self) -> Xml<'_> {
        Xml::new(self.bytes, self.limits)
    }

    /// Reads it line by line.
    pub fn lines(&mut self) -> Lines<'_> {
        Lines::new(self.bytes, self.limits)
    }
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("name", &self.name).finish_non_exhaustive()
    }
}
