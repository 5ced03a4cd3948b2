//! Who may ask, who may vote, and whose approval does not count because they took part.

use std::fmt;

use super::facts::{Contributor, Part, Person, Tuple};
use super::{ApprovalRule, Environment, Principal};
use crate::ids::UserId;

/// How somebody took part in what is to be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Involvement {
    /// They asked for the promotion.
    Requester,
    /// They took part in the change.
    Contributor(Part),
}

/// Whether a person may ask for promotions to this environment.
///
/// A bot only if the policy names it by its login: a team or a role is meant for people.
pub fn may_ask(environment: &Environment, person: &Person) -> bool {
    environment.promote.by.iter().any(|principal| {
        let named = !person.actor.bot || matches!(principal, Principal::User(_));
        named && person.is.contains(principal)
    })
}

/// Whether an approval rule is about this person. Bots never approve.
pub fn is_approver(rule: &ApprovalRule, person: &Person) -> bool {
    !person.actor.bot && rule.from.iter().any(|principal| person.is.contains(principal))
}

/// How this person took part, first of all as the requester; none if they did not.
pub fn involvement(tuple: &Tuple, contributors: &[Contributor], person: UserId) -> Option<Involvement> {
    if tuple.requester.id == person {
        return Some(Involvement::Requester);
    }
    let parts = contributors.iter().filter(|contributor| contributor.id == Some(person));
    parts.map(|contributor| contributor.part).min().map(Involvement::Contributor)
}

/// Principals as people read them: `team:acme/sre or user:alice`.
pub fn either(principals: &[Principal]) -> String {
    let words: Vec<String> = principals.iter().map(ToString::to_string).collect();
    words.join(" or ")
}

impl fmt::Display for Involvement {
    /// In words that follow a name or “you”: `wrote one of its commits`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requester => "asked for it",
            Self::Contributor(Part::PullRequestAuthor) => "opened the pull request",
            Self::Contributor(Part::Author) => "wrote one of its commits",
            Self::Contributor(Part::Committer) => "committed one of its commits",
            Self::Contributor(Part::CoAuthor) => "co-wrote one of its commits",
            Self::Contributor(Part::Pusher) => "pushed it",
        })
    }
}
