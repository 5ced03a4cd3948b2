//! `scans` and `require.scans` as people write them.

use schemars::JsonSchema;

use super::words::{
    Annotations, ArtifactName, BlockOrShow, Day, FailOn, KeyText, Percent, Platform, ReportName, Tests,
    WaiverPlace,
};
use crate::policy::Principal;
use crate::policy::node::Node;
use crate::policy::read::{At, FromNode, List, Reader, entry};
use crate::policy::schema::section;
use crate::policy::words::{DurationWord, Line, WebAddress};

section! {
    /// How the reports of scanners and tests are judged and shown, and what an environment's `require.scans` begins with.
    ScansSection {
        /// The least severity of a finding that fails: critical, high, medium, low, info; or `none`.
        "fail_on" fail_on: optional FailOn,
        /// Reports that have to be there and to be readable: a tool, a format, sbom, tests, coverage, signature or provenance.
        "must_have" must_have: optional List<ReportName>,
        /// Whether only findings count that the baseline does not have: false unless said otherwise.
        "new_only" new_only: optional bool,
        /// Whether a finding that is known to be exploited fails whatever its severity: block (the default) or show.
        "known_exploited" known_exploited: optional BlockOrShow,
        /// Whether a scan of a distribution that is no longer supported fails: block (the default) or show.
        "end_of_life" end_of_life: optional BlockOrShow,
        /// Whether a scan that found nothing that it can look at fails: block (the default) or show.
        "nothing_to_look_at" nothing_to_look_at: optional BlockOrShow,
        /// Whether tests that failed fail: required (the default) or ignored.
        "tests" tests: optional Tests,
        /// How much of the code the tests have to run.
        "coverage" coverage: optional CoverageSection,
        /// The platforms of which an image report has to be there.
        "platforms" platforms: optional List<Platform>,
        /// Under what signatures have to verify, and of what.
        "signatures" signatures: optional SignaturesSection,
        /// Whether reports of a fork's runs count: false unless said otherwise.
        "forks" forks: optional bool,
        /// Whether GitHub's own alerts are read too: false unless said otherwise.
        "github_alerts" github_alerts: optional bool,
        /// Artifacts that hold no reports, by name, with * for any text. One that is too large or broken would
        /// otherwise count as a report that cannot be read.
        "ignore_artifacts" ignore_artifacts: optional List<ArtifactName>,
        /// Workflows whose runs are not waited for, by the name of their file, with * for any text.
        "ignore_workflows" ignore_workflows: optional List<ArtifactName>,
        /// For how long a workflow of the commit that is still running is waited for: 60m unless said otherwise. After
        /// that it fails.
        "wait" wait: optional DurationWord,
        /// How many annotations the check run may have: 50 unless said otherwise.
        "annotations" annotations: optional Annotations,
        /// Who may let findings through by /waive. Nobody unless said otherwise.
        "waive" waive: optional WaiveSection,
        /// Findings that are let through.
        "waivers" waivers: optional List<WaiverSection>,
    }
}

section! {
    /// What the commit's reports have to pass. What is not said here is as in the file's own `scans`.
    GateSection {
        /// The least severity of a finding that fails: critical, high, medium, low, info; or `none`.
        "fail_on" fail_on: optional FailOn,
        /// Reports that have to be there and to be readable: a tool, a format, sbom, tests, coverage, signature or provenance.
        "must_have" must_have: optional List<ReportName>,
        /// Whether only findings count that the baseline does not have.
        "new_only" new_only: optional bool,
        /// Whether a finding that is known to be exploited fails whatever its severity: block or show.
        "known_exploited" known_exploited: optional BlockOrShow,
        /// Whether a scan of a distribution that is no longer supported fails: block or show.
        "end_of_life" end_of_life: optional BlockOrShow,
        /// Whether a scan that found nothing that it can look at fails: block or show.
        "nothing_to_look_at" nothing_to_look_at: optional BlockOrShow,
        /// Whether tests that failed fail: required or ignored.
        "tests" tests: optional Tests,
        /// How much of the code the tests have to run.
        "coverage" coverage: optional CoverageSection,
        /// The platforms of which an image report has to be there.
        "platforms" platforms: optional List<Platform>,
        /// Of what signatures have to verify.
        "signatures" signatures: optional SignedSection,
    }
}

section! {
    /// How much of the code the tests have to run.
    CoverageSection {
        /// At least so many percent of the lines.
        "minimum" minimum: optional Percent,
        /// At most so many percentage points less than the baseline.
        "max_drop" max_drop: optional Percent,
    }
}

section! {
    /// Under what signatures have to verify, and of what.
    SignaturesSection {
        /// A public key: the PEM itself, or the path of a file with it on the default branch.
        "key" key: optional KeyText,
        /// Signed without a key, with a certificate for this identity.
        "keyless" keyless: optional KeylessSection,
        /// Reports whose signature has to verify.
        "require" require: optional List<ReportName>,
    }
}

section! {
    /// Of what signatures have to verify.
    SignedSection {
        /// Reports whose signature has to verify.
        "require" require: required List<ReportName>,
    }
}

section! {
    /// An identity that a certificate has to name.
    KeylessSection {
        /// Who vouches for the identity, such as `https://token.actions.githubusercontent.com`.
        "issuer" issuer: required WebAddress,
        /// The certificate's subject, such as `https://github.com/acme/shop/.github/workflows/ci.yml@refs/heads/main`.
        "identity" identity: required Line,
    }
}

section! {
    /// Who may let findings through.
    WaiveSection {
        /// Who: user:LOGIN, team:ORGANISATION/SLUG or role:NAME.
        "by" by: required List<Principal>,
        /// Does nothing any more, and is still taken: a waiver holds in the whole repository, wherever it is written.
        "authors" authors: optional bool,
    }
}

section! {
    /// A finding that is let through.
    WaiverSection {
        /// Which: a CVE or another public id, a rule's id, or the id that the check run shows.
        "id" id: required Line,
        /// Only in this package (its package URL without version), this file, or below this folder.
        "only" only: optional WaiverPlace,
        /// The last day on which it holds, in UTC.
        "until" until: required Day,
        /// Why.
        "reason" reason: required Line,
    }
}
