//! How long there has been something to write down that was not.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Anchors, Trying};
use crate::audit::Witness;
use crate::db;
use crate::db::anchor::{self, Head, Place};
use crate::db::cosignature;

/// A lag above this is told, once.
const TOO_LONG: Duration = Duration::from_mins(10);

impl Anchors {
    /// Measures how far a place is behind, and warns once each time that it becomes too long.
    pub(super) async fn watch_place(
        &self,
        head: &Head,
        place: Place,
        trying: &Mutex<Trying>,
    ) -> Result<(), db::Error> {
        let newest = anchor::newest(&mut self.app.db.read().await?, head.epoch, place).await?;
        self.watch_lag(head, place.as_str(), newest.map_or(0, |(size, _)| size), trying).await
    }

    /// The same for a witness.
    pub(super) async fn watch_witness(
        &self,
        head: &Head,
        witness: &Witness,
        trying: &Mutex<Trying>,
    ) -> Result<(), db::Error> {
        let name = witness.verifier.name();
        let newest = cosignature::newest(&mut self.app.db.read().await?, head.epoch, name).await?;
        self.watch_lag(head, &format!("witness {name}"), newest.map_or(0, |(size, _)| size), trying).await
    }

    async fn watch_lag(
        &self,
        head: &Head,
        kind: &str,
        anchored: u64,
        trying: &Mutex<Trying>,
    ) -> Result<(), db::Error> {
        let since = anchor::waiting_since(&mut self.app.db.read().await?, head.epoch, anchored).await?;
        let lag = since.map_or(Duration::ZERO, |since| self.app.clock.now().since(since));
        metrics::gauge!("countersign_anchor_lag_seconds", "kind" => kind.to_owned()).set(lag.as_secs_f64());
        let mut trying = trying.lock().unwrap_or_else(PoisonError::into_inner);
        if is_news(lag, &mut trying.told) {
            let (seconds, size) = (lag.as_secs(), head.size);
            tracing::warn!(
                kind,
                seconds,
                anchored,
                size,
                "the log has grown and was not anchored for over ten minutes; decisions go on"
            );
        }
        Ok(())
    }
}

/// Whether it became too long just now.
fn is_news(lag: Duration, told: &mut bool) -> bool {
    let too_long = lag > TOO_LONG;
    let news = too_long && !*told;
    *told = too_long;
    news
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_told_once_until_it_is_over() {
        let mut told = false;
        let minutes = [0, 9, 11, 12, 60, 0, 11];
        let news = minutes.map(|minutes| is_news(Duration::from_mins(minutes), &mut told));
        assert_eq!(news, [false, false, true, false, false, false, true]);
    }
}
