//! Check suites, check runs and commit statuses.

use serde_json::Value;

use countersign_kernel::clock::Timestamp;

/// What one App says about one commit.
#[derive(Debug, Clone)]
pub struct CheckSuite {
    /// The suite's id.
    pub id: i64,
    /// The App it belongs to.
    pub app: i64,
    /// The commit.
    pub head_sha: String,
    /// The branch it was pushed to, as far as GitHub knows.
    pub head_branch: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A button under a check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What is written on it; at most 20 characters.
    pub label: String,
    /// What it does; at most 40 characters.
    pub description: String,
    /// What the App is told when it is pressed; at most 20 characters.
    pub identifier: String,
}

/// A check run.
#[derive(Debug, Clone)]
pub struct CheckRun {
    /// The check run's id.
    pub id: i64,
    /// The App that made it; nobody else may change it.
    pub app: i64,
    /// The suite it belongs to.
    pub suite: i64,
    /// Its name; several runs of one commit may have the same.
    pub name: String,
    /// The commit.
    pub head_sha: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended; present exactly if it is completed.
    pub conclusion: Option<String>,
    /// The App's own id for it.
    pub external_id: String,
    /// Where to read more.
    pub details_url: Option<String>,
    /// The title of its output.
    pub title: Option<String>,
    /// The summary of its output, in Markdown.
    pub summary: Option<String>,
    /// The text of its output, in Markdown.
    pub text: Option<String>,
    /// Its annotations, as they were sent; each update adds to them.
    pub annotations: Vec<Value>,
    /// Its buttons; GitHub shows them once it is completed.
    pub buttons: Vec<Button>,
    /// The workflow run it is a job of, if it is one.
    pub run: Option<i64>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// A commit status: the older way, which anybody with write may use under any name.
#[derive(Debug, Clone)]
pub struct CommitStatus {
    /// The status's id.
    pub id: i64,
    /// The commit.
    pub sha: String,
    /// `error`, `failure`, `pending` or `success`.
    pub state: String,
    /// Its name.
    pub context: String,
    /// Its sentence.
    pub description: Option<String>,
    /// Where to read more.
    pub target_url: Option<String>,
    /// Who set it.
    pub creator: i64,
    /// When.
    pub created_at: Timestamp,
}
