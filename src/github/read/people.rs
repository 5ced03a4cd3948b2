//! Who somebody is, and what they may do.

use http::StatusCode;
use serde::Deserialize;

use super::{Reader, reading};
use crate::github::api::As;
use crate::github::error::none_if_gone;
use crate::github::tokens::Access;
use crate::github::wire::Account;
use crate::github::{Error, path};
use crate::ids::{Actor, Login, Repo, UserId};

/// What somebody may do in a repository, with everything counted that gives it to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Whose it is: compare the id, since a login may have been taken by somebody else.
    pub user: Actor,
    /// How far it goes.
    pub level: Level,
    /// What the role is called; an organisation may have made its own.
    pub role_name: String,
}

/// How far a permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nowhere.
    None,
    /// May read. On public repositories everybody may.
    Read,
    /// May sort issues and pull requests.
    Triage,
    /// May push.
    Write,
    /// May change some settings.
    Maintain,
    /// May do everything.
    Admin,
}

/// Whether somebody is in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// They are.
    Active,
    /// They were asked and have not answered.
    Pending,
    /// They are not.
    No,
}

impl Reader {
    /// What the account of this login may do; none when there is no such account.
    pub async fn permission(&self, repo: &Repo, login: &Login) -> Result<Option<Permission>, Error> {
        let login = path::segment(login.as_str());
        let address = format!("{}/collaborators/{login}/permission", path::of(repo));
        let found: Option<WirePermission> = none_if_gone(self.api.read(reading(repo), address).await)?;
        found.map(WirePermission::into_permission).transpose()
    }

    /// Whether somebody is in a team, or in a team below it.
    ///
    /// [`Error::Refused`] when the team itself cannot be seen: then nothing is known.
    pub async fn team_member(
        &self,
        repo: &Repo,
        organisation: &str,
        slug: &str,
        login: &Login,
    ) -> Result<Membership, Error> {
        let who = As::Installed(repo, Access::Members);
        let team = format!("/orgs/{}/teams/{}", path::segment(organisation), path::segment(slug));
        let address = format!("{team}/memberships/{}", path::segment(login.as_str()));
        match none_if_gone(self.api.read::<WireMembership>(who, address).await)? {
            Some(membership) => membership.into_membership(),
            None => match none_if_gone(self.api.read::<serde::de::IgnoredAny>(who, team).await)? {
                Some(_) => Ok(Membership::No),
                None => Err(Error::Refused {
                    status: StatusCode::NOT_FOUND.as_u16(),
                    message: format!(
                        "the team {organisation}/{slug} does not exist or is not visible to the App \
                         (it needs the permission members: read)"
                    ),
                }),
            },
        }
    }

    /// The account that has this login now; none when nobody has.
    pub async fn user(&self, repo: &Repo, login: &Login) -> Result<Option<Actor>, Error> {
        let address = format!("/users/{}", path::segment(login.as_str()));
        let found: Option<Account> = none_if_gone(self.api.read(reading(repo), address).await)?;
        Ok(found.map(Into::into))
    }

    /// The account under which the App acts, `SLUG[bot]`. Asked once: its id stays when the App is renamed.
    pub async fn own_account(&self, repo: &Repo) -> Result<UserId, Error> {
        let asked = self.own.get_or_try_init(|| async {
            let login = format!("{}[bot]", self.app().await?.slug);
            let name = login.parse().map_err(|_| Error::broken(format!("no account is called {login}")))?;
            let account = self.user(repo, &name).await?.filter(|account| account.bot);
            account
                .map(|account| account.id)
                .ok_or_else(|| Error::broken(format!("{login} is no bot's account")))
        });
        asked.await.copied()
    }
}

#[derive(Deserialize)]
struct WirePermission {
    permission: String,
    #[serde(default)]
    role_name: Option<String>,
    user: Account,
}

impl WirePermission {
    /// `permission` says maintain as write and triage as read; `role_name` says it finer, or is custom.
    fn into_permission(self) -> Result<Permission, Error> {
        let level = match (self.permission.as_str(), self.role_name.as_deref()) {
            ("admin", _) => Level::Admin,
            ("maintain", _) | ("write", Some("maintain")) => Level::Maintain,
            ("write", _) => Level::Write,
            ("triage", _) | ("read", Some("triage")) => Level::Triage,
            ("read", _) => Level::Read,
            ("none", _) => Level::None,
            (other, _) => return Err(Error::broken(format!("there is no permission {other:?}"))),
        };
        let role_name = self.role_name.unwrap_or(self.permission);
        Ok(Permission { user: self.user.into(), level, role_name })
    }
}

#[derive(Deserialize)]
struct WireMembership {
    state: String,
}

impl WireMembership {
    fn into_membership(self) -> Result<Membership, Error> {
        match self.state.as_str() {
            "active" => Ok(Membership::Active),
            "pending" => Ok(Membership::Pending),
            other => Err(Error::broken(format!("there is no membership {other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_from_both_names() {
        let level = |permission: &str, role: Option<&str>| {
            let wire = serde_json::json!({
                "permission": permission, "role_name": role, "user": { "id": 1, "login": "a" }
            });
            serde_json::from_value::<WirePermission>(wire).unwrap().into_permission().map(|p| p.level)
        };
        assert_eq!(level("write", Some("maintain")), Ok(Level::Maintain));
        assert_eq!(level("write", Some("release captain")), Ok(Level::Write));
        assert_eq!(level("read", Some("triage")), Ok(Level::Triage));
        // A custom role cannot be called its way up.
        assert_eq!(level("read", Some("admin")), Ok(Level::Read));
        assert_eq!(level("none", None), Ok(Level::None));
        assert!(level("owner", None).is_err());
        assert!(Level::Admin > Level::Maintain && Level::Write > Level::Triage);
    }
}
