//! Checks a whole log from its first entry, trusting nothing but the log's public key.
//!
//! Memory does not grow with the log: only the frontier of the tree and the intents that have no
//! outcome yet are kept.
//!
//! A log may change its key: the entry `key.rotated` names the new one, and the checkpoint of exactly the entries
//! up to it is signed by the old and the new key. Whoever trusts the old one trusts the new one from there on. Once
//! the new key signs alone, the old one is no longer believed.
//!
//! A newer version may have written kinds that this one does not know. How their entries are hashed, ordered and timed,
//! and that a checkpoint of so many entries has the root over them, is checked of them as of all. What a kind under
//! `effect.` or `key.` says of later entries cannot be known here: a rule that it may have changed is not held against
//! these, and the log is not said to hold without a word of it.

mod unknown;

use std::collections::BTreeMap;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::digest::Digest;
use super::kind::{Kind, RuleSet};
use super::merkle::{Frontier, Hash, Node, leaf_hash};
use super::note::NoteError;
use super::open_enum::OpenEnum;
use super::outline::Outline;
use super::verifier::Verifier;
use crate::clock::Timestamp;

pub use unknown::UnknownKinds;

/// Reads a log in order and stops at the first thing that is wrong.
///
/// Feed each entry by its index, and each stored checkpoint when as many entries were fed as it is
/// large. Once something was wrong, every further answer is that same fault.
#[derive(Debug, Clone)]
pub struct LogVerifier {
    /// The keys that are believed, the oldest first.
    keys: Vec<Verifier>,
    /// The key that the last entry named, until a checkpoint vouches for it.
    announced: Option<Verifier>,
    /// Whether a key that is believed was seen to sign.
    taken_over: bool,
    /// What could not be believed because the trusted key may follow later; fatal unless it does.
    excused: Option<Fault>,
    tree: Frontier,
    vouched: u64,
    checkpoints: u64,
    /// The size of the last of them.
    compared: u64,
    kinds: BTreeMap<Kind, u64>,
    unknown: UnknownKinds,
    last_observed: Option<Timestamp>,
    /// Each with the digest of its key, which may be as long as an entry.
    open_intents: BTreeMap<u64, Digest>,
    fault: Option<Fault>,
}

/// What an entry added to the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// The hash of its bytes.
    pub leaf: Hash,
    /// The inner nodes that it completed, lowest first.
    pub completed: Vec<Node>,
}

/// What a log holds whose every entry stands under a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// How many of them stand under a checkpoint that a key signed which this version believes: all of them, unless
    /// an entry of an unknown kind may have changed the key.
    pub vouched: u64,
    /// The root over all of them.
    pub root: Hash,
    /// How many checkpoints were compared, with the latest.
    pub checkpoints: u64,
    /// How many entries there are of each kind that this version knows.
    pub kinds: BTreeMap<Kind, u64>,
    /// The kinds that it does not know.
    pub unknown: UnknownKinds,
    /// The indexes of the intents that have no outcome yet.
    pub open_intents: Vec<u64>,
    /// When the last entry was written.
    pub last_observed: Option<Timestamp>,
    /// The keys that are believed at its end, the newest last: two only while one replaces the other.
    pub keys: Vec<Verifier>,
}

