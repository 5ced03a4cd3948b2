//! The work: deliveries are handled, effects performed, notices told, alarms rung.
//!
//! All of it is rows in the database, so [`Workers::drain`] can do everything there is to do and return,
//! which is how the tests wait; and a program that died goes on where it was.

mod alarms;
pub mod anchor;
mod backoff;
mod clock_check;
mod heartbeat;
mod inbox;
mod notices;
mod scans;
mod outbox;
mod outcome;
mod redeliveries;
pub mod reports;
mod self_audit;
mod turn;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use url::Url;

use crate::app::App;
use crate::clock::Clock;
use crate::github::Writer;
use crate::{db, facts, handlers};

pub use anchor::Anchors;

/// How often to look although nobody rang: another replica's bell is not heard here.
const POLL: Duration = Duration::from_millis(500);
/// How often to ask GitHub for deliveries that never arrived.
const RECOVER: Duration = Duration::from_mins(10);
/// How often to look whether the log is silent and the clock right.
const LOOK: Duration = Duration::from_secs(10);
/// How often the whole log is verified, unless settings say otherwise.
pub const SELF_AUDIT: Duration = Duration::from_hours(24);
/// How many rows one turn takes: few, since a turn ends with its slowest.
const BATCH: i64 = 4;
/// How many turns of each kind go on beside each other, so that one slow repository holds up no other.
const BESIDE: usize = 8;

/// Why a turn of work failed as a whole; what went wrong with one row stands in that row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// GitHub did not answer.
    #[error(transparent)]
    GitHub(#[from] crate::github::Error),
    /// What was decided could not be stored.
    #[error(transparent)]
    Handler(#[from] handlers::Error),
}

impl From<facts::Error> for Error {
    fn from(error: facts::Error) -> Self {
        match error {
            facts::Error::GitHub(error) => Self::GitHub(error),
            facts::Error::Db(error) => Self::Db(error),
        }
    }
}

/// Whoever does the work. The only one with a hand on GitHub. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Workers {
    app: App,
    writer: Writer,
    web_url: Option<Url>,
    lease: Duration,
    self_audit: Duration,
    clock_is_behind: Arc<AtomicBool>,
}

impl Workers {
    /// Workers for this program; `web_url` is where GitHub's pages are. What they claim is theirs for `lease`.
    pub fn new(app: App, writer: Writer, web_url: Option<Url>, lease: Duration) -> Self {
        let (self_audit, clock_is_behind) = (SELF_AUDIT, Arc::default());
        Self { app, writer, web_url, lease, self_audit, clock_is_behind }
    }

    /// The same, who verify the whole log so often.
    #[must_use]
    pub fn auditing_every(self, self_audit: Duration) -> Self {
        Self { self_audit, ..self }
    }

    /// The same, who look at another clock.
    #[must_use]
    pub fn told_the_time_by(mut self, clock: Clock) -> Self {
        self.app.clock = clock;
        self
    }

    /// Works until told to stop, and returns when what was claimed is finished.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let beside = join_all((0..BESIDE).map(|_| async {
            tokio::join!(
                self.repeat(stop.clone(), "inbox", Self::handle_deliveries, Bell::Inbox),
                self.repeat(stop.clone(), "outbox", Self::perform_effects, Bell::Effects),
                self.repeat(stop.clone(), "notices", Self::tell_notices, Bell::Notices),
            )
        }));
        tokio::join!(
            beside,
            self.repeat(stop.clone(), "reports", Self::read_reports, Bell::Every(POLL)),
            self.repeat(stop.clone(), "more reports", Self::read_reports, Bell::Every(POLL)),
            self.repeat(stop.clone(), "alarms", Self::ring_alarms, Bell::Every(POLL)),
            self.repeat(stop.clone(), "redeliveries", Self::recover_deliveries, Bell::Every(RECOVER)),
            self.repeat(stop.clone(), "heartbeat", Self::beat, Bell::Every(LOOK)),
            self.repeat(stop.clone(), "clock", Self::check_clock, Bell::Every(LOOK)),
            self.audit_until(stop.clone()),
        );
    }

    /// An audit that is under way is given up when it is time to stop: it changes nothing.
    async fn audit_until(&self, stop: watch::Receiver<bool>) {
        let mut stops = stop.clone();
        tokio::select! {
            () = self.repeat(stop, "self-audit", Self::audit_log, Bell::Every(self.self_audit)) => {}
            _ = stops.wait_for(|stop| *stop) => {}
        }
    }

    /// Does everything there is to do at this moment: what is to be tried again later is left for later.
    pub async fn drain(&self) -> Result<(), Error> {
        loop {
            let mut done = self.ring_alarms().await?;
            done += self.handle_deliveries().await?;
            done += self.perform_effects().await?;
            done += self.read_reports().await?;
            done += self.tell_notices().await?;
            if done == 0 {
                return Ok(());
            }
        }
    }

    async fn repeat<F>(&self, mut stop: watch::Receiver<bool>, name: &'static str, turn: F, bell: Bell)
    where
        F: AsyncFn(&Self) -> Result<usize, Error>,
    {
        while !*stop.borrow() {
            let rest = match turn(self).await {
                Ok(0) => None,
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(work = name, error = %crate::telemetry::causes(&error), "the work failed and is tried again");
                    Some(bell.rest_after_an_error())
                }
            };
            tokio::select! {
                () = self.rings(bell, rest) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn rings(&self, bell: Bell, rest: Option<Duration>) {
        match (rest, bell) {
            (Some(rest), _) => tokio::time::sleep(rest).await,
            (None, Bell::Inbox) => self.app.db.inbox_rings(POLL).await,
            (None, Bell::Effects) => self.app.db.effects_ring(POLL).await,
            (None, Bell::Notices) => self.app.db.notices_ring(POLL).await,
            (None, Bell::Every(pause)) => tokio::time::sleep(pause).await,
        }
    }
}

impl Bell {
    fn rest_after_an_error(self) -> Duration {
        match self {
            Self::Inbox | Self::Effects | Self::Notices => Duration::from_secs(1),
            Self::Every(pause) => pause,
        }
    }
}

/// What a worker that has nothing to do waits for.
#[derive(Clone, Copy)]
enum Bell {
    Inbox,
    Effects,
    Notices,
    Every(Duration),
}
