//! Who a rule is about: a user, a team or everybody with a role.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Environment;
use crate::ids::Login;

/// Who a rule is about, written `user:alice`, `team:acme/sre` or `role:write`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Principal {
    /// One person.
    User(Login),
    /// Everybody in a team, also through its child teams.
    Team {
        /// The organisation's login.
        organisation: String,
        /// The team's slug, as in its address.
        slug: String,
    },
    /// Everybody with this role in the repository, or with a higher one of GitHub's own.
    Role(String),
}

/// GitHub's own roles, from the least to the most. A custom role is none of them and matched by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleLevel {
    /// `read`
    Read,
    /// `triage`
    Triage,
    /// `write`
    Write,
    /// `maintain`
    Maintain,
    /// `admin`
    Admin,
}

/// Why a text does not say who.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} does not say who: write user:LOGIN, team:ORGANISATION/SLUG or role:NAME")]
pub struct InvalidPrincipal {
    text: String,
}

/// Everybody that has to be looked up for a person before the rules of this environment can be judged.
pub fn principals(environment: &Environment) -> BTreeSet<Principal> {
    let approvers = environment.approval_rules().iter().flat_map(|rule| &rule.from);
    environment.promote.by.iter().chain(approvers).cloned().collect()
}

impl RoleLevel {
    /// GitHub's own roles, from the least to the most.
    pub const ALL: [Self; 5] = [Self::Read, Self::Triage, Self::Write, Self::Maintain, Self::Admin];

    /// The role as GitHub writes it (`role_name` of a collaborator's permission); none for a custom role.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// As GitHub writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

impl Principal {
    /// Whether somebody with this role is meant.
    ///
    /// `role_name` is the most specific role GitHub knows, perhaps a custom one that somebody called `admin`; `base` is
    /// the one of GitHub's own that they have by it, if any, and alone tells what they may. `role:write` is also met by
    /// `maintain` and `admin`; a custom role only by its own name.
    pub fn is_met_by_role(&self, role_name: &str, base: Option<RoleLevel>) -> bool {
        let Self::Role(wanted) = self else { return false };
        match RoleLevel::named(wanted) {
            Some(level) => base >= Some(level),
            None => wanted == role_name,
        }
    }
}

impl FromStr for Principal {
    type Err = InvalidPrincipal;
    fn from_str(text: &str) -> Result<Self, InvalidPrincipal> {
        let principal = match text.split_once(':') {
            Some(("user", login)) => login.parse().ok().map(Self::User),
            Some(("team", team)) => parse_team(team),
            Some(("role", role)) => is_role(role).then(|| Self::Role(role.to_owned())),
            Some(_) | None => None,
        };
        principal.ok_or_else(|| InvalidPrincipal { text: text.chars().take(120).collect() })
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(login) => write!(f, "user:{login}"),
            Self::Team { organisation, slug } => write!(f, "team:{organisation}/{slug}"),
            Self::Role(name) => write!(f, "role:{name}"),
        }
    }
}

impl TryFrom<String> for Principal {
    type Error = InvalidPrincipal;
    fn try_from(text: String) -> Result<Self, InvalidPrincipal> {
        text.parse()
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

fn parse_team(text: &str) -> Option<Principal> {
    let (organisation, slug) = text.split_once('/')?;
    let sound = organisation.parse::<Login>().is_ok() && is_slug(slug);
    sound.then(|| Principal::Team { organisation: organisation.to_owned(), slug: slug.to_owned() })
}

fn is_slug(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A custom role's name may hold spaces.
fn is_role(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_read_as_they_are_written() {
        for text in
            ["user:alice", "user:dependabot[bot]", "team:acme/sre", "role:write", "role:Release Captain"]
        {
            let principal: Principal = text.parse().unwrap();
            assert_eq!(principal.to_string(), text);
            let json = serde_json::to_string(&principal).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<Principal>(&json).unwrap(), principal);
        }
        for text in [
            "",
            "alice",
            "user:",
            "user:a b",
            "team:sre",
            "team:acme/",
            "team:/sre",
            "team:a/b/c",
            "role:",
            "role: x",
            "group:x",
            "User:alice",
        ] {
            assert!(text.parse::<Principal>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn higher_roles_meet_lower_ones_and_custom_ones_only_themselves() {
        let write: Principal = "role:write".parse().unwrap();
        let captain: Principal = "role:captain".parse().unwrap();
        for (level, met) in [
            (RoleLevel::Admin, true),
            (RoleLevel::Maintain, true),
            (RoleLevel::Write, true),
            (RoleLevel::Triage, false),
            (RoleLevel::Read, false),
        ] {
            assert_eq!(write.is_met_by_role(level.as_str(), Some(level)), met, "{level:?}");
            // Whoever owns the organisation may call a role of theirs as they like.
            assert_eq!(write.is_met_by_role("admin", Some(level)), met, "{level:?}");
        }
        assert!(!write.is_met_by_role("captain", None));
        assert!(write.is_met_by_role("captain", Some(RoleLevel::Write)));
        assert!(captain.is_met_by_role("captain", Some(RoleLevel::Read)));
        assert!(!captain.is_met_by_role("admin", Some(RoleLevel::Admin)));
        assert!(!"user:write".parse::<Principal>().unwrap().is_met_by_role("write", None));
    }
}
