//! A repository that settings name, and its git data.

use serde::Deserialize;

use super::Reader;
use crate::github::api::As;
use crate::github::error::none_if_gone;
use crate::github::tokens::Access;
use crate::github::{Error, path};
use crate::ids::{CommitSha, InstallationId, RefName, Repo, RepoId, RepoName};

/// A repository that the App is installed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Which one.
    pub repo: Repo,
    /// Whether the App may write files there (`contents: write`).
    pub may_write: bool,
}

/// The newest commit of a branch that only we write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Its hash.
    pub commit: CommitSha,
    /// The hash of its tree.
    pub tree: String,
}

impl Reader {
    /// The repository of that name; none when the App is not installed there.
    pub async fn installed(&self, name: &RepoName) -> Result<Option<Installed>, Error> {
        let address = format!("{}/installation", path::of_name(name));
        let found: Option<Installation> = none_if_gone(self.api.read(As::App, address).await)?;
        let Some(Installation { id: installation, permissions }) = found else { return Ok(None) };
        let may_write = permissions.contents.as_deref() == Some("write");
        // A token to look the id up with is asked for by name: this id goes nowhere.
        let named = Repo { id: RepoId(0), name: name.clone(), installation };
        let Numbered { id } =
            self.api.read(As::Installed(&named, Access::Metadata), path::of(&named)).await?;
        Ok(Some(Installed { repo: Repo { id, ..named }, may_write }))
    }

    /// The newest commit of a branch; none when there is no such branch.
    pub async fn tip(&self, repo: &Repo, branch: &RefName) -> Result<Option<Tip>, Error> {
        let Some(commit) = self.branch_tip(repo, branch).await? else { return Ok(None) };
        let address = format!("{}/commits/{commit}", path::of(repo));
        let found: WithTree = self.api.read(As::Installed(repo, Access::Read), address).await?;
        Ok(Some(Tip { commit, tree: found.commit.tree.sha }))
    }
}

#[derive(Deserialize)]
struct Installation {
    id: InstallationId,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Permissions {
    #[serde(default)]
    contents: Option<String>,
}

#[derive(Deserialize)]
struct Numbered {
    id: RepoId,
}

#[derive(Deserialize)]
struct WithTree {
    commit: Inner,
}

#[derive(Deserialize)]
struct Inner {
    tree: Tree,
}

#[derive(Deserialize)]
struct Tree {
    sha: String,
}
