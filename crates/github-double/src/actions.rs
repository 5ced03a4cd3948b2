//! Workflows and their runs.

use std::collections::BTreeMap;

use countersign_kernel::clock::Timestamp;

/// An input a workflow declares under `workflow_dispatch`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    /// Whether a dispatch must give it.
    pub required: bool,
    /// What it is when a dispatch does not give it.
    pub default: Option<String>,
}

/// A workflow file.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// The workflow's id.
    pub id: i64,
    /// Its name for people.
    pub name: String,
    /// Where it is, such as `.github/workflows/cd.yml`.
    pub path: String,
    /// The inputs it declares; none if it cannot be dispatched.
    pub dispatch: Option<BTreeMap<String, Input>>,
    /// Whether a push starts it.
    pub on_push: bool,
    /// The template of its runs' titles.
    pub run_name: Option<String>,
    /// When it appeared.
    pub created_at: Timestamp,
}

impl Workflow {
    /// The file's name, such as `cd.yml`.
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A run of a workflow.
#[derive(Debug, Clone)]
pub struct Run {
    /// The run's id; a rerun keeps it.
    pub id: i64,
    /// The workflow.
    pub workflow: i64,
    /// How many runs of the workflow there were, with this one.
    pub run_number: i64,
    /// Which attempt this is.
    pub run_attempt: i64,
    /// `push`, `pull_request`, `workflow_dispatch` …
    pub event: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended; present exactly if it is completed.
    pub conclusion: Option<String>,
    /// The branch or tag it runs on.
    pub head_branch: String,
    /// The commit it runs on.
    pub head_sha: String,
    /// The repository the commit comes from; another one if it is a fork's.
    pub head_repo: i64,
    /// What is shown as its title.
    pub display_title: String,
    /// What it was dispatched with.
    pub inputs: BTreeMap<String, String>,
    /// Who started it.
    pub actor: i64,
    /// Who started its newest attempt.
    pub triggering_actor: i64,
    /// Its suite of check runs.
    pub suite: i64,
    /// The check run of its one job.
    pub check: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this attempt started.
    pub run_started_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when to when a job ran that succeeded and was not run again with the others.
    pub kept_job: Option<(Timestamp, Timestamp)>,
}

/// What a run left behind.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The artifact's id.
    pub id: i64,
    /// The run that left it; one of all its attempts.
    pub run: i64,
    /// Its name.
    pub name: String,
    /// The zip.
    pub bytes: Vec<u8>,
    /// What GitHub says is the hash of it.
    pub digest: Option<String>,
    /// Whether it was deleted because its time was over.
    pub expired: bool,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

impl Run {
    /// Whether it has ended.
    pub fn is_completed(&self) -> bool {
        self.status == "completed"
    }
}
