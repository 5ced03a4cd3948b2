//! Issues, pull requests, comments, reactions and reviews in JSON.

use serde_json::{Value, json};

use super::{maybe_time, merged, node_id, time};
use crate::comments::{Comment, Issue, REACTIONS, Reaction};
use crate::pull::{Before, Pull, Review, Verdict};
use crate::refused::Act;
use crate::repo::{Repo, Role};
use crate::state::State;

impl State {
    fn association(&self, repo: &Repo, user: i64) -> &'static str {
        match self.organizations.get(&repo.owner).is_some_and(|o| o.members.contains_key(&user)) {
            true => "MEMBER",
            false if repo.roles.get(&user).is_some_and(|role| *role > Role::None) => "COLLABORATOR",
            false => "NONE",
        }
    }

    /// An issue, or the issue side of a pull request.
    pub(crate) fn show_issue(&self, repo: &Repo, issue: &Issue) -> Value {
        let base = format!("{}/repos/{}", self.api_url, repo.full_name(self));
        let url = format!("{base}/issues/{}", issue.number);
        let part = if repo.pulls.contains_key(&issue.number) { "pull" } else { "issues" };
        let html = format!("{}/{}/{part}/{}", self.web_url, repo.full_name(self), issue.number);
        let comments = repo.comments.values().filter(|c| c.number == issue.number).count();
        let shown = json!({
            "id": issue.id, "node_id": node_id("I", issue.id), "url": url, "repository_url": base,
            "labels_url": format!("{url}/labels{{/name}}"), "comments_url": format!("{url}/comments"),
            "events_url": format!("{url}/events"), "html_url": html, "number": issue.number,
            "state": if issue.is_open() { "open" } else { "closed" }, "state_reason": null,
            "title": issue.title, "body": issue.body, "user": self.show_account(issue.user),
            "labels": [], "assignee": null, "assignees": [], "milestone": null, "locked": issue.locked,
            "active_lock_reason": null, "comments": comments, "closed_at": maybe_time(issue.closed_at),
            "created_at": time(issue.created_at), "updated_at": time(issue.updated_at), "closed_by": null,
            "author_association": self.association(repo, issue.user), "performed_via_github_app": null,
        });
        let Some(pull) = repo.pulls.get(&issue.number) else { return shown };
        let api = format!("{base}/pulls/{}", issue.number);
        let link = json!({
            "url": api, "html_url": html, "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"), "merged_at": maybe_time(pull.merged.as_ref().map(|m| m.at)),
        });
        merged(shown, json!({"pull_request": link, "draft": pull.draft}))
    }

    /// A comment.
    pub(crate) fn show_comment(&self, repo: &Repo, comment: &Comment) -> Value {
        let base = format!("{}/repos/{}/issues", self.api_url, repo.full_name(self));
        let url = format!("{base}/comments/{}", comment.id);
        let part = if repo.pulls.contains_key(&comment.number) { "pull" } else { "issues" };
        let html = format!("{}/{}/{part}/{}", self.web_url, repo.full_name(self), comment.number);
        let mut counts = json!({"url": format!("{url}/reactions"), "total_count": comment.reactions.len()});
        if let Some(fields) = counts.as_object_mut() {
            for content in REACTIONS {
                let count = comment.reactions.iter().filter(|r| r.content == content).count();
                fields.insert(content.to_owned(), json!(count));
            }
        }
        json!({
            "id": comment.id, "node_id": node_id("IC", comment.id), "url": url,
            "html_url": format!("{html}#issuecomment-{}", comment.id),
            "issue_url": format!("{base}/{}", comment.number), "body": comment.body,
            "user": self.show_account(comment.user), "created_at": time(comment.created_at),
            "updated_at": time(comment.updated_at), "reactions": counts,
            "author_association": self.association(repo, comment.user),
            "performed_via_github_app": self.show_app_id(comment.app),
        })
    }

    /// A reaction.
    pub(crate) fn show_reaction(&self, reaction: &Reaction) -> Value {
        json!({
            "id": reaction.id, "node_id": node_id("REA", reaction.id), "content": reaction.content,
            "user": self.show_account(reaction.user), "created_at": time(reaction.created_at),
        })
    }

    fn show_end(&self, repo: Option<&Repo>, branch: &str, sha: &str) -> Value {
        let owner = repo.map_or("unknown", |r| self.account_login(r.owner));
        json!({
            "label": format!("{owner}:{branch}"), "ref": branch, "sha": sha,
            "user": repo.map(|r| self.show_account(r.owner)), "repo": repo.map(|r| self.show_repo(r)),
        })
    }

    /// A pull request as lists have it; `before` shows it as it was before its last change.
    pub(crate) fn show_pull(&self, repo: &Repo, pull: &Pull, before: Option<&Before>) -> Act<Value> {
        let issue = repo.issue(pull.number)?;
        let base = format!("{}/repos/{}", self.api_url, repo.full_name(self));
        let url = format!("{base}/pulls/{}", pull.number);
        let html = format!("{}/{}/pull/{}", self.web_url, repo.full_name(self), pull.number);
        let head_sha = before.map_or(&pull.head_sha, |b| &b.head_sha);
        let target = before.map_or(&pull.base, |b| &b.base);
        let open = before.map_or(issue.is_open(), |b| b.open);
        let link = |path: String| json!({"href": path});
        let links = json!({
            "self": link(url.clone()), "html": link(html.clone()),
            "issue": link(format!("{base}/issues/{}", pull.number)),
            "comments": link(format!("{base}/issues/{}/comments", pull.number)),
            "review_comments": link(format!("{url}/comments")),
            "review_comment": link(format!("{base}/pulls/comments{{/number}}")),
            "commits": link(format!("{url}/commits")),
            "statuses": link(format!("{base}/statuses/{head_sha}")),
        });
        Ok(json!({
            "id": pull.id, "node_id": node_id("PR", pull.id), "number": pull.number, "url": url,
            "html_url": html, "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
            "issue_url": format!("{base}/issues/{}", pull.number), "commits_url": format!("{url}/commits"),
            "review_comments_url": format!("{url}/comments"),
            "review_comment_url": format!("{base}/pulls/comments{{/number}}"),
            "comments_url": format!("{base}/issues/{}/comments", pull.number),
            "statuses_url": format!("{base}/statuses/{head_sha}"),
            "state": if open { "open" } else { "closed" }, "locked": issue.locked, "title": issue.title,
            "user": self.show_account(issue.user), "body": issue.body, "labels": [], "milestone": null,
            "active_lock_reason": null, "created_at": time(issue.created_at),
            "updated_at": time(issue.updated_at),
            "closed_at": if open { Value::Null } else { maybe_time(issue.closed_at) },
            "merged_at": if open { Value::Null } else { maybe_time(pull.merged.as_ref().map(|m| m.at)) },
            "merge_commit_sha": pull.merged.as_ref().map(|m| &m.sha), "assignee": null, "assignees": [],
            "requested_reviewers": [], "requested_teams": [], "draft": pull.draft, "auto_merge": null,
            "author_association": self.association(repo, issue.user),
            "head": self.show_end(self.repos.get(&pull.head_repo), &pull.head, head_sha),
            "base": self.show_end(Some(repo), target, &pull.base_sha), "_links": links,
        }))
    }

    /// A pull request on its own, with its counts.
    pub(crate) fn show_pull_full(&self, repo: &Repo, pull: &Pull, before: Option<&Before>) -> Act<Value> {
        let commits = self.pull_commits(pull);
        let files = self.show_files(repo, &self.pull_base(pull), &pull.head_sha)?;
        let count = |field: &str| -> u64 { files.iter().filter_map(|f| f.get(field)?.as_u64()).sum() };
        let comments = repo.comments.values().filter(|c| c.number == pull.number).count();
        let is_merged = pull.merged.is_some() && before.is_none_or(|b| !b.open);
        let more = json!({
            "merged": is_merged, "mergeable": if is_merged { Value::Null } else { json!(true) },
            "rebaseable": null, "mergeable_state": if is_merged { "unknown" } else { "clean" },
            "merged_by": pull.merged.as_ref().map(|m| self.show_account(m.by)), "comments": comments,
            "review_comments": 0, "maintainer_can_modify": false, "commits": commits.len(),
            "additions": count("additions"), "deletions": count("deletions"), "changed_files": files.len(),
        });
        Ok(merged(self.show_pull(repo, pull, before)?, more))
    }

    /// Where a pull request branched off.
    pub(crate) fn pull_base(&self, pull: &Pull) -> String {
        let compared = self.objects.compare(&pull.base_sha, &pull.head_sha);
        compared.map_or_else(|_| pull.base_sha.clone(), |found| found.merge_base)
    }

    /// The commits of a pull request, oldest first.
    pub(crate) fn pull_commits(&self, pull: &Pull) -> Vec<String> {
        self.objects.compare(&pull.base_sha, &pull.head_sha).map_or_else(|_| Vec::new(), |found| found.ahead)
    }

    /// The short form that check runs and workflow runs carry; empty for forks, as on GitHub.
    pub(crate) fn show_pulls_of(&self, repo: &Repo, sha: &str) -> Vec<Value> {
        let own = |pull: &&Pull| pull.head_sha == sha && pull.head_repo == repo.id;
        let open = |pull: &&Pull| repo.issues.get(&pull.number).is_some_and(Issue::is_open);
        let url = format!("{}/repos/{}", self.api_url, repo.full_name(self));
        let short = json!({"id": repo.id, "url": url, "name": repo.name});
        let found = repo.pulls.values().filter(own).filter(open);
        found
            .map(|pull| {
                json!({
                    "id": pull.id, "number": pull.number, "url": format!("{url}/pulls/{}", pull.number),
                    "head": {"ref": pull.head, "sha": pull.head_sha, "repo": short},
                    "base": {"ref": pull.base, "sha": pull.base_sha, "repo": short},
                })
            })
            .collect()
    }

    /// A review; webhooks write its state in small letters.
    pub(crate) fn show_review(&self, repo: &Repo, review: &Review) -> Value {
        let pull = format!("{}/repos/{}/pulls/{}", self.api_url, repo.full_name(self), review.number);
        let html = format!("{}/{}/pull/{}", self.web_url, repo.full_name(self), review.number);
        let html = format!("{html}#pullrequestreview-{}", review.id);
        json!({
            "id": review.id, "node_id": node_id("PRR", review.id), "user": self.show_account(review.user),
            "body": review.body, "state": Verdict::as_str(review.verdict), "html_url": html,
            "pull_request_url": pull, "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
            "submitted_at": time(review.submitted_at), "commit_id": review.commit_id,
            "author_association": self.association(repo, review.user),
        })
    }
}
