//! What of the log is published: what is at or below its newest signed checkpoint.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use super::refusal::{Refusal, missing, unreadable};
use crate::audit::{Checkpoint, Origin, decimal};
use crate::db::{self, Conn, epoch, tile};
use crate::server::Shared;

const EMPTY: &str = "The log is empty: nothing was asked, decided or done yet. \
    The first command on a pull request begins it.\n";

/// One epoch of the log, up to its newest checkpoint, with a connection to read the rest.
pub(super) struct Published {
    pub(super) epoch: i64,
    pub(super) conn: Conn,
    /// How many entries are published.
    pub(super) size: u64,
    /// The newest checkpoint.
    pub(super) note: String,
    _place: OwnedSemaphorePermit,
}

impl FromRequestParts<Shared> for Published {
    type Rejection = Refusal;

    /// The newest epoch, unless the path names another.
    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, shared).await;
        let params = params.map_err(|_| no_such_epoch())?;
        let named = params.iter().find(|(name, _)| *name == "epoch");
        let named = named.map(|(_, text)| decimal(text).ok_or_else(no_such_epoch)).transpose()?;
        let published = Self::read(shared, named).await.map_err(|error| unreadable(&error))?;
        published.ok_or_else(|| if named.is_some() { no_such_epoch() } else { missing(EMPTY) })
    }
}

impl Published {
    async fn read(shared: &Shared, named: Option<i64>) -> db::Result<Option<Self>> {
        let place = shared.log.places.clone().acquire_owned().await.map_err(|_| db::Error::Stopped)?;
        let mut conn = shared.db.read().await?;
        let epoch = match named {
            Some(epoch) => epoch,
            None => epoch::current(&mut conn).await?.into(),
        };
        let newest = tile::newest_checkpoint(&mut conn, epoch).await?;
        if let Some((_, note)) = &newest {
            shared.db.publish(epoch, note).await?;
        }
        Ok(newest.map(|(size, note)| Self { epoch, conn, size, note, _place: place }))
    }

    /// What the log is called in this epoch.
    pub(super) fn origin(&self) -> Option<Origin> {
        Checkpoint::claimed(&self.note).map(|checkpoint| checkpoint.origin)
    }

    /// Whether this entry is published; otherwise the answer that says so.
    pub(super) fn has(&self, index: u64) -> Result<(), Refusal> {
        if index < self.size {
            return Ok(());
        }
        Err(missing(format!(
            "There is no entry {index}: the log has {} entries, and the first is entry 0.\n",
            self.size
        )))
    }
}

fn no_such_epoch() -> Refusal {
    missing("There is no such epoch of the log. Without /epoch/…, its newest one is here.\n")
}
