//! Whether a webhook is from GitHub.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use crate::github::Secret;

/// Whether `header` (`X-Hub-Signature-256`) is the HMAC-SHA256 of the raw bytes with one of the secrets.
///
/// Compares in constant time. A missing header, an empty secret or none at all is a no.
pub fn verify(secrets: &[Secret], header: Option<&str>, body: &[u8]) -> bool {
    let Some(signature) = header.and_then(parse) else { return false };
    // Every secret is tried, so that the time does not tell which one it was.
    secrets.iter().fold(false, |valid, secret| valid | signed_with(secret, &signature, body))
}

fn parse(header: &str) -> Option<[u8; 32]> {
    let mut signature = [0; 32];
    hex::decode_to_slice(header.strip_prefix("sha256=")?, &mut signature).ok()?;
    Some(signature)
}

fn signed_with(secret: &Secret, signature: &[u8; 32], body: &[u8]) -> bool {
    let secret = secret.expose_secret().as_bytes();
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    let valid = mac.chain_update(body).verify_slice(signature).is_ok();
    valid && !secret.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation, "Validating webhook deliveries".
    const DOCUMENTED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn the_documented_example_verifies() {
        let secrets = [Secret::from("old one"), Secret::from("It's a Secret to Everybody")];
        assert!(verify(&secrets, Some(DOCUMENTED), b"Hello, World!"));
        assert!(!verify(&secrets, Some(DOCUMENTED), b"Hello, World?"));
        assert!(!verify(&secrets[..1], Some(DOCUMENTED), b"Hello, World!"));
    }

    #[test]
    fn nothing_else_does() {
        let secrets = [Secret::from("It's a Secret to Everybody")];
        let truncated = &DOCUMENTED[..DOCUMENTED.len() - 2];
        let longer = format!("{DOCUMENTED}00");
        let sha1 = DOCUMENTED.replace("sha256", "sha1");
        for header in [None, Some(""), Some("sha256="), Some(truncated), Some(&longer), Some(&sha1)] {
            assert!(!verify(&secrets, header, b"Hello, World!"), "{header:?}");
        }
        assert!(!verify(&[], Some(DOCUMENTED), b"Hello, World!"));
        let of_empty_secret = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        assert!(!verify(&[Secret::from("")], Some(of_empty_secret), b""));
    }
}
