//! What can be made to go wrong, and what was asked for.

use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;

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
