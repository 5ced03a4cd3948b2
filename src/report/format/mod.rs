//! Every format there is, one file each. Adding one is its file and its line in [`ALL`].

mod sarif;
mod junit;
mod coverage;
mod checkstyle;

use super::Draft;
use super::input::{Input, Result};
use super::sketch::Sketch;

/// One format: how it is recognised and how it is read.
#[derive(Debug)]
pub struct Format {
    /// Its name, as [`Report::format`](super::Report::format) says it and a policy may ask for it.
    pub name: &'static str,
    /// Whether a file that looks like this is one.
    pub recognises: fn(&Sketch) -> bool,
    /// Reads it. What was read before a fault is kept, and shown as unreadable.
    pub read: fn(&mut Input<'_>, &mut Draft) -> Result<()>,
}

/// All of them, in the order in which they are asked: who asks for more stands before who asks for less.
pub const ALL: &[&Format] = &[
    &sarif::FORMAT,
    &junit::FORMAT,
    &coverage::COBERTURA,
    &coverage::COVERAGE_PY,
    &coverage::LCOV,
    &checkstyle::FORMAT,
];

/// The first that recognises it.
pub fn recognise(sketch: &Sketch) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| (format.recognises)(sketch))
}
