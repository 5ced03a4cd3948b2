//! The limits of one account.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::judge::{Heard, Refused};
use super::{Kind, Pace};
use crate::clock::Timestamp;
use crate::github::{Error, Sent};

/// How many requests may be under way at once; GitHub allows 100 for everything an App does.
const BESIDE_EACH_OTHER: usize = 50;
/// What to wait after a secondary limit that names no time; doubled each time it comes again.
const FIRST_WAIT: Duration = Duration::from_mins(1);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

pub(crate) struct Lane {
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: Option<Closed>,
    /// How often in a row a secondary limit stopped us.
    strikes: u32,
    /// When the bucket of content would be full again (the "theoretical arrival time" of GCRA).
    full_at: Option<Timestamp>,
    /// The last moment somebody was told to come back at, so that not all come back at once.
    promised: Option<Timestamp>,
}

#[derive(Clone)]
struct Closed {
    until: Timestamp,
    why: &'static str,
}

impl Default for Lane {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(BESIDE_EACH_OTHER)), state: Mutex::default() }
    }
}

impl Lane {
    pub(crate) async fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let closed =
            |_| Error::Unreachable { sent: Sent::No, why: "this program is shutting down".to_owned() };
        Arc::clone(&self.places).acquire_owned().await.map_err(closed)
    }

    pub(crate) fn is_open(&self, now: Timestamp) -> Result<(), Error> {
        self.state().is_open(now)
    }

    pub(crate) fn admit(&self, now: Timestamp, kind: Kind, pace: Pace) -> Result<(), Error> {
        let mut state = self.state();
        state.is_open(now)?;
        match kind {
            Kind::Light => Ok(()),
            Kind::Content => state.keep_pace(now, pace),
        }
    }

    pub(crate) fn learn(&self, heard: &Heard, now: Timestamp) -> Result<(), Error> {
        let mut state = self.state();
        if let Some(until) = heard.used_up_until {
            state.close(until, "the hourly rate limit is used up");
        }
        match &heard.refused {
            None => {
                if state.is_open(now).is_ok() {
                    state.strikes = 0;
                }
                return Ok(());
            }
            Some(Refused::Primary) => {}
            Some(Refused::Secondary(wait)) => state.strike(*wait, now),
        }
        state.is_open(now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_open(&self, now: Timestamp) -> Result<(), Error> {
        match &self.closed {
            Some(Closed { until, why }) if *until > now => {
                Err(Error::RetryAt { at: *until, why: (*why).to_owned() })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn close(&mut self, until: Timestamp, why: &'static str) {
        if self.closed.as_ref().is_none_or(|closed| closed.until < until) {
            self.closed = Some(Closed { until, why });
        }
    }

    fn strike(&mut self, wait: Option<Duration>, now: Timestamp) {
        // Requests that were under way together are stopped together: that is one strike, not many.
        if self.is_open(now).is_ok() {
            self.strikes = self.strikes.saturating_add(1);
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << self.strikes.saturating_sub(1).min(6));
        let wait = wait.unwrap_or_else(|| doubled.min(LONGEST_WAIT)).max(Duration::from_secs(1));
        self.close(now.plus(wait), "a secondary rate limit was met");
    }

    fn keep_pace(&mut self, now: Timestamp, pace: Pace) -> Result<(), Error> {
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        let allowance = pace.every.saturating_mul(pace.burst.saturating_sub(1));
        if full_at.since(now) <= allowance {
            self.full_at = Some(full_at.plus(pace.every));
            return Ok(());
        }
        let next = now.plus(full_at.since(now).saturating_sub(allowance));
        let at = self.promised.map_or(next, |last| next.max(last.plus(pace.every)));
        self.promised = Some(at);
        Err(Error::RetryAt { at, why: "content is created at our own, polite pace".to_owned() })
    }
}
