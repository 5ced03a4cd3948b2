//! The time and randomness, handed in as arguments: nothing else reads either.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Stored as an integer in both databases and in every fact, so that it compares and replays the
/// same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The last moment that can be written as RFC 3339 with a four-digit year.
    const MAX: i64 = 253_402_207_199_999;

    /// From whole seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The whole second this moment lies in.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and `duration` more.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; zero if it was not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The day it is in UTC.
    pub fn day(self) -> Date {
        let moment = jiff::Timestamp::from_millisecond(self.0.clamp(0, Self::MAX)).unwrap_or_default();
        moment.to_zoned(TimeZone::UTC).date()
    }

    /// The moment at which this day is over, in UTC.
    pub fn end_of(day: Date) -> Self {
        let next = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
        Self(next.map_or(Self::MAX, |midnight| midnight.timestamp().as_millisecond()))
    }

    /// Reads RFC 3339, as GitHub writes it.
    ///
    /// # Errors
    /// When the text is not RFC 3339.
    pub fn parse(text: &str) -> Result<Self, jiff::Error> {
        Ok(Self(text.parse::<jiff::Timestamp>()?.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with milliseconds only where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0.clamp(0, Self::MAX)) {
            Ok(moment) => moment.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

/// Tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's own.
    System,
    /// One that stands still until a test or a replay moves it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.0)))
    }

    /// What time it is.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Self::Manual(moment) => Timestamp(moment.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on; the machine's own cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(moment) = self {
            moment.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

/// Gives random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done without it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads randomness")]
#[expect(clippy::expect_used, reason = "no salt, key or nonce can be made without it")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_write_as_github_does() {
        let moment = Timestamp::parse("2026-11-21T09:15:00Z").unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T09:15:00Z");
        assert_eq!(Timestamp(moment.0 + 7).to_string(), "2026-11-21T09:15:00.007Z");
        assert_eq!(Timestamp::parse("2026-11-21T10:15:00+01:00").unwrap(), moment);
        assert!(Timestamp::parse("yesterday").is_err());
        assert_eq!(moment.plus(Duration::from_secs(90)).since(moment).as_secs(), 90);
        assert_eq!(moment.since(moment.plus(Duration::from_secs(1))), Duration::ZERO);
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let day: Date = "2026-12-31".parse().unwrap();
        let end = Timestamp::end_of(day);
        assert_eq!(end.to_string(), "2027-01-01T00:00:00Z");
        assert_eq!((Timestamp(end.0 - 1).day(), end.day()), (day, "2027-01-01".parse().unwrap()));
        assert_eq!(Timestamp::end_of(Date::MAX).0, Timestamp::MAX);
    }
}
