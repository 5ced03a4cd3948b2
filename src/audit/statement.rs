//! The exact bytes of an entry: a compact in-toto Statement v1, the leaf of the tree.
//!
//! There is one encoding: keys in a fixed order, what is absent left out, no white space, times in
//! RFC 3339 UTC. The bytes are made once; afterwards they are stored, hashed and handed on as they are.
//!
//! The subject is what the entry is about, the first of these that there is: the commit
//! (`git+repo:<repo id>`, `gitCommit`), the policy's version (`gitBlob`), the delivery's body
//! (`delivery:<id>`, `sha256`), and else the log itself (`log`, the `sha256` of nothing, which is the
//! root of the empty tree every log starts from).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::digest::Digest;
use super::entry::Entry;
use super::kind::Kind;
use super::merkle::empty_root;
use crate::ids::{BlobSha, CommitSha};

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

/// An entry read back from its bytes, for showing and checking. Never encoded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Its index in the log, as it says itself.
    pub seq: u64,
    /// What it says.
    pub entry: Entry,
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

impl Decoded {
    /// Reads an entry. Fields that a newer version added are ignored; new kinds and roles are not.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidEntry> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidEntry::TooLarge(bytes.len()));
        }
        let statement: ReadStatement<'_> = serde_json::from_slice(bytes)?;
        if statement.format != STATEMENT_TYPE {
            return Err(InvalidEntry::OtherType { field: "_type", wanted: STATEMENT_TYPE });
        }
        if statement.predicate_type != PREDICATE_TYPE {
            return Err(InvalidEntry::OtherType { field: "predicateType", wanted: PREDICATE_TYPE });
        }
        let Numbered { seq } = serde_json::from_str(statement.predicate.get())?;
        let mut entry: Entry = serde_json::from_str(statement.predicate.get())?;
        entry.commit = statement.subject.into_iter().find_map(|subject| subject.digest.git_commit);
        Ok(Self { seq, entry })
    }
}

/// The bytes of a statement about what the entry is about.
pub(super) fn encode(
    entry: &Entry,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadStatement<'b> {
    #[serde(rename = "_type", borrow)]
    format: Cow<'b, str>,
    subject: Vec<ReadSubject>,
    #[serde(borrow)]
    predicate_type: Cow<'b, str>,
    #[serde(borrow)]
    predicate: &'b RawValue,
}

