//! Who somebody is, in the policy's words, at this moment.

use std::collections::BTreeSet;

use crate::app::App;
use crate::facts::Result;
use crate::github::read::{Level, Membership, Permission};
use crate::ids::{Actor, Login, Repo};
use crate::policy::facts::Person;
use crate::policy::{Principal, RoleLevel};

/// A person, with which of these principals they are now. Nothing is remembered from before.
pub async fn person(app: &App, repo: &Repo, actor: &Actor, asked: &BTreeSet<Principal>) -> Result<Person> {
    let mut person = Person { actor: actor.clone(), is: BTreeSet::new() };
    if actor.bot {
        // Bots have no role here, and nobody else can take a login that ends in [bot].
        let named =
            |principal: &&Principal| matches!(principal, Principal::User(login) if is(login, &actor.login));
        person.is = asked.iter().filter(named).cloned().collect();
        return Ok(person);
    }
    let Some(permission) = permission(app, repo, actor).await? else { return Ok(person) };
    for principal in asked {
        let is = match principal {
            Principal::User(login) => is(login, &permission.user.login),
            Principal::Role(_) => principal.is_met_by_role(&permission.role_name, role(permission.level)),
            Principal::Team { organisation, slug } => {
                let membership = app.reader.team_member(repo, organisation, slug, &actor.login).await?;
                membership == Membership::Active
            }
        };
        if is {
            person.is.insert(principal.clone());
        }
    }
    Ok(person)
}

/// The role that somebody has in the repository now.
pub async fn role_of(app: &App, repo: &Repo, actor: &Actor) -> Result<Option<RoleLevel>> {
    Ok(permission(app, repo, actor).await?.and_then(|found| role(found.level)))
}

/// GitHub is asked by login. If that login is somebody else's by now, this person is nobody here.
async fn permission(app: &App, repo: &Repo, actor: &Actor) -> Result<Option<Permission>> {
    let found = app.reader.permission(repo, &actor.login).await?;
    Ok(found.filter(|found| found.user.id == actor.id))
}

/// GitHub's logins do not differ in case.
fn is(login: &Login, other: &Login) -> bool {
    login.as_str().eq_ignore_ascii_case(other.as_str())
}

fn role(level: Level) -> Option<RoleLevel> {
    match level {
        Level::None => None,
        Level::Read => Some(RoleLevel::Read),
        Level::Triage => Some(RoleLevel::Triage),
        Level::Write => Some(RoleLevel::Write),
        Level::Maintain => Some(RoleLevel::Maintain),
        Level::Admin => Some(RoleLevel::Admin),
    }
}
