//! Pull requests, and what was said on them.

use serde::Deserialize;

use super::{Reader, reading};
use crate::clock::Timestamp;
use crate::github::error::none_if_gone;
use crate::github::wire::{MaybeAccount, WithId, lenient, maybe_moment, moment};
use crate::github::{Error, path};
use crate::ids::{Actor, CommentId, CommitSha, IssueNumber, RefName, Repo, RepoId};

/// A pull request as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: IssueNumber,
    /// Its head commit.
    pub head_sha: CommitSha,
    /// The branch of its head.
    pub head_ref: RefName,
    /// The repository its head is in; none when that was deleted.
    pub head_repo: Option<RepoId>,
    /// The branch it is to be merged into.
    pub base_ref: RefName,
    /// Neither closed nor merged.
    pub open: bool,
    /// Merged.
    pub merged: bool,
    /// Who opened it; none when that account was deleted.
    pub author: Option<Actor>,
    /// How many commits it has.
    pub commits: u64,
    /// Its page, for people.
    pub html_url: Option<String>,
}

/// A pull request that brought a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedPull {
    /// Its number.
    pub number: IssueNumber,
    /// Who opened it; none when that account was deleted.
    pub author: Option<Actor>,
    /// The branch it was merged into.
    pub base_ref: RefName,
}

/// What a list of open pull requests says of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPull {
    /// Its number.
    pub number: IssueNumber,
    /// Its head commit.
    pub head_sha: CommitSha,
    /// The branch of its head.
    pub head_ref: RefName,
    /// The repository its head is in; none when that was deleted.
    pub head_repo: Option<RepoId>,
    /// The branch it is to be merged into.
    pub base_ref: RefName,
    /// Who opened it; none when that account was deleted.
    pub author: Option<Actor>,
    /// Its page, for people.
    pub html_url: Option<String>,
}

/// A comment on an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireComment")]
pub struct IssueComment {
    /// Its id.
    pub id: CommentId,
    /// Its text.
    pub body: String,
    /// The App it was written through; a mark in the text is to be trusted only when this is ours.
    pub app_id: Option<i64>,
    /// Whose it is; none when that account was deleted.
    pub author: Option<Actor>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Reader {
    /// The pull request of this number; none when there is none, or it is an issue.
    pub async fn pull(&self, repo: &Repo, number: IssueNumber) -> Result<Option<Pull>, Error> {
        let address = format!("{}/pulls/{number}", path::of(repo));
        let found: Option<Wire> = none_if_gone(self.api.read(reading(repo), address).await)?;
        found.map(Wire::into_pull).transpose()
    }

    /// The merged pull requests that GitHub says brought this commit, into whatever branch. Its list lags for tens of
    /// seconds, and bystanders stand in it too.
    /// <https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit>
    pub async fn merged_with(&self, repo: &Repo, commit: &CommitSha) -> Result<Vec<MergedPull>, Error> {
        let address = format!("{}/commits/{commit}/pulls?per_page=100", path::of(repo));
        let listed = none_if_gone(self.api.all::<Vec<WireMerged>>(reading(repo), address).await)?;
        let merged = listed.unwrap_or_default().into_iter().filter(|wire| wire.merged_at.is_some());
        Ok(merged
            .map(|wire| MergedPull {
                number: wire.number,
                author: wire.user.actor(),
                base_ref: wire.base.name,
            })
            .collect())
    }

    /// Every open pull request.
    pub async fn open_pulls(&self, repo: &Repo) -> Result<Vec<OpenPull>, Error> {
        let address = format!("{}/pulls?state=open&per_page=100", path::of(repo));
        let wires = self.api.all::<Vec<Wire>>(reading(repo), address).await?;
        Ok(wires.into_iter().map(Wire::into_open).collect())
    }

    /// The comments of an issue or pull request that were written or changed since then.
    pub async fn comments_since(
        &self,
        repo: &Repo,
        number: IssueNumber,
        since: Timestamp,
    ) -> Result<Vec<IssueComment>, Error> {
        // GitHub reads whole seconds.
        let since = path::segment(&Timestamp::from_seconds(since.seconds()).to_string());
        let address = format!("{}/issues/{number}/comments?since={since}&per_page=100", path::of(repo));
        self.api.all::<Vec<IssueComment>>(reading(repo), address).await
    }
}

#[derive(Deserialize)]
struct Wire {
    number: IssueNumber,
    state: String,
    #[serde(default)]
    merged: Option<bool>,
    #[serde(default)]
    commits: Option<u64>,
    head: Side,
    base: Side,
    #[serde(default)]
    user: MaybeAccount,
    #[serde(default)]
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct WireMerged {
    number: IssueNumber,
    #[serde(default, deserialize_with = "maybe_moment")]
    merged_at: Option<Timestamp>,
    base: Side,
    #[serde(default)]
    user: MaybeAccount,
}

#[derive(Deserialize)]
struct Side {
    sha: CommitSha,
    #[serde(rename = "ref")]
    name: RefName,
    #[serde(default)]
    repo: Option<WithId>,
}

impl Wire {
    fn into_pull(self) -> Result<Pull, Error> {
        let (Some(merged), Some(commits)) = (self.merged, self.commits) else {
            return Err(Error::broken("a pull request came without \"merged\" or \"commits\""));
        };
        Ok(Pull {
            number: self.number,
            head_sha: self.head.sha,
            head_ref: self.head.name,
            head_repo: self.head.repo.map(|repo| RepoId(repo.id)),
            base_ref: self.base.name,
            open: self.state == "open",
            merged,
            author: self.user.actor(),
            commits,
            html_url: self.html_url,
        })
    }

    fn into_open(self) -> OpenPull {
        OpenPull {
            number: self.number,
            head_sha: self.head.sha,
            head_ref: self.head.name,
            head_repo: self.head.repo.map(|repo| RepoId(repo.id)),
            base_ref: self.base.name,
            author: self.user.actor(),
            html_url: self.html_url,
        }
    }
}

#[derive(Deserialize)]
struct WireComment {
    id: CommentId,
    #[serde(default)]
    body: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    performed_via_github_app: Option<WithId>,
    #[serde(default)]
    user: MaybeAccount,
    #[serde(deserialize_with = "moment")]
    created_at: Timestamp,
}

impl From<WireComment> for IssueComment {
    fn from(wire: WireComment) -> Self {
        Self {
            id: wire.id,
            body: wire.body.unwrap_or_default(),
            app_id: wire.performed_via_github_app.map(|app| app.id),
            author: wire.user.actor(),
            created_at: wire.created_at,
        }
    }
}
