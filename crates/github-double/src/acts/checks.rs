//! Check runs and commit statuses.

use serde_json::{Value, json};

use super::Who;
use crate::checks::{Button, CheckRun, CheckSuite, CommitStatus};
use crate::refused::{Act, Refused};
use crate::repo::Role;
use crate::show::merged;
use crate::state::State;

/// How a check run may end, as an App may say it; `stale` is GitHub's own word.
const CONCLUSIONS: [&str; 7] =
    ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"];
/// What GitHub takes in `summary` and in `text`, in bytes.
const TEXT_LIMIT: usize = 65_535;
/// What GitHub takes in one request.
const ANNOTATION_LIMIT: usize = 50;

impl State {
    /// Makes a check run from the body of `POST /check-runs` and gives its id.
    ///
    /// The name may be taken: then there are two.
    pub fn create_check(&mut self, repo: i64, who: Who, body: &Value) -> Act<i64> {
        let app = who.app.ok_or_else(|| Refused::forbidden("You must authenticate via a GitHub App."))?;
        let name = text(body, "name").ok_or_else(|| missing("name"))?;
        let sha = text(body, "head_sha").ok_or_else(|| missing("head_sha"))?;
        self.objects.get(&sha)?;
        let suite = self.suite(repo, app, &sha)?;
        let (id, now) = (self.fresh_id(), self.now());
        let mut check = CheckRun {
            id,
            app,
            suite,
            name,
            head_sha: sha,
            status: "queued".to_owned(),
            conclusion: None,
            external_id: String::new(),
            details_url: None,
            title: None,
            summary: None,
            text: None,
            annotations: Vec::new(),
            buttons: Vec::new(),
            run: None,
            started_at: now,
            completed_at: None,
        };
        apply(&mut check, body, now)?;
        self.repo_by_id_mut(repo)?.checks.insert(id, check);
        self.tell_check(repo, who, id, "created", json!({}))?;
        self.tell_completed(repo, who, id, false)?;
        Ok(id)
    }

    /// Changes a check run from the body of `PATCH /check-runs/{id}`; only its own App may.
    pub fn update_check(&mut self, repo: i64, who: Who, id: i64, body: &Value) -> Act<()> {
        let now = self.now();
        let mut check = self.repo_by_id(repo)?.check(id)?.clone();
        if who.app != Some(check.app) {
            return Err(Refused::forbidden(
                "Invalid app_id `check_run` can only be modified by its GitHub App",
            ));
        }
        let was_completed = check.status == "completed";
        apply(&mut check, body, now)?;
        self.repo_by_id_mut(repo)?.checks.insert(id, check);
        self.tell_completed(repo, who, id, was_completed)
    }

    fn tell_completed(&mut self, repo: i64, who: Who, id: i64, was_completed: bool) -> Act<()> {
        let now = self.now();
        let here = self.repo_by_id_mut(repo)?;
        let (status, suite) = here.check(id).map(|c| (c.status.clone(), c.suite))?;
        if let Some(suite) = here.suites.get_mut(&suite) {
            suite.updated_at = now;
        }
        if status != "completed" || was_completed {
            return Ok(());
        }
        self.tell_check(repo, who, id, "completed", json!({}))?;
        let here = self.repo_by_id(repo)?;
        let done = here.checks.values().filter(|c| c.suite == suite).all(|c| c.status == "completed");
        let ours = here.suites.get(&suite).filter(|_| done);
        let Some(shown) = ours.map(|suite| self.show_suite(here, suite)) else { return Ok(()) };
        self.emit(repo, "check_suite", Some("completed"), who, json!({"check_suite": shown}));
        Ok(())
    }

    pub(super) fn tell_check(&mut self, repo: i64, who: Who, id: i64, action: &str, more: Value) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let check = here.check(id)?;
        let suite = here.suites.get(&check.suite).map(|suite| self.show_suite(here, suite));
        let shown = merged(self.show_check(here, check), json!({"check_suite": suite}));
        let payload = merged(json!({"check_run": shown}), more);
        self.emit(repo, "check_run", Some(action), who, payload);
        Ok(())
    }

    /// The suite of an App's check runs on a commit; made when it is first needed.
    pub(super) fn suite(&mut self, repo: i64, app: i64, sha: &str) -> Act<i64> {
        let here = self.repo_by_id(repo)?;
        match here.suites.values().find(|s| s.app == app && s.head_sha == sha) {
            Some(there) => Ok(there.id),
            None => self.new_suite(repo, app, sha),
        }
    }

    /// One of its own, as every run of GitHub Actions has.
    pub(super) fn new_suite(&mut self, repo: i64, app: i64, sha: &str) -> Act<i64> {
        let (id, now) = (self.fresh_id(), self.now());
        let here = self.repo_by_id_mut(repo)?;
        let head_branch = here.branches.iter().find(|(_, b)| b.sha == sha).map(|(name, _)| name.clone());
        let suite =
            CheckSuite { id, app, head_sha: sha.to_owned(), head_branch, created_at: now, updated_at: now };
        here.suites.insert(id, suite);
        Ok(id)
    }

    /// Presses a button of a check run; GitHub shows buttons to those who may write, once it is completed.
    pub fn press_button(&mut self, repo: i64, who: Who, check: i64, identifier: &str) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        let found = self.repo_by_id(repo)?.check(check)?;
        let shown = found.status == "completed" && found.buttons.iter().any(|b| b.identifier == identifier);
        if !shown {
            return Err(Refused::invalid(format!("There is no button {identifier:?} to press")));
        }
        if found.app != self.our_app {
            return Ok(());
        }
        let more = json!({"requested_action": {"identifier": identifier}});
        self.tell_check(repo, who, check, "requested_action", more)
    }

    /// Asks the App to run a check again.
    pub fn rerequest_check(&mut self, repo: i64, who: Who, check: i64) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        if self.repo_by_id(repo)?.check(check)?.app != self.our_app {
            return Ok(());
        }
        self.tell_check(repo, who, check, "rerequested", json!({}))
    }

    /// Sets a commit status.
    pub fn set_status(&mut self, repo: i64, who: Who, sha: &str, (context, state): (&str, &str)) -> Act<i64> {
        self.demand(repo, who, Role::Write)?;
        if !["error", "failure", "pending", "success"].contains(&state) {
            return Err(Refused::validation("Status", "state", "state is not included in the list"));
        }
        self.objects.get(sha)?;
        let (id, created_at) = (self.fresh_id(), self.now());
        let status = CommitStatus {
            id,
            sha: sha.to_owned(),
            state: state.to_owned(),
            context: context.to_owned(),
            description: None,
            target_url: None,
            creator: who.user,
            created_at,
        };
        self.repo_by_id_mut(repo)?.statuses.push(status.clone());
        let here = self.repo_by_id(repo)?;
        let commit = self.show_commit(here, self.objects.get(sha)?);
        let more = json!({"sha": sha, "name": here.full_name(self), "commit": commit, "branches": []});
        let payload = merged(self.show_status(here, &status), more);
        self.emit(repo, "status", None, who, payload);
        Ok(id)
    }
}

