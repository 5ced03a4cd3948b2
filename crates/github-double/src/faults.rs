//! What can be made to go wrong, and what was asked for.

use std::time::Duration;

use serde_json::Value;

use super::Fake;
use super::state::State;
use countersign_kernel::clock::Timestamp;

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answered with this status and body; nothing is done.
    Status(u16, Value),
    /// The connection is closed; nothing is done.
    DropBefore,
    /// It is done, and the connection is closed before the answer.
    ApplyThenDrop,
    /// It is done, and answered with this status.
    ApplyThenStatus(u16),
    /// It is done, after this long.
    Delay(Duration),
    /// The secondary limit: 403 with `retry-after`.
    SecondaryLimit {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The primary limit: 403 with `x-ratelimit-remaining: 0`.
    PrimaryLimit {
        /// When there will be more.
        reset: Timestamp,
    },
    /// A pull request or branch as it was before its last change: the API lags behind.
    Stale,
}

/// A fault that waits for its request.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) method: String,
    pub(super) pattern: String,
    pub(super) fault: Fault,
    pub(super) times: u32,
}

/// A request the App made, and what it was answered.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// `GET`, `POST` …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded, in the order it was sent.
    pub query: Vec<(String, String)>,
    /// The JSON that was sent; null if none was.
    pub request_body: Value,
    /// The status of the answer; 0 if the connection was closed instead.
    pub status: u16,
    /// The JSON that was answered; null if none was.
    pub response_body: Value,
    /// When.
    pub at: Timestamp,
}

impl Fake {
    /// Lets the next request of this method to this path go wrong. `*` in the pattern stands for one
    /// part of the path, `**` at its end for any rest.
    pub fn fail_next(&self, method: &str, pattern: &str, fault: Fault) {
        self.fail_times(method, pattern, fault, 1);
    }

    /// As [`Fake::fail_next`], for the next `times` requests.
    pub fn fail_times(&self, method: &str, pattern: &str, fault: Fault, times: u32) {
        let planned = Planned { method: method.to_owned(), pattern: pattern.to_owned(), fault, times };
        self.change(|state| state.planned.push(planned));
    }

    /// How many faults still wait for their request.
    pub fn planned_faults(&self) -> usize {
        self.with_state(|state| state.planned.len())
    }

    /// What the App asked for, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.with_state(|state| state.requests.clone())
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.change(|state| state.requests.clear());
    }

    /// What was asked for and does not exist on this GitHub, as `METHOD /path`.
    pub fn unknown_routes(&self) -> Vec<String> {
        self.with_state(|state| state.unknown_routes.iter().cloned().collect())
    }
}

impl State {
    /// The fault that strikes this request, if one was planned; it is used up.
    pub(super) fn strike(&mut self, method: &str, path: &str) -> Option<Fault> {
        let fits = |planned: &Planned| planned.method == method && matches(&planned.pattern, path);
        let at = self.planned.iter().position(fits)?;
        let planned = self.planned.get_mut(at)?;
        planned.times = planned.times.saturating_sub(1);
        let fault = planned.fault.clone();
        if planned.times == 0 {
            self.planned.remove(at);
        }
        Some(fault)
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        match (wanted, parts.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (wanted, Some(part)) if wanted == part => {}
            (_, _) => return false,
        }
    }
    parts.next().is_none()
}
