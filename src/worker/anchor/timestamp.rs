//! Timestamps (RFC 3161): an authority says when it saw a checkpoint, as often as the branch gets one.

use bytes::Bytes;
use http::StatusCode;
use url::Url;

use super::{Anchors, Error, batch};
use crate::audit::rfc3161::TimestampQuery;
use crate::clock::random;
use crate::db::anchor::{self, Anchor, Head, Place, Standing};
use crate::db::timestamp;

impl Anchors {
    /// Has the newest checkpoint timestamped, if it is time.
    pub(super) async fn ask_for_the_time(&self, authority: &Url, head: &Head) -> Result<(), Error> {
        let now = self.app.clock.now();
        let due = batch::due_from(&mut self.app.db.read().await?, head, Place::Rfc3161, now).await?;
        if due.is_none() {
            return Ok(());
        }
        let unusable = |why: String| Error::Unreachable { url: authority.to_string(), why };
        let query = TimestampQuery::new(head.note.as_bytes(), random());
        let request = Bytes::from(query.to_der());
        let answer = self.post(authority, "application/timestamp-query", request).await?;
        if answer.status != StatusCode::OK {
            return Err(unusable(format!("it answered {}", answer.status)));
        }
        let stamp = query.check(&answer.body).map_err(|why| unusable(why.to_string()))?;
        let anchor = Anchor {
            epoch: head.epoch,
            size: head.size,
            place: Place::Rfc3161,
            reference: stamp.serial,
            at: now,
            standing: Standing::Anchored,
        };
        self.keep_timestamp(anchor, answer.body.to_vec()).await
    }

    async fn keep_timestamp(&self, anchor: Anchor, response: Vec<u8>) -> Result<(), Error> {
        let write = self.app.db.write(move |tx| {
            Box::pin(async move {
                timestamp::keep(tx, (anchor.epoch, anchor.size), response).await?;
                anchor::record(tx, &anchor).await
            })
        });
        Ok(write.await?)
    }
}
