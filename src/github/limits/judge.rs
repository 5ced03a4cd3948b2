//! What an answer's status, headers and message say about limits.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::clock::Timestamp;
use crate::github::transport::Answer;

/// The longest that an answer can make us wait: primary limits are per hour.
const LONGEST: Duration = Duration::from_hours(2);

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// How many requests are left, when it said so.
    pub(crate) remaining: Option<u64>,
    /// Until when nobody may ask, because none is left.
    pub(crate) used_up_until: Option<Timestamp>,
    /// Whether this very answer is a refusal for having asked too often.
    pub(crate) refused: Option<Refused>,
}

/// Why it was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The hourly limit; the time is in `used_up_until`.
    Primary,
    /// A secondary limit, with the time GitHub wants us to wait when it said so.
    Secondary(Option<Duration>),
}

pub(crate) fn judge(answer: &Answer, now: Timestamp) -> Heard {
    let remaining = number(&answer.headers, "x-ratelimit-remaining");
    let used_up_until = number(&answer.headers, "x-ratelimit-reset")
        .filter(|_| remaining == Some(0))
        // One second more, because both clocks count whole seconds.
        .map(|reset| Timestamp::from_seconds(i64::try_from(reset).unwrap_or(i64::MAX).saturating_add(1)))
        .map(|reset| reset.clamp(now.plus(Duration::from_secs(1)), now.plus(LONGEST)));
    Heard { remaining, used_up_until, refused: refused(answer, used_up_until.is_some()) }
}

fn refused(answer: &Answer, used_up: bool) -> Option<Refused> {
    if !matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    let retry_after = number(&answer.headers, "retry-after").map(Duration::from_secs).map(|w| w.min(LONGEST));
    if retry_after.is_some() || mentions_secondary(&answer.body) {
        return Some(Refused::Secondary(retry_after));
    }
    if used_up {
        return Some(Refused::Primary);
    }
    (answer.status == StatusCode::TOO_MANY_REQUESTS).then_some(Refused::Secondary(None))
}

fn mentions_secondary(body: &[u8]) -> bool {
    let start = body.get(..2048).unwrap_or(body);
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    text.contains("secondary rate limit") || text.contains("abuse detection")
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
