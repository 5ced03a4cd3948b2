//! People, organisations, teams, Apps, installations and repositories in JSON.

use serde_json::{Value, json};

use super::{maybe_time, merged, node_id, time};
use crate::account::{App, Installation, Organization, Team};
use crate::repo::{Repo, Role};
use crate::state::State;

/// The links every account has: name of the field, what follows its URL.
const ACCOUNT_LINKS: [(&str, &str); 9] = [
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

/// The links every repository has beside those that follow from their own names.
const REPO_LINKS: &str = "archive:{archive_format}{/ref} assignees:{/user} git/blobs:{/sha} branches:{/branch} \
    collaborators:{/collaborator} comments:{/number} commits:{/sha} compare:{base}...{head} contents:{+path} \
    contributors: deployments: downloads: events: forks: git/commits:{/sha} git/refs:{/sha} git/tags:{/sha} \
    issues/comments:{/number} issues/events:{/number} issues:{/number} keys:{/key_id} labels:{/name} languages: \
    merges: milestones:{/number} notifications:{?since,all,participating} pulls:{/number} releases:{/id} \
    stargazers: statuses:{sha} subscribers: subscription: tags: teams: git/trees:{/sha} hooks:";

impl State {
    /// A person, a bot or an organisation: the account with this id.
    pub(crate) fn show_account(&self, id: i64) -> Value {
        let login = self.account_login(id);
        let kind = match (self.organizations.contains_key(&id), self.users.get(&id)) {
            (true, _) => "Organization",
            (false, Some(user)) if user.is_bot() => "Bot",
            (false, _) => "User",
        };
        let url = format!("{}/users/{login}", self.api_url);
        let mut account = json!({
            "login": login, "id": id, "node_id": node_id("U", id), "gravatar_id": "",
            "avatar_url": format!("{}/avatars/{id}", self.web_url),
            "html_url": format!("{}/{login}", self.web_url),
            "url": url, "type": kind, "site_admin": false,
        });
        if let Some(fields) = account.as_object_mut() {
            for (name, path) in ACCOUNT_LINKS {
                fields.insert(name.to_owned(), json!(format!("{url}{path}")));
            }
        }
        account
    }

    /// The longer answer of `GET /users/{login}`.
    pub(crate) fn show_profile(&self, id: i64) -> Value {
        let user = self.users.get(&id);
        let created = user.map(|u| u.created_at);
        let profile = json!({
            "name": user.map(|u| &u.name), "company": null, "blog": "", "location": null,
            "email": null, "hireable": null, "bio": null, "public_repos": 1, "public_gists": 0,
            "followers": 0, "following": 0,
            "created_at": maybe_time(created), "updated_at": maybe_time(created),
        });
        merged(self.show_account(id), profile)
    }

    /// An organisation as other things refer to it.
    pub(crate) fn show_organization(&self, organization: &Organization) -> Value {
        let url = format!("{}/orgs/{}", self.api_url, organization.login);
        json!({
            "login": organization.login, "id": organization.id, "node_id": node_id("O", organization.id),
            "url": url, "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"),
            "hooks_url": format!("{url}/hooks"), "issues_url": format!("{url}/issues"),
            "members_url": format!("{url}/members{{/member}}"),
            "public_members_url": format!("{url}/public_members{{/member}}"),
            "avatar_url": format!("{}/avatars/{}", self.web_url, organization.id), "description": null,
        })
    }

    /// A team as the membership events have it.
    pub(crate) fn show_team(&self, team: &Team) -> Value {
        let organization = self.account_login(team.organization);
        let url = format!("{}/organizations/{}/team/{}", self.api_url, team.organization, team.id);
        let parent = team.parent.and_then(|id| self.teams.get(&id)).map(|parent| self.show_team(parent));
        json!({
            "id": team.id, "node_id": node_id("T", team.id), "url": url, "name": team.name,
            "html_url": format!("{}/orgs/{organization}/teams/{}", self.web_url, team.slug),
            "slug": team.slug, "description": null, "permission": "push", "privacy": "closed",
            "notification_setting": "notifications_enabled", "parent": parent, "type": "organization",
            "members_url": format!("{url}/members{{/member}}"), "repositories_url": format!("{url}/repos"),
        })
    }

    /// The longer answer of `GET /orgs/{org}/teams/{slug}`.
    pub(crate) fn show_team_full(&self, team: &Team) -> Value {
        let organization = self.organizations.get(&team.organization);
        let about = organization.map_or(Value::Null, |o| {
            let more = json!({
                "has_organization_projects": false, "has_repository_projects": false, "public_repos": 1,
                "public_gists": 0, "followers": 0, "following": 0, "type": "Organization",
                "html_url": format!("{}/{}", self.web_url, o.login), "archived_at": null,
                "created_at": time(o.created_at), "updated_at": time(o.created_at),
            });
            merged(self.show_organization(o), more)
        });
        let more = json!({
            "members_count": team.members.len(), "repos_count": 1, "organization": about,
            "created_at": time(team.created_at), "updated_at": time(team.created_at),
        });
        merged(self.show_team(team), more)
    }

    /// An App, as it stands under check runs and comments.
    pub(crate) fn show_app(&self, app: &App) -> Value {
        json!({
            "id": app.id, "slug": app.slug, "client_id": app.client_id, "node_id": node_id("A", app.id),
            "owner": self.show_account(app.owner), "name": app.name, "description": "",
            "external_url": format!("{}/apps/{}", self.web_url, app.slug),
            "html_url": format!("{}/apps/{}", self.web_url, app.slug),
            "permissions": app.permissions, "events": app.events,
            "created_at": time(app.created_at), "updated_at": time(app.created_at),
        })
    }

    /// An App by id; null if there is none.
    pub(crate) fn show_app_id(&self, id: Option<i64>) -> Value {
        id.and_then(|id| self.apps.get(&id)).map_or(Value::Null, |app| self.show_app(app))
    }

    /// An installation.
    pub(crate) fn show_installation(&self, installation: &Installation) -> Value {
        let app = self.apps.get(&installation.app);
        let organization = self.organizations.contains_key(&installation.account);
        json!({
            "id": installation.id, "account": self.show_account(installation.account),
            "repository_selection": if installation.selected.is_some() { "selected" } else { "all" },
            "access_tokens_url":
                format!("{}/app/installations/{}/access_tokens", self.api_url, installation.id),
            "repositories_url": format!("{}/installation/repositories", self.api_url),
            "html_url": format!("{}/settings/installations/{}", self.web_url, installation.id),
            "app_id": installation.app, "client_id": app.map(|a| &a.client_id),
            "app_slug": app.map(|a| &a.slug), "target_id": installation.account,
            "target_type": if organization { "Organization" } else { "User" },
            "permissions": installation.permissions, "events": app.map(|a| &a.events),
            "created_at": time(installation.created_at), "updated_at": time(installation.created_at),
            "single_file_name": null, "has_multiple_single_files": false, "single_file_paths": [],
            "suspended_by": null, "suspended_at": maybe_time(installation.suspended_at),
        })
    }

    /// A repository, long enough for every place it stands in.
    pub(crate) fn show_repo(&self, repo: &Repo) -> Value {
        let full_name = repo.full_name(self);
        let url = format!("{}/repos/{full_name}", self.api_url);
        let html = format!("{}/{full_name}", self.web_url);
        let open = repo.issues.values().filter(|issue| issue.is_open()).count();
        let mut shown = json!({
            "id": repo.id, "node_id": node_id("R", repo.id), "name": repo.name, "full_name": full_name,
            "owner": self.show_account(repo.owner), "private": repo.private, "html_url": html,
            "description": null, "fork": repo.fork_of.is_some(), "url": url,
            "visibility": if repo.private { "private" } else { "public" },
            "clone_url": format!("{html}.git"), "git_url": format!("git://{html}.git"),
            "ssh_url": format!("git@github.com:{full_name}.git"), "svn_url": html, "mirror_url": null,
        });
        shown = merged(
            shown,
            json!({
                "homepage": null, "language": null, "license": null, "archived": false, "disabled": false,
                "default_branch": repo.default_branch, "size": 100, "topics": [], "is_template": false,
                "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false,
                "has_downloads": false, "has_discussions": false, "allow_forking": true,
                "forks": 0, "forks_count": 0, "watchers": 0, "watchers_count": 0, "stargazers_count": 0,
                "open_issues": open, "open_issues_count": open, "network_count": 0, "subscribers_count": 0,
                "web_commit_signoff_required": false,
                "pushed_at": time(repo.pushed_at), "created_at": time(repo.created_at),
                "updated_at": time(repo.pushed_at),
            }),
        );
        if let Some(fields) = shown.as_object_mut() {
            for (path, template) in REPO_LINKS.split_whitespace().filter_map(|link| link.split_once(':')) {
                fields.insert(link_name(path), json!(format!("{url}/{path}{template}")));
            }
        }
        shown
    }

    /// What somebody may do in a repository: the highest of all grants.
    pub(crate) fn role(&self, repo: &Repo, user: i64) -> Role {
        let own = repo.roles.get(&user).copied().unwrap_or(Role::None);
        let teams = repo.team_roles.iter().filter(|(team, _)| self.is_active_member(**team, user));
        let owner = self.organizations.get(&repo.owner).and_then(|o| o.members.get(&user));
        let floor = match (owner, repo.owner == user, repo.private) {
            (Some((_, true)), _, _) | (_, true, _) => Role::Admin,
            (_, false, false) => Role::Read,
            (_, false, true) => Role::None,
        };
        teams.map(|(_, role)| *role).fold(own.max(floor), Role::max)
    }
}

/// `git/refs` becomes `git_refs_url`; a few have names of their own.
fn link_name(path: &str) -> String {
    match path {
        "git/blobs" => "blobs_url".to_owned(),
        "git/trees" => "trees_url".to_owned(),
        "issues/comments" => "issue_comment_url".to_owned(),
        "issues/events" => "issue_events_url".to_owned(),
        other => format!("{}_url", other.replace('/', "_")),
    }
}
