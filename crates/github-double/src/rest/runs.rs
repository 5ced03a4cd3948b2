//! Workflows and their runs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Call, Here, Reply, number, paged};
use crate::actions::{Artifact, Run};
use crate::refused::{Act, Refused};
use crate::simulate::DispatchAnswer;
use crate::state::State;
use countersign_kernel::clock::Timestamp;

/// Where the bytes of artifacts are, on the host that keeps them.
pub(crate) const STORAGE: &str = "/artifact-storage/";

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    let Some((&"actions", rest)) = here.rest.split_first() else { return Ok(None) };
    match (here.call.method.as_str(), rest) {
        ("GET", rest) => {
            here.needs(&["actions=read"])?;
            read(state, here, rest)
        }
        ("POST", rest) => {
            here.needs(&["actions=write"])?;
            write(state, here, rest)
        }
        _ => Ok(None),
    }
}

fn read(state: &State, here: &Here<'_>, rest: &[&str]) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    let list = |of: Option<i64>| {
        let wanted =
            |run: &&Run| of.is_none_or(|workflow| run.workflow == workflow) && fits(here.call, state, run);
        let found = repo.runs.values().rev().filter(wanted);
        let all: Vec<Value> = found.map(|run| state.show_run(repo, run)).collect();
        paged(state, here.call, Some("workflow_runs"), &all)
    };
    let reply = match rest {
        ["workflows"] => {
            let all: Vec<Value> = repo.workflows.values().map(|w| state.show_workflow(repo, w)).collect();
            paged(state, here.call, Some("workflows"), &all)
        }
        ["workflows", file] => Reply::ok(state.show_workflow(repo, repo.workflow(file)?)),
        ["workflows", file, "runs"] => list(Some(repo.workflow(file)?.id)),
        ["runs"] => list(None),
        ["runs", id, "jobs"] => {
            let all = state.show_jobs(repo, repo.run(number(id)?)?);
            paged(state, here.call, Some("jobs"), &all)
        }
        ["runs", id, "artifacts"] => {
            let id = repo.run(number(id)?)?.id;
            let named = |artifact: &&Artifact| {
                artifact.run == id && here.call.query("name").is_none_or(|name| name == artifact.name)
            };
            let found = repo.artifacts.values().filter(named);
            let all: Vec<Value> = found.map(|artifact| state.show_artifact(repo, artifact)).collect();
            paged(state, here.call, Some("artifacts"), &all)
        }
        ["artifacts", id, "zip"] => {
            let artifact = repo.artifacts.get(&number(id)?).ok_or_else(Refused::not_found)?;
            if artifact.expired {
                return Err(Refused::new(410, "Artifact has expired"));
            }
            let address = format!("{}{STORAGE}{}?sig=fake", storage_host(&state.api_url), artifact.id);
            Reply { headers: vec![("Location".to_owned(), address)], ..Reply::with(302, Value::Null) }
        }
        ["runs", id] => Reply::ok(state.show_run(repo, repo.run(number(id)?)?)),
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

/// Where artifacts lie: under another name of this machine, as GitHub keeps them on another host.
fn storage_host(api_url: &str) -> String {
    api_url.replacen("//127.0.0.1", "//localhost", 1)
}

fn fits(call: &Call, state: &State, run: &Run) -> bool {
    let is = |name: &str, value: &str| call.query(name).is_none_or(|asked| asked == value);
    let status = call.query("status");
    is("event", &run.event)
        && is("branch", &run.head_branch)
        && is("head_sha", &run.head_sha)
        && is("actor", state.account_login(run.actor))
        && status.is_none_or(|asked| asked == run.status || Some(asked) == run.conclusion.as_deref())
        && call.query("created").is_none_or(|range| created_in(range, run.created_at))
}

/// `>=T`, `>T`, `<=T`, `<T`, `T..U` and a bare day, as GitHub's search has them.
fn created_in(range: &str, at: Timestamp) -> bool {
    let read = |text: &str| {
        let text = text.trim();
        let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
        Timestamp::parse(&whole).map(Timestamp::seconds).ok()
    };
    let at = at.seconds();
    if let Some((from, to)) = range.split_once("..") {
        return read(from).is_none_or(|from| from <= at) && read(to).is_none_or(|to| at <= to);
    }
    for (sign, holds) in [
        (">=", (|a, b| a >= b) as fn(i64, i64) -> bool),
        ("<=", |a, b| a <= b),
        (">", |a, b| a > b),
        ("<", |a, b| a < b),
    ] {
        if let Some(moment) = range.strip_prefix(sign) {
            return read(moment).is_some_and(|moment| holds(at, moment));
        }
    }
    read(range).is_some_and(|day| (day..day + 86_400).contains(&at))
}

fn write(state: &mut State, here: &Here<'_>, rest: &[&str]) -> Answer {
    let reply = match rest {
        ["workflows", file, "dispatches"] => dispatch(state, here, file)?,
        ["runs", id, "cancel" | "force-cancel"] => {
            state.cancel_run(here.repo, here.who, number(id)?)?;
            Reply::with(202, json!({}))
        }
        ["runs", id, "rerun"] => {
            state.rerun(here.repo, here.who, number(id)?)?;
            Reply::with(201, json!({}))
        }
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

fn dispatch(state: &mut State, here: &Here<'_>, file: &str) -> Act<Reply> {
    let wants_run = here.call.body.get("return_run_details").and_then(Value::as_bool);
    if state.settings.dispatch == DispatchAnswer::Ghes && wants_run.is_some() {
        return Err(Refused::invalid("Invalid request.\n\n\"return_run_details\" is not a permitted key."));
    }
    let reference = here.call.text("ref").ok_or_else(|| Refused::invalid("\"ref\" wasn't supplied."))?;
    let inputs = read_inputs(here.call.body.get("inputs"))?;
    let run = state.dispatch(here.repo, here.who, file, (reference, inputs))?;
    if state.settings.dispatch != DispatchAnswer::RunDetails || wants_run != Some(true) {
        return Ok(Reply::with(204, Value::Null));
    }
    let name = state.repo_by_id(here.repo)?.full_name(state);
    Ok(Reply::ok(json!({
        "workflow_run_id": run, "run_url": format!("{}/repos/{name}/actions/runs/{run}", state.api_url),
        "html_url": format!("{}/{name}/actions/runs/{run}", state.web_url),
    })))
}

fn read_inputs(inputs: Option<&Value>) -> Act<BTreeMap<String, String>> {
    let Some(inputs) = inputs.and_then(Value::as_object) else { return Ok(BTreeMap::new()) };
    let read = |(name, value): (&String, &Value)| {
        let text =
            value.as_str().ok_or_else(|| Refused::invalid(format!("Input '{name}' must be a string")))?;
        Ok((name.clone(), text.to_owned()))
    };
    inputs.iter().map(read).collect()
}
