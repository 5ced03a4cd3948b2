//! Commits, branches, files and comparisons in JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{merged, node_id, time};
use crate::git::{Commit, Comparison, Signature};
use crate::refused::Act;
use crate::repo::Repo;
use crate::state::State;

fn signature(person: &Signature) -> Value {
    json!({"name": person.name, "email": person.email, "date": time(person.date)})
}

impl State {
    /// A commit with its author's account, if the address belongs to one.
    pub(crate) fn show_commit(&self, repo: &Repo, commit: &Commit) -> Value {
        let full_name = repo.full_name(self);
        let url = format!("{}/repos/{full_name}/commits/{}", self.api_url, commit.sha);
        let git = format!("{}/repos/{full_name}/git", self.api_url);
        let account = |id: Option<i64>| id.map_or(Value::Null, |id| self.show_account(id));
        let parents: Vec<Value> = commit
            .parents
            .iter()
            .map(|p| {
                json!({
                    "sha": p, "url": format!("{}/repos/{full_name}/commits/{p}", self.api_url),
                    "html_url": format!("{}/{full_name}/commit/{p}", self.web_url),
                })
            })
            .collect();
        json!({
            "url": url, "sha": commit.sha, "node_id": format!("C_{}", commit.sha),
            "html_url": format!("{}/{full_name}/commit/{}", self.web_url, commit.sha),
            "comments_url": format!("{url}/comments"),
            "commit": {
                "url": format!("{git}/commits/{}", commit.sha), "message": commit.message,
                "author": signature(&commit.author), "committer": signature(&commit.committer),
                "comment_count": 0,
                "tree": {"sha": commit.tree_sha(), "url": format!("{git}/trees/{}", commit.tree_sha())},
                "verification": {
                    "verified": commit.verified, "payload": null, "signature": null, "verified_at": null,
                    "reason": if commit.verified { "valid" } else { "unsigned" },
                },
            },
            "author": account(commit.author.user), "committer": account(commit.committer.user),
            "parents": parents,
        })
    }

    /// A commit as webhooks and workflow runs have it.
    pub(crate) fn show_head_commit(&self, sha: &str) -> Value {
        let Ok(commit) = self.objects.get(sha) else { return Value::Null };
        let person = |s: &Signature| {
            let login = s.user.map(|id| self.account_login(id));
            json!({"name": s.name, "email": s.email, "username": login})
        };
        json!({
            "id": sha, "tree_id": commit.tree_sha(), "message": commit.message, "distinct": true,
            "timestamp": time(commit.committer.date), "author": person(&commit.author),
            "committer": person(&commit.committer), "added": [], "removed": [], "modified": [],
        })
    }

    /// A branch with the commit at its tip.
    pub(crate) fn show_branch(&self, repo: &Repo, name: &str, tip: &str) -> Act<Value> {
        let url = format!("{}/repos/{}/branches/{name}", self.api_url, repo.full_name(self));
        let html = format!("{}/{}/tree/{name}", self.web_url, repo.full_name(self));
        Ok(json!({
            "name": name, "commit": self.show_commit(repo, self.objects.get(tip)?),
            "_links": {"self": url, "html": html}, "protected": false,
            "protection": {"enabled": false}, "protection_url": format!("{url}/protection"),
        }))
    }

    /// A branch or tag as git has it; `kind` is `heads` or `tags`.
    pub(crate) fn show_ref(&self, repo: &Repo, name: &str, sha: &str) -> Value {
        let git = format!("{}/repos/{}/git", self.api_url, repo.full_name(self));
        json!({
            "ref": format!("refs/{name}"), "node_id": node_id("REF", repo.id), "url": format!("{git}/refs/{name}"),
            "object": {"type": "commit", "sha": sha, "url": format!("{git}/commits/{sha}")},
        })
    }

