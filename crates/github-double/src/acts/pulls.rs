//! Opening, closing, merging and reviewing pull requests.

use serde_json::{Value, json};

use super::Who;
use crate::git::Tree;
use crate::pull::{Before, Merged, Pull, Review, Verdict};
use crate::refused::{Act, Refused};
use crate::repo::Role;
use crate::show::merged;
use crate::state::State;

impl State {
    /// Opens a pull request from a branch, `head` or `owner:head`, and gives its number.
    pub fn open_pull(
        &mut self,
        repo: i64,
        who: Who,
        (head, base): (&str, &str),
        (title, body): (&str, &str),
    ) -> Act<i64> {
        self.demand(repo, who, Role::Read)?;
        let (head_repo, branch) = self.head_of(repo, head)?;
        let invalid = |field: &str| Refused::validation("PullRequest", field, &format!("{field} is invalid"));
        let head_sha = self.repo_by_id(head_repo)?.tip(branch).map_err(|_| invalid("head"))?.to_owned();
        let base_sha = self.repo_by_id(repo)?.tip(base).map_err(|_| invalid("base"))?.to_owned();
        if self.objects.compare(&base_sha, &head_sha)?.ahead.is_empty() {
            let message = format!("No commits between {base} and {branch}");
            return Err(Refused::validation("PullRequest", "head", &message));
        }
        let id = self.fresh_id();
        let number = self.new_issue(repo, who.user, title, body)?;
        let pull = Pull {
            id,
            number,
            base: base.to_owned(),
            base_sha,
            head_repo,
            head: branch.to_owned(),
            head_sha,
            draft: false,
            merged: None,
            before: None,
        };
        self.repo_by_id_mut(repo)?.pulls.insert(number, pull);
        self.tell_pull(repo, who, number, "opened", json!({}))?;
        Ok(number)
    }

