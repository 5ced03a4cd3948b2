//! SQLite's one writer: a lock beside the database, held as long as the program writes.
//!
//! Two programs on one file would not harm SQLite, but each believes that it alone continues the log.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;

use super::{Error, Refused, Result};

/// How long a program that is just ending is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct OnlyWriter {
    _file: File,
}

impl OnlyWriter {
    /// Locks the database at `url`; none if it is no file, or one of PostgreSQL's, whose writers take turns.
    pub(super) async fn of(url: &str) -> Result<Option<Self>> {
        let Some(database) = file_of(url)? else { return Ok(None) };
        let mut name = database.into_os_string();
        name.push(".lock");
        let path = PathBuf::from(name);
        let unusable = |error: io::Error| Error::Url(format!("{} cannot be locked: {error}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        if !try_lock(&file).await.map_err(unusable)? {
            let mut process = String::new();
            let _ = file.take(20).read_to_string(&mut process);
            let file = path.display().to_string();
            return Err(Refused::SecondWriter { file, process: process.trim().to_owned() }.into());
        }
        // Who it is, for those who come later. The lock holds without it.
        let _ = file.set_len(0).and_then(|()| file.rewind());
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Some(Self { _file: file }))
    }
}

/// Whether the file is locked now; a holder that is about to end is given a moment.
pub(super) async fn try_lock(file: &File) -> io::Result<bool> {
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// The file of an SQLite database, under one name whatever path leads to it.
pub(super) fn file_of(url: &str) -> Result<Option<PathBuf>> {
    if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(url)?;
    let file = options.get_filename();
    if let Ok(found) = file.canonicalize() {
        return Ok(Some(found));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(Some(match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => file.to_owned(),
    }))
}
