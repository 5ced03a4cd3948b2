//! Every format there is, one file each. Adding one is its file and its line in [`ALL`].

mod code_climate;
mod dependency_check;
mod dependency_check_xml;
mod detect_secrets;
mod dockle;
mod empty_list;
mod gitlab;
mod grype;
mod hadolint;
mod hadolint_text;
mod junit;
mod kubesec;
mod npm_audit;
mod npm_audit_v1;
mod osv_scanner;
mod pip_audit;
mod sarif;
mod trivy;
mod trivy_kubernetes;
mod trivy_legacy;
mod trivy_result;



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
    &trivy_kubernetes::FORMAT,
    &trivy::FORMAT,
    &trivy_legacy::FORMAT,
    &grype::FORMAT,
    &dependency_check::FORMAT,
    &dependency_check_xml::FORMAT,
    &gitlab::FORMAT,
    &dockle::FORMAT,
    &kubesec::FORMAT,
    &hadolint::FORMAT,
    &code_climate::FORMAT,
    &detect_secrets::FORMAT,
    &osv_scanner::FORMAT,
    &npm_audit_v1::FORMAT,
    &npm_audit::FORMAT,
    &pip_audit::FORMAT,
    &hadolint_text::FORMAT,
    &empty_list::FORMAT,
];

/// The first that recognises it.
pub fn recognise(sketch: &Sketch) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| (format.recognises)(sketch))
}
