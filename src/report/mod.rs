//! Reports: what scanners, tests and builds wrote about a commit.
//!
//! A report comes as bytes that anybody may have written. [`read`] recognises the format by its content,
//! never by its name ([`sketch`]), and hands it to the one reader that knows it ([`mod@format`]).
//! Every reader streams, within [`Limits`], into a [`Draft`]; what comes out are [`Report`]s in the words of
//! no tool in particular.
//!
//! Absence is the great danger: an empty file, an error document or a scan that looked at nothing must never
//! read as "no findings". Hence each report has a [`State`], and only [`State::Ok`] satisfies anything.

mod severity;
mod finding;
mod aim;
mod limits;
mod document;
mod draft;
mod share;
mod marker;
pub mod input;
pub mod sketch;
pub mod format;
mod path;
mod changed;
mod package_url;
mod digest;
mod weakness;
mod dependency;
mod lint_code;
mod tool_names;
mod claim;
pub mod github_alerts;
mod reading;
pub mod archive;
mod origin;
pub mod upload;
mod page_key;
pub mod succession;
mod waiver;
mod standing;
mod reference;
pub mod signature;
mod subjects;
pub mod platform;
mod stand;
mod gate;
#[cfg(test)]
mod trial;

pub use archive::Others;
pub use changed::Changed;
pub use document::{
    Attestation, Counts, Coverage, Image, Inventory, Report, State, Subject, TestTotals, Tool, Unkept,
};
pub use draft::Draft;
pub use finding::{Advisory, Category, Endpoint, Finding, Package, Place, Rule, Secret, Suppression, Text};
pub use gate::{Gate, Wait};
pub use limits::Limits;
pub use marker::Marker;
pub use origin::{Baseline, Origin, PassedOver, Received, Way};
pub use page_key::PageKey;
pub use path::{place, relative, span};
pub use reading::{File, Source, read};
pub use reference::Reference;
pub use severity::Severity;
pub use signature::Trust;
pub use stand::{Evidence, stand};
pub use standing::{
    Compared, Condition, CoverageFact, Fingerprint, Named, Novelties, Novelty, Problem, ReportFact, Row,
    Said, SignatureFact, Standing, Tally, UnfinishedRun, WaiverNews,
};
pub use subjects::subjects_match;
pub use waiver::Waiver;