    /// A file, or what is in a directory.
    pub(crate) fn show_entry(
        &self,
        repo: &Repo,
        (path, sha, reference): (&str, &str, &str),
        content: Option<&[u8]>,
    ) -> Value {
        use base64::Engine as _;
        let url = format!("{}/repos/{}/contents/{path}?ref={reference}", self.api_url, repo.full_name(self));
        let git = format!("{}/repos/{}/git/blobs/{sha}", self.api_url, repo.full_name(self));
        let html = format!("{}/{}/blob/{reference}/{path}", self.web_url, repo.full_name(self));
        let size = self.objects.blobs.get(sha).map_or(0, Vec::len);
        let is_file = self.objects.blobs.contains_key(sha);
        let entry = json!({
            "type": if is_file { "file" } else { "dir" }, "size": size, "path": path, "sha": sha,
            "name": path.rsplit('/').next(), "url": url, "git_url": git, "html_url": html,
            "download_url": if is_file { json!(html.replace("/blob/", "/raw/")) } else { Value::Null },
            "_links": {"self": url, "git": git, "html": html},
        });
        let Some(content) = content else { return entry };
        let encoded = base64::engine::general_purpose::STANDARD.encode(content);
        let lines: Vec<&str> = (0..encoded.len())
            .step_by(60)
            .filter_map(|at| encoded.get(at..(at + 60).min(encoded.len())))
            .collect();
        let text = lines.join("\n") + "\n";
        merged(entry, json!({"encoding": "base64", "content": text}))
    }

    /// Which files differ between two commits.
    pub(crate) fn show_files(&self, repo: &Repo, base: &str, head: &str) -> Act<Vec<Value>> {
        let (old, new) = (&self.objects.get(base)?.tree, &self.objects.get(head)?.tree);
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let changed = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
        Ok(changed.map(|path| self.show_diff(repo, head, path, (old.get(path), new.get(path)))).collect())
    }

    fn show_diff(
        &self,
        repo: &Repo,
        head: &str,
        path: &str,
        (old, new): (Option<&String>, Option<&String>),
    ) -> Value {
        let status = match (old, new) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(_), Some(_)) => "modified",
        };
        let lines = |blob: Option<&String>| -> usize {
            let content = blob.and_then(|id| self.objects.blobs.get(id));
            content.map_or(0, |bytes| String::from_utf8_lossy(bytes).lines().count())
        };
        let (added, removed) = (lines(new), lines(old));
        let text = |blob: Option<&String>| -> String {
            let content = blob.and_then(|id| self.objects.blobs.get(id));
            content.map_or_else(String::new, |bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        let html = format!("{}/{}", self.web_url, repo.full_name(self));
        let api = format!("{}/repos/{}", self.api_url, repo.full_name(self));
        json!({
            "patch": patch(&text(old), &text(new)), "sha": new.or(old), "filename": path, "status": status, "additions": added,
            "deletions": removed, "changes": added + removed,
            "blob_url": format!("{html}/blob/{head}/{path}"), "raw_url": format!("{html}/raw/{head}/{path}"),
            "contents_url": format!("{api}/contents/{path}?ref={head}"),
        })
    }

    /// Two commits compared.
    pub(crate) fn show_comparison(
        &self,
        repo: &Repo,
        (base, head): (&str, &str),
        found: &Comparison,
    ) -> Act<Value> {
        let url = format!("{}/repos/{}/compare/{base}...{head}", self.api_url, repo.full_name(self));
        let html = format!("{}/{}/compare/{base}...{head}", self.web_url, repo.full_name(self));
        let shown = |sha: &str| Ok(self.show_commit(repo, self.objects.get(sha)?));
        let commits: Act<Vec<Value>> = found.ahead.iter().map(|sha| shown(sha)).collect();
        Ok(json!({
            "url": url, "html_url": html, "permalink_url": html, "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"), "status": found.status(),
            "base_commit": shown(base)?, "merge_base_commit": shown(&found.merge_base)?,
            "ahead_by": found.ahead.len(), "behind_by": found.behind,
            "total_commits": found.ahead.len(), "commits": commits?,
            "files": self.show_files(repo, &found.merge_base, head)?,
        }))
    }
}

/// One hunk without context, from the first line that differs to the last.
fn patch(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let kept = |lines: &[&str]| lines.len() - after;
    let mut hunk = format!("@@ -{0},{1} +{0},{2} @@", before + 1, kept(old), kept(new));
    for (sign, lines) in [('-', old), ('+', new)] {
        for line in lines.iter().take(kept(lines)) {
            let _ = write!(hunk, "\n{sign}{line}");
        }
    }
    hunk
}
