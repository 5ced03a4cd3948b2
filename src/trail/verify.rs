//! Verifies a whole log from the bytes of its entries: everything else that lies beside them is compared with what
//! they give. Memory does not grow with the log.

use std::collections::VecDeque;

use futures_util::future::LocalBoxFuture;

use super::disclosures::{self, Disclosures};
use super::file::File;
use super::source::{Kept, LogSource};
use super::strangers::Strangers;
use super::tiles::Tiles;
use super::timestamps::Timestamps;
use super::{Error, Result};

use crate::audit::tile::unbundle;
use crate::audit::{
    Checkpoint, Fault, Hash, LogVerifier, Node, RuleSet, TileLevel, TilePath, Verified, Verifier,
};
use crate::db::audit::DamagedRow;

/// What came out.
#[derive(Debug)]
pub enum Verdict {
    /// Everything is as it was signed.
    Holds(Box<Holds>),
    /// Nothing is seen to be wrong, and this version lacks rules that would have to be checked.
    Unchecked(Box<Holds>),
    /// Something is not.
    Tampered {
        /// The first entry that cannot be believed; none where it is not an entry that is wrong.
        index: Option<u64>,
        /// What is wrong.
        why: String,
    },
    /// Something is missing, so it cannot be said.
    Incomplete {
        /// What.
        why: String,
    },
    /// There is no entry and no checkpoint.
    Empty,
}

impl Verdict {
    /// The log, if nothing is wrong with it as far as this version can tell.
    pub fn holds(&self) -> Option<&Holds> {
        match self {
            Self::Holds(holds) | Self::Unchecked(holds) => Some(holds),
            Self::Tampered { .. } | Self::Incomplete { .. } | Self::Empty => None,
        }
    }
}

/// A log that holds.
#[derive(Debug)]
pub struct Holds {
    /// What is in it.
    pub log: Verified,
    /// The newest checkpoint, with all its signatures: only those of the log's own keys were checked.
    pub note: String,
    /// How many disclosures were compared with their commitments; none if none are there.
    pub disclosures: Option<u64>,
    /// How many timestamps are of the checkpoints that they lie beside; who signed them was not checked.
    pub timestamps: u64,
    /// Files in the folder that are no part of the log.
    pub strangers: Strangers,
}

/// Why verifying ends early.
enum Stop {
    Verdict(Verdict),
    Failed(Error),
}

type Step<T> = std::result::Result<T, Stop>;

/// Verifies the log in `source`, whose key is `key`, and that the log of an earlier checkpoint, `since`, is its
/// beginning. Tells `progress` how many entries of how many are done.
///
/// # Errors
/// When it could not be read; what is wrong with the log itself is the verdict.
// Boxed, so that it is compiled here and not once more in each program that calls it, where optimising it took half an
// hour.
pub fn verify<'a>(
    source: &'a mut LogSource,
    key: &'a Verifier,
    since: Option<&'a Checkpoint>,
    progress: &'a mut dyn FnMut(u64, u64),
) -> LocalBoxFuture<'a, Result<Verdict>> {
    Box::pin(async move {
        match check(source, key, since, progress).await {
            Ok(verdict) | Err(Stop::Verdict(verdict)) => Ok(verdict),
            Err(Stop::Failed(error)) => Err(error),
        }
    })
}

async fn check(
    source: &mut LogSource,
    key: &Verifier,
    since: Option<&Checkpoint>,
    progress: &mut dyn FnMut(u64, u64),
) -> Step<Verdict> {
    let Some(note) = source.text(File::Checkpoint).await? else { return unsigned(source).await };
    let size = Checkpoint::claimed(&note).map(|claimed| claimed.size);
    let size = size.ok_or_else(|| tampered(None, "`checkpoint` is not a signed checkpoint".to_owned()))?;
    if let Some(since) = since {
        is_earlier(since, size, key)?;
    }
    let disclosures = match source {
        LogSource::Folder(folder) => Disclosures::open(folder)?,
        LogSource::Web(_) | LogSource::Database(_) => None,
    };
    let log = LogVerifier::new(key.clone());
    let mut walk = Walk {
        source,
        log,
        size,
        tiles: Tiles::default(),
        kept: VecDeque::new(),
        kept_ended: false,
        last_kept: 0,
        timestamps: Timestamps::default(),
        due: 0,
        since,
        disclosures,
    };
    walk.entries(progress).await?;
    let Walk { log, disclosures, timestamps, .. } = walk;
    let log = log.finish(&note)?;
    key_file_agrees(source, key, &log).await?;
    let strangers = match source {
        LogSource::Folder(folder) => Strangers::beside(folder.root(), size)?,
        LogSource::Web(_) | LogSource::Database(_) => Strangers::default(),
    };
    let disclosures = disclosures.map(|disclosures| disclosures.seen());
    let timestamps = timestamps.seen();
    let lacks_rules = log.unknown.lacks().next().is_some();
    let holds = Box::new(Holds { log, note, disclosures, timestamps, strangers });
    Ok(if lacks_rules { Verdict::Unchecked(holds) } else { Verdict::Holds(holds) })
}

