//! Settings: the one place that reads flags and environment variables.
//!
//! Flags win over the environment. A variable that is set but empty counts as not set. What is wrong
//! with a setting is said with its name and with what to write instead; a secret is never quoted.

mod anchor;
mod connections;
mod flags;
mod key_file;
mod oidc;
mod trusted_root;
mod secret;
mod reader;
mod place;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::audit::{LogKey, Origin};
use crate::db::{self, Guarding, Place, Purpose};
use crate::github::{AppKey, Secret};

pub use anchor::{AnchorBranch, AnchorSettings};
pub use connections::{ConnectionLimits, PerAddress};
pub use flags::{
    AnchorFlags, AttestationFlags, DatabaseFlags, GitHubFlags, LogFlags, LogFormat, OidcFlags, ReaderFlags,
    ServeFlags, TelemetryFlags,
};
pub use key_file::KeyFileError;
pub use oidc::OidcSettings;
pub use reader::ReaderToken;

/// What `serve` runs with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What connections may take.
    pub connections: ConnectionLimits,
    /// Where people and GitHub reach it.
    pub public_url: Option<Url>,
    /// `sqlite://…` or `postgres://…`; may hold a password.
    pub database_url: Secret,
    /// GitHub's REST API.
    pub github_api_url: Url,
    /// GitHub's pages, when they are known.
    pub github_web_url: Option<Url>,
    /// The App's id.
    pub app_id: i64,
    /// The App's private key.
    pub private_key: AppKey,
    /// Any of these may have signed a webhook. Never empty.
    pub webhook_secrets: Vec<Secret>,
    /// What the log is called, and where the key is that signs it.
    pub log: LogSettings,
    /// Where the log is written down outside.
    pub anchors: AnchorSettings,
    /// Where the key is that signs attestations.
    pub attestation_key_file: PathBuf,
    /// Who may read the log's entries over HTTP; nobody when it is not set.
    pub reader: Option<ReaderToken>,
    /// Whose tokens show that a job may send reports.
    pub oidc: OidcSettings,
    /// Whom keyless signatures of reports are believed by; nobody when it is not set.
    pub trusted_root: Option<Arc<str>>,
    /// How long a worker has for what it claimed.
    pub lease: Duration,
    /// How often the whole log is verified.
    pub self_audit: Duration,
}

/// Which GitHub, as which App.
#[derive(Debug, Clone)]
pub struct GitHubSettings {
    /// GitHub's REST API.
    pub api_url: Url,
    /// The App's id.
    pub app_id: i64,
    /// The App's private key.
    pub private_key: AppKey,
}

/// Which log it is, and who signs it.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// What the log is called in its checkpoints.
    pub origin: Origin,
    /// Where the key that signs it is kept.
    pub key_file: PathBuf,
    /// Where the key is kept that is being replaced, and signs beside it.
    pub old_key_file: Option<PathBuf>,
    /// Where the newest checkpoint is kept outside the database.
    pub high_water: Option<Place>,
}

/// Why the program cannot start with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {what}. {write}")]
pub struct InvalidSetting {
    /// Which one, by its environment variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub what: String,
    /// What to write.
    pub write: String,
}

impl InvalidSetting {
    fn new(variable: &'static str, what: impl Into<String>, write: impl Into<String>) -> Self {
        Self { variable, what: what.into(), write: write.into() }
    }
}

impl Settings {
    /// Reads what the flags and the environment say.
    ///
    /// # Errors
    /// The first setting that is missing or wrong.
    pub fn read(flags: &ServeFlags) -> Result<Self, InvalidSetting> {
        let public_url = place::public_url(&flags.log)?;
        let GitHubSettings { api_url: github_api_url, app_id, private_key } = flags.github.read()?;
        Ok(Self {
            listen: listen(flags)?,
            connections: ConnectionLimits::read(flags)?,
            database_url: flags.database.url()?,
            github_web_url: place::web_url(flags, &github_api_url)?,
            github_api_url,
            app_id,
            private_key,
            webhook_secrets: secret::webhook_secrets(flags)?,
            log: LogSettings::read(&flags.log)?,
            anchors: AnchorSettings::read(&flags.anchors)?,
            attestation_key_file: flags.attestations.key_file(),
            reader: reader::token(&flags.reader)?,
            oidc: OidcSettings::read(&flags.oidc)?,
            trusted_root: trusted_root::read(flags)?,
            lease: lease(flags)?,
            self_audit: self_audit(flags)?,
            public_url,
        })
    }
}

impl LogSettings {
    /// Reads what the flags and the environment say.
    ///
    /// # Errors
    /// When the origin is not one.
    pub fn read(flags: &LogFlags) -> Result<Self, InvalidSetting> {
        let key_file = given(flags.log_key_file.as_deref()).unwrap_or("countersign-log.key");
        Ok(Self {
            origin: place::origin(flags)?,
            key_file: PathBuf::from(key_file),
            old_key_file: given(flags.log_old_key_file.as_deref()).map(PathBuf::from),
            high_water: high_water(flags),
        })
    }

