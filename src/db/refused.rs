//! Why a database is not continued: what happened, and the way out.

use super::audit::DamagedRow;
use crate::audit::{Checkpoint, CheckpointError, Origin};

/// Why this database and this log are not written with these settings. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// SQLite has one writer.
    #[error(
        "another program (process {process}) writes to this database: {file} is locked. Stop `countersign serve`, or \
         whatever else it is, and try again; several replicas need PostgreSQL"
    )]
    SecondWriter {
        /// The locked file.
        file: String,
        /// Which process holds it, as far as it said.
        process: String,
    },
    /// The mark is somebody else's.
    #[error(
        "the high-water mark {place} is held by another program. Stop that one, or give each replica a file of its \
         own with COUNTERSIGN_HIGH_WATER"
    )]
    MarkHeld {
        /// The file.
        place: String,
    },
    /// The mark cannot be read or written.
    #[error(
        "the high-water mark {place} cannot be {what}: {why}. Nothing is signed without it: put that right, or name \
         another place with COUNTERSIGN_HIGH_WATER"
    )]
    Mark {
        /// Where it is kept.
        place: String,
        /// What was tried.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The mark is of another log.
    #[error(
        "the high-water mark {place} is not one of the log {origin}: {why}. Name this log's own mark with \
         COUNTERSIGN_HIGH_WATER, or start with the key (COUNTERSIGN_LOG_KEY_FILE, COUNTERSIGN_LOG_OLD_KEY_FILE) and \
         name (COUNTERSIGN_LOG_ORIGIN) that it was signed with"
    )]
    OtherMark {
        /// Where it is kept.
        place: String,
        /// This log.
        origin: Origin,
        /// What does not fit.
        why: String,
    },
    /// The log in the database is not signed by this key under this name.
    #[error(
        "the log in this database was not signed by {verifier}: {why}. Start with the log's own key file \
         (COUNTERSIGN_LOG_KEY_FILE) and name (COUNTERSIGN_LOG_ORIGIN), or with another database. A key is replaced \
         with `countersign audit rotate-key`, and then the one before it is given as COUNTERSIGN_LOG_OLD_KEY_FILE"
    )]
    OtherLog {
        /// The key of these settings.
        verifier: String,
        /// What does not fit.
        why: CheckpointError,
    },
    /// The new key was never introduced.
    #[error(
        "the log does not say that {verifier} signs it from now on. Replace its key with `countersign audit \
         rotate-key`, or go on with the old one as COUNTERSIGN_LOG_KEY_FILE"
    )]
    NotRotated {
        /// The key of these settings.
        verifier: String,
    },
    /// A part of the history is missing, or another one was signed.
    #[error(transparent)]
    OtherHistory(#[from] Box<Lost>),
    /// The end of the log is not as it was signed.
    #[error(
        "the log in this database is not as it was signed: {0}. The disk changed it, or somebody who may write to the \
         tables did. Nothing is signed on top of it, because nobody could ever verify that. Keep a copy of this \
         database, see what `countersign audit verify` says of it, and start with the newest backup that verifies. If \
         there is none, or it is refused because the newest entries are missing, `countersign serve --new-epoch` begins \
         the next log, whose first entry says how this one ended"
    )]
    Damaged(#[from] DamagedRow),
    /// There is no reason to begin an epoch.
    #[error(
        "--new-epoch begins another log because the newest part of this one is lost, and nothing is missing: the \
         database agrees with everything that is known of {0}. Start without --new-epoch"
    )]
    NothingLost(Origin),
    /// There is no key to replace.
    #[error(
        "nothing was ever signed in this log, so any key may begin it: give it as COUNTERSIGN_LOG_KEY_FILE"
    )]
    NothingSigned,
    /// Another program began the next epoch meanwhile.
    #[error("the log was ended by a program that began its next epoch: start this one again")]
    Ended,
    /// Somebody found a fault in the log.
    #[error("nothing is appended any more since the log does not verify: {0}")]
    Halted(String),
}

/// A history that the database does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this database is not the newest one of its log. The checkpoint that is known from {from} says that {} has {} \
     entries under the root {}, and {}. A backup was restored, or another copy was written to: whoever keeps that \
     checkpoint could prove that the log was changed. Start with the newest database. If that is lost for good, \
     `countersign serve --new-epoch` begins the next log, whose first entry says what was lost",
    .last.origin, .last.size, .last.root, Self::found_in_words(*found, .last.size)
)]
pub struct Lost {
    /// The last checkpoint that is known.
    pub last: Checkpoint,
    /// How many entries of that log the database holds.
    pub found: u64,
    /// Where that checkpoint is known from.
    pub from: String,
}

impl Lost {
    fn found_in_words(found: u64, size: u64) -> String {
        if found < size {
            format!("this database has only {found} of them")
        } else {
            "this database has other entries there".to_owned()
        }
    }
}