/// A log without a checkpoint: nobody vouches for anything.
async fn unsigned(source: &mut LogSource) -> Step<Verdict> {
    let LogSource::Database(database) = source else {
        return Err(Stop::Verdict(Verdict::Incomplete { why: "there is no `checkpoint`".to_owned() }));
    };
    match database.entry_beyond(0).await? {
        None => Ok(Verdict::Empty),
        Some(index) => Err(tampered(index, "it stands under no signed checkpoint".to_owned())),
    }
}

/// The log of the earlier checkpoint is no other log, and no larger one.
fn is_earlier(since: &Checkpoint, size: u64, key: &Verifier) -> Step<()> {
    if since.origin.key_name() != key.name() {
        let why = format!("the earlier checkpoint is of {}, and the key is of {}", since.origin, key.name());
        return Err(tampered(None, why));
    }
    if since.size > size {
        let why = format!("the log was cut off: it had {} entries before, and now it has {size}", since.size);
        return Err(tampered(size, why));
    }
    Ok(())
}

/// The key that lies beside a log is one of its keys.
async fn key_file_agrees(source: &mut LogSource, key: &Verifier, log: &Verified) -> Step<()> {
    if source.is_database() {
        return Ok(());
    }
    let Some(text) = source.text(File::Key).await? else {
        // A server shows no key beside an earlier epoch.
        let served = matches!(source, LogSource::Web(_));
        return if served { Ok(()) } else { Err(missing(source, File::Key, 0)) };
    };
    let ours = log.keys.iter().chain([key]).any(|known| format!("{known}\n") == text);
    // It may be one that an entry of an unknown kind named.
    if ours || log.unknown.may_change(RuleSet::Keys) {
        return Ok(());
    }
    Err(tampered(None, "the file `key` holds another key than the one that signed the log".to_owned()))
}

/// A log that is being read.
struct Walk<'a> {
    source: &'a mut LogSource,
    log: LogVerifier,
    /// How many entries the newest checkpoint says there are.
    size: u64,
    tiles: Tiles,
    /// Checkpoints that are kept beside the entries, a page of them.
    kept: VecDeque<Kept>,
    kept_ended: bool,
    last_kept: u64,
    timestamps: Timestamps,
    /// After how many entries there is a checkpoint to compare with.
    due: u64,
    since: Option<&'a Checkpoint>,
    disclosures: Option<Disclosures>,
}

