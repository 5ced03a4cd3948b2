//! What stands between a database and the log's key: before anything is signed, everything that is known of
//! the log must agree with what the database holds.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::audit::stored::Believed;
use super::audit::{Signed, Tail};
use super::high_water::{HighWater, Mark, Place};
use super::only_writer::file_of;
use super::signer::Signer;
use super::{Conn, Error, Lost, Refused, Result, epoch, tile};
use crate::audit::{Checkpoint, CheckpointError, LogKey};

/// How a log is guarded while it is written.
#[derive(Debug, Clone, Default)]
pub struct Guarding {
    /// The key that is being replaced: it signs beside the log's key.
    pub old_key: Option<LogKey>,
    /// Where the newest checkpoint is kept; none is a file beside the database.
    pub high_water: Option<Place>,
    /// Checkpoints that are known from elsewhere. Their signatures were checked.
    pub known: Vec<Anchored>,
    /// What the log is opened for.
    pub purpose: Purpose,
}

/// A checkpoint that was written down where whoever keeps the database cannot change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchored {
    /// What was written down.
    pub checkpoint: Checkpoint,
    /// Where, for people.
    pub place: String,
}

/// What a log is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// To append to it.
    #[default]
    GoOn,
    /// To begin its next epoch, because a part of its history is lost.
    NewEpoch,
    /// To replace its key: the log does not know the new one yet.
    RotateKey,
}

/// Lets the log be signed, or not. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) signer: Signer,
    pub(super) high_water: HighWater,
    /// The end of the log as it was last committed or checked here.
    pub(super) believed: Believed,
    halted: Arc<OnceLock<String>>,
}

impl Place {
    /// The place that is used when nothing is said: beside an SQLite file, else in the working folder.
    pub fn beside(url: &str) -> Result<Self> {
        if !url.starts_with("sqlite:") {
            return Ok(Self::File(PathBuf::from("countersign.high-water")));
        }
        let Some(file) = file_of(url)? else { return Ok(Self::Nowhere) };
        let mut name = file.into_os_string();
        name.push(".high-water");
        Ok(Self::File(PathBuf::from(name)))
    }
}

impl Guard {
    /// One that signs in the epoch that the database is in, and keeps no mark.
    pub(super) async fn open(conn: &mut Conn, place: &Place, signer: Signer) -> Result<Self> {
        let signer = signer.in_epoch(epoch::current(conn).await?).map_err(unsigned)?;
        let high_water = HighWater::open(place, signer.clone()).await?;
        Ok(Self { signer, high_water, believed: Believed::default(), halted: Arc::default() })
    }

    /// The same in another epoch.
    pub(super) fn in_epoch(&self, epoch: u32) -> Result<Self> {
        let signer = self.signer.in_epoch(epoch).map_err(unsigned)?;
        let high_water = self.high_water.clone().signed_by(signer.clone());
        let (believed, halted) = (self.believed.clone(), Arc::clone(&self.halted));
        Ok(Self { signer, high_water, believed, halted })
    }

    /// The first epoch that nobody has ever signed in, as far as is known.
    pub(super) async fn next_epoch(&self, known: &[Anchored]) -> Result<u32> {
        let mark = self.high_water.mark().await.map(|mark| mark.checkpoint);
        let epochs = known.iter().map(|known| &known.checkpoint).chain(mark.as_ref());
        let epochs = epochs.filter_map(|known| self.signer.epoch_of(known));
        let newest = epochs.max().unwrap_or(0).max(self.signer.epoch());
        newest.checked_add(1).ok_or_else(|| Error::Log("there are too many epochs".to_owned()))
    }

    /// Whether the log, whose newest checkpoint in this transaction is `tail`, may be signed.
    pub(super) async fn admit(&self, conn: &mut Conn, tail: Option<&str>) -> Result<()> {
        if let Some(why) = self.halted.get() {
            return Err(Refused::Halted(why.clone()).into());
        }
        if let Some(note) = tail
            && self.high_water.ends_with(note).await
        {
            return Ok(());
        }
        // Two replicas with different keys would otherwise sign one log in turn, for ever unverifiable.
        let tail = tail.map(|note| self.mark(note)).transpose()?;
        self.high_water.compare(conn, tail.as_ref()).await
    }

    /// A checkpoint may be shown, and what it vouches for be acknowledged, once this returns.
    pub(super) async fn publish(&self, note: &str) -> Result<()> {
        if self.high_water.was_seen_at(note).await {
            return Ok(());
        }
        let checkpoint = self.signer.open_in_any_epoch(note).map_err(unsigned)?;
        self.high_water.raise(&Mark { checkpoint, note: note.to_owned() }).await
    }

