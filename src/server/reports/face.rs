//! What is needed to take reports in: whose tokens count, and GitHub to ask about their runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::oidc::{Issuer, Job};
use super::rejection::Rejection;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{self, Db, known};
use crate::github::read::Run;
use crate::github::{self, Reader};
use crate::ids::{Repo, RepoId, RepoName};
use crate::report::Marker;
use crate::settings::OidcSettings;

/// How many uploads are read at once.
const PLACES: usize = 4;
/// How long a repository that the App is not installed in is remembered as such, and how many are: anybody on
/// GitHub can have a token made for us, and GitHub shall not be asked about each of them again and again.
/// It is remembered with the name that its token gave: jobs that began before it was renamed give another one.
const REMEMBERED: Duration = Duration::from_mins(5);
const STRANGERS: usize = 10_000;

/// What is needed to take reports in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReportsFace {
    pub(super) marker: Marker,
    db: Db,
    reader: Reader,
    issuer: Issuer,
    places: Arc<Semaphore>,
    strangers: Arc<Mutex<HashMap<Stranger, Timestamp>>>,
}

/// What a token says of a repository.
type Stranger = (RepoId, RepoName);

impl ReportsFace {
    /// For jobs whose tokens come from there.
    ///
    /// # Errors
    /// When nobody can be asked for keys, because the system's certificates cannot be read.
    pub fn new(app: &App, settings: OidcSettings) -> std::io::Result<Self> {
        Ok(Self {
            marker: app.marker.clone(),
            db: app.db.clone(),
            reader: app.reader.clone(),
            issuer: Issuer::new(settings, app.public_url.as_ref(), app.clock.clone())?,
            places: Arc::new(Semaphore::new(PLACES)),
            strangers: Arc::default(),
        })
    }

    /// The job that shows this token.
    pub(super) async fn job(&self, token: &str) -> Result<Job, Rejection> {
        if !self.issuer.has_audience() {
            return Err(Rejection::NotSetUp);
        }
        self.issuer.job(token).await.map_err(Rejection::Token)
    }

    pub(super) fn place(&self) -> Result<SemaphorePermit<'_>, Rejection> {
        self.places.try_acquire().map_err(|_| Rejection::Busy)
    }

    /// The run of that job, as GitHub knows it.
    pub(super) async fn run_of(&self, job: &Job, now: Timestamp) -> Result<(Repo, Run), Rejection> {
        if self.is_stranger(job, now) && !self.is_known(job.repository_id).await? {
            return Err(Rejection::NotInstalled);
        }
        let installed = self.reader.installed(&job.repository).await.map_err(|error| refused(&error))?;
        let Some(installed) = installed.filter(|there| there.repo.id == job.repository_id) else {
            self.remember_stranger(job, now);
            return Err(Rejection::NotInstalled);
        };
        let run = self.reader.run(&installed.repo, job.run).await.map_err(|error| refused(&error))?;
        let run = run.ok_or(Rejection::NoSuchRun)?;
        if run.attempt == job.attempt { Ok((installed.repo, run)) } else { Err(Rejection::OtherAttempt) }
    }

    /// The branch whose history its reports may stand for.
    pub(super) async fn branch_of(&self, repo: &Repo, run: &Run) -> Result<Option<String>, Rejection> {
        self.reader.branch_of(repo, run).await.map_err(|error| refused(&error))
    }

    /// Whether that repository ever told us anything: GitHub may be asked about it as often as its jobs like.
    async fn is_known(&self, repo: RepoId) -> Result<bool, Rejection> {
        let read = async { known::repository(&mut self.db.read().await?, repo).await };
        read.await.map_err(|_: db::Error| Rejection::NotStored)
    }

    fn is_stranger(&self, job: &Job, now: Timestamp) -> bool {
        let strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.get(&stranger(job)).is_some_and(|since| now.since(*since) < REMEMBERED)
    }

    fn remember_stranger(&self, job: &Job, now: Timestamp) {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        if strangers.len() >= STRANGERS {
            strangers.retain(|_, since| now.since(*since) < REMEMBERED);
        }
        if strangers.len() < STRANGERS {
            strangers.insert(stranger(job), now);
        }
    }
}

fn stranger(job: &Job) -> Stranger {
    (job.repository_id, job.repository.clone())
}

fn refused(error: &github::Error) -> Rejection {
    tracing::warn!(%error, "GitHub did not tell about the run of an upload");
    match error {
        github::Error::Refused { .. } | github::Error::Gone => Rejection::NotInstalled,
        github::Error::RetryAt { .. } | github::Error::Unreachable { .. } | github::Error::Broken { .. } => {
            Rejection::GitHubSilent
        }
    }
}
