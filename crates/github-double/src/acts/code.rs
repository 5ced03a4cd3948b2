//! Pushing, branches and tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Who;
use crate::comments::Issue;
use crate::git::{Signature, Tree};
use crate::pull::Before;
use crate::refused::{Act, Refused};
use crate::repo::{Branch, Repo, Role};
use crate::show::merged;
use crate::simulate::CI_EVENT;
use crate::state::State;

/// No commit: what a new branch was before, and what a deleted one is afterwards.
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// One commit somebody pushes.
#[derive(Debug, Clone)]
pub struct Push {
    /// The branch; made from the default branch if it does not exist.
    pub branch: String,
    /// The message, with its trailers.
    pub message: String,
    /// New contents by path; `None` deletes.
    pub files: BTreeMap<String, Option<String>>,
    /// The author's login, if it is not the pusher.
    pub author: Option<String>,
    /// The committer's login, if it is not the pusher.
    pub committer: Option<String>,
    /// An author nobody on GitHub is known by: name and address.
    pub stranger: Option<(String, String)>,
    /// Logins that are named in `Co-authored-by` trailers.
    pub co_authors: Vec<String>,
    /// The commit to build on instead of the branch's tip: a force push unless it is the tip.
    pub onto: Option<String>,
}

impl Push {
    /// A commit that changes one file on a branch.
    pub fn file(branch: &str, message: &str, path: &str, content: &str) -> Self {
        Self {
            branch: branch.to_owned(),
            message: message.to_owned(),
            files: BTreeMap::from([(path.to_owned(), Some(content.to_owned()))]),
            author: None,
            committer: None,
            stranger: None,
            co_authors: Vec::new(),
            onto: None,
        }
    }
}

impl State {
    /// Pushes one commit and gives its id.
    pub fn push(&mut self, repo: i64, who: Who, push: &Push) -> Act<String> {
        self.demand(repo, who, Role::Write)?;
        let sha = self.new_commit(repo, who, push)?;
        self.move_branch(repo, who, &push.branch, &sha)?;
        Ok(sha)
    }

    /// Makes a commit without any branch leading to it yet.
    pub fn new_commit(&mut self, repo: i64, who: Who, push: &Push) -> Act<String> {
        let here = self.repo_by_id(repo)?;
        let tip = here.tip(&push.branch).or_else(|_| here.tip(&here.default_branch)).ok();
        let parent = push.onto.clone().or_else(|| tip.map(str::to_owned));
        let mut tree: Tree = match &parent {
            Some(parent) => self.objects.get(parent)?.tree.clone(),
            None => Tree::new(),
        };
        let pusher = self.account_login(who.user).to_owned();
        let mut author = self.signature(push.author.as_deref().unwrap_or(&pusher))?;
        if let Some((name, email)) = push.stranger.clone() {
            author = Signature { name, email, user: None, date: author.date };
        }
        let committer = self.signature(push.committer.as_deref().unwrap_or(&pusher))?;
        let mut message = push.message.clone();
        for (place, login) in push.co_authors.iter().enumerate() {
            let person = self.signature(login)?;
            let gap = if place == 0 { "\n" } else { "" };
            message = format!("{message}{gap}\nCo-authored-by: {} <{}>", person.name, person.email);
        }
        for (path, content) in &push.files {
            match content {
                Some(content) => tree.insert(path.clone(), self.objects.store(content.as_bytes())),
                None => tree.remove(path),
            };
        }
        Ok(self.objects.commit(parent.into_iter().collect(), (author, committer), &message, tree))
    }

    /// How somebody signs commits that GitHub makes for them.
    pub(crate) fn our_signature(&self, who: Who) -> Act<Signature> {
        self.signature(self.account_login(who.user))
    }

    fn signature(&self, login: &str) -> Act<Signature> {
        let user = self.user(login)?;
        let (name, email) = (user.name.clone(), user.email.clone());
        Ok(Signature { name, email, user: Some(user.id), date: self.now() })
    }

