//! Runs of GitHub Actions workflows.

use serde::Deserialize;

use super::{Reader, reading};
use crate::clock::Timestamp;
use crate::github::error::none_if_gone;
use crate::github::pages::{JobsPage, RunsPage};
use crate::github::wire::{MaybeAccount, WithId, lenient, maybe_moment, moment};
use crate::github::{Error, path};
use crate::ids::{Actor, CommitSha, RefName, Repo, RepoId, RunId, WorkflowFile};

/// A run. A rerun keeps the id and raises the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Which attempt this is; the first is 1.
    pub attempt: i64,
    /// `queued`, `in_progress`, `completed` or another word.
    pub status: String,
    /// How it ended; none while it has not.
    pub conclusion: Option<String>,
    /// The commit it runs on.
    pub head_sha: CommitSha,
    /// The branch it runs on.
    pub head_branch: Option<String>,
    /// The event that started it.
    pub event: String,
    /// Who started it; whoever runs it again changes nothing about that.
    pub actor: Option<Actor>,
    /// Where its workflow is, as GitHub writes it.
    pub path: String,
    /// The file name of its workflow, when that is one of this repository's own.
    pub workflow: Option<WorkflowFile>,
    /// Its title; what `run-name` gives.
    pub display_title: Option<String>,
    /// Its page, for people.
    pub html_url: Option<String>,
    /// When it was started first.
    pub created_at: Timestamp,
    /// When this attempt was started.
    pub started_at: Timestamp,
    /// The repository its commit comes from; none when that was deleted.
    pub head_repo: Option<RepoId>,
    /// The suite that its jobs' check runs are in.
    pub suite: Option<i64>,
}

impl Run {
    /// Whether its files are not this repository's own: it runs on a fork's commit, or was started by an event on
    /// which workflows handle what strangers wrote, and which GitHub books on the default branch all the same.
    /// <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>
    pub fn is_foreign(&self, repo: RepoId) -> bool {
        const OUR_OWN: [&str; 7] = [
            "push",
            "pull_request",
            "merge_group",
            "schedule",
            "workflow_dispatch",
            "repository_dispatch",
            "release",
        ];
        self.head_repo != Some(repo) || !OUR_OWN.contains(&self.event.as_str())
    }

    /// The branch whose history it may stand for. A pull request's run stands for none: its workflow is not that
    /// of the commit it is booked on.
    fn branch_of_its_own(&self) -> Option<&str> {
        let whole = matches!(self.event.as_str(), "push" | "schedule" | "workflow_dispatch");
        self.head_branch.as_deref().filter(|_| whole)
    }
}

/// A job of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Job {
    /// How it ended; none while it has not.
    #[serde(default)]
    pub conclusion: Option<String>,
    /// When it began: before the attempt that lists it, when only others were run again.
    #[serde(deserialize_with = "moment")]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, deserialize_with = "maybe_moment")]
    pub completed_at: Option<Timestamp>,
}

impl Reader {
    /// The branch whose history a run may stand for. Of a push of a tag GitHub gives the tag's name as the branch, so
    /// where there is a tag of that name it stands for none.
    pub async fn branch_of(&self, repo: &Repo, run: &Run) -> Result<Option<String>, Error> {
        let Some(branch) = run.branch_of_its_own() else { return Ok(None) };
        let Ok(name) = branch.parse::<RefName>() else { return Ok(None) };
        match self.tag_commit(repo, &name).await {
            Ok(None) => Ok(Some(branch.to_owned())),
            // A tag may point at anything, and is one all the same.
            Ok(Some(_)) | Err(Error::Broken { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The jobs of a run's newest attempt, with those that were not run again.
    pub async fn jobs(&self, repo: &Repo, run: RunId) -> Result<Vec<Job>, Error> {
        let address = format!("{}/actions/runs/{run}/jobs?filter=latest&per_page=100", path::of(repo));
        self.api.all::<JobsPage<Job>>(reading(repo), address).await
    }

    /// Every run on this commit.
    pub async fn workflow_runs_of(&self, repo: &Repo, commit: &CommitSha) -> Result<Vec<Run>, Error> {
        let address = format!("{}/actions/runs?head_sha={commit}&per_page=100", path::of(repo));
        self.api.all::<RunsPage<Run>>(reading(repo), address).await
    }

    /// The run of this id; none when there is none.
    pub async fn run(&self, repo: &Repo, run: RunId) -> Result<Option<Run>, Error> {
        let address = format!("{}/actions/runs/{run}", path::of(repo));
        none_if_gone(self.api.read(reading(repo), address).await)
    }

    /// The dispatched runs of a workflow that were started at or after this second.
    pub async fn dispatched_runs(
        &self,
        repo: &Repo,
        workflow: &WorkflowFile,
        since: Timestamp,
    ) -> Result<Vec<Run>, Error> {
        let created = path::segment(&format!(">={}", Timestamp::from_seconds(since.seconds())));
        let address = format!(
            "{}/actions/workflows/{}/runs?event=workflow_dispatch&created={created}&per_page=100",
            path::of(repo),
            path::segment(workflow.as_str())
        );
        self.api.all::<RunsPage<Run>>(reading(repo), address).await
    }
}

#[derive(Deserialize)]
struct Wire {
    id: RunId,
    #[serde(default)]
    run_attempt: Option<i64>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
    head_sha: CommitSha,
    #[serde(default)]
    head_branch: Option<String>,
    event: String,
    #[serde(default)]
    actor: MaybeAccount,
    path: String,
    #[serde(default)]
    display_title: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(deserialize_with = "moment")]
    created_at: Timestamp,
    #[serde(default, deserialize_with = "maybe_moment")]
    run_started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    head_repository: Option<WithId>,
    #[serde(default)]
    check_suite_id: Option<i64>,
}

impl From<Wire> for Run {
    fn from(wire: Wire) -> Self {
        Self {
            id: wire.id,
            attempt: wire.run_attempt.unwrap_or(1),
            status: wire.status.unwrap_or_else(|| "unknown".to_owned()),
            conclusion: wire.conclusion,
            head_sha: wire.head_sha,
            head_branch: wire.head_branch,
            event: wire.event,
            actor: wire.actor.actor(),
            workflow: own_workflow(&wire.path),
            path: wire.path,
            display_title: wire.display_title,
            html_url: wire.html_url,
            created_at: wire.created_at,
            started_at: wire.run_started_at.unwrap_or(wire.created_at),
            head_repo: wire.head_repository.map(|repo| RepoId(repo.id)),
            suite: wire.check_suite_id,
        }
    }
}

/// `.github/workflows/ci.yml`, or `….yml@refs/heads/main`; another repository's has its name before.
fn own_workflow(path: &str) -> Option<WorkflowFile> {
    let file = path.strip_prefix(".github/workflows/")?;
    file.split('@').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_workflows_have_a_file_name() {
        let name = |path| own_workflow(path).map(String::from);
        assert_eq!(name(".github/workflows/ci.yml").as_deref(), Some("ci.yml"));
        assert_eq!(name(".github/workflows/ci.yml@refs/heads/main").as_deref(), Some("ci.yml"));
        for path in
            ["acme/other/.github/workflows/ci.yml@main", "dynamic/pages/ci.yml", "", ".github/workflows/"]
        {
            assert_eq!(name(path), None, "{path}");
        }
    }
}
