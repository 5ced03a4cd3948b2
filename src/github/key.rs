//! The App's private key, and the short-lived proofs made with it that we are the App.

use std::fmt;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::{Error, Secret};
use crate::clock::Timestamp;

/// How far in the past a proof starts, for clocks of GitHub's that are behind ours, in seconds.
const BACKDATED: i64 = 60;
/// How long a proof holds, in seconds; GitHub takes at most ten minutes by its own clock.
const LIFETIME: i64 = 9 * 60;

/// The App's RSA key. It cannot be printed.
#[derive(Clone)]
pub struct AppKey(EncodingKey);

/// Why a text is not a private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not an RSA private key in PEM (\"BEGIN RSA PRIVATE KEY\" or \"BEGIN PRIVATE KEY\"): {why}. \
     Download it again from the App's settings page"
)]
pub struct UnusableKey {
    why: String,
}

impl AppKey {
    /// Reads PEM as GitHub gives it (PKCS#1), as others convert it (PKCS#8), and either with its line
    /// breaks written as `\n`, as environment variables often have it.
    ///
    /// # Errors
    /// When it is none of these. The error never quotes the text.
    pub fn parse(pem: &str) -> Result<Self, UnusableKey> {
        let pem = pem.trim().trim_matches('"').replace("\\r", "").replace("\\n", "\n");
        EncodingKey::from_rsa_pem(pem.as_bytes())
            .map(Self)
            .map_err(|error| UnusableKey { why: error.to_string() })
    }

    /// A proof that we are this App (JWT, RS256), from a minute ago until nine minutes from now.
    pub(crate) fn prove(&self, app_id: i64, now: Timestamp) -> Result<Secret, Error> {
        let claims =
            Claims { iss: app_id.to_string(), iat: now.seconds() - BACKDATED, exp: now.seconds() + LIFETIME };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.0)
            .map(Secret::from)
            .map_err(|error| Error::broken(format!("the App's key cannot sign: {error}")))
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey(…)")
    }
}

#[derive(Serialize)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use secrecy::ExposeSecret as _;

    use super::*;

    const PKCS1: &str = include_str!("../../tests/fixtures/github/test-key.pkcs1.pem");
    const PKCS8: &str = include_str!("../../tests/fixtures/github/test-key.pkcs8.pem");
    const PUBLIC: &str = include_str!("../../tests/fixtures/github/test-key.public.pem");

    #[test]
    fn all_three_ways_of_writing_the_key_are_read() {
        let now = Timestamp::parse("2026-11-21T09:15:00Z").unwrap();
        let escaped = format!("\"{}\"", PKCS1.replace('\n', "\\n"));
        for pem in [PKCS1, PKCS8, &escaped] {
            let proof = AppKey::parse(pem).unwrap().prove(4711, now).unwrap();
            let mut validation = Validation::new(Algorithm::RS256);
            validation.validate_exp = false;
            let key = DecodingKey::from_rsa_pem(PUBLIC.as_bytes()).unwrap();
            let claims =
                decode::<serde_json::Value>(proof.expose_secret(), &key, &validation).unwrap().claims;
            let seconds = now.seconds();
            let wanted = serde_json::json!({ "iss": "4711", "iat": seconds - 60, "exp": seconds + 540 });
            assert_eq!(claims, wanted);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_quoted_and_a_key_is_never_printed() {
        let error = AppKey::parse("-----BEGIN hunter2-----").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(format!("{:?}", AppKey::parse(PKCS1).unwrap()), "AppKey(…)");
    }
}
