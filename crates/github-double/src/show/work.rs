//! Checks, statuses, workflows, runs and deployments in JSON.

use serde_json::{Value, json};

use super::{maybe_time, merged, node_id, time};
use crate::actions::{Artifact, Run, Workflow};
use crate::checks::{CheckRun, CheckSuite, CommitStatus};
use crate::deployments::{Deployment, DeploymentStatus};
use crate::repo::Repo;
use crate::state::State;

impl State {
    fn repo_url(&self, repo: &Repo) -> String {
        format!("{}/repos/{}", self.api_url, repo.full_name(self))
    }

    fn repo_html(&self, repo: &Repo) -> String {
        format!("{}/{}", self.web_url, repo.full_name(self))
    }

    /// A check run.
    pub(crate) fn show_check(&self, repo: &Repo, check: &CheckRun) -> Value {
        let url = format!("{}/check-runs/{}", self.repo_url(repo), check.id);
        let html = format!("{}/runs/{}", self.repo_html(repo), check.id);
        json!({
            "id": check.id, "node_id": node_id("CR", check.id), "head_sha": check.head_sha,
            "external_id": check.external_id, "url": url, "html_url": html, "name": check.name,
            "details_url": check.details_url.as_ref().unwrap_or(&html), "status": check.status,
            "conclusion": check.conclusion, "started_at": time(check.started_at),
            "completed_at": maybe_time(check.completed_at),
            "output": {
                "title": check.title, "summary": check.summary, "text": check.text,
                "annotations_count": check.annotations.len(), "annotations_url": format!("{url}/annotations"),
            },
            "check_suite": {"id": check.suite}, "app": self.show_app_id(Some(check.app)),
            "pull_requests": self.show_pulls_of(repo, &check.head_sha),
        })
    }

    /// A check suite; its conclusion is the worst of its latest runs.
    pub(crate) fn show_suite(&self, repo: &Repo, suite: &CheckSuite) -> Value {
        let url = format!("{}/check-suites/{}", self.repo_url(repo), suite.id);
        let checks: Vec<&CheckRun> = repo.checks.values().filter(|c| c.suite == suite.id).collect();
        let done = checks.iter().all(|c| c.status == "completed");
        let worst = checks.iter().find_map(|c| c.conclusion.as_deref().filter(|c| *c != "success"));
        let conclusion = if done { json!(worst.unwrap_or("success")) } else { Value::Null };
        json!({
            "id": suite.id, "node_id": node_id("CS", suite.id), "head_branch": suite.head_branch,
            "head_sha": suite.head_sha, "status": if done { "completed" } else { "in_progress" },
            "conclusion": conclusion, "url": url, "before": null, "after": suite.head_sha,
            "pull_requests": self.show_pulls_of(repo, &suite.head_sha),
            "app": self.show_app_id(Some(suite.app)), "created_at": time(suite.created_at),
            "updated_at": time(suite.updated_at), "latest_check_runs_count": checks.len(),
            "check_runs_url": format!("{url}/check-runs"),
            "head_commit": self.show_head_commit(&suite.head_sha),
        })
    }

    /// A commit status.
    pub(crate) fn show_status(&self, repo: &Repo, status: &CommitStatus) -> Value {
        json!({
            "id": status.id, "node_id": node_id("SC", status.id), "state": status.state,
            "description": status.description, "context": status.context, "target_url": status.target_url,
            "url": format!("{}/statuses/{}", self.repo_url(repo), status.sha),
            "avatar_url": format!("{}/avatars/{}", self.web_url, status.creator),
            "creator": self.show_account(status.creator),
            "created_at": time(status.created_at), "updated_at": time(status.created_at),
        })
    }

    /// A workflow.
    pub(crate) fn show_workflow(&self, repo: &Repo, workflow: &Workflow) -> Value {
        let html = self.repo_html(repo);
        json!({
            "id": workflow.id, "node_id": node_id("W", workflow.id), "name": workflow.name,
            "path": workflow.path, "state": "active", "created_at": time(workflow.created_at),
            "updated_at": time(workflow.created_at),
            "url": format!("{}/actions/workflows/{}", self.repo_url(repo), workflow.id),
            "html_url": format!("{html}/blob/{}/{}", repo.default_branch, workflow.path),
            "badge_url": format!("{html}/workflows/{}/badge.svg", workflow.name.replace(' ', "%20")),
        })
    }

    /// A workflow run.
    pub(crate) fn show_run(&self, repo: &Repo, run: &Run) -> Value {
        let base = self.repo_url(repo);
        let url = format!("{base}/actions/runs/{}", run.id);
        let workflow = repo.workflows.get(&run.workflow);
        let head = self.repos.get(&run.head_repo).unwrap_or(repo);
        json!({
            "id": run.id, "node_id": node_id("WFR", run.id), "name": workflow.map(|w| &w.name),
            "head_branch": run.head_branch, "head_sha": run.head_sha, "path": workflow.map(|w| &w.path),
            "display_title": run.display_title, "run_number": run.run_number,
            "run_attempt": run.run_attempt, "event": run.event, "status": run.status,
            "conclusion": run.conclusion, "workflow_id": run.workflow, "check_suite_id": run.suite,
            "check_suite_node_id": node_id("CS", run.suite), "url": url,
            "html_url": format!("{}/actions/runs/{}", self.repo_html(repo), run.id),
            "pull_requests": self.show_pulls_of(repo, &run.head_sha), "referenced_workflows": [],
            "created_at": time(run.created_at), "updated_at": time(run.updated_at),
            "run_started_at": time(run.run_started_at), "actor": self.show_account(run.actor),
            "triggering_actor": self.show_account(run.triggering_actor), "jobs_url": format!("{url}/jobs"),
            "logs_url": format!("{url}/logs"), "artifacts_url": format!("{url}/artifacts"),
            "check_suite_url": format!("{base}/check-suites/{}", run.suite),
            "cancel_url": format!("{url}/cancel"), "rerun_url": format!("{url}/rerun"),
            "previous_attempt_url": null,
            "workflow_url": format!("{base}/actions/workflows/{}", run.workflow),
            "head_commit": self.show_head_commit(&run.head_sha),
            "repository": self.show_repo(repo), "head_repository": self.show_repo(head),
        })
    }

