//! The high-water mark: the newest checkpoint, kept outside the database, so that a database that was taken
//! back, or continued elsewhere, is noticed before anything is signed.
//!
//! It is compared before each commit that signs, and raised after it, before anybody hears of that commit or
//! can read its checkpoint. So what was acknowledged is never above it, and it is never above the database.

mod file;
mod table;

use std::path::PathBuf;
use std::sync::{Arc, Mutex as Blocking, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::signer::Signer;
use super::{Conn, Lost, Refused, Result, tile};
use crate::audit::Checkpoint;
use file::Slots;
use table::Table;

/// Where the mark is kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file that this program alone holds.
    File(PathBuf),
    /// In another database: `sqlite:` or `postgres:`. Replicas may share it.
    Database(SecretString),
    /// Nowhere: a database that was taken back is not noticed.
    Nowhere,
}

/// A checkpoint with the note that it was signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) checkpoint: Checkpoint,
    pub(super) note: String,
}

/// The mark, shared by everybody in this program. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct HighWater {
    name: String,
    signer: Signer,
    known: Arc<Mutex<Known>>,
}

/// The mark as it was last seen, and where it is kept.
#[derive(Debug)]
struct Known {
    mark: Option<Mark>,
    store: Store,
}

#[derive(Debug)]
enum Store {
    File(Arc<Blocking<Slots>>),
    Table(Table),
    Nowhere,
}

impl HighWater {
    /// Reads the mark, and holds it if it is a file. It must be one of the signer's log, in whatever epoch.
    pub(super) async fn open(place: &Place, signer: Signer) -> Result<Self> {
        let (name, store, notes) = match place {
            Place::Nowhere => ("nowhere".to_owned(), Store::Nowhere, Vec::new()),
            Place::File(path) => {
                let (slots, notes) = Slots::open(path).await?;
                (path.display().to_string(), Store::File(Arc::new(Blocking::new(slots))), notes)
            }
            Place::Database(url) => {
                let table = Table::open(url.expose_secret(), signer.base()).await?;
                let notes = table.read().await?.into_iter().collect();
                (table::NAME.to_owned(), Store::Table(table), notes)
            }
        };
        let known = Arc::new(Mutex::new(Known { mark: None, store }));
        let high_water = Self { name, signer, known };
        high_water.known.lock().await.mark = high_water.newest(notes)?;
        Ok(high_water)
    }

    /// The same mark, raised by another signer.
    pub(super) fn signed_by(self, signer: Signer) -> Self {
        Self { signer, ..self }
    }

    /// Where it is kept, for people.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The mark as it was last seen.
    pub(super) async fn mark(&self) -> Option<Mark> {
        self.known.lock().await.mark.clone()
    }

    /// Whether there is no mark where one is to be kept.
    pub(super) async fn is_missing(&self) -> bool {
        let known = self.known.lock().await;
        known.mark.is_none() && !matches!(known.store, Store::Nowhere)
    }

    /// Whether the mark was last seen at this very checkpoint.
    pub(super) async fn was_seen_at(&self, note: &str) -> bool {
        self.known.lock().await.mark.as_ref().is_some_and(|mark| mark.note == note)
    }

    /// The same, if nobody else can have raised it since.
    pub(super) async fn ends_with(&self, note: &str) -> bool {
        let known = self.known.lock().await;
        !matches!(known.store, Store::Table(_)) && known.mark.as_ref().is_some_and(|mark| mark.note == note)
    }

