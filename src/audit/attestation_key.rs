//! The key that signs attestations. It is another one than the log's: no key signs two kinds of messages.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::digest::Digest;

/// An Ed25519 key for attestations. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct AttestationKey(SigningKey);

/// What others need to check attestations: the public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationVerifier(VerifyingKey);

/// The text is not an Ed25519 public key that only its owner can sign for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attestation's key is an Ed25519 public key in PEM (SubjectPublicKeyInfo)")]
pub struct InvalidAttestationKey;

/// What stands before the 32 bytes of an Ed25519 key in a `SubjectPublicKeyInfo` (RFC 8410, sections 3 and 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl AttestationKey {
    /// The key that follows from 32 secret bytes (RFC 8032).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    pub(crate) fn new(key: SigningKey) -> Self {
        Self(key)
    }

    /// What others need to check its signatures.
    pub fn verifier(&self) -> AttestationVerifier {
        AttestationVerifier(self.0.verifying_key())
    }

    /// Another secret that only the owner of this key has, and that tells nothing of it.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        Sha256::new_with_prefix("countersign derived secret\0")
            .chain_update(self.0.to_bytes())
            .chain_update(purpose)
            .finalize()
            .into()
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for AttestationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttestationKey({})", self.verifier().id())
    }
}

impl AttestationVerifier {
    /// The key's id: SHA-256 of its `SubjectPublicKeyInfo`, in hexadecimal. A hint which key signed, not a proof.
    pub fn id(&self) -> String {
        Digest::of(&self.der()).to_string()
    }

    /// The public key in PEM, as `openssl pkey -pubin` reads it.
    pub fn to_pem(&self) -> String {
        let der = STANDARD.encode(self.der());
        format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
    }

    /// Reads what [`Self::to_pem`] or another tool wrote.
    ///
    /// # Errors
    /// When it is something else, or a key that anybody can sign for.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidAttestationKey> {
        let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| InvalidAttestationKey)?;
        if key.is_weak() { Err(InvalidAttestationKey) } else { Ok(Self(key)) }
    }

    /// Strict: RFC 8032 with canonical encodings only, so that everybody accepts the same signatures.
    pub(super) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }

    fn der(&self) -> Vec<u8> {
        [SPKI.as_slice(), self.0.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::pkcs8::EncodePublicKey as _;
    use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;

    use super::*;

    #[test]
    fn the_public_key_is_written_as_everybody_writes_it() {
        let verifier = AttestationKey::from_seed([9; 32]).verifier();
        assert_eq!(verifier.to_pem(), verifier.0.to_public_key_pem(LineEnding::LF).unwrap());
        assert_eq!(verifier.der(), verifier.0.to_public_key_der().unwrap().as_bytes());
        assert_eq!(AttestationVerifier::from_pem(&verifier.to_pem()), Ok(verifier));
    }

    #[test]
    fn other_keys_are_refused() {
        let identity = VerifyingKey::from_bytes(&{
            let mut bytes = [0; 32];
            bytes[0] = 1;
            bytes
        });
        let anybodys = AttestationVerifier(identity.unwrap()).to_pem();
        for pem in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", &anybodys] {
            assert_eq!(AttestationVerifier::from_pem(pem), Err(InvalidAttestationKey), "{pem}");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        let key = AttestationKey::from_seed([9; 32]);
        assert_eq!(format!("{key:?}"), format!("AttestationKey({})", key.verifier().id()));
    }
}
