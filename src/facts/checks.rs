//! What ran on the commit, and how it ended.

use std::collections::BTreeMap;

use crate::app::App;
use crate::facts::Result;
use crate::github::read::{CheckRun, Run};
use crate::ids::{Repo, WorkflowFile};
use crate::policy::Environment;
use crate::policy::facts::{CheckFact, RunFact, Tuple};

/// The newest run of each workflow that the policy names. An old green run never hides a newer red one,
/// and a run of somebody's fork is not ours.
pub(super) fn workflows(
    repo: &Repo,
    (tuple, environment): (&Tuple, &Environment),
    runs: &[Run],
) -> BTreeMap<WorkflowFile, RunFact> {
    let mut newest = BTreeMap::new();
    let mut runs = runs.to_vec();
    runs.sort_by_key(|run| run.id);
    for run in runs {
        let Some(workflow) = run.workflow.filter(|name| environment.require.workflows.contains(name)) else {
            continue;
        };
        if run.head_repo != Some(repo.id) || run.head_sha != tuple.commit {
            continue;
        }
        let conclusion = run.conclusion.filter(|_| run.status == "completed");
        newest.insert(workflow, RunFact { run: run.id, attempt: run.attempt, conclusion, url: run.html_url });
    }
    newest
}

/// Every result that counts of each check that the policy names, with who says so; a commit status is one without an App.
///
/// The newest of each name by an App counts, and those of two workflows, or of one workflow on two events, are two: a
/// later green one of somebody's new workflow file must not hide a red one. A fork's run says nothing here.
pub(super) async fn checks(
    app: &App,
    repo: &Repo,
    (tuple, environment): (&Tuple, &Environment),
    runs: &[Run],
) -> Result<BTreeMap<String, Vec<CheckFact>>> {
    let mut found: BTreeMap<String, Vec<CheckFact>> = BTreeMap::new();
    if environment.require.checks.is_empty() {
        return Ok(found);
    }
    let named = |name: &str| environment.require.checks.iter().any(|rule| rule.name == name);
    let mut all = app.reader.check_runs(repo, &tuple.commit).await?;
    all.retain(|check| named(&check.name));
    for check in that_count(all, &Suites::of(repo, runs)) {
        let conclusion = check.conclusion.filter(|_| check.status == "completed");
        found.entry(check.name).or_default().push(CheckFact { app: check.app_slug, conclusion });
    }
    for status in app.reader.statuses(repo, &tuple.commit).await? {
        if named(&status.context) {
            let conclusion = (status.state != "pending").then_some(status.state);
            found.entry(status.context).or_default().push(CheckFact { app: None, conclusion });
        }
    }
    Ok(found)
}

/// What the suites of GitHub Actions on a commit are: each is of one run.
struct Suites<'r> {
    repo: &'r Repo,
    runs: BTreeMap<i64, &'r Run>,
}

/// What check runs are of: newer ones of one group take the place of older ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// A workflow's file, and the event that it ran on.
    Workflow(String, String),
    /// Of an App that is not GitHub Actions, or of a run that GitHub no longer lists.
    Suite(Option<i64>),
}

impl<'r> Suites<'r> {
    fn of(repo: &'r Repo, runs: &'r [Run]) -> Self {
        Self { repo, runs: runs.iter().filter_map(|run| Some((run.suite?, run))).collect() }
    }

    fn run(&self, check: &CheckRun) -> Option<&'r Run> {
        self.runs.get(&check.suite?).copied()
    }

    fn group(&self, check: &CheckRun) -> Group {
        match self.run(check) {
            Some(run) => Group::Workflow(run.path.clone(), run.event.clone()),
            None => Group::Suite(check.suite),
        }
    }

    fn is_of_a_fork(&self, check: &CheckRun) -> bool {
        self.run(check).is_some_and(|run| run.head_repo != Some(self.repo.id))
    }
}

fn that_count(all: Vec<CheckRun>, suites: &Suites<'_>) -> Vec<CheckRun> {
    let mut newest: BTreeMap<(Option<i64>, String, Group), CheckRun> = BTreeMap::new();
    for check in all.into_iter().filter(|check| !suites.is_of_a_fork(check)) {
        let key = (check.app_id, check.name.clone(), suites.group(&check));
        // A higher id was made later.
        if newest.get(&key).is_none_or(|known| known.id < check.id) {
            newest.insert(key, check);
        }
    }
    let kept: Vec<CheckRun> = newest.into_values().collect();
    kept.iter().filter(|check| !gave_way(check, &kept, suites)).cloned().collect()
}

