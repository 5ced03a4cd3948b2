//! Deployments and their statuses.

use serde_json::Value;

use super::{Answer, Here, Reply, number, paged};
use crate::deployments::Deployment;
use crate::refused::Refused;
use crate::state::State;

pub(super) fn answer(state: &mut State, here: &Here<'_>) -> Answer {
    let Some((&"deployments", rest)) = here.rest.split_first() else { return Ok(None) };
    match (here.call.method.as_str(), rest) {
        ("GET", rest) => {
            here.needs(&["deployments=read"])?;
            read(state, here, rest)
        }
        ("POST", rest) => {
            here.needs(&["deployments=write"])?;
            write(state, here, rest)
        }
        _ => Ok(None),
    }
}

fn read(state: &State, here: &Here<'_>, rest: &[&str]) -> Answer {
    let repo = state.repo_by_id(here.repo)?;
    match rest {
        [] => {
            let fits = |name: &str, value: &str| here.call.query(name).is_none_or(|asked| asked == value);
            let wanted = |d: &&Deployment| {
                fits("sha", &d.sha)
                    && fits("ref", &d.reference)
                    && fits("task", &d.task)
                    && fits("environment", &d.environment)
            };
            let found = repo.deployments.values().rev().filter(wanted);
            let all: Vec<Value> = found.map(|d| state.show_deployment(repo, d)).collect();
            Ok(Some(paged(state, here.call, None, &all)))
        }
        [id] => Ok(Some(Reply::ok(state.show_deployment(repo, repo.deployment(number(id)?)?)))),
        [id, "statuses"] => {
            let deployment = repo.deployment(number(id)?)?;
            let newest_first = deployment.statuses.iter().rev();
            let all: Vec<Value> =
                newest_first.map(|s| state.show_deployment_status(repo, deployment, s)).collect();
            Ok(Some(paged(state, here.call, None, &all)))
        }
        [id, "statuses", status] => {
            let deployment = repo.deployment(number(id)?)?;
            let status = number(status)?;
            let found = deployment.statuses.iter().find(|s| s.id == status).ok_or_else(Refused::not_found)?;
            Ok(Some(Reply::ok(state.show_deployment_status(repo, deployment, found))))
        }
        _ => Ok(None),
    }
}

fn write(state: &mut State, here: &Here<'_>, rest: &[&str]) -> Answer {
    match rest {
        [] => {
            let id = state.create_deployment(here.repo, here.who, &here.call.body)?;
            let repo = state.repo_by_id(here.repo)?;
            Ok(Some(Reply::with(201, state.show_deployment(repo, repo.deployment(id)?))))
        }
        [id, "statuses"] => {
            let id = number(id)?;
            let added = state.add_deployment_status(here.repo, here.who, id, &here.call.body)?;
            let repo = state.repo_by_id(here.repo)?;
            let deployment = repo.deployment(id)?;
            let found = deployment.statuses.iter().find(|s| s.id == added).ok_or_else(Refused::not_found)?;
            Ok(Some(Reply::with(201, state.show_deployment_status(repo, deployment, found))))
        }
        _ => Ok(None),
    }
}