    /// The jobs of a run: its one job, and the one that was not run again.
    pub(crate) fn show_jobs(&self, repo: &Repo, run: &Run) -> Vec<Value> {
        let base = self.repo_url(repo);
        let ended = run.is_completed().then_some(run.updated_at);
        let own =
            (run.check, "build", run.status.as_str(), run.conclusion.as_deref(), (run.run_started_at, ended));
        let kept = run
            .kept_job
            .map(|(from, to)| (run.check + 1, "scan", "completed", Some("success"), (from, Some(to))));
        let workflow = repo.workflows.get(&run.workflow).map(|workflow| &workflow.name);
        let show = |(id, name, status, conclusion, (from, to)): (i64, &str, &str, Option<&str>, _)| {
            json!({
                "id": id, "node_id": node_id("CR", id), "run_id": run.id,
                "run_url": format!("{base}/actions/runs/{}", run.id), "run_attempt": run.run_attempt,
                "head_sha": run.head_sha, "head_branch": run.head_branch, "workflow_name": workflow,
                "name": name, "url": format!("{base}/actions/jobs/{id}"),
                "html_url": format!("{}/actions/runs/{}/job/{id}", self.repo_html(repo), run.id),
                "status": status, "conclusion": conclusion, "created_at": time(run.created_at),
                "started_at": time(from), "completed_at": maybe_time(to), "steps": [],
                "check_run_url": format!("{base}/check-runs/{id}"), "labels": ["ubuntu-latest"],
                "runner_id": null, "runner_name": null, "runner_group_id": null, "runner_group_name": null,
            })
        };
        kept.into_iter().chain([own]).map(show).collect()
    }

    /// An artifact.
    pub(crate) fn show_artifact(&self, repo: &Repo, artifact: &Artifact) -> Value {
        let url = format!("{}/actions/artifacts/{}", self.repo_url(repo), artifact.id);
        let run = repo.runs.get(&artifact.run);
        json!({
            "id": artifact.id, "node_id": node_id("MDg6QXJ0aWZhY3Q", artifact.id), "name": artifact.name,
            "size_in_bytes": artifact.bytes.len(), "url": url, "archive_download_url": format!("{url}/zip"),
            "expired": artifact.expired, "digest": artifact.digest, "created_at": time(artifact.created_at),
            "updated_at": time(artifact.created_at),
            "expires_at": time(artifact.created_at.plus(std::time::Duration::from_hours(90 * 24))),
            "workflow_run": run.map(|run| json!({
                "id": run.id, "repository_id": repo.id, "head_repository_id": run.head_repo,
                "head_branch": run.head_branch, "head_sha": run.head_sha,
            })),
        })
    }

    /// A deployment.
    pub(crate) fn show_deployment(&self, repo: &Repo, deployment: &Deployment) -> Value {
        let url = format!("{}/deployments/{}", self.repo_url(repo), deployment.id);
        json!({
            "id": deployment.id, "node_id": node_id("DE", deployment.id), "url": url,
            "sha": deployment.sha, "ref": deployment.reference, "task": deployment.task,
            "environment": deployment.environment, "original_environment": deployment.environment,
            "description": deployment.description, "payload": deployment.payload,
            "transient_environment": deployment.transient,
            "production_environment": deployment.production,
            "creator": self.show_account(deployment.creator),
            "performed_via_github_app": self.show_app_id(deployment.app),
            "statuses_url": format!("{url}/statuses"), "repository_url": self.repo_url(repo),
            "created_at": time(deployment.created_at), "updated_at": time(deployment.updated_at),
        })
    }

    /// A deployment's status.
    pub(crate) fn show_deployment_status(
        &self,
        repo: &Repo,
        deployment: &Deployment,
        status: &DeploymentStatus,
    ) -> Value {
        let url = format!("{}/deployments/{}", self.repo_url(repo), deployment.id);
        let shown = json!({
            "id": status.id, "node_id": node_id("DES", status.id), "state": status.state,
            "url": format!("{url}/statuses/{}", status.id), "deployment_url": url,
            "repository_url": self.repo_url(repo), "creator": self.show_account(status.creator),
            "description": status.description, "environment": status.environment,
            "created_at": time(status.created_at), "updated_at": time(status.created_at),
        });
        let more = json!({
            "environment_url": status.environment_url, "log_url": status.log_url,
            "target_url": status.log_url, "performed_via_github_app": self.show_app_id(status.app),
        });
        merged(shown, more)
    }
}
