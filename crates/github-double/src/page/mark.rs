//! How something stands, from GitHub's words for it: checks, runs, deployments and commits alike.

use countersign_page::Mark;

use crate::checks::CheckRun;

/// From a status and a conclusion, as checks and workflow runs have them.
pub(super) fn of(status: &str, conclusion: Option<&str>) -> Mark {
    match (status, conclusion) {
        ("completed", Some("success")) => Mark::Passed,
        ("completed", Some("action_required")) => Mark::Waiting,
        ("completed", Some("failure" | "timed_out" | "startup_failure")) => Mark::Failed,
        ("completed", _) => Mark::Neutral,
        ("in_progress", _) => Mark::Running,
        (_, _) => Mark::Queued,
    }
}

/// How a check run stands.
pub(super) fn of_check(check: &CheckRun) -> Mark {
    of(&check.status, check.conclusion.as_deref())
}

/// How a deployment or a commit status stands, from the word for it.
pub(super) fn of_deployment(state: &str) -> Mark {
    match state {
        "success" => Mark::Passed,
        "failure" | "error" => Mark::Failed,
        "in_progress" => Mark::Running,
        "queued" | "pending" => Mark::Queued,
        _ => Mark::Neutral,
    }
}
