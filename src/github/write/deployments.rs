//! Deployments and their statuses.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Writer, cut, id_of};
use crate::effect::DeploymentState;
use crate::github::api::message;
use crate::github::{Error, path};
use crate::ids::{CommitSha, DeploymentId, EnvironmentName, Repo};

const LONGEST_DESCRIPTION: usize = 140;

/// A deployment to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDeployment {
    /// What.
    pub commit: CommitSha,
    /// Where to.
    pub environment: EnvironmentName,
    /// One line for people; cut at 140 bytes.
    pub description: String,
    /// For ourselves: by this it is found again.
    pub payload: Map<String, Value>,
    /// Whether end users directly use that environment.
    pub production: bool,
}

/// A status to be added to a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeploymentStatus {
    /// How it stands.
    pub state: DeploymentState,
    /// One line for people; cut at 140 bytes.
    pub description: String,
    /// Where its output is; http or https.
    pub log_url: Option<String>,
    /// Where the result can be seen; http or https.
    pub environment_url: Option<String>,
    /// Whether earlier successful deployments to the same, not production, environment become inactive.
    pub auto_inactive: bool,
}

impl Writer {
    /// Makes a deployment of exactly this commit: nothing is merged, and whether it may go is ours to say.
    pub(crate) async fn create_deployment(
        &self,
        repo: &Repo,
        deployment: &NewDeployment,
    ) -> Result<DeploymentId, Error> {
        let body = json!({
            "ref": deployment.commit,
            "environment": deployment.environment,
            "description": cut::line(&deployment.description, LONGEST_DESCRIPTION),
            "payload": deployment.payload,
            "production_environment": deployment.production,
            "auto_merge": false,
            "required_contexts": [],
        });
        let answer =
            self.publish(repo, Method::POST, format!("{}/deployments", path::of(repo)), &body).await?;
        // 202: the default branch was merged instead, and there is no deployment.
        if answer.status == StatusCode::ACCEPTED {
            return Err(Error::Refused { status: 202, message: message(&answer) });
        }
        id_of(&answer).map(DeploymentId)
    }

    /// Adds a status to a deployment.
    pub(crate) async fn create_deployment_status(
        &self,
        repo: &Repo,
        deployment: DeploymentId,
        status: &NewDeploymentStatus,
    ) -> Result<(), Error> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("state", json!(status.state.as_str()));
        put("description", json!(cut::line(&status.description, LONGEST_DESCRIPTION)));
        put("auto_inactive", json!(status.auto_inactive));
        if let Some(url) = &status.log_url {
            put("log_url", json!(url));
        }
        if let Some(url) = &status.environment_url {
            put("environment_url", json!(url));
        }
        let path = format!("{}/deployments/{deployment}/statuses", path::of(repo));
        self.publish(repo, Method::POST, path, &body).await.map(drop)
    }
}
