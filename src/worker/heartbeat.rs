//! The log moves on at least once an hour, so that whoever watches it can tell silence from a log that was cut off.

use std::time::Duration;

use crate::audit::{Kind, Source};
use crate::db::{NewEntry, audit};
use crate::worker::{Error, Workers};

/// After how long without an entry one is appended that says so.
const SILENCE: Duration = Duration::from_hours(1);

impl Workers {
    /// Appends a heartbeat if nothing was appended for an hour. A log that was never begun stays empty.
    pub async fn beat(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        let last = audit::last_observed(&mut self.app.db.read().await?).await?;
        if last.is_none_or(|last| now.since(last) < SILENCE) {
            return Ok(0);
        }
        let beat = NewEntry::new(Kind::Heartbeat, now, Source::internal("timer"));
        let write = self.app.db.write(move |tx| {
            Box::pin(async move {
                // Another replica may have been faster.
                if tx.last_observed().await?.is_some_and(|last| now.since(last) >= SILENCE) {
                    tx.append(beat).await?;
                }
                Ok(())
            })
        });
        write.await?;
        Ok(0)
    }
}