    fn head_of<'a>(&self, repo: i64, head: &'a str) -> Act<(i64, &'a str)> {
        let Some((owner, branch)) = head.split_once(':') else { return Ok((repo, head)) };
        let root = self.repo_by_id(repo)?;
        if self.account_login(root.owner).eq_ignore_ascii_case(owner) {
            return Ok((repo, branch));
        }
        let forks = self.repos.values().filter(|r| r.fork_of == Some(repo));
        let found = forks.into_iter().find(|r| self.account_login(r.owner).eq_ignore_ascii_case(owner));
        found.map(|r| (r.id, branch)).ok_or_else(Refused::not_found)
    }

    /// Closes or reopens a pull request or issue; a reopened one catches up with its branch.
    pub fn set_open(&mut self, repo: i64, who: Who, number: i64, open: bool) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        if here.issue(number)?.user != who.user {
            self.demand(repo, who, Role::Triage)?;
        }
        if here.issue(number)?.is_open() == open {
            return Ok(());
        }
        if here.pulls.get(&number).is_some_and(|p| p.merged.is_some()) && open {
            return Err(Refused::validation(
                "PullRequest",
                "state",
                "state cannot be changed. It was merged.",
            ));
        }
        self.mark_open(repo, number, open)?;
        let action = if open { "reopened" } else { "closed" };
        if self.repo_by_id(repo)?.pulls.contains_key(&number) {
            return self.tell_pull(repo, who, number, action, json!({}));
        }
        let shown = self.show_issue(self.repo_by_id(repo)?, self.repo_by_id(repo)?.issue(number)?);
        self.emit(repo, "issues", Some(action), who, json!({"issue": shown}));
        Ok(())
    }

    fn mark_open(&mut self, repo: i64, number: i64, open: bool) -> Act<()> {
        let now = self.now();
        let pull = self.repo_by_id(repo)?.pulls.get(&number).cloned();
        let tip =
            pull.as_ref().and_then(|p| self.repos.get(&p.head_repo)?.tip(&p.head).ok().map(str::to_owned));
        let here = self.repo_by_id_mut(repo)?;
        if let Some(issue) = here.issues.get_mut(&number) {
            issue.closed_at = if open { None } else { Some(now) };
            issue.updated_at = now;
        }
        if let Some(pull) = here.pulls.get_mut(&number) {
            let (head_sha, base) = (pull.head_sha.clone(), pull.base.clone());
            pull.before = Some(Box::new(Before { head_sha, open: !open, base }));
            if let (true, Some(tip)) = (open, tip) {
                pull.head_sha = tip;
            }
        }
        Ok(())
    }

    /// Changes the branch a pull request would go into.
    pub fn retarget(&mut self, repo: i64, who: Who, number: i64, base: &str) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        let here = self.repo_by_id_mut(repo)?;
        let tip = here.tip(base)?.to_owned();
        let pull = here.pulls.get_mut(&number).ok_or_else(Refused::not_found)?;
        let old = std::mem::replace(&mut pull.base, base.to_owned());
        let head_sha = pull.head_sha.clone();
        pull.before = Some(Box::new(Before { head_sha, open: true, base: old.clone() }));
        pull.base_sha = tip;
        self.tell_pull(repo, who, number, "edited", json!({"changes": {"base": {"ref": {"from": old}}}}))
    }

    /// Merges with a merge commit and gives its id; `expected` is the head the caller saw.
    pub fn merge(&mut self, repo: i64, who: Who, number: i64, expected: Option<&str>) -> Act<String> {
        self.demand(repo, who, Role::Write)?;
        let pull = self.repo_by_id(repo)?.pull(number)?.clone();
        if !self.repo_by_id(repo)?.issue(number)?.is_open() {
            return Err(Refused::new(405, "Pull Request is not mergeable"));
        }
        if expected.is_some_and(|sha| sha != pull.head_sha) {
            return Err(Refused::new(409, "Head branch was modified. Review and try the merge again."));
        }
        let tip = self.repo_by_id(repo)?.tip(&pull.base)?.to_owned();
        let tree = self.merged_tree(&pull, &tip)?;
        let message = format!("Merge pull request #{number} from {}", pull.head);
        let user = self.users.get(&who.user).ok_or_else(Refused::not_found)?;
        let (name, email) = (user.name.clone(), user.email.clone());
        let person = crate::git::Signature { name, email, user: Some(user.id), date: self.now() };
        let parents = vec![tip, pull.head_sha.clone()];
        let sha = self.objects.commit(parents, (person.clone(), person), &message, tree);
        self.is_merged(repo, who, &pull, (sha, Vec::new()))
    }

    /// Puts copies of its commits on top of the base, and gives the id of the last one. They keep their authors; whoever
    /// merges is their committer.
    pub fn rebase_merge(&mut self, repo: i64, who: Who, number: i64) -> Act<String> {
        self.demand(repo, who, Role::Write)?;
        let pull = self.repo_by_id(repo)?.pull(number)?.clone();
        let mut tip = self.repo_by_id(repo)?.tip(&pull.base)?.to_owned();
        let user = self.users.get(&who.user).ok_or_else(Refused::not_found)?;
        let (name, email) = (user.name.clone(), user.email.clone());
        let committer = crate::git::Signature { name, email, user: Some(user.id), date: self.now() };
        let mut rebased = Vec::new();
        for sha in self.pull_commits(&pull) {
            let commit = self.objects.get(&sha)?.clone();
            let before = match commit.parents.first() {
                Some(parent) => self.objects.get(parent)?.tree.clone(),
                None => Tree::default(),
            };
            let mut tree = self.objects.get(&tip)?.tree.clone();
            tree.retain(|path, _| commit.tree.contains_key(path) || !before.contains_key(path));
            tree.extend(commit.tree.into_iter().filter(|(path, blob)| before.get(path) != Some(blob)));
            let people = (commit.author, committer.clone());
            tip = self.objects.commit(vec![tip], people, &commit.message, tree);
            rebased.push(tip.clone());
        }
        self.is_merged(repo, who, &pull, (tip, rebased))
    }

    fn is_merged(
        &mut self,
        repo: i64,
        who: Who,
        pull: &Pull,
        (sha, rebased): (String, Vec<String>),
    ) -> Act<String> {
        self.mark_open(repo, pull.number, false)?;
        let merge = Merged { sha: sha.clone(), rebased, by: who.user, at: self.now() };
        if let Some(pull) = self.repo_by_id_mut(repo)?.pulls.get_mut(&pull.number) {
            pull.merged = Some(merge);
        }
        self.move_branch(repo, who, &pull.base, &sha)?;
        self.tell_pull(repo, who, pull.number, "closed", json!({}))?;
        Ok(sha)
    }

    /// The base's tip with what the pull request changed; the pull request wins every conflict.
    fn merged_tree(&self, pull: &Pull, tip: &str) -> Act<Tree> {
        let from = &self.objects.get(&self.pull_base(pull))?.tree;
        let head = &self.objects.get(&pull.head_sha)?.tree;
        let mut tree = self.objects.get(tip)?.tree.clone();
        tree.retain(|path, _| head.contains_key(path) || !from.contains_key(path));
        tree.extend(
            head.iter()
                .filter(|(path, blob)| from.get(*path) != Some(blob))
                .map(|(p, b)| (p.clone(), b.clone())),
        );
        Ok(tree)
    }

    /// Reviews the head as it is now, or `commit` if the reviewer looked at another one.
    pub fn review(
        &mut self,
        repo: i64,
        who: Who,
        number: i64,
        (verdict, body): (Verdict, &str),
        commit: Option<&str>,
    ) -> Act<i64> {
        self.demand(repo, who, Role::Read)?;
        let head = self.repo_by_id(repo)?.pull(number)?.head_sha.clone();
        let author = self.repo_by_id(repo)?.issue(number)?.user;
        if author == who.user && verdict != Verdict::Commented {
            return Err(Refused::invalid("Unprocessable Entity: Can not approve your own pull request"));
        }
        let (id, now) = (self.fresh_id(), self.now());
        let review = Review {
            id,
            number,
            user: who.user,
            verdict,
            body: body.to_owned(),
            commit_id: commit.map_or(head, str::to_owned),
            submitted_at: now,
        };
        self.repo_by_id_mut(repo)?.reviews.insert(id, review);
        self.tell_review(repo, who, id, "submitted")?;
        Ok(id)
    }

    /// Dismisses a review.
    pub fn dismiss_review(&mut self, repo: i64, who: Who, id: i64) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        let review = self.repo_by_id_mut(repo)?.reviews.get_mut(&id).ok_or_else(Refused::not_found)?;
        review.verdict = Verdict::Dismissed;
        self.tell_review(repo, who, id, "dismissed")
    }

    fn tell_review(&mut self, repo: i64, who: Who, id: i64, action: &str) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let review = here.reviews.get(&id).ok_or_else(Refused::not_found)?;
        let small = json!({"state": review.verdict.as_str().to_ascii_lowercase()});
        let shown = merged(self.show_review(here, review), small);
        let pull = self.show_pull(here, here.pull(review.number)?, None)?;
        let payload = json!({"review": shown, "pull_request": pull});
        self.emit(repo, "pull_request_review", Some(action), who, payload);
        Ok(())
    }

    pub(crate) fn tell_pull(
        &mut self,
        repo: i64,
        who: Who,
        number: i64,
        action: &str,
        more: Value,
    ) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let shown = self.show_pull_full(here, here.pull(number)?, None)?;
        let payload = merged(json!({"number": number, "pull_request": shown}), more);
        self.emit(repo, "pull_request", Some(action), who, payload);
        Ok(())
    }
}
