//! The signed log, without its storage: what an entry's bytes are, how entries become a tree, how a
//! tree's root is signed, and how anybody checks all of it without trusting the server that wrote it.
//!
//! Everything here is pure, except that [`LogKey::load_or_create`] reads and makes the key's file.
//! Only published structures are used: RFC 6962 for the tree and its proofs, C2SP signed-note, tlog-checkpoint,
//! tlog-tiles and tlog-proof for what is signed and published, in-toto Statement v1 for the entries, RFC 9901 for the commitments to personal data.
//!
//! Two rules hold the room together. The bytes of an entry are made once, stored and hashed as they
//! are, and never made again. A text is verified before it is parsed.

pub mod digest;
pub mod merkle;
pub mod verifier;
pub mod note;
pub mod key;
pub mod checkpoint;
pub mod disclosure;
pub mod kind;
pub mod entry;
pub mod statement;
mod outline;
pub mod tile;
pub mod proof;
pub mod tlog_proof;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, Origin};
pub use digest::Digest;
pub use disclosure::{Commitment, Disclosure};
pub use entry::{
    ActorRef, ActorRole, Entry, Evaluation, Outcome, OutcomeResult, Quorum, RequirementVerdict, Ruling,
    Source,
};
pub use key::{KeyFileError, LogKey};
pub use kind::Kind;
pub use merkle::{Frontier, Hash, Node, empty_root, leaf_hash, node_hash};
pub use note::{NoteError, Opened};
pub use proof::{InvalidProof, Plan, Subtree};
pub use statement::{Decoded, EntryError, PREDICATE_TYPE};
pub use tile::{TileLevel, TilePath};
pub use tlog_proof::{TlogProof, TlogProofError};
pub use verifier::{InvalidVerifier, KeyName, Verifier};
pub use verify::{Fault, Flaw, Grown, LogVerifier, Verified};
