//! Deployments and their statuses.

use std::cmp::Reverse;

use serde::Deserialize;
use serde_json::Value;

use super::{Reader, reading};
use crate::clock::Timestamp;
use crate::github::api::json;
use crate::github::error::none_if_gone;
use crate::github::wire::{MaybeAccount, WithId, lenient, moment};
use crate::github::{Error, path};
use crate::ids::{Actor, CommitSha, DeploymentId, EnvironmentName, Repo};

/// How many pages of deployments are read at most.
const MOST_PAGES: usize = 200;

/// An object of the Deployments API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireDeployment")]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The commit.
    pub commit: Option<CommitSha>,
    /// Where to, as its creator wrote it: any text, in any case.
    pub environment: String,
    /// Its address in the API.
    pub url: Option<String>,
    /// What its creator wrote into it.
    pub payload: Value,
    /// The App it was made through; the payload is to be trusted only when this is ours.
    pub app_id: Option<i64>,
    /// Who made it.
    pub creator: Option<Actor>,
    /// When.
    pub created_at: Timestamp,
}

/// One status of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireStatus")]
pub struct DeploymentStatus {
    /// Its id; a later one is higher.
    pub id: i64,
    /// `success`, `failure`, `error`, `inactive`, `in_progress`, `queued`, `pending`, `waiting` …
    pub state: String,
    /// What its creator says about it.
    pub description: String,
    /// Where its creator says that more can be read.
    pub log_url: Option<String>,
    /// Who made it.
    pub creator: Option<Actor>,
    /// When.
    pub created_at: Timestamp,
}

impl Reader {
    /// The deployments of this commit to this environment.
    pub async fn deployments(
        &self,
        repo: &Repo,
        commit: &CommitSha,
        environment: &EnvironmentName,
    ) -> Result<Vec<Deployment>, Error> {
        let environment = path::segment(environment.as_str());
        let address =
            format!("{}/deployments?sha={commit}&environment={environment}&per_page=100", path::of(repo));
        self.api.all::<Vec<Deployment>>(reading(repo), address).await
    }

    /// Every deployment to whatever environment that was made at or after `since`.
    pub async fn deployments_since(&self, repo: &Repo, since: Timestamp) -> Result<Vec<Deployment>, Error> {
        let mut found: Vec<Deployment> = Vec::new();
        let mut next = Some(format!("{}/deployments?per_page=100", path::of(repo)));
        for _ in 0..MOST_PAGES {
            let Some(address) = next else { return Ok(found) };
            let answer = self.api.read_answer(reading(repo), address).await?;
            // The newest come first.
            let page: Vec<Deployment> = json(&answer)?;
            let whole = page.iter().all(|deployment| deployment.created_at >= since);
            found.extend(page.into_iter().filter(|deployment| deployment.created_at >= since));
            next = if whole { self.api.next_page(&answer)? } else { None };
        }
        Err(Error::broken(format!("there are more than {MOST_PAGES} pages of deployments since then")))
    }

    /// The deployment of this id; none when there is none.
    pub async fn deployment(&self, repo: &Repo, id: DeploymentId) -> Result<Option<Deployment>, Error> {
        let address = format!("{}/deployments/{id}", path::of(repo));
        none_if_gone(self.api.read(reading(repo), address).await)
    }

    /// The statuses of a deployment, the newest first.
    pub async fn deployment_statuses(
        &self,
        repo: &Repo,
        deployment: DeploymentId,
    ) -> Result<Vec<DeploymentStatus>, Error> {
        let address = format!("{}/deployments/{deployment}/statuses?per_page=100", path::of(repo));
        let mut statuses = self.api.all::<Vec<DeploymentStatus>>(reading(repo), address).await?;
        statuses.sort_by_key(|status| Reverse(status.id));
        Ok(statuses)
    }
}

#[derive(Deserialize)]
struct WireDeployment {
    id: DeploymentId,
    #[serde(default, rename = "sha")]
    commit: Option<CommitSha>,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    payload: Value,
    #[serde(default, deserialize_with = "lenient")]
    performed_via_github_app: Option<WithId>,
    #[serde(default)]
    creator: MaybeAccount,
    #[serde(deserialize_with = "moment")]
    created_at: Timestamp,
}

impl From<WireDeployment> for Deployment {
    fn from(wire: WireDeployment) -> Self {
        Self {
            id: wire.id,
            commit: wire.commit,
            environment: wire.environment,
            url: wire.url,
            payload: unquoted(wire.payload),
            app_id: wire.performed_via_github_app.map(|app| app.id),
            creator: wire.creator.actor(),
            created_at: wire.created_at,
        }
    }
}

/// GitHub gives back an object or the text of one.
fn unquoted(payload: Value) -> Value {
    let inner = payload.as_str().and_then(|text| serde_json::from_str(text).ok());
    inner.filter(Value::is_object).unwrap_or(payload)
}

#[derive(Deserialize)]
struct WireStatus {
    id: i64,
    state: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    log_url: Option<String>,
    #[serde(default)]
    target_url: Option<String>,
    #[serde(default)]
    creator: MaybeAccount,
    #[serde(deserialize_with = "moment")]
    created_at: Timestamp,
}

impl From<WireStatus> for DeploymentStatus {
    fn from(wire: WireStatus) -> Self {
        Self {
            id: wire.id,
            state: wire.state,
            description: wire.description.unwrap_or_default(),
            log_url: wire.log_url.or(wire.target_url).filter(|url| !url.is_empty()),
            creator: wire.creator.actor(),
            created_at: wire.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_is_the_same_whether_it_comes_as_an_object_or_as_its_text() {
        assert_eq!(unquoted(json!({ "promotion": "p1" })), json!({ "promotion": "p1" }));
        assert_eq!(unquoted(json!("{\"promotion\":\"p1\"}")), json!({ "promotion": "p1" }));
        for other in [json!(""), json!("p1"), json!("[1]"), json!(null)] {
            assert_eq!(unquoted(other.clone()), other);
        }
    }
}
