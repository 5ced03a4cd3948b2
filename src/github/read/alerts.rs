//! GitHub's own alerts, as it lists them: pages of JSON that the reports' readers understand.

use bytes::Bytes;
use serde::Deserialize;

use super::Reader;
use crate::github::api::As;
use crate::github::tokens::Access;
use crate::github::{Error, path};
use crate::ids::{CommitSha, Repo};

/// A list of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alerts {
    /// Its pages.
    Listed {
        /// The body of each answer.
        pages: Vec<Bytes>,
        /// Whether these are all.
        complete: bool,
    },
    /// GitHub analysed nothing of this commit, so that a list without anything says nothing.
    NotAnalysed(String),
    /// There is none to read: the feature is off, or the App may not look.
    Withheld(String),
}

impl Reader {
    /// The code-scanning alerts of a branch, if GitHub has analysed this commit of it: a list that nobody wrote
    /// into for this commit says nothing.
    pub async fn code_scanning_alerts(
        &self,
        repo: &Repo,
        branch: &str,
        commit: &CommitSha,
    ) -> Result<Alerts, Error> {
        let reference = path::segment(&format!("refs/heads/{branch}"));
        let of = |what: &str| format!("{}/code-scanning/{what}ref={reference}&per_page=100", path::of(repo));
        let who = As::Installed(repo, Access::CodeScanning);
        let analysed = match self.api.read::<Vec<Analysis>>(who, of("analyses?")).await {
            Ok(all) => all.iter().any(|one| one.commit_sha == *commit && one.error.is_empty()),
            Err(error) => return withheld(error),
        };
        if !analysed {
            return Ok(Alerts::NotAnalysed(format!(
                "GitHub has no analysis of the commit {} on the branch {branch}.",
                commit.short()
            )));
        }
        self.lists(who, &[of("alerts?state=open&"), of("alerts?state=dismissed&")]).await
    }

    /// The Dependabot alerts of the repository.
    pub async fn dependabot_alerts(&self, repo: &Repo) -> Result<Alerts, Error> {
        let states = "open,dismissed,auto_dismissed";
        let address = format!("{}/dependabot/alerts?state={states}&per_page=100", path::of(repo));
        self.lists(As::Installed(repo, Access::Dependabot), &[address]).await
    }

    /// The secret-scanning alerts of the repository, without the secrets.
    pub async fn secret_scanning_alerts(&self, repo: &Repo) -> Result<Alerts, Error> {
        let address = format!("{}/secret-scanning/alerts?hide_secret=true&per_page=100", path::of(repo));
        self.lists(As::Installed(repo, Access::SecretScanning), &[address]).await
    }

    async fn lists(&self, who: As<'_>, addresses: &[String]) -> Result<Alerts, Error> {
        let (mut pages, mut complete) = (Vec::new(), true);
        for address in addresses {
            match self.api.bodies(who, address.clone()).await {
                Ok((bodies, all)) => {
                    pages.extend(bodies);
                    complete &= all;
                }
                Err(error) => return withheld(error),
            }
        }
        Ok(Alerts::Listed { pages, complete })
    }
}

/// What GitHub says when there is nothing to give is no failure of the request.
fn withheld(error: Error) -> Result<Alerts, Error> {
    match error {
        Error::Gone => Ok(Alerts::Withheld(
            "GitHub shows none: the feature is off, or the App may not see it.".to_owned(),
        )),
        Error::Refused { status: 403 | 422, message } => {
            Ok(Alerts::Withheld(format!("GitHub does not show them to the App: {message}")))
        }
        error => Err(error),
    }
}

#[derive(Deserialize)]
struct Analysis {
    commit_sha: CommitSha,
    #[serde(default)]
    error: String,
}
