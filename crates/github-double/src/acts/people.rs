//! Who is where: teams, rights, names, and where the App is installed.

use serde_json::{Value, json};

use super::Who;
use crate::account::{Installation, Membership};
use crate::refused::{Act, Refused};
use crate::repo::{Repo, Role};
use crate::show::node_id;
use crate::state::State;

impl State {
    /// The App's installation that may see a repository.
    pub fn installation_of(&self, repo: i64) -> Option<&Installation> {
        let owner = self.repos.get(&repo)?.owner;
        let seen = |i: &&Installation| i.selected.as_ref().is_none_or(|chosen| chosen.contains(&repo));
        self.installations.values().filter(|i| i.account == owner && i.app == self.our_app).find(seen)
    }

    /// How somebody belongs to a team or to a team within it.
    pub fn team_membership(&self, team: i64, user: i64) -> Option<Membership> {
        let own = self.teams.get(&team).and_then(|t| t.members.get(&user)).copied();
        let children = self.teams.values().filter(|t| t.parent == Some(team) && t.id != team);
        let below = children.into_iter().find_map(|child| child.members.get(&user).copied());
        own.or(below)
    }

    pub(crate) fn is_active_member(&self, team: i64, user: i64) -> bool {
        self.team_membership(team, user) == Some(Membership::Active)
    }

    /// Puts somebody into a team, or takes them out with `None`.
    pub fn set_team_member(&mut self, by: Who, team: i64, user: i64, state: Option<Membership>) -> Act<()> {
        let found = self.teams.get_mut(&team).ok_or_else(Refused::not_found)?;
        let account = found.organization;
        match state {
            Some(state) => found.members.insert(user, state),
            None => found.members.remove(&user),
        };
        let action = match state {
            Some(Membership::Active) => "added",
            Some(Membership::Pending) => return Ok(()),
            None => "removed",
        };
        let team = self.teams.get(&team).map(|team| self.show_team(team));
        let payload = json!({"scope": "team", "member": self.show_account(user), "team": team});
        self.emit_for(account, "membership", Some(action), by, payload);
        Ok(())
    }

    /// Renames a team: its slug changes, its id does not.
    pub fn rename_team(&mut self, by: Who, team: i64, slug: &str) -> Act<()> {
        let found = self.teams.get_mut(&team).ok_or_else(Refused::not_found)?;
        let old = std::mem::replace(&mut found.name, slug.to_owned());
        slug.clone_into(&mut found.slug);
        let account = found.organization;
        let team = self.teams.get(&team).map(|team| self.show_team(team));
        let payload = json!({"team": team, "changes": {"name": {"from": old}}});
        self.emit_for(account, "team", Some("edited"), by, payload);
        Ok(())
    }

    /// Gives or takes rights in a repository.
    pub fn set_role(&mut self, by: Who, repo: i64, user: i64, role: Role) -> Act<()> {
        let old = self.repo_by_id_mut(repo)?.roles.insert(user, role).unwrap_or(Role::None);
        let member = self.show_account(user);
        let changes = json!({"permission": {"from": old.permission(), "to": role.permission()}});
        self.emit(repo, "member", Some("edited"), by, json!({"member": member, "changes": changes}));
        Ok(())
    }

    /// Changes a login; the old one is free for others at once, as on GitHub.
    pub fn rename_user(&mut self, user: i64, login: &str) -> Act<()> {
        if self.user(login).is_ok() {
            return Err(Refused::validation("User", "login", "login is already taken"));
        }
        let found = self.users.get_mut(&user).ok_or_else(Refused::not_found)?;
        login.clone_into(&mut found.login);
        Ok(())
    }

    /// Changes a repository's name; the old one leads to it until somebody takes it.
    pub fn rename_repo(&mut self, by: Who, repo: i64, name: &str) -> Act<()> {
        let old_full = self.repo_by_id(repo)?.full_name(self);
        let old = std::mem::replace(&mut self.repo_by_id_mut(repo)?.name, name.to_owned());
        self.moved.insert(old_full.to_ascii_lowercase(), repo);
        let changes = json!({"repository": {"name": {"from": old}}});
        self.emit(repo, "repository", Some("renamed"), by, json!({"changes": changes}));
        Ok(())
    }

    /// Makes the App see a repository, or no longer.
    pub fn select_repo(&mut self, by: Who, installation: i64, repo: i64, selected: bool) -> Act<()> {
        let account = self.repo_by_id(repo)?.owner;
        let all: Vec<i64> = self.repos.values().filter(|r| r.owner == account).map(|r| r.id).collect();
        let found = self.installations.get_mut(&installation).ok_or_else(Refused::not_found)?;
        let chosen = found.selected.get_or_insert_with(|| all.into_iter().collect());
        if selected {
            chosen.insert(repo)
        } else {
            chosen.remove(&repo)
        };
        let short = self.repo_by_id(repo).map(|repo| self.short_repo(repo))?;
        let (added, removed) = if selected { (vec![short], vec![]) } else { (vec![], vec![short]) };
        let shown = self.installations.get(&installation).map(|i| self.show_installation(i));
        let payload = json!({
            "installation": shown, "repository_selection": "selected", "requester": null,
            "repositories_added": added, "repositories_removed": removed,
        });
        let action = if selected { "added" } else { "removed" };
        self.emit_for(account, "installation_repositories", Some(action), by, payload);
        Ok(())
    }

    /// Tells the App that it was installed.
    pub(crate) fn tell_installed(&mut self, by: Who, installation: i64) -> Act<()> {
        let found = self.installations.get(&installation).ok_or_else(Refused::not_found)?;
        let account = found.account;
        let repos = self.repos.values().filter(|r| r.owner == account);
        let repos: Vec<Value> = repos.map(|repo| self.short_repo(repo)).collect();
        let payload =
            json!({"installation": self.show_installation(found), "repositories": repos, "requester": null});
        self.emit_for(account, "installation", Some("created"), by, payload);
        Ok(())
    }

    fn short_repo(&self, repo: &Repo) -> Value {
        json!({"id": repo.id, "node_id": node_id("R", repo.id), "name": repo.name,
            "full_name": repo.full_name(self), "private": repo.private})
    }
}
