//! Anchors: what the log has signed is written down where whoever keeps the log cannot change it.
//!
//! All of it goes on beside the decisions: none waits for an anchor, and what fails is tried again later.

mod http;
mod place;
mod batch;
mod branch;
mod add_checkpoint;
mod witness;
mod timestamp;
mod lag;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::watch;

use crate::app::App;
use crate::audit::KeyName;
use crate::clock::Timestamp;
use crate::db::anchor::{self, Place};
use crate::github::Writer;
use crate::http_client::HttpClient;
use crate::settings::AnchorSettings;
use crate::telemetry::causes;
use crate::worker::backoff;
use crate::{db, github};

pub use branch::{anchored, newest_anchored};

/// How often to look whether the log has grown.
const TURN: Duration = Duration::from_secs(5);

/// Why the log could not be written down this time.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// GitHub did not do or say what was asked.
    #[error(transparent)]
    GitHub(#[from] github::Error),
    /// The App is not installed there.
    #[error(
        "the App is not installed on {0}, which COUNTERSIGN_ANCHOR_REPOSITORY names: install it there, or name \
         another repository"
    )]
    NotInstalled(String),
    /// The App may not write there.
    #[error(
        "the App may not write to {0}: give it the permission \"Contents: Read and write\" on its settings page, \
         let the owner accept it, or unset COUNTERSIGN_ANCHOR_REPOSITORY"
    )]
    MayNotWrite(String),
    /// What is written down there is no beginning of our log. It is never overwritten.
    #[error(
        "{place} holds {found}, and that is no beginning of our log: {why}. Nothing is written there. Either this \
         database is older than what was anchored, or somebody else wrote there: compare the two with `countersign \
         audit verify` before anything else"
    )]
    Contradiction {
        /// Where it was found.
        place: String,
        /// What was found.
        found: String,
        /// What does not fit.
        why: String,
    },
    /// A checkpoint or a proof that must be in the database is not there.
    #[error("the database lacks {0}, which the log must have: run `countersign audit verify`")]
    Incomplete(String),
    /// A witness did not do what it is there for.
    #[error("the witness {name} did not sign: {why}")]
    Witness {
        /// Which one.
        name: KeyName,
        /// Why not.
        why: String,
    },
    /// Somebody else than GitHub could not be asked.
    #[error("{url} could not be asked: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// What happened.
        why: String,
    },
    /// It took too long.
    #[error("there was no whole answer within {0} seconds")]
    TooSlow(u64),
}

/// Whoever writes the log down outside. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Anchors {
    app: App,
    writer: Writer,
    settings: Arc<AnchorSettings>,
    branch: Arc<Mutex<Trying>>,
    witnesses: Arc<[Mutex<Trying>]>,
    timestamps: Arc<Mutex<Trying>>,
    http: Arc<OnceLock<HttpClient>>,
}

/// How it goes with one place.
#[derive(Debug, Default)]
struct Trying {
    failed: i64,
    not_before: Option<Timestamp>,
    /// Whether somebody was told that it takes too long.
    told: bool,
}

impl Anchors {
    /// Anchors for the log in this program's database.
    pub fn new(app: App, writer: Writer, settings: AnchorSettings) -> Self {
        let witnesses = settings.witnesses().iter().map(|_| Mutex::default()).collect();
        let (branch, timestamps, http) = (Arc::default(), Arc::default(), Arc::default());
        Self { app, writer, settings: Arc::new(settings), branch, witnesses, timestamps, http }
    }

    /// Works until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let turn = async {
                if let Err(error) = self.round().await {
                    tracing::error!(error = %causes(&error), "the anchors could not be looked after");
                }
                tokio::time::sleep(TURN).await;
            };
            // What is left half done is seen at the next start: the branch is always read first.
            tokio::select! {
                () = turn => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Does what is due now. What fails outside is logged, and tried again later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round(&self) -> Result<(), db::Error> {
        let Some(head) = anchor::head(&mut self.app.db.read().await?).await? else { return Ok(()) };
        self.app.db.publish(head.epoch, &head.note).await?;
        // First, so that the branch gets their lines.
        let asked = self.settings.witnesses().iter().zip(&*self.witnesses);
        let asked = asked.filter(|(witness, _)| witness.url.is_some());
        try_join_all(asked.map(|(witness, trying)| async {
            if self.may_try(trying) {
                self.tried(trying, self.ask_witness(witness, &head).await);
            }
            self.watch_witness(&head, witness, trying).await
        }))
        .await?;
        if let Some(authority) = &self.settings.timestamps {
            if self.may_try(&self.timestamps) {
                self.tried(&self.timestamps, self.ask_for_the_time(authority, &head).await);
            }
            self.watch_place(&head, Place::Rfc3161, &self.timestamps).await?;
        }
        if let Some(place) = &self.settings.branch {
            if self.may_try(&self.branch) {
                self.tried(&self.branch, self.write_to_branch(place, &head).await);
            }
            self.watch_place(&head, Place::Git, &self.branch).await?;
        }
        Ok(())
    }

    /// Made when it is first needed: most logs have nobody to ask but GitHub.
    fn http(&self) -> Result<HttpClient, Error> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let unusable = |why: std::io::Error| Error::Unreachable {
            url: "nobody".to_owned(),
            why: format!("the certificates that this machine trusts cannot be read ({why})"),
        };
        let http = HttpClient::new().map_err(unusable)?;
        Ok(self.http.get_or_init(|| http).clone())
    }

    fn may_try(&self, place: &Mutex<Trying>) -> bool {
        let trying = place.lock().unwrap_or_else(PoisonError::into_inner);
        trying.not_before.is_none_or(|at| at <= self.app.clock.now())
    }

    fn tried(&self, place: &Mutex<Trying>, result: Result<(), Error>) {
        let mut trying = place.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = result else {
            (trying.failed, trying.not_before) = (0, None);
            return;
        };
        trying.failed += 1;
        let at = match &error {
            Error::GitHub(github::Error::RetryAt { at, .. }) => *at,
            _ => backoff::after(trying.failed, self.app.clock.now()),
        };
        trying.not_before = Some(at);
        if matches!(error, Error::Contradiction { .. }) {
            metrics::counter!("countersign_anchor_contradictions_total").increment(1);
            tracing::error!(error = %causes(&error), "THE LOG IS CONTRADICTED BY ITS OWN ANCHOR");
        } else {
            tracing::warn!(error = %causes(&error), "the log could not be anchored and it is tried again at {at}");
        }
    }
}
