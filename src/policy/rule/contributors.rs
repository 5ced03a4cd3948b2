//! Everybody who took part in the change is matched with an account.
//!
//! Who is not known cannot be kept from approving their own work, so they block.

use super::{Case, v1};
use crate::ids::Login;
use crate::policy::Rules;
use crate::policy::facts::Contributor;
use crate::requirement::{Code, Requirement};

const TITLE: &str = "authors";
const NAMED: usize = 5;

/// How the rule stands; nothing when no approval rule separates duties.
pub(super) fn requirement(case: Case<'_>) -> Option<Requirement> {
    if !case.environment.approval_rules().iter().any(|rule| rule.separation_of_duties) {
        return None;
    }
    let contributors = &case.facts.contributors;
    if contributors.is_empty() {
        let sentence = format!(
            "It could not be found out who wrote {}, so nobody can be told apart from its authors; ask again.",
            case.facts.tuple.commit.short()
        );
        return Some(Requirement::fails(TITLE, Code::UnattributedCommit, sentence));
    }
    let is_unknown = match case.facts.rules {
        Rules::One => v1::contributors::is_unknown,
        Rules::Two => is_unknown,
    };
    let unknown = names(contributors.iter().filter(|contributor| is_unknown(contributor, case)));
    if unknown.is_empty() {
        let sentence = format!("Everybody who took part is known: {}.", list(&names(contributors.iter())));
        return Some(Requirement::holds(TITLE, sentence));
    }
    let sentence = format!(
        "No GitHub account is known for {}; they add that e-mail to their account, or the policy names it in \
         known_authors.",
        list(&unknown)
    );
    Some(Requirement::fails(TITLE, Code::UnattributedCommit, sentence))
}

/// An e-mail is whatever somebody wrote into a commit, also the name of a bot that the policy trusts. So what has
/// an `@` is compared with e-mails only, and anything else only with the login that GitHub told.
fn is_unknown(contributor: &Contributor, case: Case<'_>) -> bool {
    let Contributor { id: None, login, email, .. } = contributor else { return false };
    let login = login.as_ref().map(Login::as_str);
    !case.environment.require.known_authors.iter().any(|known| {
        let same = if known.contains('@') { email.as_deref() } else { login };
        same.is_some_and(|same| known.eq_ignore_ascii_case(same))
    })
}

fn names<'a>(contributors: impl Iterator<Item = &'a Contributor>) -> Vec<String> {
    let mut names: Vec<String> = contributors.map(|contributor| super::clip(&contributor.called)).collect();
    names.sort();
    names.dedup();
    names
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
