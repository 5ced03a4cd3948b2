//! Check runs.

use http::Method;
use serde_json::{Map, Value, json};

use super::{Writer, cut, id_of};
use crate::check_run::scans::Annotation;
pub use crate::check_run::{Button, Conclusion};
use crate::clock::Timestamp;
use crate::github::{Error, path};
use crate::ids::{CheckRunId, CommitSha, Repo};

const LONGEST_TITLE: usize = 255;
const LONGEST_TEXT: usize = 65_535;
const MOST_BUTTONS: usize = 3;
/// GitHub takes so many in one request.
pub const MOST_ANNOTATIONS: usize = 50;
const LONGEST_LABEL: usize = 20;
const LONGEST_DESCRIPTION: usize = 40;
const LONGEST_IDENTIFIER: usize = 20;

/// Everything a check run says. Texts that are too long for GitHub are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRunPayload {
    /// What it is called, such as `countersign/production`.
    pub name: String,
    /// The commit it is about.
    pub head_sha: CommitSha,
    /// Where it stands.
    pub state: CheckRunState,
    /// When it started.
    pub started_at: Timestamp,
    /// For ourselves: what the buttons' events bring back.
    pub external_id: String,
    /// Where people find more; http or https.
    pub details_url: Option<String>,
    /// What it says.
    pub output: Output,
    /// Its buttons, at most three. GitHub shows them once it is completed.
    pub actions: Vec<Button>,
}

/// Where a check run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckRunState {
    /// Not begun.
    Queued,
    /// Begun.
    InProgress,
    /// Ended.
    Completed {
        /// How.
        conclusion: Conclusion,
        /// When.
        at: Timestamp,
    },
}

/// What a check run says, in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// One line.
    pub title: String,
    /// The most important.
    pub summary: String,
    /// The rest.
    pub text: Option<String>,
    /// What stands beside lines, at most 50. GitHub adds them to those that are there.
    pub annotations: Vec<Annotation>,
}

impl Writer {
    /// Makes a check run. A second one of the same name hides the first: keep the id.
    pub(crate) async fn create_check_run(
        &self,
        repo: &Repo,
        payload: &CheckRunPayload,
    ) -> Result<CheckRunId, Error> {
        let path = format!("{}/check-runs", path::of(repo));
        let mut body = payload.body();
        body.insert("head_sha".to_owned(), json!(payload.head_sha));
        let answer = self.publish(repo, Method::POST, path, &body).await?;
        id_of(&answer).map(CheckRunId)
    }

    /// Replaces what a check run of ours says; its commit stays.
    pub(crate) async fn update_check_run(
        &self,
        repo: &Repo,
        check_run: CheckRunId,
        payload: &CheckRunPayload,
    ) -> Result<(), Error> {
        let path = format!("{}/check-runs/{check_run}", path::of(repo));
        self.publish(repo, Method::PATCH, path, &payload.body()).await.map(drop)
    }
}

impl CheckRunPayload {
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("name", json!(self.name));
        put("started_at", json!(self.started_at.to_string()));
        put("external_id", json!(self.external_id));
        put("output", self.output.body());
        put("actions", self.actions.iter().take(MOST_BUTTONS).map(Button::body).collect());
        if let Some(url) = &self.details_url {
            put("details_url", json!(url));
        }
        match self.state {
            CheckRunState::Queued => {
                put("status", json!("queued"));
            }
            CheckRunState::InProgress => {
                put("status", json!("in_progress"));
            }
            CheckRunState::Completed { conclusion, at } => {
                put("status", json!("completed"));
                put("conclusion", json!(conclusion.as_str()));
                put("completed_at", json!(at.to_string()));
            }
        }
        body
    }
}

impl Conclusion {
    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::TimedOut => "timed_out",
            Self::ActionRequired => "action_required",
        }
    }
}

impl Output {
    fn body(&self) -> Value {
        let mut body = json!({
            "title": cut::line(&self.title, LONGEST_TITLE),
            "summary": cut::markdown(&self.summary, LONGEST_TEXT),
        });
        if let (Some(text), Some(fields)) = (&self.text, body.as_object_mut()) {
            fields.insert("text".to_owned(), json!(cut::markdown(text, LONGEST_TEXT)));
        }
        if let Some(fields) = body.as_object_mut().filter(|_| !self.annotations.is_empty()) {
            let annotations = self.annotations.iter().take(MOST_ANNOTATIONS).map(annotation).collect();
            fields.insert("annotations".to_owned(), annotations);
        }
        body
    }
}

/// A column is told by some tools from zero and by some from one, so none is.
fn annotation(annotation: &Annotation) -> Value {
    json!({
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level.as_str(),
        "title": cut::line(&annotation.title, LONGEST_TITLE),
        "message": cut::line(&annotation.message, LONGEST_TEXT),
    })
}

impl Button {
    fn body(&self) -> Value {
        json!({
            "label": cut::line(&self.label, LONGEST_LABEL),
            "description": cut::line(&self.description, LONGEST_DESCRIPTION),
            "identifier": cut::line(&self.identifier, LONGEST_IDENTIFIER),
        })
    }
}
