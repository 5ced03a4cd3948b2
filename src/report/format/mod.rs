//! Every format there is, one file each. Adding one is its file and its line in [`ALL`].

pub(super) mod attestation;
mod bandit;
mod bandit_rating;
mod black;
mod checkstyle;
mod code_climate;
mod coverage;
mod cyclonedx;
mod cyclonedx_json;
mod cyclonedx_xml;
mod dependency_check;
mod dependency_check_xml;
mod detect_secrets;
mod dockle;
mod dsse;
mod empty_file;
mod empty_list;
mod flake8;
mod gitlab;
mod gitleaks;
mod grype;
mod hadolint;
mod hadolint_text;
mod helm_lint;
mod in_toto;
mod item;
mod junit;
mod kubesec;
mod located;
mod mypy;
mod mypy_json;
mod named;
mod nikto_json;
mod nikto_xml;
mod npm_audit;
mod npm_audit_v1;
mod oci_index;
mod osv_scanner;
mod pip_audit;
mod purl;
mod pylint;
mod ruff;
mod ruff_lines;
mod ruff_text;
mod sarif;
mod semgrep;
mod semgrep_rule;
mod sigstore_bundle;
mod spdx3_json;
mod spdx;
mod spdx_json;
mod spdx_tag_value;
mod syft;
mod trivy;
mod trivy_kubernetes;
mod trivy_legacy;
mod trivy_result;
mod trufflehog;
mod trufflehog_v2;
mod yamllint;
mod zap_json;
mod zap_xml;

#[cfg(test)]
mod trial;
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
    &junit::FORMAT,
    &coverage::COBERTURA,
    &coverage::COVERAGE_PY,
    &coverage::LCOV,
    &checkstyle::FORMAT,
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
    &bandit::FORMAT,
    &semgrep::FORMAT,
    &gitleaks::FORMAT,
    &trufflehog::FORMAT,
    &trufflehog_v2::FORMAT,
    &zap_json::FORMAT,
    &zap_xml::FORMAT,
    &nikto_json::FORMAT,
    &nikto_xml::FORMAT,
    &pylint::FORMAT,
    &ruff::FORMAT,
    &ruff_lines::FORMAT,
    &mypy_json::FORMAT,
    &mypy::FORMAT,
    &ruff_text::FORMAT,
    &flake8::FORMAT,
    &yamllint::FORMAT,
    &black::FORMAT,
    &helm_lint::FORMAT,
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
    &empty_list::FORMAT,
    &empty_file::FORMAT,
];

/// The first that recognises it.
pub fn recognise(sketch: &Sketch) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| (format.recognises)(sketch))
}