    /// How the log is guarded, when it is opened for this.
    ///
    /// # Errors
    /// When the old key is not in its file, or others can read it.
    pub fn guarding(&self, purpose: Purpose) -> Result<Guarding, KeyFileError> {
        let old_key = self.old_key_file.as_deref().map(|file| LogKey::read(file, self.origin.key_name()));
        let (old_key, high_water) = (old_key.transpose()?, self.high_water.clone());
        Ok(Guarding { old_key, high_water, known: Vec::new(), purpose })
    }

    /// The key that signs the log, and none is made. Blocks on the disk.
    ///
    /// # Errors
    /// When there is no such file, it cannot be read, or others can read it.
    pub fn existing_key(&self) -> Result<LogKey, KeyFileError> {
        LogKey::read(&self.key_file, self.origin.key_name())
    }

    /// The key that signs the log; made at the first start. Blocks on the disk.
    ///
    /// # Errors
    /// When the file cannot be read or made, or others can read it.
    pub fn key(&self) -> Result<LogKey, KeyFileError> {
        LogKey::load_or_create(&self.key_file, self.origin.key_name())
    }
}

impl GitHubFlags {
    /// Reads what the flags and the environment say.
    ///
    /// # Errors
    /// The first setting that is missing or wrong.
    pub fn read(&self) -> Result<GitHubSettings, InvalidSetting> {
        Ok(GitHubSettings {
            api_url: place::api_url(self)?,
            app_id: app_id(self)?,
            private_key: secret::private_key(self)?,
        })
    }
}

impl AttestationFlags {
    /// Where the key that signs attestations is kept; made there by
    /// [`AttestationKey::load_or_create`](crate::audit::AttestationKey::load_or_create).
    pub fn key_file(&self) -> PathBuf {
        given(self.attestation_key_file.as_deref()).unwrap_or("countersign-attestation.key").into()
    }
}

impl DatabaseFlags {
    /// The database, which is a file here when nothing is said.
    ///
    /// # Errors
    /// When it is neither of the two kinds we know.
    pub fn url(&self) -> Result<Secret, InvalidSetting> {
        let text = self.database_url.as_ref().map(secret::expose).unwrap_or_default();
        let text = given(Some(text)).unwrap_or("sqlite://countersign.db");
        if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Secret::from(text));
        }
        Err(InvalidSetting::new(
            "COUNTERSIGN_DATABASE_URL",
            "names no database that is known",
            "Write sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME",
        ))
    }
}

fn listen(flags: &ServeFlags) -> Result<SocketAddr, InvalidSetting> {
    let text = given(flags.listen.as_deref()).unwrap_or("127.0.0.1:8080");
    text.parse().map_err(|_| {
        let write = "Write an IP address and a port: 127.0.0.1:8080, or 0.0.0.0:8080 for every interface";
        InvalidSetting::new("COUNTERSIGN_LISTEN", format!("is {text:?}, which is not an address"), write)
    })
}

fn high_water(flags: &LogFlags) -> Option<Place> {
    let text = given(flags.high_water.as_ref().map(secret::expose))?;
    if text == "none" {
        return Some(Place::Nowhere);
    }
    let database = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme));
    Some(if database { Place::Database(Secret::from(text)) } else { Place::File(PathBuf::from(text)) })
}

fn self_audit(flags: &ServeFlags) -> Result<Duration, InvalidSetting> {
    let text = given(flags.self_audit.as_deref()).unwrap_or("24");
    let hours = text.parse::<u64>().ok().filter(|hours| (1..=8760).contains(hours));
    hours.map(|hours| Duration::from_secs(hours * 3600)).ok_or_else(|| {
        let what = format!("is {text:?}, which is no number of hours");
        InvalidSetting::new("COUNTERSIGN_SELF_AUDIT", what, "Write how many hours, from 1 to 8760")
    })
}

/// A request to GitHub may take 25 seconds, for which a third of the lease is kept; a shorter one is for a
/// GitHub next door.
fn lease(flags: &ServeFlags) -> Result<Duration, InvalidSetting> {
    let Some(text) = given(flags.lease.as_deref()) else { return Ok(db::LEASE) };
    let seconds = text.parse::<u64>().ok().filter(|seconds| (1..=3600).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let write = "Write how many seconds, from 1 to 3600; at least 75 unless GitHub is very near";
        InvalidSetting::new("COUNTERSIGN_LEASE", format!("is {text:?}, which is no lease"), write)
    })
}

fn app_id(flags: &GitHubFlags) -> Result<i64, InvalidSetting> {
    let write = "Write the number that stands at the top of the App's settings page as \"App ID\"";
    let invalid = |what: String| InvalidSetting::new("COUNTERSIGN_GITHUB_APP_ID", what, write);
    let text = given(flags.github_app_id.as_deref()).ok_or_else(|| invalid("is not set".to_owned()))?;
    let id = text.parse::<i64>().ok().filter(|id| *id > 0);
    id.ok_or_else(|| invalid(format!("is {text:?}, which is not an App's id")))
}

/// A setting that is there and not empty.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
