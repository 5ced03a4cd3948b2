//! What one tool said in one file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::aim::is_no_scanner;
use super::{Category, Finding, Severity, Text};

/// What one tool said about one target. A file may hold several (SARIF with several runs).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The format it was read as, by its name in [`format::ALL`](super::format::ALL).
    pub format: Text,
    /// Who wrote it.
    pub tool: Tool,
    /// What was looked at: an image, a folder, a site. Part of what a baseline is chosen by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    /// The image that was looked at, for image scanners and SBOMs of images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// Whether it can be relied on.
    pub state: State,
    /// The distribution that it looked at and that is no longer supported: nothing new is listed for its packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_of_life: Option<Text>,
    /// It names no package, file or configuration that it looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked_at_nothing: bool,
    /// What else a reader should know: one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How much it says, exactly, however much of it is kept.
    pub counts: Counts,
    /// The findings that are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How many findings are not kept, since there were too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unkept: Vec<Unkept>,
    /// How the tests went, when it is about tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestTotals>,
    /// How much of the code the tests ran, when it is about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// What is in it, when it is a bill of materials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// The signed statements it carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<Attestation>,
    /// The platforms of a multi-architecture image and the digests of their manifests, when it is an index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<(Box<str>, Box<str>)>,
}

/// Who wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tool {
    /// In lower case, with `-` between words, as a policy names it: `trivy`, `owasp-zap`, `pip-audit`.
    pub name: Text,
    /// Its version, as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
}

/// Whether a report can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// The tool looked at everything it was asked to, and said what it found.
    Ok,
    /// It looked at some of it.
    Partial {
        /// What it left out, and what to do.
        why: String,
    },
    /// The tool says itself that it failed.
    ScanFailed {
        /// How, and what to do.
        why: String,
    },
    /// The file is broken, or not what it looks like.
    Unreadable {
        /// How, and what to do.
        why: String,
    },
    /// There is none, and there should be.
    Missing,
    /// It is kept from us: nobody let us read it. That is no scan that failed, and satisfies nothing either.
    Withheld {
        /// By whom.
        why: String,
    },
}

/// How much a report says. What the tool itself lets through is counted too, as in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// All findings.
    pub findings: u64,
    /// Those of them that the tool itself lets through.
    pub suppressed: u64,
    /// By the tool's own words.
    pub native: BTreeMap<String, u64>,
    /// By our scale.
    pub severity: BTreeMap<Severity, u64>,
}

/// Findings that are counted and not kept. None of them is known to be old or waived, so all count as new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unkept {
    /// Of this kind.
    pub category: Category,
    /// As bad as [`Finding::weight`] says.
    pub weight: Severity,
    /// How many.
    pub findings: u64,
    /// They are known to be exploited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kev: bool,
}

/// How the tests went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TestTotals {
    /// How many there are, whatever became of them.
    pub cases: u64,
    /// Passed.
    pub passed: u64,
    /// An assertion did not hold.
    pub failed: u64,
    /// Something else broke.
    pub errored: u64,
    /// Not run.
    pub skipped: u64,
}

/// How much of the code the tests ran.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Lines that were run.
    pub lines_covered: u64,
    /// Lines that could be.
    pub lines_valid: u64,
    /// Branches that were taken, where they were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branches_covered: Option<u64>,
    /// Branches that could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branches_valid: Option<u64>,
    /// In how many files.
    pub files: u64,
}

impl Coverage {
    /// The share of lines that were run, from 0 to 100. None where there are no lines.
    pub fn percent(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a share is told to two digits")]
        let share = |covered: u64, valid: u64| (valid > 0).then(|| 100.0 * covered as f64 / valid as f64);
        share(self.lines_covered.min(self.lines_valid), self.lines_valid)
    }
}

/// A container image.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Image {
    /// As the tool calls it.
    pub name: Box<str>,
    /// Its manifest digests, `sha256:…`, as far as the report has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<Box<str>>,
    /// `os/architecture[/variant]`, where the report tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Box<str>>,
}

