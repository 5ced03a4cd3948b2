//! The exact bytes of an entry: a compact in-toto Statement v1, the leaf of the tree.
//!
//! There is one encoding: keys in a fixed order, what is absent left out, no white space, times in
//! RFC 3339 UTC. The bytes are made once; afterwards they are stored, hashed and handed on as they are.
//!
//! The subject is what the entry is about, the first of these that there is: the commit
//! (`git+repo:<repo id>`, `gitCommit`), the policy's version (`gitBlob`), the delivery's body
//! (`delivery:<id>`, `sha256`), and else the log itself (`log`, the `sha256` of nothing, which is the
//! root of the empty tree every log starts from).

mod read;

use std::borrow::Cow;

use serde::Serialize;

use super::digest::Digest;
use super::entry::Entry;
use super::kind::Kind;
use super::merkle::empty_root;
use crate::ids::{BlobSha, CommitSha};

pub use read::Decoded;

/// What our entries are, for whoever finds one: the meaning of the statement's predicate.
pub const PREDICATE_TYPE: &str = "https://countersign.dev/deployment-event/v1";

pub(super) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// Why an entry cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Larger than an entry may be.
    #[error("the entry has {0} bytes, and {MAX_BYTES} is the most an entry may have")]
    TooLarge(usize),
    /// A verifier would have to refuse it.
    #[error("an entry of kind {kind} must have {needs}")]
    Incomplete {
        /// What the entry tells of.
        kind: Kind,
        /// What it lacks.
        needs: &'static str,
    },
    /// A value cannot be written, such as a time after the year 9999.
    #[error("the entry cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// Why bytes are not one of our entries.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEntry {
    /// Larger than an entry may be.
    #[error("it has {0} bytes, and {MAX_BYTES} is the most an entry may have")]
    TooLarge(usize),
    /// Not the JSON we write, or written by a newer version.
    #[error("it is not an entry that this version of Countersign can read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A statement, but about something else.
    #[error("its {field} is not {wanted}")]
    OtherType {
        /// The field that is wrong.
        field: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
}

impl Entry {
    /// The bytes of this entry as number `seq` of the log, at most 16 KiB.
    pub fn encode(&self, seq: u64) -> Result<Vec<u8>, EntryError> {
        self.check_complete(seq)?;
        encode(self, PREDICATE_TYPE, &Predicate { seq, entry: self })
    }

    fn check_complete(&self, seq: u64) -> Result<(), EntryError> {
        let needs = |needs| Err(EntryError::Incomplete { kind: self.kind, needs });
        if self.commit.is_some() && self.repo.is_none() {
            return needs("the repository of its commit");
        }
        if self.intent.is_some_and(|intent| intent >= seq) {
            return needs("an intent that stands before it");
        }
        let outcome = self.kind.is_outcome();
        if (outcome || self.kind == Kind::EffectIntended) && self.idempotency_key.is_none() {
            return needs("an idempotency key");
        }
        if outcome && self.intent.is_none() {
            return needs("the index of its intent");
        }
        if self.kind == Kind::KeyRotated && self.new_key.is_none() {
            return needs("the new key");
        }
        if self.kind == Kind::LogRecovered && self.recovered.is_none() {
            return needs("what was lost");
        }
        if outcome && self.outcome.is_none() {
            return needs("an outcome");
        }
        Ok(())
    }
}

impl<K, A, O, R> Entry<K, A, O, R> {
    fn subject(&self) -> Subject<'_> {
        if let (Some(commit), Some(repo)) = (&self.commit, self.repo) {
            let name = Some(format!("git+repo:{repo}").into());
            return Subject { name, digest: SubjectDigest::GitCommit(commit) };
        }
        if let Some(policy) = &self.policy {
            return Subject { name: None, digest: SubjectDigest::GitBlob(policy) };
        }
        if let (Some(delivery), Some(body)) = (&self.source.delivery, self.source.body_sha256) {
            let name = Some(format!("delivery:{delivery}").into());
            return Subject { name, digest: SubjectDigest::Sha256(body) };
        }
        let nothing = Digest::from(*empty_root().as_bytes());
        Subject { name: Some("log".into()), digest: SubjectDigest::Sha256(nothing) }
    }
}

/// The bytes of a statement about what the entry is about.
pub(super) fn encode<K, A, O, R>(
    entry: &Entry<K, A, O, R>,
    predicate_type: &'static str,
    predicate: &impl Serialize,
) -> Result<Vec<u8>, EntryError> {
    let statement =
        Statement { format: STATEMENT_TYPE, subject: [entry.subject()], predicate_type, predicate };
    let bytes = serde_json::to_vec(&statement)?;
    if bytes.len() > MAX_BYTES {
        return Err(EntryError::TooLarge(bytes.len()));
    }
    Ok(bytes)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'e, P> {
    #[serde(rename = "_type")]
    format: &'static str,
    subject: [Subject<'e>; 1],
    predicate_type: &'static str,
    predicate: &'e P,
}

#[derive(Serialize)]
struct Subject<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'e, str>>,
    digest: SubjectDigest<'e>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum SubjectDigest<'e> {
    GitCommit(&'e CommitSha),
    GitBlob(&'e BlobSha),
    Sha256(Digest),
}

#[derive(Serialize)]
struct Predicate<'e> {
    seq: u64,
    #[serde(flatten)]
    entry: &'e Entry,
}

/// A moment as RFC 3339; one that this cannot tell exactly is an error.
pub(super) mod moment {
    use serde::{Deserialize as _, Deserializer, Serializer, de, ser};

    use crate::clock::Timestamp;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
    pub(crate) fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        let text = moment.to_string();
        if Timestamp::parse(&text).ok() != Some(*moment) {
            return Err(ser::Error::custom("a time lies outside the years 1970 to 9999"));
        }
        serializer.serialize_str(&text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(de::Error::custom)
    }
}

/// A moment that may be absent.
pub(super) mod optional_moment {
    use serde::{Deserializer, Serializer};

    use crate::clock::Timestamp;

    #[expect(clippy::ref_option, reason = "serde hands fields over by reference")]
    pub(crate) fn serialize<S: Serializer>(
        moment: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => super::moment::serialize(moment, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        super::moment::deserialize(deserializer).map(Some)
    }
}

/// The policy as an object, so that more can be said of it later.
pub(super) mod policy {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::ids::BlobSha;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Policy<B> {
        git_blob: B,
    }

    #[expect(clippy::ref_option, reason = "serde hands fields over by reference")]
    pub(crate) fn serialize<S: Serializer>(
        policy: &Option<BlobSha>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        policy.as_ref().map(|git_blob| Policy { git_blob }).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<BlobSha>, D::Error> {
        Policy::deserialize(deserializer).map(|policy| Some(policy.git_blob))
    }
}

#[cfg(test)]
mod tests;
