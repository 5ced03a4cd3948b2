//! The signed log, without its storage: what an entry's bytes are, how entries become a tree, how a
//! tree's root is signed, and how anybody checks all of it without trusting the server that wrote it.
//!
//! Everything here is pure; the files that [`LogKey`] and [`AttestationKey`] are kept in are read where settings are.
//! Only published structures are used: RFC 6962 for the tree and its proofs, C2SP signed-note, tlog-checkpoint,
//! tlog-tiles and tlog-proof for what is signed and published, in-toto Statement v1 for the entries, RFC 9901
//! for the commitments to personal data, DSSE and in-toto's Simple Verification Result for what one decision is
//! worth outside of the log.
//!
//! Two rules hold the room together. The bytes of an entry are made once, stored and hashed as they
//! are, and never made again. A text is verified before it is parsed.

mod decimal;
pub mod digest;
pub mod merkle;
pub mod verifier;
pub mod note;
pub(crate) mod pem;
pub mod key;
pub mod attestation_key;
pub mod checkpoint;
pub mod disclosure;
pub mod open_enum;
pub mod kind;
pub mod entry;
mod evaluation;
pub mod statement;
mod outline;
pub mod receipt;
pub mod tile;
pub mod proof;
pub mod tlog_proof;
pub mod cosignature;
pub mod witness_policy;
pub mod rfc3161;
pub mod dsse;
pub mod attestation;
pub mod verify;

pub use attestation_key::{AttestationKey, AttestationVerifier, InvalidAttestationKey};
pub use checkpoint::{Checkpoint, CheckpointError, Origin};
pub use cosignature::{Cosignature, WitnessKey, WitnessVerifier};
pub use decimal::decimal;
pub use digest::Digest;
pub use disclosure::{Commitment, Disclosure};
pub use dsse::{Envelope, InvalidEnvelope};
pub use entry::{
    ActorRef, ActorRole, Entry, Erased, Evaluation, Outcome, OutcomeResult, Quorum, ReadEntry,
    ReadEvaluation, Recovered, RequirementVerdict, Ruling, Source,
};
pub use key::LogKey;
pub use kind::{Kind, RuleSet};
pub use merkle::{Frontier, Hash, Node, empty_root, leaf_hash, node_hash};
pub use note::{NoteError, Opened};
pub use open_enum::{OpenEnum, UnknownWord};
pub use proof::{InvalidProof, Plan, Subtree};
pub use receipt::Receipt;
pub use statement::{Decoded, EntryError, InvalidEntry, PREDICATE_TYPE};
pub use tile::{TileLevel, TilePath};
pub use tlog_proof::{TlogProof, TlogProofError};
pub use verifier::{InvalidVerifier, KeyName, Verifier};
pub use verify::{Fault, Flaw, Grown, LogVerifier, UnknownKinds, Verified};
pub use witness_policy::{InvalidPolicy, Unsatisfied, Witness, WitnessPolicy};