/// A bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// Its specification and version: `CycloneDX 1.6`, `SPDX-2.3`.
    pub specification: Box<str>,
    /// How many components or packages it lists.
    pub components: u64,
    /// What it is about, by digests `algorithm:hex`, where it says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Box<str>>,
}

/// A signed statement, not verified yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attestation {
    /// What it states, by the URI of its predicate; empty for a signature over bytes.
    pub predicate: Box<str>,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// Who built it, by provenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builder: Option<Box<str>>,
    /// From which source, by provenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<str>>,
    /// How many signatures it carries.
    pub signatures: u32,
    /// The envelope or bundle itself, exactly, to be verified under the policy's key or trust root; none for
    /// a bare statement, which nobody signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Box<str>>,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// Its name.
    pub name: Box<str>,
    /// Its digests, `algorithm:hex`.
    pub digests: Vec<Box<str>>,
}

impl State {
    /// Only this satisfies a requirement.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok)
    }

    /// The stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial { .. } => "partial",
            Self::ScanFailed { .. } => "scan_failed",
            Self::Unreadable { .. } => "unreadable",
            Self::Missing => "missing",
            Self::Withheld { .. } => "withheld",
        }
    }

    /// Why it cannot be relied on.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Ok | Self::Missing => None,
            Self::Partial { why }
            | Self::ScanFailed { why }
            | Self::Unreadable { why }
            | Self::Withheld { why } => Some(why),
        }
    }
}

impl Report {
    /// An empty report that nothing was read into yet.
    pub fn new(format: &str, tool: Tool) -> Self {
        Self {
            format: format.into(),
            tool,
            target: None,
            image: None,
            state: State::Ok,
            end_of_life: None,
            looked_at_nothing: false,
            notes: Vec::new(),
            counts: Counts::default(),
            findings: Vec::new(),
            unkept: Vec::new(),
            tests: None,
            coverage: None,
            inventory: None,
            attestations: Vec::new(),
            platforms: Vec::new(),
        }
    }

    /// Whether a policy that asks for this name means this report: a tool (`trivy`), a format (`sarif`), or
    /// what it is about (`scan`, `sbom`, `tests`, `coverage`, `signature`, `provenance`).
    pub fn answers_to(&self, name: &str) -> bool {
        match name {
            "scan" => self.is_scan(),
            "sbom" => self.inventory.is_some(),
            "tests" => self.tests.is_some(),
            "coverage" => self.coverage.is_some(),
            "signature" => self.attestations.iter().any(|statement| statement.signatures > 0),
            "provenance" => self.attestations.iter().any(|a| a.predicate.contains("slsa.dev/provenance/")),
            tool => *self.tool.name == *tool || *self.format == *tool,
        }
    }

    /// Whether its tool looks for weaknesses. A bill of materials, a test run, an index of images or a
    /// linter's report without any is none that found nothing, but none.
    fn is_scan(&self) -> bool {
        let about_else = self.only_tells()
            || self.tests.is_some()
            || self.coverage.is_some()
            || *self.format == *"oci-index"
            || is_no_scanner(&self.tool.name);
        let found = self.findings.iter().map(|finding| finding.category);
        !about_else || found.chain(self.unkept.iter().map(|left| left.category)).any(Category::is_security)
    }

    /// Whether it lists or states something, and is no look at it.
    pub(super) fn only_tells(&self) -> bool {
        self.inventory.is_some() || !self.attestations.is_empty()
    }

    /// What it is about, the same from commit to commit: an image without its tag and digest. Reports of one
    /// tool are compared when this is equal. Empty where the report does not tell.
    pub fn subject(&self) -> String {
        let target = self.target.as_deref().or(self.image.as_ref().map(|image| &*image.name));
        let target = target.unwrap_or_default();
        if self.image.is_none() {
            return target.to_owned();
        }
        let bare = target.split_once('@').map_or(target, |(name, _)| name);
        match bare.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name.to_owned(),
            _ => bare.to_owned(),
        }
    }
}
