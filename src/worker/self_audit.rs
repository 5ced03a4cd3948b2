//! The server verifies its own log from the first entry, now and then: a bit that flipped on the disk is found
//! before an auditor finds it, and nothing is signed on top of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audit::{Hash, LogVerifier, UnknownKinds, UnknownWord};
use crate::db::audit::StoredEntry;
use crate::db::audit::stored::{self, Labels, StoredCheckpoint};
use crate::db::{self, Conn, tile};
use crate::worker::{Error, Workers};

/// How many rows are read at once: memory does not grow with the log.
const PAGE: i64 = 500;
/// How long is waited after each of them, so that nobody else has to.
const PAUSE: Duration = Duration::from_millis(5);

impl Workers {
    /// Verifies the log up to its newest checkpoint. After a fault nothing is appended any more.
    pub async fn audit_log(&self) -> Result<usize, Error> {
        let fault = self.first_fault().await?;
        metrics::gauge!("countersign_log_self_audit_failed").set(if fault.is_some() { 1.0 } else { 0.0 });
        if let Some(fault) = fault {
            tracing::error!(
                fault,
                "the log does not verify, and nothing is appended any more: keep a copy of the database, see what \
                 `countersign audit verify` says, and restore the newest backup that verifies"
            );
            self.app.db.halt(fault);
        }
        Ok(0)
    }

    /// What stands below the checkpoint never changes, so it is read in pieces, in no one moment.
    async fn first_fault(&self) -> db::Result<Option<String>> {
        let db = &self.app.db;
        let mut conn = db.read().await?;
        let epoch = i64::from(db::epoch::current(&mut conn).await?);
        let Some((size, newest)) = tile::newest_checkpoint(&mut conn, epoch).await? else { return Ok(None) };
        drop(conn);
        let log = LogVerifier::new(db.verifier());
        let mut walk = Walk { epoch, size, log, next: 0, checkpoints: VecDeque::new(), last: 0 };
        while walk.next < size {
            let mut conn = db.read().await?;
            if let Some(fault) = walk.page(&mut conn).await? {
                return Ok(Some(fault));
            }
            drop(conn);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(match walk.log.finish(&newest) {
            Ok(verified) => {
                tell_of_unknown(&verified.unknown);
                None
            }
            Err(fault) => Some(fault.to_string()),
        })
    }
}

/// A newer version wrote to this log, perhaps a replica of it: that is no fault, and has to be known.
fn tell_of_unknown(unknown: &UnknownKinds) {
    if unknown.entries() == 0 {
        return;
    }
    let kinds: Vec<&str> = unknown.kinds().keys().map(UnknownWord::as_str).collect();
    let lacks: Vec<&str> = unknown.lacks().map(|(kind, _)| kind.as_str()).collect();
    tracing::warn!(
        entries = unknown.entries(),
        kinds = kinds.join(", "),
        lacks_checks_of = lacks.join(", "),
        "the log holds entries of kinds that this version does not know: a newer one wrote them. What this version \
         knows of them verifies; upgrade to check their rules"
    );
}

/// The log as far as it was read.
struct Walk {
    epoch: i64,
    /// How many entries are read.
    size: u64,
    log: LogVerifier,
    next: u64,
    /// Checkpoints of entries that were not read yet, a page of them.
    checkpoints: VecDeque<StoredCheckpoint>,
    last: u64,
}

impl Walk {
    /// Reads the next entries with everything that stands beside them; the first thing that is wrong.
    async fn page(&mut self, conn: &mut Conn) -> db::Result<Option<String>> {
        let entries = tile::entries_from(conn, self.epoch, self.next, PAGE).await?;
        let labels = stored::labels_from(conn, self.epoch, self.next, PAGE).await?;
        if entries.is_empty() {
            let Self { next, size, .. } = self;
            return Ok(Some(format!("entry {next}: it is missing, and {size} entries were signed")));
        }
        let size = self.size;
        for (entry, labels) in entries.iter().zip(&labels).filter(|(entry, _)| entry.index < size) {
            let fault = self.entry(conn, entry, labels).await?;
            if fault.is_some() {
                return Ok(fault);
            }
        }
        Ok(None)
    }

    async fn entry(
        &mut self,
        conn: &mut Conn,
        entry: &StoredEntry,
        labels: &Labels,
    ) -> db::Result<Option<String>> {
        let hash = Hash::from_slice(&entry.leaf_hash).ok();
        let grown = match self.log.entry(entry.index, &entry.body, hash) {
            Ok(grown) => grown,
            Err(fault) => return Ok(Some(fault.to_string())),
        };
        self.next = entry.index + 1;
        if let Err(damaged) = labels.compare(&entry.body) {
            return Ok(Some(damaged.to_string()));
        }
        if let Some(damaged) = stored::damaged_node(conn, self.epoch, &grown.completed).await? {
            return Ok(Some(damaged.to_string()));
        }
        self.checkpoint(conn).await
    }

    /// Compares the checkpoint of as many entries as were read, if there is one.
    async fn checkpoint(&mut self, conn: &mut Conn) -> db::Result<Option<String>> {
        if self.checkpoints.is_empty() {
            self.checkpoints.extend(stored::checkpoint_rows(conn, self.epoch, self.last, PAGE).await?);
        }
        let Some(due) = self.checkpoints.pop_front_if(|due| due.size <= self.next) else { return Ok(None) };
        self.last = due.size;
        if let Err(fault) = self.log.checkpoint(&due.note) {
            return Ok(Some(fault.to_string()));
        }
        let compared = due.compare(self.log.tree(), self.log.last_observed());
        Ok(compared.err().map(|damaged| damaged.to_string()))
    }
}
