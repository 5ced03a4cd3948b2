//! Asking again, for what may be asked again.

use std::time::Duration;

use super::Error;
use crate::clock::{Clock, random};

/// How often something is sent in all before it is put off.
const TRIES: u32 = 3;
/// What is waited between two tries, at least; longer each time.
const PAUSE: Duration = Duration::from_millis(100);
/// For how long it is put off that failed in every try, at least.
const PUT_OFF: Duration = Duration::from_secs(10);

/// How much of it is left for one request.
pub(crate) struct Patience {
    failed: u32,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self { failed: 0 }
    }

    /// Waits a little after a try that failed because of `why`, or says when to come back.
    ///
    /// This wait is of the machine's time and not the [`Clock`]'s: it is about the network.
    pub(crate) async fn wait(&mut self, clock: &Clock, why: String) -> Result<(), Error> {
        self.failed += 1;
        if self.failed == TRIES {
            return Err(Error::RetryAt { at: clock.now().plus(PUT_OFF + jitter(PUT_OFF)), why });
        }
        tokio::time::sleep(PAUSE * self.failed + jitter(PAUSE)).await;
        Ok(())
    }
}

/// Up to `most`, so that those who failed together do not come back together.
fn jitter(most: Duration) -> Duration {
    let share = u32::from(u16::from_be_bytes(random()));
    most.saturating_mul(share) / u32::from(u16::MAX)
}
