//! A repository as one looks at it: what is shared by all parts of a page.

use std::time::Duration;

use maud::{Markup, html};

use super::Page;
use super::markdown::{self, References};
use crate::git::Commit;
use crate::refused::Act;
use crate::repo::Repo;
use crate::state::State;
use countersign_kernel::clock::Timestamp;

/// The name of the one form that all buttons belong to, so that they share who acts.
pub(super) const FORM: &str = "act";

/// A repository that is being looked at.
#[derive(Clone, Copy)]
pub(super) struct View<'s> {
    pub(super) state: &'s State,
    pub(super) repo: &'s Repo,
    pub(super) page: &'s Page,
}

impl<'s> View<'s> {
    /// Looks at `owner/name`; what a repository was called before is not known here.
    pub(super) fn new(state: &'s State, page: &'s Page, owner: &str, name: &str) -> Act<Self> {
        Ok(Self { state, repo: state.repo(&format!("{owner}/{name}"))?, page })
    }

    /// `owner/name`.
    pub(super) fn full_name(&self) -> String {
        self.repo.full_name(self.state)
    }

    /// Where a page of the repository is.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/{}/{rest}", self.full_name())
    }

    /// Where a form about the repository is sent.
    pub(super) fn action(&self, rest: &str) -> String {
        format!("/_sandbox/{}/{rest}", self.full_name())
    }

    /// A text by people or bots, rendered.
    pub(super) fn markdown(&self, source: &str) -> Markup {
        html! { div.markdown { (markdown::render(source, self)) } }
    }

    /// How long ago something was, with the exact time behind it.
    pub(super) fn ago(&self, moment: Timestamp) -> Markup {
        let exact = Timestamp::from_seconds(moment.seconds()).to_string();
        html! { time datetime=(exact) title=(exact) { (age(self.state.now().since(moment))) } }
    }

    /// A commit's short name, leading to it.
    pub(super) fn sha(&self, sha: &str) -> Markup {
        let short = sha.get(..7).unwrap_or(sha);
        html! { a.sha href=(self.path(&format!("commit/{sha}"))) { (short) } }
    }

    /// Whether a commit belongs to this repository: a branch, a tag or a pull request leads to it.
    pub(super) fn commit(&self, sha: &str) -> Option<&'s Commit> {
        let tips = self.repo.branches.values().map(|branch| &branch.sha);
        let heads = self.repo.pulls.values().map(|pull| &pull.head_sha);
        let mut all = tips.chain(self.repo.tags.values()).chain(heads);
        let commit = self.state.objects.commits.get(sha)?;
        let known = self.repo.checks.values().any(|check| check.head_sha == sha)
            || self.repo.deployments.values().any(|deployment| deployment.sha == sha)
            || all.any(|tip| self.state.objects.is_ancestor(sha, tip));
        known.then_some(commit)
    }
}

impl References for View<'_> {
    fn is_mention(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((organization, team)) => self.state.team(organization, team).is_ok(),
            None => self.state.user(name).is_ok() || self.state.organization(name).is_ok(),
        }
    }

    fn issue(&self, number: i64) -> Option<String> {
        let issue = self.repo.issues.get(&number)?;
        let kind = if self.repo.pulls.contains_key(&issue.number) { "pull" } else { "issues" };
        Some(self.path(&format!("{kind}/{number}")))
    }

    fn commit(&self, sha: &str) -> Option<String> {
        let mut from_here = self.state.objects.commits.range(sha.to_owned()..);
        let (full, _) = from_here.next().filter(|(full, _)| full.starts_with(sha))?;
        View::commit(self, full).map(|commit| self.path(&format!("commit/{}", commit.sha)))
    }
}

/// A length of time as people say it.
fn age(passed: Duration) -> String {
    let many = |count: u64, unit: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{plural} ago")
    };
    match passed.as_secs() {
        0..45 => "just now".to_owned(),
        seconds @ 45..3_600 => many((seconds / 60).max(1), "minute"),
        seconds @ 3_600..86_400 => many(seconds / 3_600, "hour"),
        seconds => many(seconds / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_people_say_them() {
        for (seconds, said) in [
            (3, "just now"),
            (50, "1 minute ago"),
            (150, "2 minutes ago"),
            (3_600, "1 hour ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), said);
        }
    }
}
