//! Commits, and how they lie to each other.

use serde::Deserialize;

use super::{Reader, reading};
use crate::clock::Timestamp;
use crate::github::error::none_if_gone;
use crate::github::pages::Pages;
use crate::github::wire::MaybeAccount;
use crate::github::{Error, path};
use crate::ids::{Actor, CommitSha, IssueNumber, Repo};

/// As many commits of one pull request as GitHub lists at most.
const MOST_OF_A_PULL: usize = 250;

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Commit {
    /// Its hash.
    pub sha: CommitSha,
    /// Its whole message.
    pub message: String,
    /// The account GitHub found for its author's e-mail.
    pub author: Option<Actor>,
    /// Its author's name, as whoever made it wrote it.
    pub author_name: Option<String>,
    /// Its author's e-mail, likewise.
    pub author_email: Option<String>,
    /// The account GitHub found for its committer's e-mail.
    pub committer: Option<Actor>,
    /// Its committer's name, as whoever made it wrote it.
    pub committer_name: Option<String>,
    /// Its committer's e-mail, likewise.
    pub committer_email: Option<String>,
    /// When it was made, as whoever made it wrote it: for statistics, and no evidence of anything.
    pub committed_at: Option<Timestamp>,
    /// Its page, for people.
    pub html_url: Option<String>,
}

/// Commits, and whether these are all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commits {
    /// The oldest first.
    pub commits: Vec<Commit>,
    /// False when there are, or may be, more than could be read.
    pub complete: bool,
}

/// How one commit lies to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// How the head lies to the base.
    pub status: ComparisonStatus,
    /// The best commit that both have; none when GitHub does not say.
    pub merge_base: Option<CommitSha>,
    /// What the head has and the base has not, the oldest first.
    pub commits: Vec<Commit>,
    /// Whether these are all of them.
    pub complete: bool,
}

/// How a head lies to a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonStatus {
    /// The head has all of the base and more.
    Ahead,
    /// The base has all of the head and more: the head is in its history.
    Behind,
    /// They are the same commit.
    Identical,
    /// Each has what the other lacks.
    Diverged,
}

/// A file that a change touched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChangedFile {
    /// Its path, as it is afterwards.
    #[serde(rename = "filename")]
    pub name: String,
    /// The hunks of its diff; empty for what is no text or too long to be shown.
    #[serde(default)]
    pub patch: String,
}

impl Reader {
    /// The files that a commit changed since it left a branch; for a commit on that branch, those that it
    /// changed itself. GitHub lists 300 at most.
    pub async fn changed_files(
        &self,
        repo: &Repo,
        branch: &str,
        commit: &CommitSha,
    ) -> Result<Vec<ChangedFile>, Error> {
        let basehead = path::segment(&format!("{branch}...{commit}"));
        // All files stand on the first page, however few commits do.
        let address = format!("{}/compare/{basehead}?per_page=1", path::of(repo));
        let compared: Option<FilesPage> = none_if_gone(self.api.read(reading(repo), address).await)?;
        if let Some(FilesPage { files: Some(files) }) = compared.filter(|page| !page.is_empty()) {
            return Ok(files);
        }
        let address = format!("{}/commits/{commit}", path::of(repo));
        let alone: Option<FilesPage> = none_if_gone(self.api.read(reading(repo), address).await)?;
        Ok(alone.and_then(|page| page.files).unwrap_or_default())
    }

