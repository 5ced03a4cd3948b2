//! The key that signs the log.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use secrecy::SecretString;

use super::note::{self, NoteError};
use super::pem;
use super::verifier::{KeyName, Verifier};

/// An Ed25519 key with the name it signs under. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct LogKey {
    name: KeyName,
    key: SigningKey,
}

impl LogKey {
    /// The key that follows from 32 secret bytes (RFC 8032).
    pub fn from_seed(name: KeyName, seed: [u8; 32]) -> Self {
        Self { name, key: SigningKey::from_bytes(&seed) }
    }

    pub(crate) fn new(name: KeyName, key: SigningKey) -> Self {
        Self { name, key }
    }

    /// The name it signs under.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The same key under another name: that of the log's next epoch.
    #[must_use]
    pub fn named(&self, name: KeyName) -> Self {
        Self { name, key: self.key.clone() }
    }

    /// What others need to check its signatures.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.name.clone(), self.key.verifying_key())
    }

    /// Makes a note of `text`, which must end with a line feed and hold no other control characters.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        note::check_text(text)?;
        Ok(format!("{text}\n{}", self.signature_line(text)))
    }

    /// The line that adds this key's signature to a note of `text`.
    pub(super) fn signature_line(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        note::signature_line(&self.name, self.verifier().id(), &signature)
    }

    /// The key as PKCS#8 in PEM (RFC 8410), without the public key, so that every OpenSSL reads it.
    ///
    /// None if it cannot be encoded, which does not happen to a key of 32 bytes.
    pub fn to_pem(&self) -> Option<SecretString> {
        pem::to_pem(&self.key)
    }

    /// Reads PKCS#8 in PEM; none if it is something else.
    pub fn from_pem(name: KeyName, pem: &str) -> Option<Self> {
        pem::from_pem(pem).map(|key| Self { name, key })
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({})", self.verifier())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn name() -> KeyName {
        "countersign.example/acme".parse().unwrap()
    }

    #[test]
    fn the_private_key_of_the_go_documentation_has_its_published_verifier() {
        let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let typed = STANDARD.decode(skey.splitn(5, '+').last().unwrap()).unwrap();
        let key = LogKey::from_seed("PeterNeumann".parse().unwrap(), typed[1..].try_into().unwrap());
        assert_eq!(
            key.verifier().to_string(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
    }

    #[test]
    fn the_golden_seed_has_the_golden_key() {
        let key = LogKey::from_seed(name(), [7; 32]);
        assert_eq!(
            hex::encode(key.verifier().public_key()),
            "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
        );
        assert_eq!(
            key.verifier().to_string(),
            "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
        );
    }

    #[test]
    fn the_key_is_not_printed() {
        let key = LogKey::from_seed(name(), [7; 32]);
        let pem = key.to_pem().unwrap();
        assert!(!format!("{key:?}").contains(&STANDARD.encode([7; 32])));
        assert!(!format!("{key:?}").contains(&hex::encode([7; 32])));
        assert!(pem.expose_secret().starts_with("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI"));
        let again = LogKey::from_pem(name(), pem.expose_secret()).unwrap();
        assert_eq!(again.verifier(), key.verifier());
    }
}
