//! Workflows: finding them in the repository, dispatching them, and letting their runs move on.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Who;
use crate::actions::{Input, Run, Workflow};
use crate::checks::CheckRun;
use crate::refused::{Act, Refused};
use crate::repo::Role;
use crate::simulate::{ACTIONS_APP, Step};
use crate::state::State;

const FOLDER: &str = ".github/workflows/";
/// How many inputs a dispatch may carry.
const INPUT_LIMIT: usize = 25;

/// What is read of a workflow file.
#[derive(Debug, Deserialize)]
struct File {
    name: Option<String>,
    #[serde(rename = "run-name")]
    run_name: Option<String>,
    #[serde(default)]
    on: Value,
}

impl State {
    /// Reads the workflow files on the default branch; what cannot be read is no workflow.
    pub(super) fn read_workflows(&mut self, repo: i64) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let Ok(commit) = here.tip(&here.default_branch).and_then(|tip| self.objects.get(tip)) else {
            return Ok(());
        };
        let files: Vec<(String, File)> = commit
            .tree
            .keys()
            .filter(|path| path.starts_with(FOLDER))
            .filter_map(|path| {
                let (_, content) = self.objects.file(commit, path)?;
                Some((path.clone(), serde_saphyr::from_str(std::str::from_utf8(content).ok()?).ok()?))
            })
            .collect();
        for (path, file) in files {
            self.keep_workflow(repo, path, file)?;
        }
        Ok(())
    }

    fn keep_workflow(&mut self, repo: i64, path: String, file: File) -> Act<()> {
        let (fresh, now) = (self.fresh_id(), self.now());
        let here = self.repo_by_id_mut(repo)?;
        let there = here.workflows.values().find(|w| w.path == path);
        let (id, created_at) = there.map_or((fresh, now), |w| (w.id, w.created_at));
        let workflow = Workflow {
            id,
            name: file.name.unwrap_or_else(|| path.clone()),
            path,
            dispatch: declared_inputs(&file.on),
            on_push: has_trigger(&file.on, "push"),
            run_name: file.run_name,
            created_at,
        };
        here.workflows.insert(id, workflow);
        Ok(())
    }

    /// Dispatches a workflow on a branch or tag, as of its tip at this moment, and gives the run's id.
    pub fn dispatch(
        &mut self,
        repo: i64,
        who: Who,
        file: &str,
        (reference, inputs): (&str, BTreeMap<String, String>),
    ) -> Act<i64> {
        self.demand(repo, who, Role::Write)?;
        let here = self.repo_by_id(repo)?;
        let workflow = here.workflow(file)?;
        let declared = workflow
            .dispatch
            .as_ref()
            .ok_or_else(|| Refused::invalid("Workflow does not have 'workflow_dispatch' trigger"))?;
        let inputs = check_inputs(declared, inputs)?;
        let name = reference.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/").to_owned();
        let sha = here.branches.get(&name).map(|b| &b.sha).or_else(|| here.tags.get(&name));
        let sha = sha.cloned().ok_or_else(|| Refused::invalid(format!("No ref found for: {reference}")))?;
        let file = workflow.file().to_owned();
        self.start_run(repo, who, &file, (&name, &sha), ("workflow_dispatch", inputs))
    }

    /// Queues a run of a workflow and gives its id.
    pub fn start_run(
        &mut self,
        repo: i64,
        who: Who,
        file: &str,
        (branch, sha): (&str, &str),
        (event, inputs): (&str, BTreeMap<String, String>),
    ) -> Act<i64> {
        let workflow = self.repo_by_id(repo)?.workflow(file)?.clone();
        let headline = self.objects.get(sha)?.headline().to_owned();
        let title = match (&workflow.run_name, event) {
            (Some(template), _) => fill(template, &inputs),
            (None, "workflow_dispatch") => workflow.name.clone(),
            (None, _) => headline,
        };
        let (id, now) = (self.fresh_id(), self.now());
        let suite = self.new_suite(repo, ACTIONS_APP, sha)?;
        let number = self.repo_by_id(repo)?.runs.values().filter(|r| r.workflow == workflow.id).count();
        let run = Run {
            id,
            workflow: workflow.id,
            run_number: i64::try_from(number).unwrap_or(0) + 1,
            run_attempt: 1,
            event: event.to_owned(),
            status: "queued".to_owned(),
            conclusion: None,
            head_branch: branch.to_owned(),
            head_sha: sha.to_owned(),
            head_repo: repo,
            display_title: title,
            inputs,
            actor: who.user,
            triggering_actor: who.user,
            suite,
            check: 0,
            created_at: now,
            run_started_at: now,
            updated_at: now,
            kept_job: None,
        };
        self.repo_by_id_mut(repo)?.runs.insert(id, run);
        self.tell_run(repo, id, "requested")?;
        self.add_job(repo, id, &workflow)?;
        self.plan(repo, id);
        Ok(id)
    }

    /// A run has one job, and the job is a check run of GitHub Actions.
    fn add_job(&mut self, repo: i64, run: i64, workflow: &Workflow) -> Act<()> {
        let (id, now) = (self.fresh_id(), self.now());
        let here = self.repo_by_id_mut(repo)?;
        let Some(of) = here.runs.get_mut(&run) else { return Err(Refused::not_found()) };
        of.check = id;
        let check = CheckRun {
            id,
            app: ACTIONS_APP,
            suite: of.suite,
            name: if workflow.on_push { "build".to_owned() } else { "deploy".to_owned() },
            head_sha: of.head_sha.clone(),
            status: "queued".to_owned(),
            conclusion: None,
            external_id: String::new(),
            details_url: None,
            title: None,
            summary: None,
            text: None,
            annotations: Vec::new(),
            buttons: Vec::new(),
            run: Some(run),
            started_at: now,
            completed_at: None,
        };
        here.checks.insert(id, check);
        let bot = self.actions_bot();
        self.tell_check(repo, bot, id, "created", json!({}))
    }

    /// Lets a queued run start.
    pub fn begin_run(&mut self, repo: i64, run: i64) -> Act<()> {
        let now = self.now();
        let found = self.repo_by_id_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        if found.status != "queued" {
            return Ok(());
        }
        "in_progress".clone_into(&mut found.status);
        found.run_started_at = now;
        found.updated_at = now;
        let check = found.check;
        let bot = self.actions_bot();
        self.update_check(repo, bot, check, &json!({"status": "in_progress"}))?;
        self.tell_run(repo, run, "in_progress")
    }

    /// Lets a run end, and its check run with it.
    pub fn finish_run(&mut self, repo: i64, run: i64, conclusion: &str) -> Act<()> {
        let now = self.now();
        let found = self.repo_by_id_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        if found.is_completed() {
            return Err(Refused::new(409, "Conflict: the run is completed"));
        }
        "completed".clone_into(&mut found.status);
        found.conclusion = Some(conclusion.to_owned());
        found.updated_at = now;
        let check = found.check;
        self.schedule.retain(|(_, step)| !step.is_about(run));
        let bot = self.actions_bot();
        self.update_check(repo, bot, check, &json!({"conclusion": conclusion}))?;
        self.tell_run(repo, run, "completed")
    }

    /// Cancels a run that has not ended.
    pub fn cancel_run(&mut self, repo: i64, who: Who, run: i64) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        if self.repo_by_id(repo)?.run(run)?.is_completed() {
            return Err(Refused::new(409, "Cannot cancel a workflow run that is completed."));
        }
        self.finish_run(repo, run, "cancelled")
    }

    /// Runs an ended run again: the same id, one attempt more.
    pub fn rerun(&mut self, repo: i64, who: Who, run: i64) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        let now = self.now();
        let here = self.repo_by_id_mut(repo)?;
        let found = here.runs.get_mut(&run).filter(|r| r.is_completed());
        let found = found.ok_or_else(|| Refused::forbidden("The workflow run is already running"))?;
        found.run_attempt += 1;
        found.triggering_actor = who.user;
        "queued".clone_into(&mut found.status);
        found.conclusion = None;
        found.run_started_at = now;
        found.updated_at = now;
        let workflow = found.workflow;
        let workflow = here.workflows.get(&workflow).cloned().ok_or_else(Refused::not_found)?;
        self.tell_run(repo, run, "requested")?;
        self.add_job(repo, run, &workflow)?;
        self.plan(repo, run);
        Ok(())
    }

    /// Runs the failed jobs of an ended run again, beside a job that succeeded and is kept.
    pub fn rerun_failed(&mut self, repo: i64, who: Who, run: i64) -> Act<()> {
        let found = self.repo_by_id(repo)?.run(run)?;
        let kept = (found.run_started_at, found.updated_at);
        self.rerun(repo, who, run)?;
        let found = self.repo_by_id_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        found.kept_job = Some(kept);
        Ok(())
    }

    fn tell_run(&mut self, repo: i64, run: i64, action: &str) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let found = here.run(run)?;
        let sender = Who { user: found.triggering_actor, app: None };
        let workflow = here.workflows.get(&found.workflow).map(|w| self.show_workflow(here, w));
        let payload = json!({"workflow_run": self.show_run(here, found), "workflow": workflow});
        self.emit(repo, "workflow_run", Some(action), sender, payload);
        Ok(())
    }

    fn plan(&mut self, repo: i64, run: i64) {
        if self.settings.auto {
            let at = self.now().plus(self.settings.pace);
            self.schedule.push((at, Step::StartRun { repo, run }));
        }
    }

    fn actions_bot(&self) -> Who {
        let bot = self.apps.get(&ACTIONS_APP).map_or(0, |app| app.bot);
        Who { user: bot, app: Some(ACTIONS_APP) }
    }
}

