//! What a decision is worth outside of the log: envelopes that in-toto's and Sigstore's tools accept.
//!
//! They are made when they are asked for: Ed25519 is deterministic and an entry never changes, so the same
//! entry has the same envelope for ever, and nothing has to be stored.

use serde::Serialize;

use super::attestation_key::AttestationKey;
use super::checkpoint::Origin;
use super::dsse::Envelope;
use super::entry::ReadEntry;
use super::kind::Kind;
use super::statement::{self, Decoded, EntryError, InvalidEntry};
use crate::clock::Timestamp;
use crate::ids::BlobSha;

/// in-toto's predicate for what somebody checked and found to hold:
/// <https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md>.
pub const VERIFICATION_RESULT: &str = "https://in-toto.io/attestation/svr/v0.2";

/// Why there is no attestation of an entry.
#[derive(Debug, thiserror::Error)]
pub enum AttestationError {
    /// The bytes are not an entry.
    #[error(transparent)]
    Entry(#[from] InvalidEntry),
    /// The statement cannot be written.
    #[error(transparent)]
    Statement(#[from] EntryError),
}

/// The entry itself in an envelope, if it is an approval or a rejection: the payload is its exact bytes.
///
/// # Errors
/// When the bytes are no entry.
pub fn of_entry(entry: &[u8], key: &AttestationKey) -> Result<Option<Envelope>, AttestationError> {
    let kind = Decoded::parse(entry)?.entry.kind;
    let decides = kind == Kind::DecisionAllowed || kind == Kind::DecisionRejected;
    Ok(decides.then(|| Envelope::sign(entry.to_vec(), key)))
}

/// An approval as a Simple Verification Result about its commit, by the server that keeps the log `origin`.
///
/// None for any other entry: the predicate says what held, and cannot say that something did not.
///
/// # Errors
/// When the bytes are no entry.
pub fn verification_result(
    entry: &[u8],
    key: &AttestationKey,
    origin: &Origin,
) -> Result<Option<Envelope>, AttestationError> {
    let entry = Decoded::parse(entry)?.entry;
    let Some(result) = VerificationResult::of(&entry, origin) else { return Ok(None) };
    let statement = statement::encode(&entry, VERIFICATION_RESULT, &result)?;
    Ok(Some(Envelope::sign(statement, key)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationResult<'e> {
    verifier: Server<'e>,
    #[serde(with = "statement::moment")]
    time_created: Timestamp,
    properties: [String; 2],
}

#[derive(Serialize)]
struct Server<'e> {
    id: String,
    policies: [Policy<'e>; 1],
}

#[derive(Serialize)]
struct Policy<'e> {
    digest: PolicyDigest<'e>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyDigest<'e> {
    git_blob: &'e BlobSha,
}

impl<'e> VerificationResult<'e> {
    fn of(entry: &'e ReadEntry, origin: &Origin) -> Option<Self> {
        if entry.kind != Kind::DecisionAllowed || entry.commit.is_none() {
            return None;
        }
        let policy = Policy { digest: PolicyDigest { git_blob: entry.policy.as_ref()? } };
        // The environment is called as the policy calls it: in capitals, prod-eu and prod_eu might become one.
        let environment = format!("COUNTERSIGN_ENV_{}", entry.environment.as_ref()?);
        Some(Self {
            verifier: Server { id: format!("https://{origin}"), policies: [policy] },
            time_created: entry.observed_at,
            properties: ["COUNTERSIGN_DEPLOYMENT_APPROVED".to_owned(), environment],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Entry, Source};
    use crate::ids::{PromotionNumber, RepoId};

    fn key() -> AttestationKey {
        AttestationKey::from_seed([9; 32])
    }

    fn origin() -> Origin {
        "countersign.example/acme".parse().unwrap()
    }

    fn entry(kind: Kind) -> Vec<u8> {
        let entry = Entry {
            repo: Some(RepoId(1_296_269)),
            promotion: Some(PromotionNumber(42)),
            environment: Some("production".parse().unwrap()),
            commit: Some("6dcb09b5b57875f334f61aebed695e2e4193db5e".parse().unwrap()),
            policy: Some("8d1c8b69c3fce7bea45c73efd06983e3c419a92f".parse().unwrap()),
            ..Entry::new(kind, Timestamp(1_790_000_000_250), Source::internal("timer"))
        };
        entry.encode(12).unwrap()
    }

    #[test]
    fn approvals_and_rejections_are_attested_byte_for_byte() {
        for kind in [Kind::DecisionAllowed, Kind::DecisionRejected] {
            let envelope = of_entry(&entry(kind), &key()).unwrap().unwrap();
            assert_eq!(envelope.verified(&key().verifier()).unwrap(), entry(kind));
            assert_eq!(of_entry(&entry(kind), &key()).unwrap().unwrap(), envelope, "it is always the same");
        }
        for kind in [Kind::DecisionWaiting, Kind::RequestOpened, Kind::Heartbeat] {
            assert_eq!(of_entry(&entry(kind), &key()).unwrap(), None, "{kind}");
        }
        assert!(of_entry(b"{}", &key()).is_err());
    }

    #[test]
    fn an_approval_is_a_verification_result() {
        let envelope =
            verification_result(&entry(Kind::DecisionAllowed), &key(), &origin()).unwrap().unwrap();
        let statement = envelope.verified(&key().verifier()).unwrap();
        insta::assert_snapshot!(String::from_utf8_lossy(statement), @r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"git+repo:1296269","digest":{"gitCommit":"6dcb09b5b57875f334f61aebed695e2e4193db5e"}}],"predicateType":"https://in-toto.io/attestation/svr/v0.2","predicate":{"verifier":{"id":"https://countersign.example/acme","policies":[{"digest":{"gitBlob":"8d1c8b69c3fce7bea45c73efd06983e3c419a92f"}}]},"timeCreated":"2026-09-21T14:13:20.25Z","properties":["COUNTERSIGN_DEPLOYMENT_APPROVED","COUNTERSIGN_ENV_production"]}}"#);
    }

    #[test]
    fn nothing_else_is_one() {
        let result = |bytes: &[u8]| verification_result(bytes, &key(), &origin());
        for kind in [Kind::DecisionRejected, Kind::DecisionWaiting, Kind::Heartbeat] {
            assert_eq!(result(&entry(kind)).unwrap(), None, "{kind}");
        }
        let source = Source::internal("timer");
        let bare = Entry::new(Kind::DecisionAllowed, Timestamp(0), source).encode(0).unwrap();
        assert_eq!(result(&bare).unwrap(), None, "an approval of nothing");
        assert!(result(b"{}").is_err());
    }
}
