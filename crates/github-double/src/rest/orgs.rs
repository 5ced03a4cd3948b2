//! People, teams and limits.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, paged};
use crate::account::Team;
use crate::auth::Caller;
use crate::refused::{Act, Refused};
use crate::show::merged;
use crate::state::State;

pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    let (method, path) = call.route();
    if method != "GET" {
        return Ok(None);
    }
    let reply = match path.as_slice() {
        ["rate_limit"] => Reply::ok(rate_limit(state)),
        ["user"] => match call.caller {
            Caller::Person(id) => Reply::ok(state.show_profile(id)),
            Caller::Stranger | Caller::App | Caller::Installation(_) => {
                return Err(Refused::forbidden("Resource not accessible by integration"));
            }
        },
        ["users", login] => Reply::ok(state.show_profile(state.user_id(login)?)),
        ["orgs", organization, "teams", slug, rest @ ..] => {
            needs_members(call)?;
            return team(state, call, state.team(organization, slug)?, rest);
        }
        ["orgs", organization, "memberships", login] => {
            needs_members(call)?;
            Reply::ok(membership(state, organization, login)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

fn needs_members(call: &Call) -> Act<()> {
    match &call.caller {
        Caller::Installation(token) if token.holds("members", "read") => Ok(()),
        Caller::Installation(_) => Err(Refused::lacks("members=read")),
        Caller::Person(_) => Ok(()),
        Caller::Stranger | Caller::App => Err(Refused::new(401, "Requires authentication")),
    }
}

fn team(state: &State, call: &Call, team: &Team, rest: &[&str]) -> Answer {
    let url = format!("{}/organizations/{}/team/{}", state.api_url, team.organization, team.id);
    let reply = match rest {
        [] => Reply::ok(state.show_team_full(team)),
        ["members"] => {
            let is_member = |id: &&i64| state.is_active_member(team.id, **id);
            let ids = state.users.keys().filter(is_member);
            let all: Vec<Value> = ids.map(|id| state.show_account(*id)).collect();
            paged(state, call, None, &all)
        }
        ["memberships", login] => {
            let found = state.team_membership(team.id, state.user_id(login)?);
            let found = found.ok_or_else(Refused::not_found)?;
            let url = format!("{url}/memberships/{login}");
            Reply::ok(json!({"state": found.as_str(), "role": "member", "url": url}))
        }
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

fn membership(state: &State, organization: &str, login: &str) -> Act<Value> {
    let (organization, user) = (state.organization(organization)?, state.user(login)?);
    let (found, owner) = organization.members.get(&user.id).ok_or_else(Refused::not_found)?;
    let url = format!("{}/orgs/{}", state.api_url, organization.login);
    Ok(json!({
        "url": format!("{url}/memberships/{login}"), "state": found.as_str(),
        "role": if *owner { "admin" } else { "member" }, "organization_url": url,
        "organization": state.show_organization(organization), "user": state.show_account(user.id),
    }))
}

fn rate_limit(state: &State) -> Value {
    let core = json!({"limit": 5000, "used": 0, "remaining": 5000, "reset": state.now().seconds() + 3600});
    let resources = json!({"core": core, "search": core, "graphql": core, "integration_manifest": core});
    merged(json!({"resources": resources}), json!({"rate": core}))
}
