//! Who signs the log's checkpoints: one key, or two while one replaces the other, in one epoch.

use crate::audit::{Checkpoint, CheckpointError, Hash, LogKey, Origin, Verifier};

/// The log's key in one epoch, and the key it replaces, while both sign.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    base: Origin,
    origin: Origin,
    epoch: u32,
    key: LogKey,
    old: Option<LogKey>,
}

impl Signer {
    /// `key` and `old` are called as the log is in its first epoch.
    pub(super) fn new(key: LogKey, old: Option<LogKey>) -> Result<Self, CheckpointError> {
        let base: Origin = key.name().as_str().parse()?;
        Ok(Self { origin: base.clone(), base, epoch: 0, key, old })
    }

    /// The same keys in another epoch.
    pub(super) fn in_epoch(&self, epoch: u32) -> Result<Self, CheckpointError> {
        let origin = self.base.in_epoch(epoch)?;
        let named = |key: &LogKey| key.named(origin.key_name().clone());
        let (key, old) = (named(&self.key), self.old.as_ref().map(named));
        Ok(Self { base: self.base.clone(), origin, epoch, key, old })
    }

    /// What the log is called in its first epoch.
    pub(super) fn base(&self) -> &Origin {
        &self.base
    }

    /// What it is called in this one.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Which epoch of this log a checkpoint is of.
    pub(super) fn epoch_of(&self, checkpoint: &Checkpoint) -> Option<u32> {
        self.base.epoch_of(&checkpoint.origin)
    }

    pub(super) fn verifier(&self) -> Verifier {
        self.key.verifier()
    }

    pub(super) fn sign(&self, size: u64, root: Hash) -> Result<String, CheckpointError> {
        let checkpoint = Checkpoint { origin: self.origin.clone(), size, root };
        match &self.old {
            Some(old) => checkpoint.sign_with_both(&self.key, old),
            None => checkpoint.sign(&self.key),
        }
    }

    /// Believes a note that either key signed.
    pub(super) fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        match (self.open_by_new(note), &self.old) {
            (Err(unknown), Some(old)) => Checkpoint::open(note, &old.verifier()).map_err(|_| unknown),
            (opened, _) => opened,
        }
    }

    /// Believes only what the new key signed.
    pub(super) fn open_by_new(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::open(note, &self.key.verifier())
    }

    /// Believes a note of this log in whatever epoch.
    pub(super) fn open_in_any_epoch(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        // The first line only says under which name to check it.
        let claimed: Option<Origin> = note.split('\n').next().and_then(|line| line.parse().ok());
        let epoch = claimed.and_then(|origin| self.base.epoch_of(&origin)).unwrap_or(0);
        self.in_epoch(epoch)?.open(note)
    }
}
