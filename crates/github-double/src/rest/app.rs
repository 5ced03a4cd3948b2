//! What only the App asks, with its JWT: itself, its installations, its deliveries.

use serde_json::{Value, json};

use super::page::link;
use super::{Answer, Call, Reply, number, paged};
use crate::auth::Caller;
use crate::refused::{Act, Refused};
use crate::show::{merged, time};
use crate::state::State;
use crate::webhooks::{Attempt, Delivery};

pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    let (method, path) = call.route();
    let reply = match (method, path.as_slice()) {
        ("GET", [".well-known", "jwks"]) => Reply::ok(State::jwks()?),
        ("GET", ["app"]) => {
            only_app(call)?;
            Reply::ok(merged(state.show_app(state.our_app()?), json!({"installations_count": 1})))
        }
        ("GET", ["app", "installations"]) => {
            only_app(call)?;
            let all: Vec<Value> = state.installations.values().map(|i| state.show_installation(i)).collect();
            paged(state, call, None, &all)
        }
        ("GET", ["app", "installations", id]) => {
            only_app(call)?;
            let found = state.installations.get(&number(id)?).ok_or_else(Refused::not_found)?;
            Reply::ok(state.show_installation(found))
        }
        ("POST", ["app", "installations", id, "access_tokens"]) => {
            only_app(call)?;
            Reply::with(201, state.mint(number(id)?, &call.body)?)
        }
        ("GET", ["repos", owner, name, "installation"]) => {
            only_app(call)?;
            let repo = state.repo_id(&format!("{owner}/{name}"))?;
            let found = state.installation_of(repo).ok_or_else(Refused::not_found)?;
            Reply::ok(state.show_installation(found))
        }
        ("GET", ["app", "hook", "deliveries"]) => {
            only_app(call)?;
            list(state, call)
        }
        ("GET", ["app", "hook", "deliveries", id]) => {
            only_app(call)?;
            let attempt = find(state, number(id)?)?;
            let delivery = state.deliveries.get(&attempt.guid).ok_or_else(Refused::not_found)?;
            Reply::ok(show_full(attempt, delivery))
        }
        ("POST", ["app", "hook", "deliveries", id, "attempts"]) => {
            only_app(call)?;
            find(state, number(id)?)?;
            state.redeliver(number(id)?)?;
            Reply::with(202, json!({}))
        }
        ("DELETE", ["installation", "token"]) => {
            let Caller::Installation(_) = &call.caller else {
                return Err(Refused::new(401, "Bad credentials"));
            };
            Reply::with(204, Value::Null)
        }
        ("GET", ["installation", "repositories"]) => repositories(state, call)?,
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

fn only_app(call: &Call) -> Act<()> {
    match call.caller {
        Caller::App => Ok(()),
        Caller::Stranger | Caller::Installation(_) | Caller::Person(_) => {
            Err(Refused::new(401, "A JSON web token could not be decoded"))
        }
    }
}

fn repositories(state: &State, call: &Call) -> Act<Reply> {
    let Caller::Installation(token) = &call.caller else {
        return Err(Refused::forbidden("You must authenticate with an installation access token"));
    };
    let seen = state.repos.values().filter(|repo| state.reaches(token, repo.id));
    let all: Vec<Value> = seen.map(|repo| state.show_repo(repo)).collect();
    Ok(paged(state, call, Some("repositories"), &all))
}

fn find(state: &State, id: i64) -> Act<&Attempt> {
    state.attempts.iter().find(|a| a.id == id).ok_or_else(Refused::not_found)
}

/// Newest first, from the cursor on: the cursor is the last id of the page before.
fn list(state: &State, call: &Call) -> Reply {
    let size = call.query("per_page").and_then(|n| n.parse::<usize>().ok()).unwrap_or(30).clamp(1, 100);
    let cursor = call.query("cursor").and_then(|c| c.trim_start_matches("v1_").parse::<i64>().ok());
    let wanted = |attempt: &&Attempt| match call.query("status") {
        Some("success") => (200..400).contains(&attempt.status_code),
        Some("failure") => !(200..400).contains(&attempt.status_code),
        Some(_) | None => true,
    };
    let mut all: Vec<&Attempt> = state.attempts.iter().filter(wanted).collect();
    all.sort_by_key(|attempt| std::cmp::Reverse(attempt.id));
    let rest: Vec<&Attempt> =
        all.into_iter().filter(|a| cursor.is_none_or(|cursor| a.id < cursor)).take(size + 1).collect();
    let shown = rest.iter().take(size).filter_map(|a| Some(show(a, state.deliveries.get(&a.guid)?)));
    let mut reply = Reply::ok(Value::Array(shown.collect()));
    if let (true, Some(last)) = (rest.len() > size, rest.get(size.saturating_sub(1))) {
        let next = link(state, call, "cursor", &format!("v1_{}", last.id));
        reply.headers.push(("Link".to_owned(), format!("<{next}>; rel=\"next\"")));
    }
    reply
}

fn show(attempt: &Attempt, delivery: &Delivery) -> Value {
    let status = match attempt.status_code {
        200..=399 => "OK",
        0 => "failed to connect to host",
        _ => "Invalid HTTP Response",
    };
    json!({
        "id": attempt.id, "guid": attempt.guid, "delivered_at": time(attempt.delivered_at),
        "redelivery": attempt.redelivery, "duration": attempt.duration, "status": status,
        "status_code": attempt.status_code, "event": delivery.event, "action": delivery.action,
        "installation_id": delivery.installation, "repository_id": delivery.repository,
        "throttled_at": null,
    })
}

fn show_full(attempt: &Attempt, delivery: &Delivery) -> Value {
    let headers: serde_json::Map<String, Value> =
        delivery.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let more = json!({
        "url": "", "request": {"headers": headers, "payload": delivery.payload()},
        "response": {"headers": {}, "payload": ""},
    });
    merged(show(attempt, delivery), more)
}
