//! Deliveries that never arrived: GitHub does not send again by itself, but it can be asked to.
//!
//! Only our own inbox can tell what is missing: GitHub counts as delivered what was answered, and what
//! was answered is stored. <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::inbox;
use crate::github;
use crate::github::read::HookDelivery;
use crate::ids::DeliveryId;
use crate::worker::{Error, Workers};

/// github.com keeps deliveries for three days; what is older is healed by reading the state.
const WINDOW: Duration = Duration::from_hours(72);
/// How many pages to go back at most, at 100 deliveries each.
const PAGES: usize = 20;
/// How many to ask for in one turn: the rest next time.
const ASKED: usize = 50;

impl Workers {
    /// Asks GitHub to deliver again whatever failed and is not in the inbox.
    pub async fn recover_deliveries(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        let missing = self.missing(now).await?;
        for attempt in missing.iter().take(ASKED) {
            tracing::info!(delivery = attempt, "asking GitHub to deliver again");
            match self.writer.redeliver(*attempt).await {
                Err(
                    error @ (github::Error::Gone
                    | github::Error::Refused { .. }
                    | github::Error::Broken { .. }),
                ) => {
                    tracing::warn!(delivery = attempt, %error, "GitHub does not deliver this one again");
                }
                asked => asked?,
            }
        }
        // The next look is at the next turn, however many there were.
        Ok(0)
    }

    async fn missing(&self, now: Timestamp) -> Result<Vec<i64>, Error> {
        let mut failed: BTreeMap<DeliveryId, i64> = BTreeMap::new();
        let mut arrived: Vec<DeliveryId> = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let page = self.app.reader.hook_deliveries(cursor.as_deref()).await?;
            let oldest = page.deliveries.iter().map(|delivery| delivery.delivered_at).min();
            for delivery in page.deliveries {
                if succeeded(&delivery) {
                    arrived.push(delivery.guid);
                } else {
                    failed.entry(delivery.guid).or_insert(delivery.id);
                }
            }
            cursor = page.next;
            if cursor.is_none() || oldest.is_none_or(|oldest| now.since(oldest) > WINDOW) {
                break;
            }
        }
        for guid in arrived {
            failed.remove(&guid);
        }
        let mut conn = self.app.db.read().await?;
        let mut missing = Vec::new();
        for (guid, attempt) in failed {
            if !inbox::knows(&mut conn, &guid).await? {
                missing.push(attempt);
            }
        }
        Ok(missing)
    }
}

fn succeeded(delivery: &HookDelivery) -> bool {
    (200..400).contains(&delivery.status_code)
}
