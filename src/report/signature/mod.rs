//! Whether the signatures that a report carries hold, under a key or under identities that a trusted root
//! vouches for. Nothing is fetched: everything that is trusted is handed in.
//!
//! Sigstore bundles are verified by the `sigstore-verify` library as Sigstore's client specification says:
//! the certificate's chain at the time of signing, its SCT, the inclusion in the log, and that the log's
//! entry, the certificate and the signature are about the same bytes.

use sigstore_verify::crypto::{KeyAlgorithm, SigningScheme, verify_signature, verify_signature_prehashed};
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{
    Artifact, ArtifactDigest, Bundle, DerPublicKey, DigestBytes, HashAlgorithm, SignatureBytes,
    SignatureContent, pae,
};
use sigstore_verify::{VerificationPolicy, Verifier};

use crate::report::format::attestation::{STATEMENT, Signed, signed, subjects};
use crate::report::{Attestation, Report, SignatureFact, Subject};

/// Whom a policy believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Whoever has this key: a public key in PEM, of ECDSA (P-256, P-384), Ed25519 or RSA.
    Key(String),
    /// An identity that a certificate authority vouched for when it signed.
    Keyless {
        /// The text of a `trusted_root.json`. One without transparency logs, such as GitHub's for private
        /// repositories, is believed by its time stamps alone.
        trusted_root: String,
        /// Who: exactly, or with `*` for any characters:
        /// `https://github.com/o/r/.github/workflows/release.yml@refs/tags/*`.
        identity: String,
        /// Who vouched for the identity, exactly: `https://token.actions.githubusercontent.com`.
        issuer: String,
    },
}

impl Trust {
    /// Why nothing can be verified with it: for whoever writes the policy.
    pub fn problem(&self) -> Option<String> {
        Checker::new(self).err()
    }
}

/// Verifies every signed statement of a report: one that does not hold is one too many.
pub fn verify(report: &Report, trust: Option<&Trust>) -> SignatureFact {
    if report.attestations.iter().all(|statement| statement.signatures == 0) {
        return SignatureFact::None;
    }
    let Some(trust) = trust else { return SignatureFact::Unverified };
    let checked = Checker::new(trust).and_then(|checker| {
        report.attestations.iter().map(|it| checker.check(it)).collect::<Result<Vec<_>, _>>()
    });
    let checked = match checked {
        Ok(checked) => checked,
        Err(why) => {
            return SignatureFact::Failed { why: crate::report::draft::cut(&why, LONGEST).to_owned() };
        }
    };
    let (mut by, mut subjects) = (Vec::new(), Vec::new());
    for (whom, about) in checked {
        by.push(whom);
        subjects.extend(about);
    }
    for list in [&mut by, &mut subjects] {
        list.sort_unstable();
        list.dedup();
    }
    SignatureFact::Verified { by: by.join(", "), subjects }
}

/// Bytes of a reason that are told.
const LONGEST: usize = 500;

/// By whom, and about which digests.
type Checked = Result<(String, Vec<String>), String>;

/// What a [`Trust`] says, read once.
enum Checker<'t> {
    Key { key: DerPublicKey, algorithm: KeyAlgorithm, called: String },
    Keyless { verifier: Box<Verifier>, policy: VerificationPolicy, identity: &'t str },
}

impl<'t> Checker<'t> {
    fn new(trust: &'t Trust) -> Result<Self, String> {
        match trust {
            Trust::Key(pem) => {
                let unusable = |error: &dyn std::fmt::Display| {
                    format!("The policy's key is no public key that can be used: {error}.")
                };
                let key = DerPublicKey::from_pem(pem).map_err(|error| unusable(&error))?;
                let algorithm = KeyAlgorithm::from_spki(&key).map_err(|error| unusable(&error))?;
                let called = format!("key {}", key_id(&key));
                Ok(Self::Key { key, algorithm, called })
            }
            Trust::Keyless { trusted_root, identity, issuer } => {
                let unusable =
                    |error: &dyn std::fmt::Display| format!("The trusted root cannot be used: {error}.");
                if identity.trim_matches('*').is_empty() || issuer.is_empty() {
                    return Err(
                        "The policy names no identity or no issuer, so that anybody could sign.".to_owned()
                    );
                }
                let root = TrustedRoot::from_json(trusted_root).map_err(|error| unusable(&error))?;
                let verifier = Verifier::new(&root).map_err(|error| unusable(&error))?;
                let policy = policy(&root, issuer).map_err(|error| unusable(&error))?;
                Ok(Self::Keyless { verifier: Box::new(verifier), policy, identity })
            }
        }
    }

    fn check(&self, statement: &Attestation) -> Checked {
        let Some(envelope) = statement.envelope.as_deref() else {
            return Err(match statement.signatures {
                0 => "One of its statements stands in no envelope: nobody signed it.".to_owned(),
                _ => "One of its envelopes is too long to be verified.".to_owned(),
            });
        };
        let signed = signed(envelope).ok_or("One of its envelopes cannot be read again.")?;
        match self {
            Self::Key { key, algorithm, called } => {
                Ok((called.clone(), under_key(&signed, key, *algorithm)?))
            }
            Self::Keyless { verifier, policy, identity } => keyless(envelope, verifier, policy, identity),
        }
    }
}

