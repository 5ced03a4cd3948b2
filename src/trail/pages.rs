//! The entries of every epoch in a database, a page at a time: memory does not grow with the log.

use std::collections::VecDeque;

use crate::db::audit::StoredEntry;
use crate::db::{self, Conn, tile};

/// How many entries are read at once.
const PAGE: i64 = 1000;

/// A walk over all entries, the oldest first.
pub(super) struct Pages {
    epochs: VecDeque<i64>,
    next: u64,
}

impl Pages {
    /// Begins with the first entry of the first epoch.
    pub(super) async fn of(conn: &mut Conn) -> db::Result<Self> {
        Ok(Self { epochs: tile::epochs(conn).await?.into(), next: 0 })
    }

    /// The next entries and their epoch; never none of them.
    pub(super) async fn next(&mut self, conn: &mut Conn) -> db::Result<Option<(i64, Vec<StoredEntry>)>> {
        while let Some(epoch) = self.epochs.front().copied() {
            let page = tile::entries_from(conn, epoch, self.next, PAGE).await?;
            if let Some(last) = page.last() {
                self.next = last.index + 1;
                return Ok(Some((epoch, page)));
            }
            self.epochs.pop_front();
            self.next = 0;
        }
        Ok(None)
    }
}
