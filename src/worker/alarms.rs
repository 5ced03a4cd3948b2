//! Promotions whose time has come get a delivery of our own: through the one door, in their lane's order.

use std::time::Duration;

use crate::clock::{Timestamp, random};
use crate::db::inbox::{self, NewDelivery};
use crate::db::promotion;
use crate::event::WakeCall;
use crate::worker::{BATCH, Error, Workers};

/// The event's name in the inbox; GitHub has none with a dot.
pub(super) const WAKE: &str = "countersign.wake";
/// When an alarm rings again that nobody could answer: a promotion is never forgotten.
const AGAIN: Duration = Duration::from_mins(10);

impl Workers {
    pub(super) async fn ring_alarms(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        let mut conn = self.app.db.read().await?;
        let due = promotion::due(&mut conn, now, BATCH).await?;
        drop(conn);
        let count = due.len();
        for due in due {
            let Some(repo) = due.repo.clone() else {
                self.ring_again(due, now).await?;
                continue;
            };
            let call = WakeCall { repo, promotion: due.id.number };
            let body = serde_json::to_vec(&call).unwrap_or_default();
            // Two alarms may have been set for one moment, one after the other: each has its own delivery.
            let guid = format!("wake-{}-{}-{}", due.id.repo, due.id.number, hex::encode(random::<8>()));
            let Ok(guid) = guid.parse() else { continue };
            let delivery = NewDelivery {
                guid,
                event: WAKE.to_owned(),
                lane: due.id.repo.0,
                received_at: now,
                body: inbox::pack(&body),
            };
            self.app
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        if promotion::take_alarm(tx, &due, now.plus(AGAIN)).await? {
                            inbox::insert(tx.conn().await?, &delivery).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        if count > 0 {
            self.app.db.ring_inbox();
        }
        Ok(count)
    }

    /// One that cannot be read is nobody's to answer: it must not take the place of the others at every turn.
    async fn ring_again(&self, due: promotion::Due, now: Timestamp) -> Result<(), Error> {
        let again = now.plus(AGAIN);
        let taken = self
            .app
            .db
            .write(move |tx| Box::pin(async move { promotion::take_alarm(tx, &due, again).await }));
        taken.await?;
        Ok(())
    }
}
