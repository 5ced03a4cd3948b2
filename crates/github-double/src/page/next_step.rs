//! What one could do next, in plain words: a newcomer should never wonder.

use countersign_page::Mark;
use maud::{Markup, html};

use super::composer::fill;
use super::mark;
use super::pull::Thread;
use super::view::View;
use crate::account::{Membership, Team};
use crate::checks::CheckRun;
use crate::pull::Pull;

/// What to do, who could, and the command for it.
struct Step<'s> {
    words: String,
    try_this: Vec<(&'static str, &'s str)>,
}

impl<'s> View<'s> {
    /// The hint above the comment box.
    pub(super) fn next_step(&self, thread: Thread<'s>) -> Markup {
        let Some(pull) = thread.pull.filter(|_| thread.issue.is_open()) else { return html! {} };
        let step = self.step(thread, pull);
        let action = self.action(&format!("pulls/{}/comment", thread.issue.number));
        html! {
            section.next.box aria-label="What to try next" {
                p { strong { "Try next: " } (step.words) }
                @if !step.try_this.is_empty() {
                    div.chips { @for (command, person) in &step.try_this { (fill(&action, command, Some(person))) } }
                }
            }
        }
    }

    fn step(&self, thread: Thread<'s>, pull: &Pull) -> Step<'s> {
        let author = self.state.account_login(thread.issue.user);
        if self.repo.runs.values().any(|run| run.event == "workflow_dispatch" && !run.is_completed()) {
            return say(
                "a deployment is under way. Let it pass or fail under “Sandbox controls”, or just watch.",
            );
        }
        if let Some(step) = self.waiting(thread, pull) {
            return step;
        }
        if self.is_live("production", &pull.head_sha) {
            return say(
                "this commit is live in production. Push another commit, or read who approved it in the signed log.",
            );
        }
        if self.worst_mark(&pull.head_sha, true) == Some(Mark::Failed) {
            let words = "a promotion did not end well. Ask why.".to_owned();
            return Step { words, try_this: vec![("/why", author)] };
        }
        if self.is_live("staging", &pull.head_sha) {
            let words = "staging has this commit. Ask for production.".to_owned();
            return Step { words, try_this: vec![("/promote production", author)] };
        }
        match self.worst_mark(&pull.head_sha, false) {
            Some(Mark::Running | Mark::Queued) => {
                say("CI is still running. Let it pass or fail under “Sandbox controls”.")
            }
            Some(Mark::Failed) => say("CI failed. Run it again under “Sandbox controls”, or push a fix."),
            Some(Mark::Passed) => {
                let words = "CI is green. Ask for this commit to be put into staging.".to_owned();
                Step { words, try_this: vec![("/promote staging", author)] }
            }
            Some(Mark::Neutral | Mark::Waiting) | None => {
                let words = "ask for this commit to be put into staging.".to_owned();
                Step { words, try_this: vec![("/promote staging", author)] }
            }
        }
    }

    /// How a commit stands in the eyes of Countersign, or of everybody else.
    fn worst_mark(&self, sha: &str, ours: bool) -> Option<Mark> {
        let us = self.state.our_app().map_or(0, |app| app.id);
        let checks = self.latest_checks(sha).into_iter().filter(|check| (check.app == us) == ours);
        checks.map(mark::of_check).max()
    }

    /// A promotion whose check run says that somebody has to vote.
    fn waiting(&self, thread: Thread<'s>, pull: &Pull) -> Option<Step<'s>> {
        let ours = self.state.our_app().ok()?.id;
        let asks = |check: &&&CheckRun| check.app == ours && mark::of_check(check) == Mark::Waiting;
        let checks = self.latest_checks(&pull.head_sha);
        let check = checks.iter().find(asks)?;
        let environment = check.name.rsplit('/').next()?;
        let team = self.voters()?;
        let people = self.may_still_vote(team, thread, check);
        if people.is_empty() {
            return Some(say(&format!("{environment} waits. Its check on the right says for whom.")));
        }
        let words = format!(
            "{environment} waits for approvals by {}: comment /approve as {}, or press the button of its check.",
            team.slug,
            people.join(", then as ")
        );
        Some(Step { words, try_this: people.into_iter().map(|person| ("/approve", person)).collect() })
    }

    /// Members of the team who are not the author and have not approved by a comment.
    fn may_still_vote(&self, team: &Team, thread: Thread<'s>, check: &CheckRun) -> Vec<&'s str> {
        let approved = |id: i64| {
            let since = self.repo.comments.values().filter(|c| c.created_at >= check.started_at);
            since.into_iter().any(|c| c.user == id && c.body.trim_start().starts_with("/approve"))
        };
        let active = team.members.iter().filter(|(_, state)| **state == Membership::Active);
        let left = active.map(|(id, _)| *id).filter(|id| *id != thread.issue.user && !approved(*id));
        left.map(|id| self.state.account_login(id)).collect()
    }

    /// The team that the policy names.
    fn voters(&self) -> Option<&'s Team> {
        let policy = self.policy()?;
        let named = |team: &&Team| {
            let organization = self.state.account_login(team.organization);
            policy.contains(&format!("team:{organization}/{}", team.slug))
        };
        self.state.teams.values().find(named)
    }

    fn is_live(&self, environment: &str, sha: &str) -> bool {
        self.live(environment).is_some_and(|deployment| deployment.sha == sha)
    }
}

fn say<'s>(words: &str) -> Step<'s> {
    Step { words: words.to_owned(), try_this: Vec::new() }
}
