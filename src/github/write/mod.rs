//! What is written to GitHub. Each method is one request, and none is repeated by itself: whoever
//! calls looks first whether an earlier try left something, and knows from the error whether it may have.

mod actions;
mod check_runs;
mod comments;
mod cut;
mod deployments;
mod git;

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde::{Deserialize, Serialize};

use super::Error;
use super::api::{Api, As, json};
use super::limits::Kind;
use super::tokens::Access;
use super::transport::Answer;
use crate::ids::Repo;

pub use actions::Dispatched;
pub use check_runs::{Button, CheckRunPayload, CheckRunState, Conclusion, MOST_ANNOTATIONS, Output};
pub use deployments::{NewDeployment, NewDeploymentStatus};
pub use git::Moved;

/// Writes. Its methods are for the crate's own worker only. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    api: Arc<Api>,
}

impl Writer {
    pub(super) fn new(api: Arc<Api>) -> Self {
        Self { api }
    }

    /// Asks GitHub to deliver a webhook again; it does so later.
    pub(crate) async fn redeliver(&self, delivery: i64) -> Result<(), Error> {
        let path = format!("/app/hook/deliveries/{delivery}/attempts");
        self.api.write(As::App, Kind::Light, Method::POST, path, None::<&()>).await.map(drop)
    }

    /// Creates or changes something that people see.
    async fn publish(
        &self,
        repo: &Repo,
        method: Method,
        path: String,
        body: &impl Serialize,
    ) -> Result<Answer, Error> {
        self.api.write(As::Installed(repo, Access::Write), Kind::Content, method, path, Some(body)).await
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// The id of what was made; an answer without one leaves open whether it was.
fn id_of(answer: &Answer) -> Result<i64, Error> {
    #[derive(Deserialize)]
    struct Made {
        id: i64,
    }
    json::<Made>(answer).map(|made| made.id).map_err(Error::after_write)
}
