//! What people do, as plain calls for tests and for the sandbox's page.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::{Membership, User};
use super::acts::Who;
use super::acts::code::Push;
use super::checks::CheckRun;
use super::git::object_id;
use super::pull::Verdict;
use super::refused::{Act, Refused};
use super::repo::{Repo, Role};
use super::state::State;
use super::{Fake, account::App};

impl Fake {
    fn by<T>(&self, repo: &str, login: &str, act: impl FnOnce(&mut State, i64, Who) -> Act<T>) -> Act<T> {
        self.change(|state| {
            let (repo, who) = (state.repo_id(repo)?, state.who(login)?);
            act(state, repo, who)
        })
    }

    /// Comments on an issue or pull request; gives the comment's id.
    pub fn comment(&self, repo: &str, login: &str, number: i64, body: &str) -> Act<i64> {
        self.by(repo, login, |state, repo, who| state.comment(repo, who, number, body))
    }

    /// Edits a comment, one's own or another's.
    pub fn edit_comment(&self, repo: &str, login: &str, comment: i64, body: &str) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.edit_comment(repo, who, comment, body))
    }

    /// Deletes a comment.
    pub fn delete_comment(&self, repo: &str, login: &str, comment: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.delete_comment(repo, who, comment))
    }

    /// Opens an issue; gives its number.
    pub fn open_issue(&self, repo: &str, login: &str, title: &str, body: &str) -> Act<i64> {
        self.by(repo, login, |state, repo, who| state.open_issue(repo, who, title, body))
    }

    /// Pushes one commit; gives its id.
    pub fn push(&self, repo: &str, login: &str, push: &Push) -> Act<String> {
        self.by(repo, login, |state, repo, who| state.push(repo, who, push))
    }

    /// Pushes a commit that changes one file; gives its id.
    pub fn push_file(
        &self,
        repo: &str,
        login: &str,
        branch: &str,
        (path, content): (&str, &str),
    ) -> Act<String> {
        self.push(repo, login, &Push::file(branch, &format!("Change {path}"), path, content))
    }

    /// Replaces the policy on the default branch; gives the commit's id.
    pub fn edit_policy(&self, repo: &str, login: &str, policy: &str) -> Act<String> {
        let branch = self.with_state(|state| state.repo(repo).map(|r| r.default_branch.clone()))?;
        self.push_file(repo, login, &branch, (".github/countersign.yml", policy))
    }

    /// Lets a branch point to a commit that exists, forward or not.
    pub fn force_push(&self, repo: &str, login: &str, branch: &str, sha: &str) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.move_branch(repo, who, branch, sha))
    }

    /// Opens a pull request from `head` (or `owner:head`) to `base`; gives its number.
    pub fn open_pull(&self, repo: &str, login: &str, ends: (&str, &str), title: &str) -> Act<i64> {
        self.by(repo, login, |state, repo, who| state.open_pull(repo, who, ends, (title, "")))
    }

    /// Closes an issue or pull request.
    pub fn close(&self, repo: &str, login: &str, number: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.set_open(repo, who, number, false))
    }

    /// Reopens an issue or pull request.
    pub fn reopen(&self, repo: &str, login: &str, number: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.set_open(repo, who, number, true))
    }

    /// Merges a pull request; gives the merge commit's id.
    pub fn merge(&self, repo: &str, login: &str, number: i64) -> Act<String> {
        self.by(repo, login, |state, repo, who| state.merge(repo, who, number, None))
    }

    /// Rebases a pull request onto its base; gives the id of the last commit.
    pub fn rebase_merge(&self, repo: &str, login: &str, number: i64) -> Act<String> {
        self.by(repo, login, |state, repo, who| state.rebase_merge(repo, who, number))
    }

    /// Puts a pull request into the merge queue.
    pub fn enqueue(&self, repo: &str, login: &str, number: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.tell_pull(repo, who, number, "enqueued", json!({})))
    }

    /// Reviews a pull request's head; gives the review's id.
    pub fn review(&self, repo: &str, login: &str, number: i64, verdict: Verdict) -> Act<i64> {
        self.by(repo, login, |state, repo, who| state.review(repo, who, number, (verdict, ""), None))
    }

    /// Dismisses a review.
    pub fn dismiss_review(&self, repo: &str, login: &str, review: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.dismiss_review(repo, who, review))
    }

    /// Presses a button of a completed check run.
    pub fn press_button(&self, repo: &str, login: &str, check: i64, identifier: &str) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.press_button(repo, who, check, identifier))
    }

    /// Asks the App to run a check again.
    pub fn rerequest_check(&self, repo: &str, login: &str, check: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.rerequest_check(repo, who, check))
    }

    /// Starts a workflow for a commit, as a push does; gives the run's id.
    pub fn start_ci(&self, repo: &str, login: &str, workflow: &str, sha: &str) -> Act<i64> {
        self.by(repo, login, |state, repo, who| {
            let here = state.repo_by_id(repo)?;
            let branch = here.branches.iter().find(|(_, b)| b.sha == sha).map(|(name, _)| name.clone());
            let branch = branch.unwrap_or_else(|| here.default_branch.clone());
            state.start_run(repo, who, workflow, (&branch, sha), ("push", BTreeMap::new()))
        })
    }

    /// Runs a workflow for a commit to its end; gives the run's id.
    pub fn set_ci(
        &self,
        repo: &str,
        login: &str,
        (workflow, sha): (&str, &str),
        conclusion: &str,
    ) -> Act<i64> {
        let run = self.start_ci(repo, login, workflow, sha)?;
        self.begin_run(repo, run)?;
        self.finish_run(repo, run, conclusion)?;
        Ok(run)
    }

    /// Lets a queued run start.
    pub fn begin_run(&self, repo: &str, run: i64) -> Act<()> {
        self.change(|state| state.begin_run(state.repo_id(repo)?, run))
    }

    /// Lets a run end.
    pub fn finish_run(&self, repo: &str, run: i64, conclusion: &str) -> Act<()> {
        self.change(|state| state.finish_run(state.repo_id(repo)?, run, conclusion))
    }

    /// Cancels a run.
    pub fn cancel_run(&self, repo: &str, login: &str, run: i64) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.cancel_run(repo, who, run))
    }

    /// Runs a workflow by hand, past the App; gives the run's id.
    pub fn dispatch(
        &self,
        repo: &str,
        login: &str,
        workflow: &str,
        (reference, inputs): (&str, BTreeMap<String, String>),
    ) -> Act<i64> {
        self.by(repo, login, |state, repo, who| state.dispatch(repo, who, workflow, (reference, inputs)))
    }

    /// Makes a deployment as a person; gives its id.
    pub fn deploy(&self, repo: &str, login: &str, environment: &str, reference: &str) -> Act<i64> {
        let body = json!({"ref": reference, "environment": environment, "required_contexts": []});
        self.by(repo, login, |state, repo, who| state.create_deployment(repo, who, &body))
    }

    /// Says as a person how a deployment goes; gives the status's id.
    pub fn deployment_status(&self, repo: &str, login: &str, deployment: i64, state_word: &str) -> Act<i64> {
        let body = json!({"state": state_word});
        self.by(repo, login, |state, repo, who| state.add_deployment_status(repo, who, deployment, &body))
    }

    /// Sets a commit status as a person.
    pub fn commit_status(&self, repo: &str, login: &str, sha: &str, status: (&str, &str)) -> Act<i64> {
        self.by(repo, login, |state, repo, who| state.set_status(repo, who, sha, status))
    }

    /// Lets another App, made for it if it is new, post a completed check run; gives its id.
    pub fn foreign_check(
        &self,
        repo: &str,
        app: &str,
        (name, sha): (&str, &str),
        conclusion: &str,
    ) -> Act<i64> {
        self.change(|state| {
            let repo = state.repo_id(repo)?;
            let who = state.foreign_app(app)?;
            let body: Value = json!({"name": name, "head_sha": sha, "conclusion": conclusion});
            state.create_check(repo, who, &body)
        })
    }

    /// Gives or takes rights in a repository.
    pub fn set_permission(&self, repo: &str, login: &str, role: Role) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.set_role(who, repo, who.user, role))
    }

    /// Puts somebody into a team (invited or in), or takes them out with `None`.
    pub fn set_team(&self, team: (&str, &str), login: &str, membership: Option<Membership>) -> Act<()> {
        self.change(|state| {
            let (team, who) = (state.team(team.0, team.1)?.id, state.who(login)?);
            state.set_team_member(who, team, who.user, membership)
        })
    }

    /// Adds a person to GitHub; gives their id.
    pub fn add_user(&self, login: &str) -> i64 {
        self.change(|state| state.add_account(login, None))
    }

    /// Changes a login.
    pub fn rename_user(&self, login: &str, new: &str) -> Act<()> {
        self.change(|state| state.rename_user(state.user_id(login)?, new))
    }

    /// Changes a repository's name, without its owner.
    pub fn rename_repo(&self, repo: &str, login: &str, new: &str) -> Act<()> {
        self.by(repo, login, |state, repo, who| state.rename_repo(who, repo, new))
    }

    /// Forks a repository to a person's account; gives the fork's `owner/name`.
    pub fn fork(&self, repo: &str, login: &str) -> Act<String> {
        self.by(repo, login, |state, root, who| {
            let (id, now) = (state.fresh_id(), state.now());
            let root = state.repo_by_id(root)?;
            let mut fork = Repo::new(id, who.user, &root.name, now);
            fork.branches.clone_from(&root.branches);
            fork.fork_of = Some(root.id);
            let name = fork.full_name(state);
            state.repos.insert(id, fork);
            Ok(name)
        })
    }

    /// The newest check run of a name on a commit.
    pub fn check_named(&self, repo: &str, sha: &str, name: &str) -> Option<CheckRun> {
        self.with_state(|state| {
            let checks = &state.repo(repo).ok()?.checks;
            checks.values().rev().find(|c| c.head_sha == sha && c.name == name).cloned()
        })
    }
}

impl State {
    fn add_account(&mut self, login: &str, app: Option<i64>) -> i64 {
        let (id, created_at) = (self.fresh_id(), self.now());
        let email = format!("{id}+{login}@users.noreply.github.com");
        let user = User { id, login: login.to_owned(), name: login.to_owned(), email, app, created_at };
        self.users.insert(id, user);
        id
    }

    fn foreign_app(&mut self, slug: &str) -> Act<Who> {
        if let Some(there) = self.apps.values().find(|app| app.slug == slug) {
            return Ok(Who { user: there.bot, app: Some(there.id) });
        }
        let id = self.fresh_id();
        let bot = self.add_account(&format!("{slug}[bot]"), Some(id));
        let ours = self.our_app()?;
        let app = App {
            id,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            bot,
            client_id: object_id("client", slug.as_bytes()),
            webhook_secret: String::new(),
            ..ours.clone()
        };
        self.apps.insert(id, app);
        self.apps.get(&id).map(|app| Who { user: app.bot, app: Some(app.id) }).ok_or_else(Refused::not_found)
    }
}
