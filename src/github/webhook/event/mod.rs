//! A payload of GitHub's as an event in our words.

use serde::de::DeserializeOwned;

use super::payload::{
    self, CheckRunEvent, CheckSuiteEvent, Common, DeploymentStatusEvent, IssueComment, PullRequest,
    Repository, Status, WorkflowRunEvent,
};
use crate::event::{
    About, ButtonPress, Comment, CommentChange, Event, PullRequestAction, PullRequestChange, Push,
    PushedCommit, Rerequest, What, WorkflowRunChange,
};
use crate::ids::{CommitSha, Repo, RepoId};

/// A payload of a kind we act on that is not as GitHub documents it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {event} payload cannot be read: {why}")]
pub struct Unreadable {
    /// The event, as in `X-GitHub-Event`.
    pub event: String,
    /// What is wrong.
    pub why: String,
}

/// What happened, from the event's name (`X-GitHub-Event`) and its payload.
///
/// None for events and actions we do not act on, and for those of no installation or no repository.
///
/// # Errors
/// When a payload we should act on cannot be read. It will not become readable by trying again.
pub fn to_event(event: &str, body: &[u8]) -> Result<Option<Event>, Unreadable> {
    let unreadable = |why: String| Unreadable { event: event.chars().take(100).collect(), why };
    let Some(read) = reader_of(event) else { return Ok(None) };
    let common: Common = parse(body).map_err(unreadable)?;
    let (Some(repository), Some(installation)) = (&common.repository, &common.installation) else {
        return Ok(None);
    };
    let repo = Repo { id: repository.id, name: repository.full_name.clone(), installation: installation.id };
    let action = common.action.as_deref().unwrap_or_default();
    let Some(what) = read(action, repository, body).map_err(unreadable)? else { return Ok(None) };
    let sender = common.sender.ok_or_else(|| unreadable("it does not say who did it".to_owned()))?;
    let default_branch = repository.default_branch.as_deref().and_then(|branch| branch.parse().ok());
    let about = Some(About { private: repository.private, default_branch });
    Ok(Some(Event { repo, about, sender: sender.into(), what }))
}

/// Whether events of this name (`X-GitHub-Event`) can be any of ours. Others need not be kept.
pub fn is_known(event: &str) -> bool {
    reader_of(event).is_some()
}

type Read = fn(action: &str, repository: &Repository, body: &[u8]) -> Result<Option<What>, String>;

fn reader_of(event: &str) -> Option<Read> {
    Some(match event {
        "issue_comment" => issue_comment,
        "pull_request" => pull_request,
        "push" => push,
        "check_run" => check_run,
        "check_suite" => check_suite,
        "status" => status,
        "workflow_run" => workflow_run,
        "deployment_status" => deployment_status,
        _ => return None,
    })
}

fn issue_comment(action: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    if !matches!(action, "created" | "edited" | "deleted") {
        return Ok(None);
    }
    let IssueComment { issue, comment, changes } = parse(body)?;
    let (id, number) = (comment.id, issue.number);
    Ok(Some(match action {
        "created" => What::CommentCreated(Comment {
            id,
            number,
            on_pull_request: issue.pull_request.is_some(),
            body: comment.body.unwrap_or_default(),
            created_at: comment.created_at,
            through_app: comment.performed_via_github_app.is_some(),
        }),
        "deleted" => {
            What::CommentChanged(CommentChange { id, number, body_before: comment.body, deleted: true })
        }
        _ => {
            let body_before = changes.and_then(|changes| changes.body).map(|body| body.from);
            What::CommentChanged(CommentChange { id, number, body_before, deleted: false })
        }
    }))
}

fn pull_request(action: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    let PullRequest { pull_request: pull } = parse(body)?;
    let action = match action {
        "opened" => PullRequestAction::Opened,
        "synchronize" => PullRequestAction::Synchronize,
        "reopened" => PullRequestAction::Reopened,
        "enqueued" => PullRequestAction::Enqueued,
        "closed" if pull.merged == Some(true) => PullRequestAction::Merged,
        "closed" => PullRequestAction::Closed,
        _ => PullRequestAction::Other,
    };
    Ok(Some(What::PullRequest(PullRequestChange {
        number: pull.number,
        action,
        head: pull.head.sha,
        head_ref: pull.head.name,
        head_repo: pull.head.repo.map(|repo| RepoId(repo.id)),
        author: pull.user.actor(),
        merged_as: pull.merge_commit_sha.filter(|_| action == PullRequestAction::Merged),
        merged_by: pull.merged_by.actor().filter(|_| action == PullRequestAction::Merged),
        updated_at: pull.updated_at,
    })))
}

fn push(_: &str, repository: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    let push: payload::Push = parse(body)?;
    let name = push.name.strip_prefix("refs/heads/");
    let branch = name.map(str::parse).transpose().map_err(|error| format!("{error}"))?;
    let gone = push.deleted || is_none(&push.after);
    let reference = push.name.parse().map_err(|error| format!("{error}"))?;
    let after = match push.head_commit {
        Some(commit) if branch.is_none() => commit.id,
        Some(_) | None => push.after,
    };
    let listed = push.commits.into_iter();
    Ok(Some(What::Push(Push {
        to_default_branch: name.is_some() && name == repository.default_branch.as_deref(),
        branch,
        after: (!gone).then_some(after),
        reference,
        before: push.before.filter(|before| !is_none(before)),
        commits: listed.map(|commit| PushedCommit { sha: commit.id, new: commit.distinct }).collect(),
        pushed_at: repository.pushed_at,
    })))
}

/// What git writes where there is no commit.
fn is_none(sha: &CommitSha) -> bool {
    sha.as_str().bytes().all(|digit| digit == b'0')
}

fn check_run(action: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    if !matches!(action, "requested_action" | "rerequested" | "completed") {
        return Ok(None);
    }
    let CheckRunEvent { check_run, requested_action } = parse(body)?;
    Ok(match action {
        "completed" => Some(What::ChecksChanged(check_run.head_sha)),
        "rerequested" => Some(What::CheckRunRerequested(Rerequest {
            check_run: check_run.id,
            external_id: check_run.external_id.unwrap_or_default(),
            commit: check_run.head_sha,
        })),
        _ => {
            let pressed = requested_action.ok_or("it does not say which button was pressed")?;
            // A check run without an App has no buttons of ours.
            check_run.app.map(|app| {
                What::ButtonPressed(ButtonPress {
                    check_run: check_run.id,
                    identifier: pressed.identifier,
                    external_id: check_run.external_id.unwrap_or_default(),
                    app: app.id,
                    commit: check_run.head_sha,
                })
            })
        }
    })
}

fn check_suite(action: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    if action != "completed" {
        return Ok(None);
    }
    let CheckSuiteEvent { check_suite } = parse(body)?;
    Ok(Some(What::ChecksChanged(check_suite.head_sha)))
}

fn status(_: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    let Status { sha } = parse(body)?;
    Ok(Some(What::ChecksChanged(sha)))
}

fn workflow_run(action: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    let WorkflowRunEvent { workflow_run: run } = parse(body)?;
    let finished = action == "completed" || run.status.as_deref() == Some("completed");
    let attempt = run.run_attempt.unwrap_or(1);
    Ok(Some(What::WorkflowRun(WorkflowRunChange { run: run.id, commit: run.head_sha, finished, attempt })))
}

fn deployment_status(_: &str, _: &Repository, body: &[u8]) -> Result<Option<What>, String> {
    let DeploymentStatusEvent { deployment } = parse(body)?;
    Ok(Some(What::DeploymentStatus(deployment.id)))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
