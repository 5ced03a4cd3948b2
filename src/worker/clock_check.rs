//! The server's clock against the log: times in the log never go back, so a clock that does is told of.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::audit::{Kind, Source};
use crate::db::{NewEntry, audit};
use crate::worker::{Error, Workers};

/// How far the clock may stand before the last entry: replicas' clocks differ a little.
const TOLERANCE: Duration = Duration::from_secs(5);

impl Workers {
    /// Appends an entry when the clock begins to stand before the last one; it says what the clock showed.
    pub async fn check_clock(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        let last = audit::last_observed(&mut self.app.db.read().await?).await?;
        let behind = last.is_some_and(|last| last.since(now) > TOLERANCE);
        if self.clock_is_behind.swap(behind, Ordering::SeqCst) || !behind {
            return Ok(0);
        }
        tracing::warn!(clock = %now, "the clock stands before the log's last entry: new entries get that one's time");
        let entry = NewEntry::new(Kind::ClockAdjusted, now, Source::internal("clock")).occurred_at(now);
        let told = self.app.db.write(move |tx| Box::pin(async move { tx.append(entry).await })).await;
        self.clock_is_behind.store(told.is_ok(), Ordering::SeqCst);
        told?;
        Ok(0)
    }
}
