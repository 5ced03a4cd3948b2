//! Tokens of GitHub Actions jobs: `OpenID` Connect, RS256, by our own clock.
//!
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};
use tokio::sync::Mutex;
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::http_client::HttpClient;
use crate::ids::{RepoId, RepoName, RunId};
use crate::settings::OidcSettings;

/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: i64 = 60;
/// No token of a job lives longer, in seconds.
const LONGEST_LIFE: i64 = 24 * 3600;
/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;
/// An issuer has a handful of keys.
const LARGEST_KEYS: usize = 256 * 1024;
const KEYS_WITHIN: Duration = Duration::from_secs(8);
/// How often an unknown key makes us ask again at most, and how long keys are kept at most.
const ASK_AGAIN: Duration = Duration::from_mins(1);
const KEEP: Duration = Duration::from_hours(1);

/// Why a token is not believed. Nothing of the token stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Doubt {
    #[error("It is no token of a GitHub Actions job.")]
    Shape,
    #[error("It is not signed by the configured issuer.")]
    Signature,
    #[error("It is of another issuer.")]
    Issuer,
    #[error("It was made for another audience.")]
    Audience,
    #[error("Its time is over, or has not come.")]
    Time,
    #[error("The issuer's keys cannot be had now.")]
    NoKeys,
}

/// What a job's token says, of which only this is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) repository: RepoName,
    pub(super) repository_id: RepoId,
    pub(super) run: RunId,
    pub(super) attempt: i64,
}

/// Who issues tokens, with the keys it signs with. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Issuer {
    name: String,
    audience: Option<String>,
    http: HttpClient,
    clock: Clock,
    keys: Arc<Mutex<Keys>>,
}

#[derive(Debug, Default)]
struct Keys {
    known: Vec<Key>,
    asked: Option<Timestamp>,
    /// When the keys that are here were told.
    told: Option<Timestamp>,
}

impl Issuer {
    pub(super) fn new(
        settings: OidcSettings,
        public_url: Option<&Url>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let audience = settings.audience.or_else(|| public_url.map(ToString::to_string));
        let http = HttpClient::new()?;
        Ok(Self { name: settings.issuer, audience, http, clock, keys: Arc::default() })
    }

    /// Whether any token can be for us.
    pub(super) fn has_audience(&self) -> bool {
        self.audience.is_some()
    }

    /// The job whose token this is.
    pub(super) async fn job(&self, token: &str) -> Result<Job, Doubt> {
        if token.len() > LONGEST {
            return Err(Doubt::Shape);
        }
        let header = decode_header(token).map_err(|_| Doubt::Shape)?;
        // Nothing else: neither no signature nor one that our public key would be the secret of.
        if header.alg != Algorithm::RS256 {
            return Err(Doubt::Signature);
        }
        let key = self.key(&header.kid.ok_or(Doubt::Shape)?).await?;
        let mut rules = Validation::new(Algorithm::RS256);
        // The rest is checked below: by our clock, and exactly.
        rules.required_spec_claims.clear();
        (rules.validate_exp, rules.validate_nbf, rules.validate_aud) = (false, false, false);
        let claims = decode::<serde_json::Value>(token, &key, &rules).map_err(|_| Doubt::Signature)?.claims;
        self.check(serde_json::from_value(claims).map_err(|_| Doubt::Shape)?)
    }

    fn check(&self, claims: Claims) -> Result<Job, Doubt> {
        let slash = |text: &str| text.trim_end_matches('/').to_owned();
        if claims.iss != self.name {
            return Err(Doubt::Issuer);
        }
        if self.audience.as_deref().map(slash) != Some(slash(&claims.aud)) {
            return Err(Doubt::Audience);
        }
        let now = self.clock.now().seconds();
        let begun = now.saturating_add(LEEWAY);
        let begins = claims.nbf.unwrap_or(claims.iat);
        let lives = claims.exp.saturating_sub(claims.iat);
        if claims.exp <= now.saturating_sub(LEEWAY)
            || claims.iat > begun
            || begins > begun
            || lives > LONGEST_LIFE
        {
            return Err(Doubt::Time);
        }
        Ok(Job {
            repository: claims.repository,
            repository_id: RepoId(claims.repository_id),
            run: RunId(claims.run_id),
            attempt: claims.run_attempt,
        })
    }

    async fn key(&self, id: &str) -> Result<DecodingKey, Doubt> {
        let mut keys = self.keys.lock().await;
        let now = self.clock.now();
        let older = |moment: Option<Timestamp>, than: Duration| moment.is_none_or(|at| now.since(at) >= than);
        let known = keys.known.iter().any(|key| key.kid == id) && !older(keys.told, KEEP);
        if !known && older(keys.asked, ASK_AGAIN) {
            keys.asked = Some(now);
            (keys.known, keys.told) = (self.ask().await?, Some(now));
        }
        if older(keys.told, KEEP) {
            return Err(Doubt::NoKeys);
        }
        let key = keys.known.iter().find(|key| key.kid == id).ok_or(Doubt::Signature)?;
        DecodingKey::from_rsa_components(&key.n, &key.e).map_err(|_| Doubt::Signature)
    }

    async fn ask(&self) -> Result<Vec<Key>, Doubt> {
        let address = format!("{}/.well-known/jwks", self.name.trim_end_matches('/'));
        let request = Request::get(address).body(Full::<Bytes>::default()).map_err(|_| Doubt::NoKeys)?;
        let answer = self.http.send(request, LARGEST_KEYS, KEYS_WITHIN).await;
        let answer = answer.map_err(|error| {
            tracing::warn!(issuer = self.name, %error, "the issuer's keys cannot be had");
            Doubt::NoKeys
        })?;
        if answer.status != StatusCode::OK {
            tracing::warn!(issuer = self.name, status = %answer.status, "the issuer's keys cannot be had");
            return Err(Doubt::NoKeys);
        }
        let set: Set = serde_json::from_slice(&answer.body).map_err(|_| Doubt::NoKeys)?;
        let ours = |key: &Key| {
            key.kty == "RSA"
                && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
                && key.alg.as_deref().is_none_or(|alg| alg == "RS256")
        };
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(keys.filter(ours).collect())
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A public key (RFC 7517, RFC 7518 section 6.3.1).
#[derive(Debug, Deserialize)]
struct Key {
    kid: String,
    kty: String,
    n: String,
    e: String,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    repository: RepoName,
    #[serde(deserialize_with = "number")]
    repository_id: i64,
    #[serde(deserialize_with = "number")]
    run_id: i64,
    #[serde(deserialize_with = "number")]
    run_attempt: i64,
}

/// GitHub writes numbers as texts.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}
