//! Check runs and commit statuses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Here, Reply, number, paged};
use crate::checks::{CheckRun, CommitStatus};
use crate::refused::{Act, Refused};
use crate::state::State;

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    match (here.call.method.as_str(), here.rest.as_slice()) {
        ("GET", ["commits", reference @ .., "check-runs"]) => {
            here.needs(&["checks=read"])?;
            list(state, here, &reference.join("/")).map(Some)
        }
        ("GET", ["commits", reference @ .., "status"]) => {
            here.needs(&["statuses=read", "contents=read"])?;
            combined(state, here, &reference.join("/")).map(Some)
        }
        ("GET", ["check-runs", id]) => {
            here.needs(&["checks=read"])?;
            show(state, here, number(id)?, 200)
        }
        ("POST", ["check-runs"]) => {
            here.needs(&["checks=write"])?;
            let id = state.create_check(here.repo, here.who, &here.call.body)?;
            show(state, here, id, 201)
        }
        ("PATCH", ["check-runs", id]) => {
            here.needs(&["checks=write"])?;
            state.update_check(here.repo, here.who, number(id)?, &here.call.body)?;
            show(state, here, number(id)?, 200)
        }
        // The sandbox's stand-in for a click on a button: GitHub has no such endpoint.
        ("POST", ["check-runs", id, "actions"]) if here.is_person() => {
            let identifier = here.call.text("identifier").unwrap_or_default();
            state.press_button(here.repo, here.who, number(id)?, identifier)?;
            Ok(Some(Reply::with(202, json!({}))))
        }
        ("POST", ["check-runs", id, "rerequest"]) => {
            here.needs(&["checks=write"])?;
            state.rerequest_check(here.repo, here.who, number(id)?)?;
            Ok(Some(Reply::with(201, json!({}))))
        }
        ("POST", ["statuses", sha]) => {
            here.needs(&["statuses=write"])?;
            let context = here.call.text("context").unwrap_or("default");
            let status = here.call.text("state").unwrap_or_default();
            state.set_status(here.repo, here.who, sha, (context, status))?;
            let repo = state.repo_by_id(here.repo)?;
            let last = repo.statuses.last().ok_or_else(Refused::not_found)?;
            Ok(Some(Reply::with(201, state.show_status(repo, last))))
        }
        _ => Ok(None),
    }
}

fn show(state: &State, here: &Here<'_>, id: i64, status: u16) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    Ok(Some(Reply::with(status, state.show_check(repo, repo.check(id)?))))
}

fn list(state: &State, here: &Here<'_>, reference: &str) -> Act<Reply> {
    let call = here.call;
    let repo = state.repo_by_id(here.repo)?;
    let missing = |_| Refused::invalid(format!("No commit found for SHA: {reference}"));
    let sha = state.resolve(here.repo, reference).map_err(missing)?;
    let app = call.query("app_id").and_then(|id| id.parse::<i64>().ok());
    let fits = |check: &&CheckRun| {
        check.head_sha == sha
            && call.query("check_name").is_none_or(|name| name == check.name)
            && call.query("status").is_none_or(|status| status == check.status)
            && app.is_none_or(|app| app == check.app)
    };
    let mut found: Vec<&CheckRun> = repo.checks.values().filter(fits).collect();
    if call.query("filter") != Some("all") {
        let latest: BTreeMap<(i64, &str), i64> =
            found.iter().map(|check| ((check.app, check.name.as_str()), check.id)).collect();
        found.retain(|check| latest.get(&(check.app, check.name.as_str())) == Some(&check.id));
    }
    let all: Vec<Value> = found.iter().rev().map(|check| state.show_check(repo, check)).collect();
    Ok(paged(state, call, Some("check_runs"), &all))
}

fn combined(state: &State, here: &Here<'_>, reference: &str) -> Act<Reply> {
    let repo = state.repo_by_id(here.repo)?;
    let sha = state.resolve(here.repo, reference)?;
    let latest: BTreeMap<&str, &CommitStatus> =
        repo.statuses.iter().filter(|s| s.sha == sha).map(|s| (s.context.as_str(), s)).collect();
    let any = |wanted: &[&str]| latest.values().any(|status| wanted.contains(&status.state.as_str()));
    let overall = match (any(&["failure", "error"]), any(&["pending"]) || latest.is_empty()) {
        (true, _) => "failure",
        (false, true) => "pending",
        (false, false) => "success",
    };
    let shown: Vec<Value> = latest.values().map(|status| state.show_status(repo, status)).collect();
    let url = format!("{}/repos/{}/commits/{sha}", state.api_url, repo.full_name(state));
    Ok(Reply::ok(json!({
        "state": overall, "sha": sha, "total_count": shown.len(), "statuses": shown,
        "repository": state.show_repo(repo), "commit_url": url, "url": format!("{url}/status"),
    })))
}
