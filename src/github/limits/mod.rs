//! How often GitHub may be asked: its primary and secondary limits, and our own pace of writing.
//!
//! Kept per installation and shared by everybody who asks for it. Nothing sleeps here: whoever may
//! not go on is told when to come back, so that a queue can do something else meanwhile.

mod judge;
mod lane;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::Error;
use super::transport::Answer;
use crate::clock::Clock;
use crate::ids::InstallationId;

use lane::Lane;

/// How quickly content (comments, reactions, check runs, deployments …) may be created, per installation.
///
/// GitHub allows 80 a minute and 500 an hour and advises a second between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many may follow each other directly after a rest.
    pub burst: u32,
    /// After how long one more may go.
    pub every: Duration,
}

impl Pace {
    /// No pace at all.
    pub fn none() -> Self {
        Self { burst: u32::MAX, every: Duration::ZERO }
    }
}

impl Default for Pace {
    /// Twenty at once, then one a second.
    fn default() -> Self {
        Self { burst: 20, every: Duration::from_secs(1) }
    }
}

/// Who is asking: GitHub counts the App itself and each of its installations apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    /// The App, with its own proof.
    App,
    /// An installation, with its token.
    Installation(InstallationId),
}

/// Whether a request creates content, and so has to keep the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads, or changes something without creating content.
    Light,
    /// Creates or changes what people see.
    Content,
}

/// The limits of every account.
pub(crate) struct Limits {
    clock: Clock,
    pace: Pace,
    lanes: Mutex<HashMap<Account, Arc<Lane>>>,
}

impl Limits {
    pub(crate) fn new(clock: Clock, pace: Pace) -> Self {
        Self { clock, pace, lanes: Mutex::default() }
    }

    /// Waits for one of the places beside each other, then lets through or says when to come back.
    pub(crate) async fn enter(&self, account: Account, kind: Kind) -> Result<OwnedSemaphorePermit, Error> {
        let lane = self.lane(account);
        lane.is_open(self.clock.now())?;
        let place = lane.place().await?;
        lane.admit(self.clock.now(), kind, self.pace)?;
        Ok(place)
    }

    /// Learns from an answer; gives the error if the answer is that we asked too often.
    pub(crate) fn learn(&self, account: Account, answer: &Answer) -> Result<(), Error> {
        let now = self.clock.now();
        let heard = judge::judge(answer, now);
        if let (Account::Installation(id), Some(remaining)) = (account, heard.remaining) {
            #[expect(clippy::cast_precision_loss, reason = "a gauge; limits are far below 2^52")]
            metrics::gauge!("github_rate_limit_remaining", "installation" => id.to_string())
                .set(remaining as f64);
        }
        self.lane(account).learn(&heard, now)
    }

    fn lane(&self, account: Account) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(account).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[tokio::test]
    async fn fifty_are_under_way_at_most_per_installation() {
        let limits = Limits::new(Clock::manual(Timestamp(0)), Pace::default());
        let one = Account::Installation(InstallationId(1));
        let mut places = Vec::new();
        for _ in 0..50 {
            places.push(limits.enter(one, Kind::Light).await.unwrap());
        }
        let waits = tokio::time::timeout(Duration::from_millis(20), limits.enter(one, Kind::Light)).await;
        assert!(waits.is_err());
        assert!(limits.enter(Account::Installation(InstallationId(2)), Kind::Light).await.is_ok());
        places.pop();
        assert!(limits.enter(one, Kind::Light).await.is_ok());
    }
}
