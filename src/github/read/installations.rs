//! Where the App is installed.

use serde::Deserialize;

use super::Reader;
use crate::github::Error;
use crate::github::api::As;
use crate::github::pages::ReposPage;
use crate::github::tokens::Access;
use crate::ids::{InstallationId, Repo, RepoId, RepoName};

impl Reader {
    /// Every repository that the App is installed in.
    pub async fn installed_repositories(&self) -> Result<Vec<Repo>, Error> {
        let mut repos = Vec::new();
        let installations =
            self.api.all::<Vec<Installation>>(As::App, "/app/installations?per_page=100".to_owned()).await?;
        for Installation { id: installation } in installations {
            // A token for a whole installation belongs to no repository; these two go nowhere.
            let name: RepoName = "any/any".parse().map_err(|_| Error::broken("a name"))?;
            let any = Repo { id: RepoId(0), name, installation };
            let address = "/installation/repositories?per_page=100".to_owned();
            let found =
                self.api.all::<ReposPage<Found>>(As::Installed(&any, Access::Listing), address).await?;
            repos.extend(found.into_iter().map(|Found { id, full_name }| Repo {
                id,
                name: full_name,
                installation,
            }));
        }
        Ok(repos)
    }
}

#[derive(Deserialize)]
struct Installation {
    id: InstallationId,
}

#[derive(Deserialize)]
struct Found {
    id: RepoId,
    full_name: RepoName,
}
