//! What a person asked for in a comment.
//!
//! One table (`table`) describes every command: the parser checks options against it, `/help` prints
//! it and near misses are corrected from it, so that the three cannot disagree.

mod table;
mod error;
mod text;
mod lines;
mod arguments;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{CommitSha, EnvironmentName, PromotionNumber, RefName};

pub use countersign_kernel::text::misleads;
pub use error::CommandError;
pub use parse::{CommandLine, Parsed, parse};
pub use table::{Argument, CommandName, CommandOption, Row, help};

/// One thing a person asked for, with everything they said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `/promote`: put a commit into an environment.
    Promote(Promote),
    /// `/approve`: one vote for a promotion.
    Approve {
        /// Which promotion; none if exactly one waits here.
        which: Option<Which>,
    },
    /// `/reject`: one vote against a promotion.
    Reject {
        /// Which promotion; none if exactly one waits here.
        which: Option<Which>,
        /// Why; at most 1,000 characters, never blank.
        reason: String,
    },
    /// `/cancel`: withdraw a promotion.
    Cancel {
        /// Which promotion; none if exactly one is open here.
        which: Option<Which>,
    },
    /// `/status`: what is live and what waits.
    Status {
        /// Only this environment.
        environment: Option<EnvironmentName>,
    },
    /// `/why`: every requirement of a promotion and its verdict.
    Why {
        /// Which promotion; none for the latest one here.
        which: Option<PromotionNumber>,
    },
    /// `/waive`: let a finding through until a day.
    Waive(Waive),
    /// `/unwaive`: let it through no longer.
    Unwaive {
        /// Which, as it was waived.
        finding: FindingId,
    },
    /// `/scan`: read the reports of the commit again.
    Scan,
    /// `/help`: how to use the commands.
    Help {
        /// Only this command.
        command: Option<CommandName>,
    },
}

impl Command {
    /// The name it stands under in the table.
    pub fn name(&self) -> CommandName {
        match self {
            Self::Promote(_) => CommandName::Promote,
            Self::Approve { .. } => CommandName::Approve,
            Self::Reject { .. } => CommandName::Reject,
            Self::Cancel { .. } => CommandName::Cancel,
            Self::Status { .. } => CommandName::Status,
            Self::Why { .. } => CommandName::Why,
            Self::Waive(_) => CommandName::Waive,
            Self::Unwaive { .. } => CommandName::Unwaive,
            Self::Scan => CommandName::Scan,
            Self::Help { .. } => CommandName::Help,
        }
    }
}

/// A wish to put one commit into one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promote {
    /// Where to.
    pub environment: EnvironmentName,
    /// Which commit.
    pub target: Target,
    /// Why; at most 1,000 characters, never blank.
    pub reason: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// What the deployment is told besides; the policy says which names and values it allows.
    pub parameters: BTreeMap<ParameterName, String>,
}

/// A wish to let one finding through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waive {
    /// Which.
    pub finding: FindingId,
    /// The last day on which it is let through, in UTC.
    pub until: Date,
    /// Why; at most 1,000 characters, never blank.
    pub reason: String,
    /// Only in this package, in this file or below this folder.
    pub only: Option<String>,
}

/// Which commit a promotion is about, as the person said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The head of the pull request when the comment was written.
    Head,
    /// The one commit whose hash starts like this.
    Sha(ShaPrefix),
    /// The commit that this tag points to.
    Tag(RefName),
}

/// Which promotion a vote or a withdrawal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This very one.
    Number(PromotionNumber),
    /// The one that is open for this environment.
    Environment(EnvironmentName),
}

/// The start of a commit's hash: 7 to 64 hexadecimal digits, kept as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShaPrefix(String);

impl ShaPrefix {
    /// The digits as they were typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this commit's hash starts with it, in whatever case it was typed.
    pub fn matches(&self, sha: &CommitSha) -> bool {
        sha.as_str().starts_with(&self.0.to_ascii_lowercase())
    }
}

/// What a finding is called: a CVE or another public id, a rule's id, or the id that the check run shows.
/// One word of at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FindingId(String);

impl FindingId {
    /// The name as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not the name of a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a finding is named by one word of at most 200 characters, such as CVE-2026-1234")]
pub struct InvalidFindingId;

impl FromStr for FindingId {
    type Err = InvalidFindingId;
    fn from_str(text: &str) -> Result<Self, InvalidFindingId> {
        let valid = (1..=200).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_whitespace() || c.is_control() || misleads(c));
        valid.then(|| Self(text.to_owned())).ok_or(InvalidFindingId)
    }
}

impl TryFrom<String> for FindingId {
    type Error = InvalidFindingId;
    fn try_from(text: String) -> Result<Self, InvalidFindingId> {
        text.parse()
    }
}

impl From<FindingId> for String {
    fn from(finding: FindingId) -> Self {
        finding.0
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not 7 to 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a commit is named by 7 to 64 hexadecimal digits of its SHA")]
pub struct InvalidShaPrefix;

impl FromStr for ShaPrefix {
    type Err = InvalidShaPrefix;
    fn from_str(text: &str) -> Result<Self, InvalidShaPrefix> {
        let valid = (7..=64).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        valid.then(|| Self(text.to_owned())).ok_or(InvalidShaPrefix)
    }
}

impl TryFrom<String> for ShaPrefix {
    type Error = InvalidShaPrefix;
    fn try_from(text: String) -> Result<Self, InvalidShaPrefix> {
        text.parse()
    }
}

impl From<ShaPrefix> for String {
    fn from(prefix: ShaPrefix) -> Self {
        prefix.0
    }
}

impl fmt::Display for ShaPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a promotion's parameter: a lowercase letter, then up to 63 of `a-z 0-9 _ -`.
///
/// It becomes a key of the workflow's JSON inputs, never a word of a shell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ParameterName(String);

impl ParameterName {
    /// The name as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not the name of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a parameter's name is a lowercase letter, then up to 63 lowercase letters, digits, _ or -")]
pub struct InvalidParameterName;

impl FromStr for ParameterName {
    type Err = InvalidParameterName;
    fn from_str(text: &str) -> Result<Self, InvalidParameterName> {
        let valid = text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        valid.then(|| Self(text.to_owned())).ok_or(InvalidParameterName)
    }
}

impl TryFrom<String> for ParameterName {
    type Error = InvalidParameterName;
    fn try_from(text: String) -> Result<Self, InvalidParameterName> {
        text.parse()
    }
}

impl From<ParameterName> for String {
    fn from(name: ParameterName) -> Self {
        name.0
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
