//! What workflow runs left behind.

use std::time::Duration;

use serde::Deserialize;
use tokio::fs::File;

use super::{Reader, reading};
use crate::clock::Timestamp;
use crate::github::error::none_if_gone;
use crate::github::pages::ArtifactsPage;
use crate::github::wire::moment;
use crate::github::{Error, Sent, path};
use crate::http_client::{Fetched, NotFetched};
use crate::ids::{Repo, RunId};

/// How long the largest one may take.
const DOWNLOADED_WITHIN: Duration = Duration::from_mins(5);

/// An artifact of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Artifact {
    /// Its id.
    pub id: i64,
    /// Its name, which whoever uploaded it chose.
    pub name: String,
    /// How large its zip is.
    #[serde(default)]
    pub size_in_bytes: u64,
    /// Whether it was deleted because its time was over.
    #[serde(default)]
    pub expired: bool,
    /// The hash of its bytes, `sha256:…`, where GitHub keeps one.
    #[serde(default)]
    pub digest: Option<String>,
    /// When it was uploaded; those of all attempts of a run are listed together.
    #[serde(deserialize_with = "moment")]
    pub created_at: Timestamp,
}

/// What came of fetching an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Downloaded {
    /// All of its bytes.
    Whole(Fetched),
    /// Nothing, since it is larger than was asked for.
    TooLarge,
    /// Nothing, since it is gone.
    Gone,
}

impl Reader {
    /// Every artifact of a run, of all its attempts.
    pub async fn artifacts(&self, repo: &Repo, run: RunId) -> Result<Vec<Artifact>, Error> {
        let address = format!("{}/actions/runs/{run}/artifacts?per_page=100", path::of(repo));
        self.api.all::<ArtifactsPage<Artifact>>(reading(repo), address).await
    }

    /// Fetches the bytes of an artifact, which lie elsewhere: GitHub tells an address that holds for a minute,
    /// and our token is not for those who answer there.
    pub async fn download(
        &self,
        repo: &Repo,
        artifact: i64,
        limit: u64,
        into: &mut File,
    ) -> Result<Downloaded, Error> {
        let path = format!("{}/actions/artifacts/{artifact}/zip", path::of(repo));
        let Some(address) = none_if_gone(self.api.address(reading(repo), path).await)? else {
            return Ok(Downloaded::Gone);
        };
        match self.api.fetch(&address, limit, DOWNLOADED_WITHIN, into).await {
            Ok(fetched) => Ok(Downloaded::Whole(fetched)),
            Err(NotFetched::TooLarge(_)) => Ok(Downloaded::TooLarge),
            Err(error) => {
                Err(Error::Unreachable { sent: Sent::Maybe, why: format!("the artifact: {error}") })
            }
        }
    }
}