    /// The commit that a SHA, `heads/BRANCH` or `tags/TAG` means; none when there is none.
    ///
    /// GitHub also shows commits that are only in forks of the repository: that one is found says
    /// nothing about where it comes from.
    pub async fn commit(&self, repo: &Repo, reference: &str) -> Result<Option<Commit>, Error> {
        let address = format!("{}/commits/{}", path::of(repo), path::segment(reference));
        match self.api.read(reading(repo), address).await {
            Ok(commit) => Ok(Some(commit)),
            // 422: no commit of that name; 409: the repository is empty.
            Err(Error::Gone | Error::Refused { status: 409 | 422, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The commits of a pull request; GitHub lists 250 at most, and then they count as incomplete.
    pub async fn pull_commits(&self, repo: &Repo, number: IssueNumber) -> Result<Commits, Error> {
        let address = format!("{}/pulls/{number}/commits?per_page=100", path::of(repo));
        let Pages { pages, complete } = self.api.pages::<Vec<Commit>>(reading(repo), address).await?;
        let commits: Vec<Commit> = pages.into_iter().flatten().collect();
        Ok(Commits { complete: complete && commits.len() < MOST_OF_A_PULL, commits })
    }

    /// How `head` lies to `base`, each a SHA, a branch or a tag; none when there is no such one.
    pub async fn compare(&self, repo: &Repo, base: &str, head: &str) -> Result<Option<Comparison>, Error> {
        let basehead = path::segment(&format!("{base}...{head}"));
        let address = format!("{}/compare/{basehead}?per_page=100", path::of(repo));
        let Pages { pages, complete } = match self.api.pages::<ComparePage>(reading(repo), address).await {
            Err(Error::Gone) => return Ok(None),
            result => result?,
        };
        let Some(ComparePage { status, total_commits, merge_base_commit, .. }) = pages.first() else {
            return Err(Error::broken("a comparison came without any page"));
        };
        let (status, total) = (*status, *total_commits);
        let merge_base = merge_base_commit.as_ref().map(|commit| commit.sha.clone());
        let commits: Vec<Commit> = pages.into_iter().flat_map(|page| page.commits).collect();
        Ok(Some(Comparison { status, merge_base, complete: complete && commits.len() == total, commits }))
    }

    /// This commit and what came before it, the newest first, at most 100; none when it is not there.
    /// <https://docs.github.com/en/rest/commits/commits#list-commits>
    pub async fn ancestors(&self, repo: &Repo, commit: &CommitSha) -> Result<Vec<CommitSha>, Error> {
        let address = format!("{}/commits?sha={commit}&per_page=100", path::of(repo));
        let listed: Vec<WithSha> = match self.api.read(reading(repo), address).await {
            // 409: the repository is empty.
            Err(Error::Gone | Error::Refused { status: 409, .. }) => Vec::new(),
            result => result?,
        };
        Ok(listed.into_iter().map(|commit| commit.sha).collect())
    }
}

#[derive(Deserialize)]
struct FilesPage {
    #[serde(default)]
    files: Option<Vec<ChangedFile>>,
}

impl FilesPage {
    fn is_empty(&self) -> bool {
        self.files.as_ref().is_none_or(Vec::is_empty)
    }
}

#[derive(Deserialize)]
struct ComparePage {
    status: ComparisonStatus,
    total_commits: usize,
    #[serde(default)]
    merge_base_commit: Option<WithSha>,
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct WithSha {
    sha: CommitSha,
}

#[derive(Deserialize)]
struct Wire {
    sha: CommitSha,
    commit: Inner,
    #[serde(default)]
    author: MaybeAccount,
    #[serde(default)]
    committer: MaybeAccount,
    #[serde(default)]
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct Inner {
    message: String,
    #[serde(default)]
    author: Option<Named>,
    #[serde(default)]
    committer: Option<Named>,
}

#[derive(Deserialize, Default)]
struct Named {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    date: Option<String>,
}

impl From<Wire> for Commit {
    fn from(wire: Wire) -> Self {
        let author = wire.commit.author.unwrap_or_default();
        let committer = wire.commit.committer.unwrap_or_default();
        Self {
            sha: wire.sha,
            message: wire.commit.message,
            author: wire.author.actor(),
            author_name: author.name,
            author_email: author.email,
            committer: wire.committer.actor(),
            committer_name: committer.name,
            committer_email: committer.email,
            committed_at: committer.date.and_then(|date| Timestamp::parse(&date).ok()),
            html_url: wire.html_url,
        }
    }
}