fn text(body: &Value, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn missing(field: &str) -> Refused {
    Refused::invalid(format!("Invalid request.\n\n\"{field}\" wasn't supplied."))
}

fn apply(check: &mut CheckRun, body: &Value, now: countersign_kernel::clock::Timestamp) -> Act<()> {
    apply_state(check, body, now)?;
    if let Some(name) = text(body, "name") {
        check.name = name;
    }
    if let Some(id) = text(body, "external_id") {
        check.external_id = id;
    }
    check.details_url = text(body, "details_url").or_else(|| check.details_url.take());
    if let Some(output) = body.get("output").filter(|output| !output.is_null()) {
        apply_output(check, output)?;
    }
    if let Some(actions) = body.get("actions").and_then(Value::as_array) {
        check.buttons = read_buttons(actions)?;
    }
    Ok(())
}

fn apply_state(check: &mut CheckRun, body: &Value, now: countersign_kernel::clock::Timestamp) -> Act<()> {
    let (status, conclusion) = (text(body, "status"), text(body, "conclusion"));
    if let Some(conclusion) = conclusion {
        if !CONCLUSIONS.contains(&conclusion.as_str()) {
            return Err(Refused::invalid(format!(
                "Invalid request.\n\n{conclusion} is not a member of {CONCLUSIONS:?}."
            )));
        }
        check.conclusion = Some(conclusion);
        "completed".clone_into(&mut check.status);
        check.completed_at = Some(now);
        return Ok(());
    }
    let completes =
        status.as_deref() == Some("completed") || body.get("completed_at").is_some_and(|v| !v.is_null());
    match status {
        _status if completes => Err(missing("conclusion")),
        Some(status) if ["queued", "in_progress"].contains(&status.as_str()) => {
            check.status = status;
            check.conclusion = None;
            check.completed_at = None;
            Ok(())
        }
        Some(status) => {
            Err(Refused::invalid(format!("Invalid request.\n\n{status} is not a status an App may set.")))
        }
        None => Ok(()),
    }
}

fn apply_output(check: &mut CheckRun, output: &Value) -> Act<()> {
    let (title, summary) = (text(output, "title"), text(output, "summary"));
    if summary.is_none() {
        return Err(missing("summary"));
    }
    for (field, value) in [("summary", &summary), ("text", &text(output, "text"))] {
        if value.as_ref().is_some_and(|value| value.len() > TEXT_LIMIT) {
            return Err(Refused::invalid(format!(
                "Invalid request.\n\nOnly {TEXT_LIMIT} characters are allowed; {field} is too long."
            )));
        }
    }
    let annotations = output.get("annotations").and_then(Value::as_array).cloned().unwrap_or_default();
    if annotations.len() > ANNOTATION_LIMIT {
        return Err(Refused::invalid(format!(
            "Invalid request.\n\nNo more than {ANNOTATION_LIMIT} items are allowed; {} were supplied.",
            annotations.len()
        )));
    }
    check.title = title.or_else(|| check.title.take());
    check.summary = summary;
    check.text = text(output, "text").or_else(|| check.text.take());
    check.annotations.extend(annotations);
    Ok(())
}

fn read_buttons(actions: &[Value]) -> Act<Vec<Button>> {
    if actions.len() > 3 {
        let count = actions.len();
        return Err(Refused::invalid(format!(
            "Invalid request.\n\nNo more than 3 items are allowed; {count} were supplied."
        )));
    }
    let field = |action: &Value, name: &str, limit: usize| -> Act<String> {
        let value = text(action, name).ok_or_else(|| missing(name))?;
        if value.chars().count() <= limit {
            return Ok(value);
        }
        Err(Refused::invalid(format!("Invalid request.\n\nOnly {limit} characters are allowed in {name}.")))
    };
    let read = |action: &Value| {
        Ok(Button {
            label: field(action, "label", 20)?,
            description: field(action, "description", 40)?,
            identifier: field(action, "identifier", 20)?,
        })
    };
    actions.iter().map(read).collect()
}