/// Everything is asked for that the root can vouch for.
fn policy(root: &TrustedRoot, issuer: &str) -> Result<VerificationPolicy, &'static str> {
    if root.certificate_authorities.is_empty() {
        return Err("it names no certificate authority");
    }
    let mut policy = VerificationPolicy::any_identity().require_issuer(issuer);
    if root.ctlogs.is_empty() {
        policy = policy.skip_sct();
    }
    if root.tlogs.is_empty() {
        if root.timestamp_authorities.is_empty() {
            return Err("it names neither a transparency log nor a time stamp authority");
        }
        policy = policy.skip_tlog_unsafe();
    }
    Ok(policy)
}

fn keyless(envelope: &str, verifier: &Verifier, policy: &VerificationPolicy, identity: &str) -> Checked {
    let bundle = Bundle::from_json(envelope).map_err(|error| {
        format!(
            "It is no Sigstore bundle, and only a bundle carries what keyless verification needs: {error}."
        )
    })?;
    let about = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            about(&envelope.payload_type, envelope.payload.as_bytes())?
        }
        SignatureContent::MessageSignature(message) => {
            let digest = message.message_digest.as_ref().ok_or("The signature names no digest.")?;
            vec![format!("{}:{}", digest.algorithm.as_rekor_str(), hex::encode(digest.digest.as_bytes()))]
        }
        _ => return Err("It signs something that is neither a statement nor an artifact.".to_owned()),
    };
    let artifact = about
        .iter()
        .find_map(|digest| artifact(digest))
        .ok_or("It is about no SHA-256 or SHA-512 digest.")?;
    let result = verifier
        .verify(artifact, &bundle, policy)
        .map_err(|error| format!("The signature does not hold: {error}."))?;
    let (Some(signer), true) = (result.identity(), result.certificate_verified()) else {
        return Err("The signature does not say who signed.".to_owned());
    };
    if !fits(identity, signer.as_str()) {
        return Err(format!("{signer} signed it, and the policy asks for {identity}."));
    }
    Ok((format!("{signer} ({})", result.issuer().unwrap_or_default()), about))
}

fn artifact(digest: &str) -> Option<Artifact<'static>> {
    let (algorithm, hex) = digest.split_once(':')?;
    let algorithm = match algorithm {
        "sha256" => HashAlgorithm::Sha2256,
        "sha512" => HashAlgorithm::Sha2512,
        _ => return None,
    };
    let digest = DigestBytes::new(hex::decode(hex).ok()?);
    Some(Artifact::from_digest(ArtifactDigest::new(algorithm, digest).ok()?))
}

fn under_key(signed: &Signed, key: &DerPublicKey, algorithm: KeyAlgorithm) -> Result<Vec<String>, String> {
    match signed {
        Signed::Payload { kind, payload, signatures } => {
            let message = pae(kind, payload);
            let holds = |signature: &Vec<u8>, scheme: &SigningScheme| {
                verify_signature(key, &message, &SignatureBytes::new(signature.clone()), *scheme).is_ok()
            };
            let any = signatures.iter().any(|sig| schemes(algorithm).iter().any(|scheme| holds(sig, scheme)));
            if any {
                about(kind, payload)
            } else {
                Err("No signature in it is by the policy's key.".to_owned())
            }
        }
        Signed::Digest { digest, signature } => {
            let signature = SignatureBytes::new(signature.clone());
            // A digest of another length than the scheme's is refused by the library.
            let holds = |scheme: &&SigningScheme| {
                scheme.supports_prehashed()
                    && verify_signature_prehashed(key, digest, &signature, **scheme).is_ok()
            };
            let scheme = schemes(algorithm).iter().find(holds);
            let hash = scheme
                .and_then(SigningScheme::hash_algorithm)
                .ok_or("The signature is not by the policy's key.")?;
            Ok(vec![format!("{}:{}", hash.as_rekor_str(), hex::encode(digest))])
        }
    }
}

/// How keys of a kind sign: cosign hashes with SHA-256 whatever the key, others fit the hash to the key.
fn schemes(algorithm: KeyAlgorithm) -> &'static [SigningScheme] {
    use SigningScheme as By;
    match algorithm {
        KeyAlgorithm::EcdsaP256 => &[By::EcdsaP256Sha256],
        KeyAlgorithm::EcdsaP384 => &[By::EcdsaP384Sha384, By::EcdsaP384Sha256],
        KeyAlgorithm::Ed25519 => &[By::Ed25519],
        KeyAlgorithm::Rsa => &[
            By::RsaPkcs1Sha256,
            By::RsaPkcs1Sha384,
            By::RsaPkcs1Sha512,
            By::RsaPssSha256,
            By::RsaPssSha384,
            By::RsaPssSha512,
        ],
        _ => &[],
    }
}

/// The digests a signed payload is about. What is signed counts, and nothing that was read before.
fn about(kind: &str, payload: &[u8]) -> Result<Vec<String>, String> {
    if kind != STATEMENT {
        return Err("What is signed is no statement, so that it is about no artifact.".to_owned());
    }
    let subjects = subjects(payload).ok_or("What is signed is no statement that can be read.")?;
    let digests: Vec<_> =
        subjects.iter().flat_map(|subject: &Subject| &subject.digests).map(ToString::to_string).collect();
    if digests.is_empty() { Err("The statement is about no digest.".to_owned()) } else { Ok(digests) }
}

/// Whether a text is as a pattern says, in which `*` stands for any characters.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// The beginning of the SHA-256 of a key, as `openssl pkey -pubin -outform der | sha256sum` prints it.
fn key_id(key: &DerPublicKey) -> String {
    let digest = sigstore_verify::crypto::sha256(key.as_bytes()).to_hex();
    format!("sha256:{}", digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests;
