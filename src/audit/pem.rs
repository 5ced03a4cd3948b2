//! A signing key as text: PKCS#8 in PEM (RFC 8410).

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use secrecy::SecretString;

/// The key without the public key, so that every OpenSSL reads it.
///
/// None if it cannot be encoded, which does not happen to a key of 32 bytes.
pub(crate) fn to_pem(key: &SigningKey) -> Option<SecretString> {
    let pair = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
    pair.to_pkcs8_pem(LineEnding::LF).ok().map(|pem| SecretString::from(pem.as_str()))
}

/// The key in a PEM text; none if it is something else.
pub(crate) fn from_pem(pem: &str) -> Option<SigningKey> {
    SigningKey::from_pkcs8_pem(pem).ok()
}
