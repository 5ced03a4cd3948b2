//! A log as its auditor holds it: in a folder, behind a URL, or in a database. Reading it, verifying it, copying
//! it out, telling it in plain words, taking its decisions again, and comparing it with what GitHub has. Whoever
//! wrote it is not trusted.
//!
//! A folder and a URL have the same layout (c2sp.org/tlog-tiles): `checkpoint`, `key`, `tile/…`, `checkpoints/<size>`;
//! a folder may hold `timestamps/<size>.tsr` and `disclosures.jsonl`, too.

mod database;
mod disclosures;
pub mod epochs;
pub mod export;
mod file;
mod folder;
mod out;
mod pages;
pub mod replay;
pub mod reconcile;
mod source;
pub mod story;
mod strangers;
mod tiles;
mod timestamps;
pub mod verify;
mod web;

use std::io;
use std::path::PathBuf;

use crate::db;

pub use export::Exported;
pub use file::File;
pub use source::LogSource;
pub use strangers::Strangers;
pub use verify::{Verdict, verify};

/// Why a log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder.
    #[error("{} cannot be {what}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// Something lies there that no log has: it is not read any further.
    #[error("{path} is {what}")]
    Strange {
        /// Its path within the log.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// The server gave no answer that can be used.
    #[error("{url}: {why}")]
    Web {
        /// What was asked for.
        url: String,
        /// Why not.
        why: String,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// What was exported before is not the beginning of what the database holds.
    #[error("{0}")]
    OtherHistory(String),
}

/// What reading a log gives.
pub type Result<T> = std::result::Result<T, Error>;