impl Walk<'_> {
    async fn entries(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Step<()> {
        for path in TilePath::of_level(TileLevel::Entries, self.size) {
            self.bundle(path).await?;
            progress(self.log.size(), self.size);
        }
        self.checkpoints().await?;
        for (path, hashes) in self.tiles.partial() {
            self.compare(path, &hashes).await?;
        }
        if self.disclosures.as_ref().is_some_and(|disclosures| disclosures.next_index().is_some()) {
            return Err(tampered(self.size, "there is a disclosure for it, and no such entry".to_owned()));
        }
        if let LogSource::Database(database) = &mut *self.source {
            if let Some(index) = database.entry_beyond(self.size).await? {
                return Err(tampered(index, "it stands under no signed checkpoint".to_owned()));
            }
            database.node_too_many(self.size).await?.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    async fn bundle(&mut self, path: TilePath) -> Step<()> {
        let first = path.first().unwrap_or(u64::MAX);
        let Some(bytes) = self.source.read(File::Tile(path)).await? else {
            return Err(missing(self.source, File::Tile(path), first));
        };
        let leaves = File::Tile(TilePath { level: TileLevel::Hashes(0), ..path });
        let stored = self.source.read(leaves).await?;
        if stored.as_ref().is_some_and(|stored| stored.len() != usize::from(path.width) * 32) {
            return Err(tampered(first, format!("{leaves} does not hold {} hashes", path.width)));
        }
        let mut hashes = stored.iter().flat_map(|stored| stored.chunks_exact(32));
        let mut entries = unbundle(&bytes);
        let mut completed = Vec::new();
        for index in first..first.saturating_add(u64::from(path.width)) {
            if self.due <= index || self.log.needs_checkpoint().is_some() {
                self.checkpoints().await?;
            }
            let entry = entries.next().ok_or_else(|| tampered(index, format!("{path} ends before it")))?;
            let entry = entry.map_err(|broken| tampered(index, format!("{path}: {broken}")))?;
            completed.extend(self.entry(index, entry, hashes.next())?);
        }
        if entries.next().is_some() {
            return Err(tampered(self.log.size(), format!("{path} holds more than {} entries", path.width)));
        }
        if stored.is_none() {
            return Err(missing(self.source, leaves, first));
        }
        // Boxed and once in a bundle: in the loop above it made code that took an optimiser half an hour.
        Box::pin(self.rows(path, &bytes, &completed)).await?;
        for (path, hashes) in self.tiles.full() {
            self.compare(path, &hashes).await?;
        }
        Ok(())
    }

    /// Compares what a database keeps beside these entries with what they give.
    async fn rows(&mut self, path: TilePath, bytes: &[u8], completed: &[Node]) -> Step<()> {
        let LogSource::Database(database) = &mut *self.source else { return Ok(()) };
        database.damaged_node(completed).await?.map_or(Ok(()), Err)?;
        let labels = database.labels_of(path).await?;
        labels.iter().zip(unbundle(bytes).flatten()).try_for_each(|(row, entry)| row.compare(entry))?;
        Ok(())
    }

    /// The nodes that it completed.
    fn entry(&mut self, index: u64, bytes: &[u8], stored: Option<&[u8]>) -> Step<Vec<Node>> {
        let grown = self.log.entry(index, bytes, stored.and_then(|hash| Hash::from_slice(hash).ok()))?;
        self.tiles.add(&grown.completed);
        let Some(disclosures) = &mut self.disclosures else { return Ok(grown.completed) };
        if disclosures.next_index() == Some(index) && !disclosures::belong_to(&disclosures.of(index)?, bytes)
        {
            return Err(tampered(index, "a disclosure for it is not the one that it commits to".to_owned()));
        }
        Ok(grown.completed)
    }

    /// Compares with every checkpoint of as many entries as were read.
    async fn checkpoints(&mut self) -> Step<()> {
        let size = self.log.size();
        self.compare_earlier(size)?;
        self.load_kept().await?;
        while let Some(kept) = self.kept.pop_front_if(|kept| kept.size <= size) {
            self.log.checkpoint(&kept.note)?;
            if let Some(row) = &kept.row {
                row.compare(self.log.tree(), self.log.last_observed())?;
            }
            self.timestamps.check(self.source, kept.size, &kept.note).await?;
            self.load_kept().await?;
        }
        // The last checkpoint of all vouches for a change at the very end.
        if let Some(needed) = self.log.needs_checkpoint().filter(|needed| *needed < self.size) {
            let file = File::CheckpointOf(needed);
            let Some(note) = self.source.text(file).await? else {
                return Err(missing(self.source, file, needed));
            };
            self.log.checkpoint(&note)?;
        }
        let since = self.since.map(|since| since.size).filter(|since| *since > size);
        let kept = self.kept.front().map(|kept| kept.size);
        self.due = since.into_iter().chain(kept).min().unwrap_or(u64::MAX);
        Ok(())
    }

    fn compare_earlier(&self, size: u64) -> Step<()> {
        let Some(since) = self.since.filter(|since| since.size == size) else { return Ok(()) };
        let root = self.log.root();
        if root == since.root {
            return Ok(());
        }
        let why = format!(
            "the first {size} entries are not those of the earlier checkpoint: their root is {root}, and it was {}",
            since.root
        );
        Err(tampered(0, why))
    }

    async fn load_kept(&mut self) -> Step<()> {
        if self.kept.is_empty() && !self.kept_ended {
            self.kept = self.source.checkpoints_after(self.last_kept).await?.into();
            // In a database nothing is beyond the newest checkpoint but a row whose size is another than was signed.
            self.kept
                .iter()
                .filter_map(|kept| kept.row.as_ref())
                .try_for_each(|row| row.is_within(self.size))?;
            // In a copy, it is left over from an export that broke off.
            self.kept.retain(|kept| kept.size <= self.size);
            self.kept_ended = self.kept.is_empty();
            self.last_kept = self.kept.back().map_or(self.last_kept, |kept| kept.size);
        }
        Ok(())
    }

    /// Compares a stored tile with the hashes that the entries under it give.
    async fn compare(&mut self, path: TilePath, computed: &[u8]) -> Step<()> {
        let TileLevel::Hashes(level) = path.level else { return Ok(()) };
        let first = path.first().unwrap_or(u64::MAX);
        let entry_under = |hash: u64| hash.checked_shl(8 * u32::from(level)).unwrap_or(u64::MAX);
        let Some(stored) = self.source.read(File::Tile(path)).await? else {
            return Err(missing(self.source, File::Tile(path), entry_under(first)));
        };
        if stored == computed {
            return Ok(());
        }
        let same =
            stored.chunks(32).zip(computed.chunks(32)).take_while(|(stored, computed)| stored == computed);
        let number = same.count() as u64;
        let why = format!("hash {number} of {path} is not that of the entries under it");
        Err(tampered(entry_under(first + number), why))
    }
}

fn tampered(index: impl Into<Option<u64>>, why: String) -> Stop {
    Stop::Verdict(Verdict::Tampered { index: index.into(), why })
}

/// A database is the log itself: what it lacks was taken out. A copy may just not be whole.
fn missing(source: &LogSource, file: File, index: u64) -> Stop {
    if source.is_database() {
        return tampered(
            index,
            format!("{file} is not whole in the database: rows are missing or were changed"),
        );
    }
    Stop::Verdict(Verdict::Incomplete { why: format!("{file} is missing") })
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        tampered(fault.index, fault.flaw.to_string())
    }
}

/// No entry is wrong with it; what the server would build on it is.
impl From<DamagedRow> for Stop {
    fn from(damaged: DamagedRow) -> Self {
        tampered(None, damaged.to_string())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Strange { path, what } => tampered(None, format!("{path} is {what}")),
            error => Self::Failed(error),
        }
    }
}