fn has_trigger(on: &Value, name: &str) -> bool {
    on.get(name).is_some()
        || on.as_str() == Some(name)
        || on.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)))
}

fn declared_inputs(on: &Value) -> Option<BTreeMap<String, Input>> {
    if !has_trigger(on, "workflow_dispatch") {
        return None;
    }
    let inputs = on.get("workflow_dispatch").and_then(|d| d.get("inputs")).and_then(Value::as_object);
    let read = |declared: &Value| Input {
        required: declared.get("required").and_then(Value::as_bool).unwrap_or(false),
        default: declared.get("default").and_then(Value::as_str).map(str::to_owned),
    };
    Some(inputs.into_iter().flatten().map(|(name, declared)| (name.clone(), read(declared))).collect())
}

fn check_inputs(
    declared: &BTreeMap<String, Input>,
    mut given: BTreeMap<String, String>,
) -> Act<BTreeMap<String, String>> {
    if given.len() > INPUT_LIMIT {
        return Err(Refused::invalid(format!("Cannot have more than {INPUT_LIMIT} inputs")));
    }
    let unknown: Vec<String> =
        given.keys().filter(|name| !declared.contains_key(*name)).map(|n| format!("{n:?}")).collect();
    if !unknown.is_empty() {
        return Err(Refused::invalid(format!("Unexpected inputs provided: [{}]", unknown.join(", "))));
    }
    for (name, input) in declared {
        match (given.contains_key(name), &input.default) {
            (false, Some(default)) => drop(given.insert(name.clone(), default.clone())),
            (false, None) if input.required => {
                return Err(Refused::invalid(format!("Required input '{name}' not provided")));
            }
            (true, _) | (false, None) => {}
        }
    }
    Ok(given)
}

/// Puts the inputs into `${{ inputs.name }}`; what is not given becomes nothing.
fn fill(template: &str, inputs: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${{") {
        let Some((expression, tail)) = after.split_once("}}") else { break };
        filled.push_str(before);
        let name = expression.trim().trim_start_matches("github.event.").trim_start_matches("inputs.");
        filled.push_str(inputs.get(name).map_or("", String::as_str));
        rest = tail;
    }
    filled.push_str(rest);
    filled
}