/// By whom a checkpoint is signed that fits the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signature {
    /// A key that is believed.
    Believed,
    /// None that is known, after an entry that may have changed the key.
    Unknown,
}

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}: {flaw}")]
pub struct Fault {
    /// The entry at which it showed; when a checkpoint does not fit, the first entry since the last
    /// checkpoint that did. Where leaf hashes are stored beside the entries, a changed entry is found
    /// at its own index.
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
    /// A rotation to no key.
    #[error("the key is changed here, and the new one is not named as a verifier key of this log")]
    NoNewKey,
    /// A rotation that the old key did not vouch for.
    #[error(
        "the key is changed here, and no checkpoint of exactly {0} entries is signed by the old and the new key"
    )]
    NoHandover(u64),
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
    /// Begins with an empty log, whose checkpoints only `verifier`'s key may sign, and those it hands over to.
    ///
    /// The key may also be a later one of the log's: what was signed before it took over is then believed because
    /// it stands under the checkpoints that this key signed.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            keys: vec![verifier],
            announced: None,
            taken_over: false,
            excused: None,
            tree: Frontier::new(),
            vouched: 0,
            checkpoints: 0,
            compared: 0,
            kinds: BTreeMap::new(),
            unknown: UnknownKinds::default(),
            last_observed: None,
            open_intents: BTreeMap::new(),
            fault: None,
        }
    }

    /// Checks the next entry, and that the hash stored beside it, if any, is that of its bytes.
    pub fn entry(
        &mut self,
        index: u64,
        bytes: &[u8],
        stored_leaf_hash: Option<Hash>,
    ) -> Result<Grown, Fault> {
        self.still_whole()?;
        let at = self.tree.size();
        let checked = self.check_handed_over().and_then(|()| {
            self.check_entry(index, bytes, stored_leaf_hash).map_err(|flaw| Fault { index: at, flaw })
        });
        self.remember(checked)
    }

    /// The size of the checkpoint that must come next, because the last entry changes the key.
    pub fn needs_checkpoint(&self) -> Option<u64> {
        self.announced.as_ref().map(|_| self.tree.size())
    }

    /// The entries fed so far.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The tree over them.
    pub fn tree(&self) -> &Frontier {
        &self.tree
    }

    /// When the last of them was written.
    pub fn last_observed(&self) -> Option<Timestamp> {
        self.last_observed
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Checks that a stored checkpoint is signed and speaks of exactly the entries fed so far.
    pub fn checkpoint(&mut self, note: &str) -> Result<(), Fault> {
        self.still_whole()?;
        let checked = match self.check_checkpoint(note) {
            Err(fault) if self.is_excusable(&fault) => {
                self.excuse(fault);
                Ok(())
            }
            Ok(Signature::Believed) => {
                self.count_checkpoint();
                Ok(())
            }
            Ok(Signature::Unknown) => Ok(()),
            Err(fault) => Err(fault),
        };
        self.remember(checked)
    }

    /// Checks that the latest checkpoint covers every entry, and gives what was found.
    pub fn finish(mut self, latest_note: &str) -> Result<Verified, Fault> {
        self.still_whole()?;
        if self.check_checkpoint(latest_note)? == Signature::Believed {
            self.count_checkpoint();
        }
        // The trusted key may have taken over by an entry that cannot be read here.
        let may_have_taken_over = self.taken_over && self.unknown.may_change(RuleSet::Keys);
        if let Some(fault) = self.excused.filter(|_| !may_have_taken_over) {
            return Err(fault);
        }
        Ok(Verified {
            entries: self.tree.size(),
            vouched: self.vouched,
            root: self.tree.root(),
            checkpoints: self.checkpoints,
            kinds: self.kinds,
            unknown: self.unknown,
            open_intents: self.open_intents.into_keys().collect(),
            last_observed: self.last_observed,
            keys: self.keys,
        })
    }

    /// The latest one may be among those that were compared on the way.
    fn count_checkpoint(&mut self) {
        if self.compared < self.tree.size() {
            self.checkpoints += 1;
            self.compared = self.tree.size();
        }
    }

    fn check_entry(&mut self, index: u64, bytes: &[u8], stored: Option<Hash>) -> Result<Grown, Flaw> {
        if index != self.tree.size() {
            return Err(Flaw::OutOfOrder { found: index });
        }
        let computed = leaf_hash(bytes);
        if let Some(stored) = stored
            && stored != computed
        {
            return Err(Flaw::LeafHash { computed, stored });
        }
        let outline = Outline::parse(bytes).map_err(|error| Flaw::Unreadable(error.to_string()))?;
        if outline.seq != index {
            return Err(Flaw::Sequence(outline.seq));
        }
        let observed = Timestamp::parse(&outline.observed_at);
        self.check_time(observed.map_err(|error| Flaw::Unreadable(error.to_string()))?)?;
        self.check_key(&outline)?;
        match outline.kind {
            OpenEnum::Known(kind) => {
                *self.kinds.entry(kind).or_default() += 1;
                self.check_intent(kind, outline)?;
            }
            OpenEnum::Unknown(_) => self.unknown.count(&outline.kind, index),
        }
        Ok(Grown { leaf: computed, completed: self.tree.push(computed) })
    }

    /// A rotation names the key that comes; one that is trusted already has taken over with it.
    fn check_key(&mut self, outline: &Outline<'_>) -> Result<(), Flaw> {
        if outline.kind != Kind::KeyRotated {
            return Ok(());
        }
        let named = outline.new_key.as_ref().and_then(|key| key.parse::<Verifier>().ok());
        let named = named.filter(|key| self.keys.iter().all(|known| known.name() == key.name()));
        let key = named.ok_or(Flaw::NoNewKey)?;
        if self.keys.contains(&key) {
            self.taken_over = true;
            self.excused = None;
        } else {
            self.announced = Some(key);
        }
        Ok(())
    }

    /// No entry stands between a rotation and the checkpoint that vouches for it.
    fn check_handed_over(&mut self) -> Result<(), Fault> {
        if self.announced.is_none() {
            return Ok(());
        }
        if self.unknown.may_change(RuleSet::Keys) {
            self.announced = None;
            return Ok(());
        }
        let size = self.tree.size();
        let fault = Fault { index: size.saturating_sub(1), flaw: Flaw::NoHandover(size) };
        if self.taken_over {
            return Err(fault);
        }
        self.excuse(fault);
        Ok(())
    }

    /// Whether the trusted key may be one that takes over only later.
    fn is_excusable(&self, fault: &Fault) -> bool {
        let not_ours = matches!(fault.flaw, Flaw::NoHandover(_))
            || fault.flaw == Flaw::Checkpoint(CheckpointError::Note(NoteError::NoKnownSignature));
        !self.taken_over && not_ours
    }

    fn excuse(&mut self, fault: Fault) {
        self.announced = None;
        self.excused.get_or_insert(fault);
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
    fn check_intent(&mut self, kind: Kind, entry: Outline<'_>) -> Result<(), Flaw> {
        if kind == Kind::EffectIntended {
            let key = entry.idempotency_key.ok_or(Flaw::UnmarkedIntent)?;
            self.open_intents.insert(entry.seq, Digest::of(key.as_bytes()));
            return Ok(());
        }
        if !kind.is_outcome() {
            return Ok(());
        }
        let intent = entry.intent.ok_or(Flaw::OutcomeWithoutIntent)?;
        let open = self.open_intents.remove(&intent);
        // Such an entry may have been an intent, or have said something of this one.
        if self.unknown.may_change(RuleSet::Effects) {
            return Ok(());
        }
        let key = open.ok_or(Flaw::NoOpenIntent(intent))?;
        let own = entry.idempotency_key.map(|key| Digest::of(key.as_bytes()));
        if own == Some(key) { Ok(()) } else { Err(Flaw::OtherIntent(intent)) }
    }

    fn check_checkpoint(&mut self, note: &str) -> Result<Signature, Fault> {
        let known: Vec<Verifier> = self.keys.iter().chain(&self.announced).cloned().collect();
        let (checkpoint, signers) = match Checkpoint::open_by(note, &known) {
            Ok(opened) => opened,
            Err(error) => (self.of_changed_keys(note, &error)?, Vec::new()),
        };
        let entries = self.tree.size();
        if checkpoint.size != entries {
            let flaw = Flaw::Size { signed: checkpoint.size, entries };
            return Err(Fault { index: entries.min(checkpoint.size), flaw });
        }
        let (computed, signed) = (self.tree.root(), checkpoint.root);
        if computed != signed {
            return Err(Fault { index: self.vouched, flaw: Flaw::Root { size: entries, computed, signed } });
        }
        if self.hand_over(&signers)? == Signature::Unknown {
            return Ok(Signature::Unknown);
        }
        self.taken_over = true;
        self.vouched = entries;
        Ok(Signature::Believed)
    }

    /// What a note says that no believed key signed, if an entry of an unknown kind may have changed the key. It is no
    /// less wrong than another if it does not fit the entries: which key signs changes nothing about them.
    fn of_changed_keys(&self, note: &str, error: &CheckpointError) -> Result<Checkpoint, Fault> {
        let unknown = *error == CheckpointError::Note(NoteError::NoKnownSignature);
        let claimed = Checkpoint::claimed(note).filter(|_| unknown && self.unknown.may_change(RuleSet::Keys));
        let ours =
            claimed.filter(|claimed| self.keys.iter().all(|key| key.name() == claimed.origin.key_name()));
        ours.ok_or_else(|| Fault { index: self.vouched, flaw: error.clone().into() })
    }

    /// Trusts the announced key if the old and the new one signed; forgets the keys that the newer ones outlived.
    fn hand_over(&mut self, signers: &[Verifier]) -> Result<Signature, Fault> {
        let oldest = self.keys.iter().position(|key| signers.contains(key));
        let announced = self.announced.take();
        let vouched_for = announced.as_ref().is_none_or(|key| oldest.is_some() && signers.contains(key));
        if vouched_for {
            self.keys.extend(announced);
        } else if !self.unknown.may_change(RuleSet::Keys) {
            self.announced = announced;
            let size = self.tree.size();
            return Err(Fault { index: size.saturating_sub(1), flaw: Flaw::NoHandover(size) });
        }
        let Some(oldest) = oldest else { return Ok(Signature::Unknown) };
        self.keys.drain(..oldest);
        Ok(Signature::Believed)
    }

    fn still_whole(&self) -> Result<(), Fault> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn remember<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        self.fault = result.as_ref().err().cloned();
        result
    }
}

#[cfg(test)]
mod tests;
