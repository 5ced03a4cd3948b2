//! The rules of a policy, after they were read and found sound.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::{Glob, ParameterRule, Principal, Scans};
use crate::ids::{EnvironmentName, WorkflowFile};
use crate::report::Gate;

/// What has to hold, for each environment. Made by [`Policy::parse`].
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How the reports of scanners and tests are judged and shown.
    pub scans: Scans,
    /// Every environment that can be promoted to, at least one.
    pub environments: BTreeMap<EnvironmentName, Environment>,
    /// What is to be told of the file that is no problem, each with its line.
    pub notes: Vec<String>,
}

/// What has to hold before a commit goes to one environment, and what happens then.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Which commits, asked for by whom.
    pub promote: Promote,
    /// Who may cancel a promotion, besides whoever asked for it and whoever may approve it.
    pub cancel: Vec<Principal>,
    /// What has to hold besides.
    pub require: Require,
    /// The `key=value` pairs that a command may give; all others are refused.
    pub parameters: BTreeMap<String, ParameterRule>,
    /// The workflow that deploys; without one, only a GitHub deployment is made.
    pub deploy: Option<Deploy>,
    /// How long a promotion may wait before it is void.
    pub expires: Duration,
    /// Where the environment can be seen, for people.
    pub url: Option<Url>,
}

/// Which commits may be promoted, and who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promote {
    /// Where a commit may come from: any one of these is enough. Never empty.
    pub from: Vec<Source>,
    /// Who may ask. Never empty.
    pub by: Vec<Principal>,
}

/// Where a commit may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It is the head of the pull request, which is not from a fork.
    PullRequest,
    /// It is in the history of the default branch.
    DefaultBranch,
    /// A tag with such a name points at it.
    Tag(Glob),
}

/// What has to hold for the commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Require {
    /// Workflows whose newest run on this very commit succeeded.
    pub workflows: Vec<WorkflowFile>,
    /// Checks whose newest result on this very commit is success.
    pub checks: Vec<CheckRule>,
    /// Environments in which this very commit was live before.
    pub after: BTreeMap<EnvironmentName, After>,
    /// What the commit's reports have to pass.
    pub scans: Option<Gate>,
    /// Who has to agree.
    pub approvals: Approvals,
    /// Authors who need not be matched with an account: with `@` by an e-mail of their commits, else by their login.
    pub known_authors: BTreeSet<String>,
}

/// A check that has to succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRule {
    /// The check run's name, or the commit status's context.
    pub name: String,
    /// The slug of the App that has to report it. Without one, every App's newest result has to be success.
    pub app: Option<String>,
}

/// How a commit has to have been in an earlier environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct After {
    /// For how long without a break.
    pub soak: Option<Duration>,
}

/// Who has to agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approvals {
    /// Nobody, and the policy says so.
    None,
    /// Each of these rules has to be met.
    Rules(Vec<ApprovalRule>),
    /// The policy does not say; only possible for environments that do not look like production.
    Unstated,
}

/// So many approvals from these people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// How many, from 1 to 20.
    pub count: u8,
    /// From whom: any of these. Never empty.
    pub from: Vec<Principal>,
    /// Whether those who asked for the promotion or took part in the change do not count.
    pub separation_of_duties: bool,
}

/// The workflow that deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// Its file in `.github/workflows`.
    pub workflow: WorkflowFile,
    /// The inputs it is always given, besides the parameters and `countersign_id`.
    pub inputs: BTreeMap<String, String>,
}

impl Policy {
    /// The rules of one environment.
    pub fn environment(&self, name: &EnvironmentName) -> Option<&Environment> {
        self.environments.get(name)
    }
}

impl Environment {
    /// The approval rules: empty when nobody has to agree.
    pub fn approval_rules(&self) -> &[ApprovalRule] {
        match &self.require.approvals {
            Approvals::Rules(rules) => rules,
            Approvals::None | Approvals::Unstated => &[],
        }
    }
}

/// Why a text is not a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a source: write pull_request, default_branch or tag:PATTERN")]
pub struct InvalidSource {
    text: String,
}

impl FromStr for Source {
    type Err = InvalidSource;
    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let source = match text {
            "pull_request" => Some(Self::PullRequest),
            "default_branch" => Some(Self::DefaultBranch),
            other => other.strip_prefix("tag:").and_then(|glob| glob.parse().ok()).map(Self::Tag),
        };
        source.ok_or_else(|| InvalidSource { text: text.chars().take(120).collect() })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullRequest => f.write_str("pull_request"),
            Self::DefaultBranch => f.write_str("default_branch"),
            Self::Tag(glob) => write!(f, "tag:{glob}"),
        }
    }
}
