//! How a commit stands by its reports: merged across scanners, compared with the baseline, waivers applied.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Coverage, Finding, Origin, PassedOver, Severity, State, TestTotals, Text, Tool, Waiver};
use crate::clock::Timestamp;
use crate::ids::{CommitSha, RunId};

/// Everything a reader wants to know of a commit's reports. Nothing in it is cut; whoever shows it cuts rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What is judged.
    pub tally: Tally,
    /// One row for each report that there is.
    pub rows: Vec<Row>,
    /// What counts: new before existing, worst first.
    pub open: Vec<Problem>,
    /// What the baseline had and the commit has not. The only good news.
    pub fixed: Vec<Problem>,
    /// What somebody lets through, until a day that has not come.
    pub waived: Vec<Problem>,
    /// What a tool itself lets through.
    pub suppressed: Vec<Problem>,
    /// What only reports of forks' runs tell, where those count neither for nor against anything.
    pub of_forks: Vec<Problem>,
    /// What to tell about waivers.
    pub waivers: WaiverNews,
    /// What stood in artifacts and is no report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// What is judged: exact numbers, whatever is shown. It is stored among the facts of a decision.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Each report: who, in which state.
    pub reports: Vec<ReportFact>,
    /// Reports of forks' runs, where those count neither for nor against anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_forks: Vec<ReportFact>,
    /// Open problems of the security categories, by how bad and how new.
    pub open: BTreeMap<Severity, Novelties>,
    /// Open problems that are known to be exploited.
    pub known_exploited: u64,
    /// The worst of what is open, named, for the sentences of requirements; at most [`Tally::NAMED`].
    pub worst: Vec<Named>,
    /// All tests of reports that count, together.
    pub tests: Option<TestTotals>,
    /// The coverage of the report that counts, with the baseline's.
    pub coverage: Option<CoverageFact>,
    /// Platforms whose image a scanner looked at, by its own word or by an image index, normalised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Where bills of materials and statements are about another image than the one that was scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_subjects: Vec<String>,
    /// Waivers that expired and whose findings count again.
    pub expired_waivers: Vec<String>,
    /// Reports of the commit that are still being fetched or read.
    pub pending: u32,
    /// Its workflow runs that go on and may still bring reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<UnfinishedRun>,
}

/// A workflow run of the commit that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedRun {
    /// What its workflow's file is called.
    pub workflow: String,
    /// Which run.
    pub run: RunId,
    /// Since when its newest attempt is going.
    pub since: Timestamp,
    /// For how many seconds it had been when this was looked at.
    pub for_seconds: u64,
}

/// How many of one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Novelties {
    /// Not in the baseline.
    pub new: u64,
    /// In the baseline too.
    pub existing: u64,
    /// There is no baseline to tell; a gate on new ones counts them.
    pub unknown: u64,
}

/// One report, as far as a gate looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFact {
    /// Who wrote it.
    pub tool: Tool,
    /// In which format.
    pub format: Text,
    /// About what.
    pub target: Option<Text>,
    /// Whether it can be relied on.
    pub state: State,
    /// The distribution that it looked at and that is no longer supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_of_life: Option<Text>,
    /// It names nothing that it looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked_at_nothing: bool,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Of a fork's run.
    pub fork: bool,
    /// The names a policy may ask for it by, see [`Report::answers_to`](super::Report::answers_to).
    pub answers_to: Vec<String>,
    /// The platform of the image it looked at.
    pub platform: Option<String>,
    /// What became of its signatures.
    pub signature: SignatureFact,
    /// What a waiver calls it, where it cannot be relied on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Until when somebody lets it through all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived_until: Option<Date>,
}

/// What became of verifying the signatures of one report's statements.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SignatureFact {
    /// It carries none.
    #[default]
    None,
    /// It carries some, and nothing says under which key they should verify.
    Unverified,
    /// They verify.
    Verified {
        /// Under which key or identity.
        by: String,
        /// The digests they are about, `sha256:…`.
        subjects: Vec<String>,
    },
    /// They do not.
    Failed {
        /// Why.
        why: String,
    },
}

