//! Where the files of a log are.

use std::path::Path;

use super::database::Database;
use super::file::File;
use super::folder::Folder;
use super::web::Web;
use super::{Error, Result};
use crate::audit::Verifier;
use crate::db::ReadOnly;
use crate::db::audit::StoredCheckpoint;
use crate::github::Secret;

/// Where a log is read from.
#[derive(Debug)]
pub enum LogSource {
    /// A folder, as it was exported.
    Folder(Folder),
    /// A server.
    Web(Web),
    /// The database in which it is written.
    Database(Box<Database>),
}

/// A checkpoint that is kept beside the entries.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) size: u64,
    pub(super) note: String,
    /// The whole row, where it is in a database: what stands beside the note there is believed by the server.
    pub(super) row: Option<StoredCheckpoint>,
}

impl LogSource {
    /// A folder, or a server's log when `place` begins as a URL does.
    ///
    /// # Errors
    /// When there is no such folder, or the URL cannot be one of a log.
    pub fn at(place: &str, token: Option<Secret>) -> Result<Self> {
        if place.starts_with("http://") || place.starts_with("https://") {
            return Web::new(place, token).map(Self::Web);
        }
        Folder::open(Path::new(place)).map(Self::Folder)
    }

    /// One epoch of the log in a database, as it is at this moment.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn in_database(db: &ReadOnly, epoch: i64) -> Result<Self> {
        Ok(Self::Database(Box::new(Database { conn: db.moment().await?, epoch })))
    }

    /// The log's key as it is called here: in a database, each epoch has a name of its own, and one key.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn key(&mut self, key: &Verifier) -> Result<Verifier> {
        match self {
            Self::Folder(_) | Self::Web(_) => Ok(key.clone()),
            Self::Database(database) => database.key_of_epoch(key).await,
        }
    }

    /// One file; none if it is not there. It is not larger than such a file can be, and no more is known of it.
    ///
    /// # Errors
    /// When it cannot be told whether it is there, and when something else lies in its place.
    pub async fn read(&mut self, file: File) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => folder.read(file),
            Self::Web(web) => web.read(file).await,
            Self::Database(database) => database.read(file).await,
        }
    }

    /// One file that is text; what is not UTF-8 is none of a log's.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn text(&mut self, file: File) -> Result<Option<String>> {
        let Some(bytes) = self.read(file).await? else { return Ok(None) };
        let strange = |_| Error::Strange { path: file.to_string(), what: "not text" };
        String::from_utf8(bytes).map(Some).map_err(strange)
    }

    /// The checkpoints of more than `size` entries that are kept there, in order: some of them, or none if there
    /// are no more. A server does not list them.
    pub(super) async fn checkpoints_after(&mut self, size: u64) -> Result<Vec<Kept>> {
        match self {
            Self::Folder(folder) => {
                let copied = folder.checkpoints_after(size)?.into_iter();
                Ok(copied.map(|(size, note)| Kept { size, note, row: None }).collect())
            }
            Self::Web(_) => Ok(Vec::new()),
            Self::Database(database) => {
                let rows = database.checkpoints_after(size).await?.into_iter();
                Ok(rows.map(|row| Kept { size: row.size, note: row.note.clone(), row: Some(row) }).collect())
            }
        }
    }

    /// The timestamps of checkpoints of more than `size` entries that are kept there, as [`Self::checkpoints_after`].
    pub(super) async fn timestamps_after(&mut self, size: u64) -> Result<Vec<(u64, Vec<u8>)>> {
        match self {
            Self::Folder(folder) => folder.timestamps_after(size),
            Self::Web(_) => Ok(Vec::new()),
            Self::Database(database) => database.timestamps_after(size).await,
        }
    }

    /// Whether what is missing cannot have been left out by whoever copied it.
    pub(super) fn is_database(&self) -> bool {
        matches!(self, Self::Database(_))
    }
}
