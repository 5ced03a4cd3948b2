//! Checks a whole log from its first entry, trusting nothing but the log's public key.
//!
//! Memory does not grow with the log: only the frontier of the tree and the intents that have no
//! outcome yet are kept.

use std::collections::BTreeMap;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::kind::Kind;
use super::merkle::{Frontier, Hash, leaf_hash};
use super::statement::Decoded;
use super::verifier::Verifier;
use crate::clock::Timestamp;

/// Reads a log in order and stops at the first thing that is wrong.
///
/// Feed each entry by its index, and each stored checkpoint when as many entries were fed as it is
/// large. Once something was wrong, every further answer is that same fault.
#[derive(Debug, Clone)]
pub struct LogVerifier {
    verifier: Verifier,
    tree: Frontier,
    vouched: u64,
    checkpoints: u64,
    kinds: BTreeMap<Kind, u64>,
    last_observed: Option<Timestamp>,
    open_intents: BTreeMap<u64, String>,
    fault: Option<Fault>,
}

/// What a log holds whose every entry stands under a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// The root over all of them.
    pub root: Hash,
    /// How many checkpoints were compared, without the latest.
    pub checkpoints: u64,
    /// How many entries there are of each kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// The indexes of the intents that have no outcome yet.
    pub open_intents: Vec<u64>,
    /// When the last entry was written.
    pub last_observed: Option<Timestamp>,
}

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}: {flaw}")]
pub struct Fault {
    /// The first entry that cannot be believed, and with it all that follow.
    pub index: u64,
    /// Why not.
    pub flaw: Flaw,
}

/// What can be wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// An entry is missing, or stands there twice.
    #[error("an entry is missing or out of order: entry {found} came instead")]
    OutOfOrder {
        /// The index that came.
        found: u64,
    },
    /// Its bytes were changed, or its stored hash was.
    #[error("its bytes have the hash {computed}, and {stored} is stored")]
    LeafHash {
        /// The hash of the bytes.
        computed: Hash,
        /// The hash beside them.
        stored: Hash,
    },
    /// The bytes are none of our entries.
    #[error("{0}")]
    Unreadable(String),
    /// It was written for another place.
    #[error("it says of itself that it is entry {0}")]
    Sequence(u64),
    /// Time ran backwards.
    #[error("it was written at {found}, before the entry before it ({before})")]
    TimeWentBack {
        /// When the entry before it was written.
        before: Timestamp,
        /// When it was written.
        found: Timestamp,
    },
    /// An intent without the mark by which its effect is found.
    #[error("it is an intent without an idempotency key")]
    UnmarkedIntent,
    /// An outcome of nothing.
    #[error("it is an outcome and does not say of which intent")]
    OutcomeWithoutIntent,
    /// An outcome of an entry that is no intent, or whose outcome is known already.
    #[error("it is the outcome of entry {0}, which is not an intent that waits for one")]
    NoOpenIntent(u64),
    /// An outcome of another effect.
    #[error("it is the outcome of entry {0}, which has another idempotency key")]
    OtherIntent(u64),
    /// A checkpoint is not one.
    #[error("the checkpoint after it cannot be believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A checkpoint speaks of more or fewer entries than there are.
    #[error("the checkpoint here is of {signed} entries, and there are {entries}")]
    Size {
        /// The size that was signed.
        signed: u64,
        /// How many entries there are.
        entries: u64,
    },
    /// The entries are not those that were signed.
    #[error(
        "it or one of the entries up to {size} is not what was signed: \
         their root is {computed}, and {signed} was signed"
    )]
    Root {
        /// How many entries were signed.
        size: u64,
        /// The root of the entries there are.
        computed: Hash,
        /// The root that was signed.
        signed: Hash,
    },
}

