//! How long there has been something to write down that was not.

use std::sync::PoisonError;
use std::time::Duration;

use super::Anchors;
use crate::db;
use crate::db::anchor::{self, Head, Place};

/// A lag above this is told, once.
const TOO_LONG: Duration = Duration::from_mins(10);

/// Whether somebody was told already.
#[derive(Debug, Default)]
pub(super) struct Lag {
    told: bool,
}

impl Anchors {
    /// Measures, and warns once each time that it becomes too long.
    pub(super) async fn watch_lag(&self, head: &Head, place: Place) -> Result<(), db::Error> {
        let mut conn = self.app.db.read().await?;
        let anchored = anchor::newest(&mut conn, head.epoch, place).await?.map_or(0, |(size, _)| size);
        let since = anchor::waiting_since(&mut conn, head.epoch, anchored).await?;
        let lag = since.map_or(Duration::ZERO, |since| self.app.clock.now().since(since));
        metrics::gauge!("countersign_anchor_lag_seconds", "kind" => place.as_str()).set(lag.as_secs_f64());
        let mut state = self.lag.lock().unwrap_or_else(PoisonError::into_inner);
        if lag > TOO_LONG && !state.told {
            let seconds = lag.as_secs();
            tracing::warn!(
                kind = place.as_str(),
                seconds,
                anchored,
                size = head.size,
                "the log has grown and was not anchored for over ten minutes; decisions go on"
            );
        }
        state.told = lag > TOO_LONG;
        Ok(())
    }
}