    /// Says loudly that nothing tells whether a log of `size` entries is whole, if that is so.
    pub(super) async fn tell_of_missing_mark(&self, size: u64) {
        if self.high_water.is_missing().await {
            tracing::warn!(
                size,
                "THE HIGH-WATER MARK IS MISSING: the log has {size} entries, and nothing is kept in {}, so nothing \
                 here tells whether this database is the newest one of its log. That is so once, when the mark is \
                 first kept there (COUNTERSIGN_HIGH_WATER). If it was there before, a backup may have been restored: \
                 compare the database with a checkpoint that somebody else keeps (`countersign audit verify --since \
                 CHECKPOINT`). The mark is kept from now on",
                self.high_water.name()
            );
        }
    }

    /// The same of a checkpoint that was signed just now.
    pub(super) async fn publish_own(&self, Signed { row, tree }: Signed) -> Result<()> {
        let (origin, note) = (self.signer.origin().clone(), row.note.clone());
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        self.believed.remember(row, tree);
        self.high_water.raise(&Mark { checkpoint, note }).await
    }

    /// Nothing is appended any more, until the program starts again.
    pub(super) fn halt(&self, why: String) {
        let _ = self.halted.set(why);
    }

    /// The last checkpoint that is known and that the database does not hold, if there is one.
    pub(super) async fn lost(&self, conn: &mut Conn, known: &[Anchored]) -> Result<Option<Lost>> {
        let mark = self.high_water.mark().await.map(|mark| mark.checkpoint);
        let from_mark = mark.map(|mark| (mark, format!("the high-water mark {}", self.high_water.name())));
        let from_anchors = known.iter().map(|anchor| (anchor.checkpoint.clone(), anchor.place.clone()));
        let mut lost: Option<Lost> = None;
        for (last, from) in from_mark.into_iter().chain(from_anchors) {
            let height = |checkpoint: &Checkpoint| (self.signer.epoch_of(checkpoint), checkpoint.size);
            if let Some(found) = self.missing(conn, &last, &from).await?
                && lost.as_ref().is_none_or(|lost| height(&last) > height(&lost.last))
            {
                lost = Some(Lost { last, found, from });
            }
        }
        Ok(lost)
    }

    /// How many entries the database holds of the log that `known` speaks of, unless that is a part of it.
    async fn missing(&self, conn: &mut Conn, known: &Checkpoint, from: &str) -> Result<Option<u64>> {
        let Some(epoch) = self.signer.epoch_of(known) else {
            let why = format!("it is one of {}", known.origin);
            let (place, origin) = (from.to_owned(), self.signer.base().clone());
            return Err(Refused::OtherMark { place, origin, why }.into());
        };
        let newest = tile::newest_checkpoint(conn, epoch.into()).await?;
        let found = newest.and_then(|(_, note)| Checkpoint::claimed(&note)).map_or(0, |newest| newest.size);
        let holds =
            known.size <= found && tile::root_of(conn, epoch.into(), known.size).await? == Some(known.root);
        let told = !holds && epoch::told_as_lost(conn, known, epoch, self.signer.epoch()).await?;
        Ok((!holds && !told).then_some(found))
    }

    /// Refuses a log that another key signed, unless that key handed over to ours.
    pub(super) async fn check_key(&self, conn: &mut Conn, purpose: Purpose) -> Result<()> {
        let epoch = i64::from(self.signer.epoch());
        let Some((_, note)) = tile::newest_checkpoint(conn, epoch).await? else { return Ok(()) };
        let verifier = self.signer.verifier().to_string();
        if self.signer.open_by_new(&note).is_ok() {
            return Ok(());
        }
        self.signer.open(&note).map_err(|why| Refused::OtherLog { verifier: verifier.clone(), why })?;
        if purpose == Purpose::RotateKey || epoch::was_rotated_to(conn, &self.signer).await? {
            return Ok(());
        }
        Err(Refused::NotRotated { verifier }.into())
    }

    /// Refuses a log whose end is not as it was signed: nothing could be appended to it.
    pub(super) async fn check_end(&self, conn: &mut Conn) -> Result<()> {
        Tail::read(conn, self).await.map(drop)
    }

    /// The newest checkpoint, if everything that is known of the log is in the database and nothing can be appended to
    /// it all the same, because its end is not as it was signed.
    pub(super) async fn damaged(&self, conn: &mut Conn) -> Result<Option<Lost>> {
        let Err(Error::Refused(Refused::Damaged(row))) = self.check_end(conn).await else { return Ok(None) };
        let newest = tile::newest_checkpoint(conn, self.signer.epoch().into()).await?;
        let Some((_, note)) = newest else { return Ok(None) };
        let last = self.signer.open(&note).map_err(unsigned)?;
        Ok(Some(Lost { found: last.size, last, from: format!("the database itself, in which {row}") }))
    }

    pub(super) fn mark(&self, note: &str) -> Result<Mark> {
        let checkpoint = self.signer.open(note).map_err(unsigned)?;
        Ok(Mark { checkpoint, note: note.to_owned() })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` asks for")]
pub(super) fn unsigned(why: CheckpointError) -> Error {
    Error::Log(why.to_string())
}