    /// Refuses to sign unless the log ends where the mark says, or after that.
    ///
    /// `tail` is the newest checkpoint in the database, read in the transaction that is about to sign.
    pub(super) async fn compare(&self, conn: &mut Conn, tail: Option<&Mark>) -> Result<()> {
        let mut known = self.known.lock().await;
        if let Store::Table(table) = &known.store {
            known.mark = self.newest(table.read().await?.into_iter().collect())?;
        }
        let Some(mark) = known.mark.clone() else { return Ok(()) };
        if tail == Some(&mark) {
            return Ok(());
        }
        let earlier = self.signer.epoch_of(&mark.checkpoint) < Some(self.signer.epoch());
        let tail = match tail {
            Some(tail) if earlier => return self.raise_to(&mut known, tail).await,
            None if earlier => return Ok(()),
            None => return Err(self.lost(mark.checkpoint, 0)),
            Some(tail) => tail,
        };
        let Checkpoint { size, root, .. } = mark.checkpoint;
        let there = tile::root_of(conn, self.signer.epoch().into(), size).await?;
        if size > tail.checkpoint.size || there != Some(root) {
            return Err(self.lost(mark.checkpoint, tail.checkpoint.size));
        }
        // Another replica appended, or the mark could not be raised the last time: not a second time.
        self.raise_to(&mut known, tail).await
    }

    /// Raises the mark, if it is not there yet.
    pub(super) async fn raise(&self, to: &Mark) -> Result<()> {
        let mut known = self.known.lock().await;
        self.raise_to(&mut known, to).await
    }

    /// Lets go of the file.
    pub(super) async fn close(&self) {
        let mut known = self.known.lock().await;
        if let Store::Table(table) = &known.store {
            table.close().await;
        }
        known.store = Store::Nowhere;
    }

    async fn raise_to(&self, known: &mut Known, to: &Mark) -> Result<()> {
        if !self.is_above(to, known.mark.as_ref()) {
            return Ok(());
        }
        match &known.store {
            Store::Nowhere => {}
            Store::File(slots) => {
                let (slots, note) = (Arc::clone(slots), to.note.clone());
                let write = move || slots.lock().unwrap_or_else(PoisonError::into_inner).write(&note);
                let written = tokio::task::spawn_blocking(write).await;
                let why = match written {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(error) => Some(error.to_string()),
                };
                if let Some(why) = why {
                    return Err(Refused::Mark { place: self.name.clone(), what: "raised", why }.into());
                }
            }
            Store::Table(table) => {
                let mut seen = known.mark.clone();
                while !table.swap(seen.as_ref().map(|mark| mark.note.as_str()), &to.note).await? {
                    // Another replica was faster; if it raised the mark above ours, there is nothing left to do.
                    seen = self.newest(table.read().await?.into_iter().collect())?;
                    if !self.is_above(to, seen.as_ref()) {
                        known.mark = seen;
                        return Ok(());
                    }
                }
            }
        }
        known.mark = Some(to.clone());
        Ok(())
    }

    fn is_above(&self, one: &Mark, other: Option<&Mark>) -> bool {
        let height = |mark: &Mark| (self.signer.epoch_of(&mark.checkpoint), mark.checkpoint.size);
        other.is_none_or(|other| height(one) > height(other))
    }

    /// The highest of the notes that can be believed; an error if there are some, and none can.
    fn newest(&self, notes: Vec<String>) -> Result<Option<Mark>> {
        let mut newest: Option<Mark> = None;
        let mut doubt = None;
        for note in notes {
            match self.signer.open_in_any_epoch(&note) {
                Ok(checkpoint) => {
                    let mark = Mark { checkpoint, note };
                    if self.is_above(&mark, newest.as_ref()) {
                        newest = Some(mark);
                    }
                }
                Err(why) => doubt = Some(why.to_string()),
            }
        }
        match (newest, doubt) {
            (None, Some(why)) => {
                let (place, origin) = (self.name.clone(), self.signer.base().clone());
                Err(Refused::OtherMark { place, origin, why }.into())
            }
            (newest, _) => Ok(newest),
        }
    }

    fn lost(&self, last: Checkpoint, found: u64) -> super::Error {
        let from = format!("the high-water mark {}", self.name);
        Refused::from(Box::new(Lost { last, found, from })).into()
    }
}