    /// Lets a branch point to a commit, whether it is a fast-forward or not.
    pub fn move_branch(&mut self, repo: i64, who: Who, branch: &str, sha: &str) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        self.objects.get(sha)?;
        let now = self.now();
        let here = self.repo_by_id_mut(repo)?;
        let old = here.branches.get(branch).map(|b| b.sha.clone());
        if old.as_deref() == Some(sha) {
            return Ok(());
        }
        here.branches.insert(branch.to_owned(), Branch { sha: sha.to_owned(), before: old.clone() });
        here.pushed_at = now;
        self.read_workflows(repo)?;
        self.tell_push(repo, who, &format!("refs/heads/{branch}"), (old.as_deref(), Some(sha)))?;
        self.follow_heads(repo, who, branch, sha)?;
        self.start_push_workflows(repo, who, branch, sha)
    }

    /// Lets a tag point to a commit.
    pub fn move_tag(&mut self, repo: i64, who: Who, tag: &str, sha: &str) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        self.objects.get(sha)?;
        let now = self.now();
        let here = self.repo_by_id_mut(repo)?;
        here.pushed_at = now;
        let old = here.tags.insert(tag.to_owned(), sha.to_owned());
        self.tell_push(repo, who, &format!("refs/tags/{tag}"), (old.as_deref(), Some(sha)))
    }

    /// Deletes a branch; open pull requests from it are closed.
    pub fn delete_branch(&mut self, repo: i64, who: Who, branch: &str) -> Act<()> {
        self.demand(repo, who, Role::Write)?;
        let old = self.repo_by_id_mut(repo)?.branches.remove(branch).ok_or_else(Refused::not_found)?;
        self.tell_push(repo, who, &format!("refs/heads/{branch}"), (Some(&old.sha), None))?;
        for (base, number) in self.open_pulls_from(repo, branch) {
            self.set_open(base, who, number, false)?;
        }
        Ok(())
    }

    fn tell_push(
        &mut self,
        repo: i64,
        who: Who,
        reference: &str,
        (old, new): (Option<&str>, Option<&str>),
    ) -> Act<()> {
        let here = self.repo_by_id(repo)?;
        let forced = matches!((old, new), (Some(old), Some(new)) if !self.objects.is_ancestor(old, new));
        let commits: Vec<Value> = match (old.or_else(|| here.tip(&here.default_branch).ok()), new) {
            (Some(old), Some(new)) => self.objects.compare(old, new).map(|c| c.ahead).unwrap_or_default(),
            (None, _) | (_, None) => Vec::new(),
        }
        .iter()
        .map(|sha| {
            let distinct = !self.was_pushed(here, (reference, old), sha);
            merged(self.show_head_commit(sha), json!({ "distinct": distinct }))
        })
        .collect();
        let pusher = self.users.get(&who.user);
        let compare = format!("{}/{}/compare", self.web_url, here.full_name(self));
        let payload = json!({
            "ref": reference, "before": old.unwrap_or(NOTHING), "after": new.unwrap_or(NOTHING),
            "base_ref": null, "created": old.is_none(), "deleted": new.is_none(), "forced": forced,
            "compare": compare, "commits": commits,
            "head_commit": new.map(|sha| self.show_head_commit(sha)),
            "pusher": {"name": pusher.map(|u| &u.login), "email": pusher.map(|u| &u.email)},
        });
        self.emit(repo, "push", None, who, payload);
        Ok(())
    }

    /// Whether a commit was in the repository before this ref moved.
    fn was_pushed(&self, here: &Repo, (moved, old): (&str, Option<&str>), sha: &str) -> bool {
        let branches = here.branches.iter().map(|(name, branch)| (format!("refs/heads/{name}"), &branch.sha));
        let tags = here.tags.iter().map(|(name, sha)| (format!("refs/tags/{name}"), sha));
        let others = branches.chain(tags).filter(|(name, _)| name != moved).map(|(_, tip)| tip.as_str());
        others.chain(old).any(|tip| self.objects.is_ancestor(sha, tip))
    }

    fn open_pulls_from(&self, head_repo: i64, branch: &str) -> Vec<(i64, i64)> {
        let all = self.repos.values().flat_map(|repo| repo.pulls.values().map(move |pull| (repo, pull)));
        let ours = all.filter(|(_, pull)| pull.head_repo == head_repo && pull.head == branch);
        let open = ours.filter(|(repo, pull)| repo.issue(pull.number).is_ok_and(Issue::is_open));
        open.map(|(repo, pull)| (repo.id, pull.number)).collect()
    }

    /// Open pull requests follow their branch; closed ones stay where they were.
    fn follow_heads(&mut self, repo: i64, who: Who, branch: &str, sha: &str) -> Act<()> {
        for (base, number) in self.open_pulls_from(repo, branch) {
            let now = self.now();
            let here = self.repo_by_id_mut(base)?;
            let Some(pull) = here.pulls.get_mut(&number) else { continue };
            let old = std::mem::replace(&mut pull.head_sha, sha.to_owned());
            pull.before =
                Some(Box::new(Before { head_sha: old.clone(), open: true, base: pull.base.clone() }));
            if let Some(issue) = here.issues.get_mut(&number) {
                issue.updated_at = now;
            }
            self.tell_pull(base, who, number, "synchronize", json!({"before": old, "after": sha}))?;
        }
        Ok(())
    }

    fn start_push_workflows(&mut self, repo: i64, who: Who, branch: &str, sha: &str) -> Act<()> {
        if !self.settings.auto {
            return Ok(());
        }
        let workflows = &self.repo_by_id(repo)?.workflows;
        let files: Vec<String> =
            workflows.values().filter(|w| w.on_push).map(|w| w.file().to_owned()).collect();
        for file in files {
            self.start_run(repo, who, &file, (branch, sha), (CI_EVENT, BTreeMap::new()))?;
        }
        Ok(())
    }
}
