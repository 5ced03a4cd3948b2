//! Starting and stopping workflow runs.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Writer;
use crate::github::api::{As, json as parsed};
use crate::github::limits::Kind;
use crate::github::tokens::Access;
use crate::github::{Error, path};
use crate::ids::{RefName, Repo, RunId, WorkflowFile};

/// The newer parameter that makes GitHub say which run it started; older servers refuse it.
const WANT_THE_RUN: &str = "return_run_details";

/// A workflow was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispatched {
    /// Which run it is, when the server says so; else it has to be looked up by our mark.
    pub run: Option<RunId>,
}

impl Writer {
    /// Starts a workflow on a branch or tag. That may move meanwhile: look at the run's commit.
    pub(crate) async fn dispatch(
        &self,
        repo: &Repo,
        workflow: &WorkflowFile,
        reference: &RefName,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Dispatched, Error> {
        let path =
            format!("{}/actions/workflows/{}/dispatches", path::of(repo), path::segment(workflow.as_str()));
        let with = json!({ "ref": reference, "inputs": inputs, WANT_THE_RUN: true });
        let answer = match self.publish(repo, Method::POST, path.clone(), &with).await {
            // Refused for that word, so nothing was started, and it may be asked without.
            Err(Error::Refused { status: 400 | 422, message }) if message.contains(WANT_THE_RUN) => {
                let without = json!({ "ref": reference, "inputs": inputs });
                self.publish(repo, Method::POST, path, &without).await?
            }
            result => result?,
        };
        if answer.status == StatusCode::NO_CONTENT || answer.body.is_empty() {
            return Ok(Dispatched { run: None });
        }
        // It was started, whatever the answer looks like.
        let started = parsed::<Started>(&answer).ok();
        Ok(Dispatched { run: started.map(|started| started.workflow_run_id) })
    }

    /// Cancels a run. One that is over already counts as cancelled.
    pub(crate) async fn cancel_run(&self, repo: &Repo, run: RunId) -> Result<(), Error> {
        let path = format!("{}/actions/runs/{run}/cancel", path::of(repo));
        let who = As::Installed(repo, Access::Write);
        match self.api.write(who, Kind::Light, Method::POST, path, None::<&Value>).await {
            Ok(_) | Err(Error::Refused { status: 409, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
struct Started {
    workflow_run_id: RunId,
}