/// A run that was cancelled for a newer one of its workflow: `on: [push, pull_request]` with one concurrency group
/// leaves such twins. What failed before it was cancelled says `failure`, and counts.
fn gave_way(check: &CheckRun, all: &[CheckRun], suites: &Suites<'_>) -> bool {
    let of = |check: &CheckRun| Some((check.app_id, check.name.clone(), suites.run(check)?.path.clone()));
    let twin = |other: &CheckRun| other.id > check.id && of(other).is_some() && of(other) == of(check);
    check.conclusion.as_deref() == Some("cancelled") && all.iter().any(twin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{InstallationId, RepoId};

    fn check(id: i64, suite: i64, app: i64, conclusion: &str) -> CheckRun {
        serde_json::from_value(serde_json::json!({
            "id": id, "name": "build", "status": "completed", "conclusion": conclusion,
            "app": { "id": app }, "check_suite": { "id": suite }
        }))
        .unwrap()
    }

    fn run(suite: i64, file: &str, event: &str, repo: i64) -> Run {
        serde_json::from_value(serde_json::json!({
            "id": suite, "check_suite_id": suite, "path": format!(".github/workflows/{file}"), "event": event,
            "status": "completed", "conclusion": "success", "head_sha": "a".repeat(40), "head_branch": "main",
            "created_at": "2026-11-21T09:00:00Z", "head_repository": { "id": repo }
        }))
        .unwrap()
    }

    fn counting(checks: &[CheckRun], runs: &[Run]) -> Vec<(i64, String)> {
        let repo =
            Repo { id: RepoId(1), name: "acme/shop".parse().unwrap(), installation: InstallationId(2) };
        let kept = that_count(checks.to_vec(), &Suites::of(&repo, runs));
        let mut kept: Vec<_> =
            kept.into_iter().map(|check| (check.id.0, check.conclusion.unwrap_or_default())).collect();
        kept.sort();
        kept
    }

    #[test]
    fn attack_10_a_green_check_of_another_workflow_hides_no_red_one() {
        let runs = [run(1, "ci.yml", "push", 1), run(2, "mine.yml", "push", 1)];
        let checks = [check(1, 1, 15368, "failure"), check(2, 2, 15368, "success")];
        assert_eq!(counting(&checks, &runs), [(1, "failure".into()), (2, "success".into())]);
        // Nor one of which GitHub lists no run, nor another App's.
        assert_eq!(counting(&checks, &runs[..1]).len(), 2);
        assert_eq!(counting(&[check(1, 1, 7, "failure"), check(2, 2, 7, "success")], &[]).len(), 2);
    }

    #[test]
    fn a_newer_one_of_the_same_workflow_and_event_takes_its_place() {
        let runs =
            [run(1, "ci.yml", "push", 1), run(2, "ci.yml", "push", 1), run(3, "ci.yml", "pull_request", 1)];
        let red = check(1, 1, 15368, "failure");
        assert_eq!(counting(&[red.clone(), check(2, 2, 15368, "success")], &runs), [(2, "success".into())]);
        assert_eq!(
            counting(&[check(5, 1, 15368, "success"), red.clone()], &runs),
            [(5, "success".into())],
            "run again"
        );
        assert_eq!(
            counting(&[red, check(3, 3, 15368, "success")], &runs).len(),
            2,
            "on another event it is another"
        );
        let cancelled = check(1, 1, 15368, "cancelled");
        assert_eq!(
            counting(&[cancelled.clone(), check(3, 3, 15368, "success")], &runs),
            [(3, "success".into())]
        );
        assert_eq!(counting(&[cancelled], &runs).len(), 1, "for no other run it gave way");
    }

    #[test]
    fn what_a_fork_ran_neither_opens_nor_closes() {
        let runs = [run(1, "ci.yml", "push", 1), run(2, "ci.yml", "pull_request", 9)];
        for (ours, theirs) in [("failure", "success"), ("success", "failure")] {
            let checks = [check(1, 1, 15368, ours), check(2, 2, 15368, theirs)];
            assert_eq!(counting(&checks, &runs), [(1, ours.into())]);
        }
    }
}
