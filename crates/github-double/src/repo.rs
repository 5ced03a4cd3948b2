//! A repository: its branches, and everything that was said and done in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::actions::{Artifact, Run, Workflow};
use super::checks::{CheckRun, CheckSuite, CommitStatus};
use super::comments::{Comment, Issue};
use super::deployments::Deployment;
use super::pull::{Pull, Review};
use super::refused::{Act, Refused};
use super::state::State;
use countersign_kernel::clock::Timestamp;

/// What somebody may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing; on a public repository, reading.
    None,
    /// See and comment.
    Read,
    /// Sort issues and pull requests; GitHub reports it as `read`.
    Triage,
    /// Push.
    Write,
    /// Run the repository; GitHub reports it as `write`.
    Maintain,
    /// Everything.
    Admin,
}

impl Role {
    /// The `role_name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The older `permission`, which knows four words only.
    pub fn permission(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

/// Where a branch points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its tip.
    pub sha: String,
    /// Its tip before the last change, for answers that lag behind.
    pub before: Option<String>,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Repo {
    /// The lasting id.
    pub id: i64,
    /// The account it belongs to.
    pub owner: i64,
    /// Its own name today.
    pub name: String,
    /// Whether strangers cannot see it.
    pub private: bool,
    /// What it is a fork of.
    pub fork_of: Option<i64>,
    /// The branch that counts.
    pub default_branch: String,
    /// What people may do here, by user id.
    pub roles: BTreeMap<i64, Role>,
    /// What teams may do here, by team id.
    pub team_roles: BTreeMap<i64, Role>,
    /// Branches by name.
    pub branches: BTreeMap<String, Branch>,
    /// Tags by name.
    pub tags: BTreeMap<String, String>,
    /// Issues by number; a pull request is an issue too.
    pub issues: BTreeMap<i64, Issue>,
    /// Pull requests by number.
    pub pulls: BTreeMap<i64, Pull>,
    /// Reviews by id.
    pub reviews: BTreeMap<i64, Review>,
    /// Comments by id.
    pub comments: BTreeMap<i64, Comment>,
    /// Check suites by id.
    pub suites: BTreeMap<i64, CheckSuite>,
    /// Check runs by id.
    pub checks: BTreeMap<i64, CheckRun>,
    /// Commit statuses, oldest first.
    pub statuses: Vec<CommitStatus>,
    /// Workflows by id.
    pub workflows: BTreeMap<i64, Workflow>,
    /// Workflow runs by id.
    pub runs: BTreeMap<i64, Run>,
    /// What runs left behind, by id.
    pub artifacts: BTreeMap<i64, Artifact>,
    /// What GitHub's own scanners know, as its lists show it: `code-scanning`, `analyses`, `dependabot` and
    /// `secret-scanning`. What is not here is switched off.
    pub alerts: BTreeMap<String, Vec<Value>>,
    /// Deployments by id.
    pub deployments: BTreeMap<i64, Deployment>,
    /// Environments that exist: a deployment to a new name makes one.
    pub environments: BTreeSet<String>,
    /// When something was last pushed.
    pub pushed_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    pub(super) last_number: i64,
}

impl Repo {
    /// A public repository in which there is nothing.
    pub fn new(id: i64, owner: i64, name: &str, created_at: Timestamp) -> Self {
        Self {
            id,
            owner,
            name: name.to_owned(),
            private: false,
            fork_of: None,
            default_branch: "main".to_owned(),
            roles: BTreeMap::new(),
            team_roles: BTreeMap::new(),
            branches: BTreeMap::new(),
            tags: BTreeMap::new(),
            issues: BTreeMap::new(),
            pulls: BTreeMap::new(),
            reviews: BTreeMap::new(),
            comments: BTreeMap::new(),
            suites: BTreeMap::new(),
            checks: BTreeMap::new(),
            statuses: Vec::new(),
            workflows: BTreeMap::new(),
            runs: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            alerts: BTreeMap::new(),
            deployments: BTreeMap::new(),
            environments: BTreeSet::new(),
            pushed_at: created_at,
            created_at,
            last_number: 0,
        }
    }

    /// `owner/name`.
    pub fn full_name(&self, state: &State) -> String {
        format!("{}/{}", state.account_login(self.owner), self.name)
    }

    /// The next number of an issue or pull request.
    pub fn fresh_number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }

    /// A branch's tip.
    pub fn tip(&self, branch: &str) -> Act<&str> {
        let found = self.branches.get(branch).map(|b| b.sha.as_str());
        found.ok_or_else(|| Refused::new(404, "Branch not found"))
    }

    /// A pull request by number.
    pub fn pull(&self, number: i64) -> Act<&Pull> {
        self.pulls.get(&number).ok_or_else(Refused::not_found)
    }

    /// An issue or pull request by number.
    pub fn issue(&self, number: i64) -> Act<&Issue> {
        self.issues.get(&number).ok_or_else(Refused::not_found)
    }

    /// A check run by id.
    pub fn check(&self, id: i64) -> Act<&CheckRun> {
        self.checks.get(&id).ok_or_else(Refused::not_found)
    }

    /// A workflow run by id.
    pub fn run(&self, id: i64) -> Act<&Run> {
        self.runs.get(&id).ok_or_else(Refused::not_found)
    }

    /// A deployment by id.
    pub fn deployment(&self, id: i64) -> Act<&Deployment> {
        self.deployments.get(&id).ok_or_else(Refused::not_found)
    }

    /// A workflow by file name or by id written in digits, as the API takes it.
    pub fn workflow(&self, file_or_id: &str) -> Act<&Workflow> {
        let found =
            self.workflows.values().find(|w| w.file() == file_or_id || w.id.to_string() == file_or_id);
        found.ok_or_else(Refused::not_found)
    }
}
