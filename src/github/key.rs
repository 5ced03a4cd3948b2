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
