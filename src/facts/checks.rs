//! What ran on the commit, and how it ended.

use std::collections::BTreeMap;

use crate::app::App;
use crate::facts::Result;
use crate::ids::{Repo, WorkflowFile};
use crate::policy::Environment;
use crate::policy::facts::{CheckFact, RunFact, Tuple};

/// The newest run of each workflow that the policy names. An old green run never hides a newer red one,
/// and a run of somebody's fork is not ours.
pub(super) async fn workflows(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    environment: &Environment,
) -> Result<BTreeMap<WorkflowFile, RunFact>> {
    let mut newest = BTreeMap::new();
    if environment.require.workflows.is_empty() {
        return Ok(newest);
    }
    let mut runs = app.reader.workflow_runs_of(repo, &tuple.commit).await?;
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
    Ok(newest)
}

/// The newest result, per App, of each check that the policy names; a commit status is one without an App.
pub(super) async fn checks(
    app: &App,
    repo: &Repo,
    tuple: &Tuple,
    environment: &Environment,
) -> Result<BTreeMap<String, Vec<CheckFact>>> {
    let mut found: BTreeMap<String, Vec<CheckFact>> = BTreeMap::new();
    if environment.require.checks.is_empty() {
        return Ok(found);
    }
    let named = |name: &str| environment.require.checks.iter().any(|rule| rule.name == name);
    for run in app.reader.check_runs(repo, &tuple.commit).await? {
        if named(&run.name) {
            let conclusion = run.conclusion.filter(|_| run.status == "completed");
            found.entry(run.name).or_default().push(CheckFact { app: run.app_slug, conclusion });
        }
    }
    for status in app.reader.statuses(repo, &tuple.commit).await? {
        if named(&status.context) {
            let conclusion = (status.state != "pending").then_some(status.state);
            found.entry(status.context).or_default().push(CheckFact { app: None, conclusion });
        }
    }
    Ok(found)
}