#[derive(Deserialize)]
struct ReadSubject {
    digest: ReadDigest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadDigest {
    git_commit: Option<CommitSha>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
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
mod tests {
    use super::*;
    use crate::audit::{
        ActorRef, ActorRole, Disclosure, Evaluation, Outcome, OutcomeResult, Quorum, Recovered,
        RequirementVerdict, Ruling, Source, Verifier,
    };
    use crate::clock::Timestamp;
    use crate::ids::{DeploymentId, PromotionNumber, RepoId, RunId};
    use proptest::prelude::*;

    fn delivered() -> Source {
        Source {
            event: "issue_comment".to_owned(),
            delivery: Some("0b989ba4-242f-11e5-81e1-c7b6966d2516".parse().unwrap()),
            body_sha256: Some(Digest::of(b"{}")),
        }
    }

    fn full() -> Entry {
        let commitment = |name: &str| Disclosure::new([7; 16], name, &serde_json::json!(1)).commitment();
        Entry {
            occurred_at: Some(Timestamp(1_790_000_000_000)),
            repo: Some(RepoId(1_296_269)),
            promotion: Some(PromotionNumber(42)),
            environment: Some("production".parse().unwrap()),
            commit: Some("6dcb09b5b57875f334f61aebed695e2e4193db5e".parse().unwrap()),
            policy: Some("8d1c8b69c3fce7bea45c73efd06983e3c419a92f".parse().unwrap()),
            evaluation: Some(Evaluation {
                facts: Digest::of(b"facts"),
                decision: Ruling::Allow,
                requirements: vec![RequirementVerdict {
                    code: "approvals".to_owned(),
                    verdict: "holds".to_owned(),
                }],
            }),
            quorum: Some(Quorum { required: 2, counted: 2 }),
            deployment: Some(DeploymentId(145_988_746)),
            run: Some(RunId(30_433_642)),
            actors: vec![ActorRef { role: ActorRole::Requester, commitment: commitment("requester") }],
            reason: Some(commitment("reason")),
            parameters: Some(commitment("parameters")),
            intent: Some(11),
            idempotency_key: Some("p42/deployment".to_owned()),
            outcome: Some(Outcome { result: OutcomeResult::Refused, code: Some("head_moved".to_owned()) }),
            expires_at: Some(Timestamp(1_790_086_400_000)),
            ..Entry::new(Kind::EffectResult, Timestamp(1_790_000_000_250), delivered())
        }
    }

    fn new_key() -> Verifier {
        "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs".parse().unwrap()
    }

    fn lost() -> Recovered {
        Recovered {
            origin: "countersign.example/acme".parse().unwrap(),
            size: 5,
            root: "ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=".parse().unwrap(),
            found: 3,
        }
    }

    fn text(entry: &Entry, seq: u64) -> String {
        String::from_utf8(entry.encode(seq).unwrap()).unwrap()
    }

    #[test]
    fn an_entry_with_everything_has_these_bytes() {
        insta::assert_snapshot!(text(&full(), 12), @r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"git+repo:1296269","digest":{"gitCommit":"6dcb09b5b57875f334f61aebed695e2e4193db5e"}}],"predicateType":"https://countersign.dev/deployment-event/v1","predicate":{"seq":12,"kind":"effect.result","occurredAt":"2026-09-21T14:13:20Z","observedAt":"2026-09-21T14:13:20.25Z","source":{"event":"issue_comment","deliveryId":"0b989ba4-242f-11e5-81e1-c7b6966d2516","bodySha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"repoId":1296269,"promotion":42,"environment":"production","policy":{"gitBlob":"8d1c8b69c3fce7bea45c73efd06983e3c419a92f"},"evaluation":{"factsSha256":"0694aacb66d62e742a92e8d5f1e82bd9d2a8ca1be88744201fbe63d0f5007502","decision":"allow","requirements":[{"code":"approvals","verdict":"holds"}]},"quorum":{"required":2,"counted":2},"deploymentId":145988746,"runId":30433642,"actors":[{"role":"requester","commitment":"l2yZNiYLCFS7STVMCv_-Mbwp6Y4ghVJvp-IeC-tR8Sg"}],"reason":"vdYJIXu8VuN4NkqtRufMAfLohLbzNFIbmG272jedXAY","parameters":"gss_knRIC_471ec5-bcRqeZggLY97wl29KCmseSV5Io","intent":11,"idempotencyKey":"p42/deployment","outcome":{"result":"refused","code":"head_moved"},"expiresAt":"2026-09-22T14:13:20Z"}}"#);
    }

    #[test]
    fn an_entry_with_nothing_is_about_the_log() {
        let entry = Entry::new(Kind::Heartbeat, Timestamp(1_790_000_000_000), Source::internal("timer"));
        insta::assert_snapshot!(text(&entry, 0), @r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"log","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],"predicateType":"https://countersign.dev/deployment-event/v1","predicate":{"seq":0,"kind":"heartbeat","observedAt":"2026-09-21T14:13:20Z","source":{"event":"timer"}}}"#);
    }

    #[test]
    fn the_subject_is_the_nearest_thing_there_is() {
        let subject = |entry: &Entry| {
            let text = text(entry, 12);
            let start = text.find("\"subject\"").unwrap();
            text[start..text.find(",\"predicateType\"").unwrap()].to_owned()
        };
        let mut entry = full();
        insta::assert_snapshot!(subject(&entry), @r#""subject":[{"name":"git+repo:1296269","digest":{"gitCommit":"6dcb09b5b57875f334f61aebed695e2e4193db5e"}}]"#);
        entry.commit = None;
        insta::assert_snapshot!(subject(&entry), @r#""subject":[{"digest":{"gitBlob":"8d1c8b69c3fce7bea45c73efd06983e3c419a92f"}}]"#);
        entry.policy = None;
        insta::assert_snapshot!(subject(&entry), @r#""subject":[{"name":"delivery:0b989ba4-242f-11e5-81e1-c7b6966d2516","digest":{"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}]"#);
        entry.source.body_sha256 = None;
        insta::assert_snapshot!(subject(&entry), @r#""subject":[{"name":"log","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}]"#);
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Decoded::parse(&full().encode(12).unwrap()).unwrap(), Decoded { seq: 12, entry: full() });
        for kind in Kind::ALL.iter().filter(|kind| !kind.is_outcome() && **kind != Kind::EffectIntended) {
            let mut entry = Entry::new(*kind, Timestamp(0), Source::internal("timer"));
            entry.new_key = (*kind == Kind::KeyRotated).then(new_key);
            entry.recovered = (*kind == Kind::LogRecovered).then(lost);
            assert_eq!(Decoded::parse(&entry.encode(3).unwrap()).unwrap(), Decoded { seq: 3, entry });
        }
    }

    #[test]
    fn a_new_key_and_a_lost_history_are_named_in_full() {
        let entry = |kind| Entry::new(kind, Timestamp(0), Source::internal("operator"));
        let rotated = Entry { new_key: Some(new_key()), ..entry(Kind::KeyRotated) };
        assert!(text(&rotated, 7).ends_with(
            r#""source":{"event":"operator"},"newKey":"countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"}}"#
        ));
        let recovered = Entry { recovered: Some(lost()), ..entry(Kind::LogRecovered) };
        assert!(text(&recovered, 0).ends_with(
            r#""recovered":{"origin":"countersign.example/acme","size":5,"root":"ANIYKaVQMUU0irz3ElE+rPKidCEa2D6XAgK7W22AsoY=","found":3}}}"#
        ));
        for kind in [Kind::KeyRotated, Kind::LogRecovered] {
            assert!(matches!(entry(kind).encode(0), Err(EntryError::Incomplete { .. })), "{kind}");
        }
    }

    #[test]
    fn what_a_newer_version_adds_is_ignored_and_what_it_means_anew_is_not() {
        let known = text(&full(), 12);
        let added = known.replace("\"seq\":12", "\"seq\":12,\"region\":{\"name\":\"eu\"}");
        assert_eq!(Decoded::parse(added.as_bytes()).unwrap().entry, full());
        for (from, to) in [
            ("effect.result", "effect.guessed"),
            ("\"seq\":12", "\"seq\":12,\"seq\":13"),
            ("\"seq\":12", "\"seq\":-12"),
            ("\"intent\":11", "\"intent\":11,\"intent\":10"),
            ("Statement/v1", "Statement/v0.1"),
            ("deployment-event/v1", "deployment-event/v2"),
            ("6dcb09b5", "6DCB09B5"),
            ("2026-", "26-"),
            ("}}", "}} {}"),
        ] {
            assert!(Decoded::parse(known.replace(from, to).as_bytes()).is_err(), "{from} -> {to}");
        }
        assert!(matches!(Decoded::parse(&vec![b' '; MAX_BYTES + 1]), Err(InvalidEntry::TooLarge(_))));
    }

    #[test]
    fn entries_that_a_verifier_would_refuse_are_not_written() {
        type Change = fn(&mut Entry);
        let changes: [(Change, u64); 6] = [
            (|entry| entry.repo = None, 12),
            (|entry| entry.intent = None, 12),
            (|entry| entry.idempotency_key = None, 12),
            (|entry| entry.outcome = None, 12),
            (|entry| entry.kind = Kind::Heartbeat, 11),
            (
                |entry| {
                    entry.kind = Kind::EffectIntended;
                    entry.idempotency_key = None;
                },
                12,
            ),
        ];
        for (number, (change, seq)) in changes.into_iter().enumerate() {
            let mut entry = full();
            change(&mut entry);
            assert!(matches!(entry.encode(seq), Err(EntryError::Incomplete { .. })), "change {number}");
        }
    }

    #[test]
    fn size_and_times_are_bounded() {
        let mut entry = full();
        entry.source.event = "x".repeat(MAX_BYTES);
        assert!(matches!(entry.encode(12), Err(EntryError::TooLarge(_))));
        for moment in [Timestamp(-1), Timestamp(i64::MAX), Timestamp(i64::MIN)] {
            let entry = Entry { expires_at: Some(moment), ..full() };
            assert!(matches!(entry.encode(12), Err(EntryError::Unwritable(_))), "{moment:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_entry_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..80), place: prop::sample::Index, byte: u8,
        ) {
            let _ = Decoded::parse(&bytes);
            let mut near = full().encode(12).unwrap();
            let place = place.index(near.len());
            near[place] = byte;
            let _ = Decoded::parse(&near);
        }

        #[test]
        fn any_text_in_an_entry_comes_back(event in any::<String>(), key in "\\PC{0,40}", time in 0_i64..253_402_207_199_999) {
            let mut entry = Entry::new(Kind::Heartbeat, Timestamp(time), Source::internal(&event));
            entry.idempotency_key = Some(key);
            let bytes = entry.encode(7).unwrap();
            prop_assert_eq!(Decoded::parse(&bytes).unwrap(), Decoded { seq: 7, entry });
        }
    }
}
