//! Every format there is, one file or folder for each tool or standard. Adding one is its file and its line
//! in [`ALL`].

pub(super) mod attestation;
mod bandit;
mod black;
mod checkstyle;
mod code_climate;
mod coverage;
mod cyclonedx;
mod dependency_check;
mod detect_secrets;
mod dockle;
mod empty_file;
mod empty_list;
mod flake8;
mod gitlab;
mod gitleaks;
mod grype;
mod hadolint;
mod helm_lint;
mod junit;
mod left_out;
mod kubesec;
mod mypy;
mod nikto;
mod npm_audit;
mod oci_index;
mod osv_scanner;
mod pip_audit;
mod pylint;
mod ruff;
mod sarif;
mod semgrep;
mod spdx;
mod syft;
mod trivy;
mod trufflehog;
mod yamllint;
mod zap;

#[cfg(test)]
mod tests;

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
    // Exchange formats that any tool may write; each has a mark of its own at its root.
    &sarif::FORMAT,
    &junit::FORMAT,
    &coverage::COBERTURA,
    &coverage::COVERAGE_PY,
    &coverage::LCOV,
    &checkstyle::FORMAT,
    // Dependencies, images and configurations. A report about a cluster has Trivy's schema version, too.
    &trivy::KUBERNETES,
    &trivy::FORMAT,
    &trivy::LEGACY,
    &grype::FORMAT,
    &dependency_check::FORMAT,
    &dependency_check::XML,
    &gitlab::FORMAT,
    &dockle::FORMAT,
    &kubesec::FORMAT,
    // Lists of items, told by their first one: hadolint's has more keys than Code Climate's.
    &hadolint::FORMAT,
    &code_climate::FORMAT,
    &detect_secrets::FORMAT,
    // npm 6 has the counts of npm 7, and besides them its advisories by number.
    &osv_scanner::FORMAT,
    &npm_audit::V1,
    &npm_audit::FORMAT,
    &pip_audit::FORMAT,
    &hadolint::TEXT,
    // Code. Bandit's and Semgrep's have both results and errors; only Bandit's says when it was made.
    &bandit::FORMAT,
    &semgrep::FORMAT,
    // Secrets, and running applications.
    &gitleaks::FORMAT,
    &trufflehog::FORMAT,
    &trufflehog::V2,
    &zap::FORMAT,
    &zap::XML,
    &nikto::FORMAT,
    &nikto::XML,
    // Linters. In text, Ruff's concise lines are flake8's but for a mark here and there, and hence stand first.
    &pylint::FORMAT,
    &ruff::FORMAT,
    &ruff::LINES,
    &mypy::JSON,
    &mypy::FORMAT,
    &ruff::TEXT,
    &flake8::FORMAT,
    &yamllint::FORMAT,
    &black::FORMAT,
    &helm_lint::FORMAT,
    // What is signed, before what may be signed: a bundle holds an envelope, an envelope a statement.
    &attestation::SIGSTORE_BUNDLE,
    &attestation::DSSE,
    &attestation::IN_TOTO,
    &oci_index::FORMAT,
    &cyclonedx::JSON,
    &cyclonedx::XML,
    &spdx::SPDX3,
    &spdx::JSON,
    &spdx::TAG_VALUE,
    &syft::FORMAT,
    // Files that only their names can tell.
    &empty_list::FORMAT,
    &empty_file::FORMAT,
];

/// The first that recognises it.
pub fn recognise(sketch: &Sketch) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| (format.recognises)(sketch))
}