/// A problem, named for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What a waiver calls it.
    pub id: String,
    /// How bad.
    pub severity: Severity,
    /// Not in the baseline, or none to tell.
    pub new: bool,
    /// Where: a package with its version, or a file with its line.
    pub place: String,
    /// Who says so.
    pub tools: Vec<Text>,
    /// It is known to be exploited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known_exploited: bool,
    /// The version without it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_in: Option<String>,
}

/// Coverage, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverageFact {
    /// Of the commit.
    pub now: Coverage,
    /// Of the baseline, where there is one.
    pub before: Option<Coverage>,
}

/// One report in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Who wrote it.
    pub tool: Tool,
    /// About what.
    pub target: Option<Text>,
    /// Whether it can be relied on.
    pub state: State,
    /// What else to know.
    pub notes: Vec<String>,
    /// Where it came from.
    pub origin: Origin,
    /// Its open problems by severity, all categories.
    pub counts: BTreeMap<Severity, u64>,
    /// How many of them are new, old, fixed, and let through.
    pub new: u64,
    /// In the baseline too.
    pub existing: u64,
    /// In the baseline only.
    pub fixed: u64,
    /// By a waiver.
    pub waived: u64,
    /// What it was compared with; none where there is no such report.
    pub baseline: Option<Compared>,
    /// Its tests.
    pub tests: Option<TestTotals>,
    /// Its coverage.
    pub coverage: Option<Coverage>,
    /// What it lists, for a bill of materials: the specification and how many components.
    pub inventory: Option<(Box<str>, u64)>,
    /// Its signatures.
    pub signature: SignatureFact,
    /// What a waiver calls it, where it cannot be relied on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who lets it through all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
}

/// What a report was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The commit that has such a report.
    pub commit: CommitSha,
    /// When that was read.
    pub at: Timestamp,
}

/// One problem, however many scanners found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// What a waiver calls it: a CVE or another public id where it has one, else the rule's id with the
    /// first digits of its fingerprint.
    pub id: String,
    /// All names it goes by.
    pub aliases: Vec<String>,
    /// What tells it apart from all others, and from one commit to the next the same.
    pub fingerprint: Fingerprint,
    /// How bad: the worst that any scanner says.
    pub severity: Severity,
    /// The finding that says most, to be shown.
    pub finding: Finding,
    /// Who found it, and how bad each says it is; more than one where scanners agree that it is there.
    pub said: Vec<Said>,
    /// Whether the baseline had it.
    pub novelty: Novelty,
    /// Only reports of forks' runs tell of it.
    pub fork: bool,
    /// Who lets it through.
    pub waiver: Option<Waiver>,
}

/// What one scanner says of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who.
    pub tool: Text,
    /// How bad.
    pub severity: Severity,
    /// In its own word.
    pub native: Option<Text>,
}

/// Whether a problem is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Novelty {
    /// The baseline does not have it.
    New,
    /// There is no baseline.
    Unknown,
    /// The baseline has it too.
    Existing,
}

/// What tells one problem apart from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 16]);

/// What to tell about waivers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WaiverNews {
    /// Their day has come; their findings count again.
    pub expired: Vec<Waiver>,
    /// Their day comes within 14 days.
    pub expiring: Vec<Waiver>,
    /// They fit nothing that was found.
    pub unmatched: Vec<Waiver>,
}

/// One thing that was judged, in the words of the table that a reviewer reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is asked: `no new finding of HIGH or worse`.
    pub title: String,
    /// What is so: `2 HIGH`.
    pub actual: String,
    /// How it stands, why, and what to do next.
    pub requirement: crate::requirement::Requirement,
    /// Whose report decides it.
    pub decided_by: Vec<Text>,
}

impl Tally {
    /// How many problems are named in a tally.
    pub const NAMED: usize = 20;
}
