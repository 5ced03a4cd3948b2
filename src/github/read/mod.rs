//! What is read from GitHub, in small shapes that hold only what is used.
//!
//! An answer that cannot be read is an error and never "none": see [`Error`](super::Error).

mod actions;
mod alerts;
mod artifacts;
mod checks;
mod commits;
mod deliveries;
mod deployments;
mod installations;
mod git;
mod people;
mod pulls;
mod repository;

use std::fmt;
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::api::{Api, As};
use super::tokens::Access;
use crate::ids::{Repo, UserId};

pub use actions::{Job, Run};
pub use alerts::Alerts;
pub use artifacts::{Artifact, Downloaded};
pub use checks::{CheckRun, Status};
pub use commits::{ChangedFile, Commit, Commits, Comparison, ComparisonStatus};
pub use deliveries::{App, HookDeliveries, HookDelivery};
pub use deployments::{Deployment, DeploymentStatus};
pub use git::{Installed, Tip};
pub use people::{Level, Membership, Permission};
pub use pulls::{IssueComment, MergedPull, OpenPull, Pull};
pub use repository::{File, Repository};

/// Reads; cannot change anything. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    api: Arc<Api>,
    own: Arc<OnceCell<UserId>>,
}

impl Reader {
    pub(super) fn new(api: Arc<Api>) -> Self {
        Self { api, own: Arc::default() }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// As the installation in this repository, only reading.
fn reading(repo: &Repo) -> As<'_> {
    As::Installed(repo, Access::Read)
}
