//! Runs of a commit that go on: whatever they may still bring, nobody knows yet.

use std::collections::BTreeSet;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::promotion;
use crate::facts::Result;
use crate::github::read::Run;
use crate::ids::{CommitSha, Repo, RunId, WorkflowFile};
use crate::policy::Policy;
use crate::report::UnfinishedRun;

/// Events on which workflows look at the commit that they are booked on.
const OF_THE_COMMIT: [&str; 5] = ["push", "pull_request", "merge_group", "workflow_dispatch", "release"];
/// Events that come by the clock or from GitHub itself: these count only where the policy names their workflow.
const NOW_AND_THEN: [&str; 2] = ["schedule", "dynamic"];
/// A run that is held by an environment, or for somebody's approval, is none of them: it may wait for us.
const GOES_ON: [&str; 4] = ["queued", "in_progress", "requested", "pending"];

/// Those of the runs of a commit that may still bring reports, and how long they have been at it. A run that deploys is
/// none of them, nor one that the policy leaves out.
pub(super) async fn unfinished(
    app: &App,
    repo: &Repo,
    commit: &CommitSha,
    (policy, runs): (&Policy, &[Run]),
    now: Timestamp,
) -> Result<Vec<UnfinishedRun>> {
    let deploys = deploys(policy);
    let may = |run: &&Run| {
        GOES_ON.contains(&run.status.as_str())
            && run.head_repo == Some(repo.id)
            && (OF_THE_COMMIT.contains(&run.event.as_str())
                || NOW_AND_THEN.contains(&run.event.as_str()) && is_named(policy, run))
            && !run.workflow.as_ref().is_some_and(|file| deploys.contains(file))
            && !policy.scans.leaves_out(file_name(run))
    };
    let going: Vec<&Run> = runs.iter().filter(may).collect();
    if going.is_empty() {
        return Ok(Vec::new());
    }
    let mut conn = app.db.read().await?;
    let ours: BTreeSet<RunId> = promotion::runs_on(&mut conn, repo.id, commit).await?.into_iter().collect();
    drop(conn);
    let unfinished = going.into_iter().filter(|run| !ours.contains(&run.id)).map(|run| UnfinishedRun {
        workflow: file_name(run).to_owned(),
        run: run.id,
        since: run.started_at,
        for_seconds: now.since(run.started_at).as_secs(),
    });
    Ok(unfinished.collect())
}

fn deploys(policy: &Policy) -> BTreeSet<&WorkflowFile> {
    let deploys = policy.environments.values().filter_map(|environment| environment.deploy.as_ref());
    deploys.map(|deploy| &deploy.workflow).collect()
}

/// Whether a report that the policy wants is called as this run's workflow is: `codeql` for GitHub's own set-up of it.
fn is_named(policy: &Policy, run: &Run) -> bool {
    let stem = file_name(run).trim_end_matches(".yml").trim_end_matches(".yaml");
    let gates = policy.environments.values().filter_map(|environment| environment.require.scans.as_ref());
    gates
        .chain([&policy.scans.gate])
        .flat_map(|gate| &gate.must_have)
        .any(|name| name.eq_ignore_ascii_case(stem))
}

/// What its workflow's file is called, or the last part of where it is.
fn file_name(run: &Run) -> &str {
    let path = run.path.split('@').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or(path)
}
