//! A repository, its branches, tags and files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::{Reader, reading};
use crate::github::error::none_if_gone;
use crate::github::{Error, path};
use crate::ids::{BlobSha, CommitSha, RefName, Repo, RepoId, RepoName};

/// The largest file that is read, in bytes.
const LARGEST_FILE: usize = 256 * 1024;

/// A repository as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// Its lasting id.
    pub id: RepoId,
    /// What it is called now.
    pub full_name: RepoName,
    /// Its default branch.
    pub default_branch: RefName,
}

/// A file at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Git's hash of it.
    pub blob: BlobSha,
    /// What is in it.
    pub text: String,
}

impl Reader {
    /// The repository; [`Error::Broken`] when another one has taken its name.
    pub async fn repository(&self, repo: &Repo) -> Result<Repository, Error> {
        let found: Repository = self.api.read(reading(repo), path::of(repo)).await?;
        if found.id != repo.id {
            return Err(Error::broken(format!("{} is another repository now", repo.name)));
        }
        Ok(found)
    }

    /// The file at `file` (from the root, without a leading slash) on a commit, branch or tag.
    ///
    /// [`Error::Broken`] when there is something there which is not a UTF-8 text of at most 256 KiB.
    pub async fn file(&self, repo: &Repo, file: &str, reference: &str) -> Result<Option<File>, Error> {
        let address = contents(repo, file, reference);
        let found: Option<Value> = none_if_gone(self.api.read(reading(repo), address).await)?;
        let Some(found) = found else { return Ok(None) };
        if found.is_array() {
            return Err(Error::broken(format!("{file} is a directory")));
        }
        let entry: Entry = serde_json::from_value(found).map_err(|error| Error::broken(error.to_string()))?;
        entry.into_file(file).map(Some)
    }

    /// The names of what is directly in the folder at `folder`; none when there is no such folder.
    pub async fn names_in(&self, repo: &Repo, folder: &str, reference: &str) -> Result<Vec<String>, Error> {
        let address = contents(repo, folder, reference);
        let found: Option<Vec<Named>> = none_if_gone(self.api.read(reading(repo), address).await)?;
        Ok(found.unwrap_or_default().into_iter().map(|entry| entry.name).collect())
    }

    /// The commit a branch points at.
    pub async fn branch_tip(&self, repo: &Repo, branch: &RefName) -> Result<Option<CommitSha>, Error> {
        let Some(object) = self.git_ref(repo, "heads", branch).await? else { return Ok(None) };
        if object.kind != "commit" {
            return Err(Error::broken(format!("the branch {branch} points at a {}", object.kind)));
        }
        Ok(Some(object.sha))
    }

    /// The commit a tag points at, through an annotated tag if it is one.
    pub async fn tag_commit(&self, repo: &Repo, tag: &RefName) -> Result<Option<CommitSha>, Error> {
        // Asked for as a ref first: as a mere revision, a branch called "tags/…" could answer for it.
        let Some(object) = self.git_ref(repo, "tags", tag).await? else { return Ok(None) };
        match object.kind.as_str() {
            "commit" => Ok(Some(object.sha)),
            "tag" => Ok(self.commit(repo, &format!("tags/{tag}")).await?.map(|commit| commit.sha)),
            kind => Err(Error::broken(format!("the tag {tag} points at a {kind}, not at a commit"))),
        }
    }

    async fn git_ref(&self, repo: &Repo, space: &str, name: &RefName) -> Result<Option<Object>, Error> {
        let full = format!("{space}/{name}");
        // The slash after "heads" or "tags" is plain, as in GitHub's documentation.
        let address = format!("{}/git/ref/{space}/{}", path::of(repo), path::segment(name.as_str()));
        let found: Result<GitRef, Error> = self.api.read(reading(repo), address).await;
        match found {
            Ok(found) if found.name == format!("refs/{full}") => Ok(Some(found.object)),
            Ok(found) => Err(Error::broken(format!("asked for refs/{full}, it shows {}", found.name))),
            // 409: the repository is empty.
            Err(Error::Gone | Error::Refused { status: 409, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn contents(repo: &Repo, file: &str, reference: &str) -> String {
    format!("{}/contents/{}?ref={}", path::of(repo), path::segment(file), path::segment(reference))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct GitRef {
    #[serde(rename = "ref")]
    name: String,
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: CommitSha,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    sha: BlobSha,
    size: usize,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    content: Option<String>,
}

impl Entry {
    fn into_file(self, file: &str) -> Result<File, Error> {
        if self.kind != "file" {
            return Err(Error::broken(format!("{file} is a {}", self.kind)));
        }
        if self.size > LARGEST_FILE {
            return Err(Error::broken(format!("{file} is larger than {} KiB", LARGEST_FILE / 1024)));
        }
        let (Some("base64"), Some(content)) = (self.encoding.as_deref(), self.content) else {
            return Err(Error::broken(format!("{file} came without its content")));
        };
        let content: String = content.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(content).map_err(|_| Error::broken(format!("{file} is not base64")))?;
        if bytes.len() != self.size {
            return Err(Error::broken(format!("{file} came only in part")));
        }
        if !self.sha.is_of(&bytes) {
            return Err(Error::broken(format!("{file} does not have the content that its hash names")));
        }
        let text = String::from_utf8(bytes).map_err(|_| Error::broken(format!("{file} is not UTF-8")))?;
        Ok(File { blob: self.sha, text })
    }
}
