//! One turn of work: what is ready is claimed, and done side by side.

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use crate::clock::Timestamp;
use crate::db::{self, Conn, Db, Tx};
use crate::worker::{Error, Workers};

/// Whether any row is ready: asked of a reader, before the writer is troubled.
type AnyReady = for<'c> fn(&'c mut Conn, Timestamp) -> BoxFuture<'c, db::Result<bool>>;
/// Claims rows from this moment on, for this long.
type Claim<C> = for<'t> fn(&'t mut Tx, Timestamp, Duration) -> BoxFuture<'t, db::Result<Vec<C>>>;

impl Workers {
    /// Claims what is ready and does `each` of it; how many rows that were.
    pub(super) async fn turn<C, F>(
        &self,
        any_ready: AnyReady,
        claim: Claim<C>,
        ring: fn(&Db),
        each: impl Fn(C) -> F,
    ) -> Result<usize, Error>
    where
        C: Send + 'static,
        F: Future<Output = Result<(), Error>>,
    {
        let now = self.app.clock.now();
        let mut conn = self.app.db.read().await?;
        if !any_ready(&mut conn, now).await? {
            return Ok(0);
        }
        drop(conn);
        let lease = self.lease;
        let claimed = self.app.db.write(move |tx| claim(tx, now, lease)).await?;
        let count = claimed.len();
        if count > 0 {
            // There may be more: whoever else is idle takes it meanwhile.
            ring(&self.app.db);
        }
        for ended in join_all(claimed.into_iter().map(each)).await {
            ended?;
        }
        Ok(count)
    }
}
