//! The server verifies its own log from the first entry, now and then: a bit that flipped on the disk is found
//! before an auditor finds it, and nothing is signed on top of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audit::{Hash, LogVerifier};
use crate::db::{self, tile};
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
        let mut log = LogVerifier::new(db.verifier());
        let (mut next, mut last) = (0, 0);
        let mut checkpoints = VecDeque::new();
        while next < size {
            let mut conn = db.read().await?;
            let entries = tile::entries_from(&mut conn, epoch, next, PAGE).await?;
            if entries.is_empty() {
                return Ok(Some(format!("entry {next}: it is missing, and {size} entries were signed")));
            }
            for entry in entries.into_iter().filter(|entry| entry.index < size) {
                let hash = Hash::from_slice(&entry.leaf_hash).ok();
                let fed = log.entry(entry.index, &entry.body, hash).map(drop);
                next = entry.index + 1;
                if checkpoints.is_empty() {
                    checkpoints.extend(tile::checkpoints_after(&mut conn, epoch, last, PAGE).await?);
                }
                let due = checkpoints.pop_front_if(|(size, _): &mut (u64, String)| *size <= next);
                last = due.as_ref().map_or(last, |(size, _)| *size);
                let checked = fed.and_then(|()| due.map_or(Ok(()), |(_, note)| log.checkpoint(&note)));
                if let Err(fault) = checked {
                    return Ok(Some(fault.to_string()));
                }
            }
            drop(conn);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(log.finish(&newest).err().map(|fault| fault.to_string()))
    }
}
