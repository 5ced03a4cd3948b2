//! Telling two secrets apart without telling either.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Marks secrets with a keyed hash: without the key, nobody can try passwords against a mark.
#[derive(Clone)]
pub struct Marker(Hmac<Sha256>);

impl Marker {
    /// One with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        // A key that is shorter than a block is filled up with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        Self(Hmac::new(&block.into()))
    }

    /// The mark of this secret: 16 hexadecimal digits.
    pub fn mark(&self, secret: &str) -> Box<str> {
        let mut hash = self.0.clone();
        hash.update(secret.as_bytes());
        hex::encode(hash.finalize().into_bytes().get(..8).unwrap_or_default()).into()
    }
}

impl std::fmt::Debug for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marker(…)")
    }
}
