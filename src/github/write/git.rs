//! Git data: trees, commits, and where a branch points.
//!
//! Commits are made without an author and a committer of our own, so that GitHub writes the App there and signs
//! them: <https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots>

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Writer;
use crate::github::api::{As, json as parsed};
use crate::github::limits::Kind;
use crate::github::read::Tip;
use crate::github::tokens::Access;
use crate::github::transport::Answer;
use crate::github::{Error, path};
use crate::ids::{CommitSha, RefName, Repo};

/// Where a branch may be let point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It points there now.
    Yes,
    /// Somebody else moved or made it meanwhile: look again.
    Overtaken,
}

impl Writer {
    /// Makes a commit of these files, each a path and a text, beside those that are at `tip` already.
    /// No branch leads to it yet.
    ///
    /// <https://docs.github.com/en/rest/git/trees#create-a-tree>,
    /// <https://docs.github.com/en/rest/git/commits#create-a-commit>
    pub(crate) async fn commit_files(
        &self,
        repo: &Repo,
        tip: Option<&Tip>,
        files: &[(String, String)],
        message: &str,
    ) -> Result<CommitSha, Error> {
        let entries: Vec<Value> = files
            .iter()
            .map(|(path, text)| json!({ "path": path, "mode": "100644", "type": "blob", "content": text }))
            .collect();
        let mut tree = Map::from_iter([("tree".to_owned(), Value::Array(entries))]);
        if let Some(tip) = tip {
            tree.insert("base_tree".to_owned(), json!(tip.tree));
        }
        let tree = self.git(repo, Method::POST, "trees", &Value::Object(tree)).await?;
        let tree: Made<String> = parsed(&tree).map_err(Error::after_write)?;
        let parents: Vec<&CommitSha> = tip.iter().map(|tip| &tip.commit).collect();
        let body = json!({ "message": message, "tree": tree.sha, "parents": parents });
        let commit = self.git(repo, Method::POST, "commits", &body).await?;
        parsed::<Made<CommitSha>>(&commit).map(|made| made.sha).map_err(Error::after_write)
    }

    /// Lets a branch point to a commit that follows on what it pointed to; never by force.
    ///
    /// <https://docs.github.com/en/rest/git/refs#update-a-reference>
    pub(crate) async fn advance_branch(
        &self,
        repo: &Repo,
        branch: &RefName,
        (from, to): (Option<&Tip>, &CommitSha),
    ) -> Result<Moved, Error> {
        let moved = if from.is_some() {
            let reference = format!("refs/heads/{}", path::segment(branch.as_str()));
            self.git(repo, Method::PATCH, &reference, &json!({ "sha": to, "force": false })).await
        } else {
            let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": to });
            self.git(repo, Method::POST, "refs", &body).await
        };
        match moved {
            Ok(_) => Ok(Moved::Yes),
            Err(Error::Refused { status: 422, message }) if means_overtaken(&message) => Ok(Moved::Overtaken),
            Err(error) => Err(error),
        }
    }

    async fn git(&self, repo: &Repo, method: Method, what: &str, body: &Value) -> Result<Answer, Error> {
        let path = format!("{}/git/{what}", path::of(repo));
        self.api.write(As::Installed(repo, Access::Anchor), Kind::Content, method, path, Some(body)).await
    }
}

/// What GitHub says when the branch is not, or no longer, what we saw.
fn means_overtaken(message: &str) -> bool {
    ["not a fast forward", "already exists", "does not exist"].iter().any(|said| message.contains(said))
}

#[derive(Deserialize)]
struct Made<T> {
    sha: T,
}
