//! Every format there is, one file each. Adding one is its file and its line in [`ALL`].

mod sarif;
mod junit;
pub(super) mod attestation;
mod cyclonedx;
mod cyclonedx_json;
mod cyclonedx_xml;
mod dsse;
mod in_toto;
mod oci_index;
mod purl;
mod sigstore_bundle;
mod spdx;
mod spdx3_json;
mod spdx_json;
mod spdx_tag_value;
mod syft;
#[cfg(test)]
pub(super) mod testing;

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
    &sigstore_bundle::FORMAT,
    &dsse::FORMAT,
    &in_toto::FORMAT,
    &oci_index::FORMAT,
    &cyclonedx_json::FORMAT,
    &cyclonedx_xml::FORMAT,
    &spdx3_json::FORMAT,
    &spdx_json::FORMAT,
    &spdx_tag_value::FORMAT,
    &syft::FORMAT,
    &junit::FORMAT,
];

/// The first that recognises it.
pub fn recognise(sketch: &Sketch) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| (format.recognises)(sketch))
}