impl LogVerifier {
    /// Begins with an empty log, whose checkpoints only `verifier`'s key may sign.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            tree: Frontier::new(),
            vouched: 0,
            checkpoints: 0,
            kinds: BTreeMap::new(),
            last_observed: None,
            open_intents: BTreeMap::new(),
            fault: None,
        }
    }

    /// Checks the next entry, and that the hash stored beside it, if any, is that of its bytes.
    pub fn entry(&mut self, index: u64, bytes: &[u8], stored_leaf_hash: Option<Hash>) -> Result<(), Fault> {
        self.still_whole()?;
        let at = self.tree.size();
        let checked = self.check_entry(index, bytes, stored_leaf_hash);
        self.remember(checked.map_err(|flaw| Fault { index: at, flaw }))
    }

    /// Checks that a stored checkpoint is signed and speaks of exactly the entries fed so far.
    pub fn checkpoint(&mut self, note: &str) -> Result<(), Fault> {
        self.still_whole()?;
        let checked = self.check_checkpoint(note).map(|()| self.checkpoints += 1);
        self.remember(checked)
    }

    /// Checks that the latest checkpoint covers every entry, and gives what was found.
    pub fn finish(mut self, latest_note: &str) -> Result<Verified, Fault> {
        self.still_whole()?;
        self.check_checkpoint(latest_note)?;
        Ok(Verified {
            entries: self.tree.size(),
            root: self.tree.root(),
            checkpoints: self.checkpoints,
            kinds: self.kinds,
            open_intents: self.open_intents.into_keys().collect(),
            last_observed: self.last_observed,
        })
    }

    fn check_entry(&mut self, index: u64, bytes: &[u8], stored: Option<Hash>) -> Result<(), Flaw> {
        if index != self.tree.size() {
            return Err(Flaw::OutOfOrder { found: index });
        }
        let computed = leaf_hash(bytes);
        if let Some(stored) = stored
            && stored != computed
        {
            return Err(Flaw::LeafHash { computed, stored });
        }
        let decoded = Decoded::parse(bytes).map_err(|error| Flaw::Unreadable(error.to_string()))?;
        if decoded.seq != index {
            return Err(Flaw::Sequence(decoded.seq));
        }
        let kind = decoded.entry.kind;
        self.check_time(decoded.entry.observed_at)?;
        self.check_intent(decoded)?;
        *self.kinds.entry(kind).or_default() += 1;
        self.tree.push(computed);
        Ok(())
    }

    fn check_time(&mut self, found: Timestamp) -> Result<(), Flaw> {
        if let Some(before) = self.last_observed
            && found < before
        {
            return Err(Flaw::TimeWentBack { before, found });
        }
        self.last_observed = Some(found);
        Ok(())
    }

    /// Every outcome is that of one earlier intent, and no intent has two.
    fn check_intent(&mut self, Decoded { seq, entry }: Decoded) -> Result<(), Flaw> {
        if entry.kind == Kind::EffectIntended {
            let key = entry.idempotency_key.ok_or(Flaw::UnmarkedIntent)?;
            self.open_intents.insert(seq, key);
            return Ok(());
        }
        if !entry.kind.is_outcome() {
            return Ok(());
        }
        let intent = entry.intent.ok_or(Flaw::OutcomeWithoutIntent)?;
        let key = self.open_intents.remove(&intent).ok_or(Flaw::NoOpenIntent(intent))?;
        if entry.idempotency_key.as_ref() == Some(&key) { Ok(()) } else { Err(Flaw::OtherIntent(intent)) }
    }

    fn check_checkpoint(&mut self, note: &str) -> Result<(), Fault> {
        let entries = self.tree.size();
        let checkpoint = Checkpoint::open(note, &self.verifier)
            .map_err(|error| Fault { index: self.vouched, flaw: error.into() })?;
        if checkpoint.size != entries {
            let flaw = Flaw::Size { signed: checkpoint.size, entries };
            return Err(Fault { index: entries.min(checkpoint.size), flaw });
        }
        let (computed, signed) = (self.tree.root(), checkpoint.root);
        if computed != signed {
            return Err(Fault { index: self.vouched, flaw: Flaw::Root { size: entries, computed, signed } });
        }
        self.vouched = entries;
        Ok(())
    }

    fn still_whole(&self) -> Result<(), Fault> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn remember(&mut self, result: Result<(), Fault>) -> Result<(), Fault> {
        self.fault = result.as_ref().err().cloned();
        result
    }
}
