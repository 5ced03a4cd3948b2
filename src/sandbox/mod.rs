//! The whole program against the in-memory GitHub, on this machine, with nothing to set up.

mod welcome;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use crate::audit::{AttestationKey, LogKey};
use crate::clock::Clock;
use crate::db::Guarding;
use crate::github::fake::auth::APP_KEY;
use crate::github::fake::refused::Refused;
use crate::github::fake::{Fake, page, seed};
use crate::github::{AppKey, Connection, Pace, Secret, UnusableKey};
use crate::program::{Parts, Program, StartError, Work};
use crate::settings::{KeyFileError, ReaderToken};

const DATABASE: &str = "countersign.db";
const LOG_KEY: &str = "log.key";
const ATTESTATION_KEY: &str = "attestation.key";
const READER_TOKEN: &str = "sandbox-log-reader";

/// What a sandbox is made of.
#[derive(Debug)]
pub struct Site {
    /// Where Countersign listens.
    pub listener: TcpListener,
    /// Where the in-memory GitHub listens: its REST API and its pages.
    pub github_listener: TcpListener,
    /// Where database and key are kept; none is a temporary folder.
    pub data: Option<PathBuf>,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be made or used.
    #[error("the folder {} cannot be used", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        error: std::io::Error,
    },
    /// Another sandbox was there before.
    #[error(
        "{} holds the database of an earlier sandbox. The sandbox's GitHub begins anew each time, so its log \
         cannot go on: give another folder, or remove this one", path.display()
    )]
    Used {
        /// Which folder.
        path: PathBuf,
    },
    /// A listener has no address.
    #[error("a listener has no address")]
    Listener(#[from] std::io::Error),
    /// The in-memory GitHub's world contradicts itself.
    #[error("the sandbox's world cannot be made: {}", .0.message)]
    World(Refused),
    /// The key that signs the log cannot be made.
    #[error(transparent)]
    LogKey(#[from] KeyFileError),
    /// A name or a key that is built in is wrong.
    #[error("the sandbox is built wrongly: {0}")]
    BuiltIn(String),
    /// The program does not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A sandbox that runs.
#[derive(Debug)]
pub struct Sandbox {
    /// The program itself.
    pub program: Program,
    /// The GitHub it works with.
    pub fake: Fake,
    /// Where that is reached.
    pub github: SocketAddr,
    key: LogKey,
    folder: Folder,
    outside: JoinSet<()>,
}

/// Where the data are.
#[derive(Debug)]
enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Sandbox {
    /// Starts both, and lets webhooks flow.
    ///
    /// # Errors
    /// When the folder was used before, or a part does not start.
    pub async fn start(site: Site) -> Result<Self, Error> {
        let folder = Folder::prepare(site.data)?;
        let (here, github) = (site.listener.local_addr()?, site.github_listener.local_addr()?);
        let clock = Clock::System;
        let fake = Fake::sandbox(clock.clone()).map_err(Error::World)?;
        let (our_url, github_url) = (url_of(here)?, url_of(github)?);
        fake.set_urls(github_url.as_str(), github_url.as_str());
        // Runs that nobody decides about end well by themselves, after a few seconds.
        fake.change(|state| state.settings.auto = true);

        let key = LogKey::load_or_create(&folder.path().join(LOG_KEY), &name_of(here)?)?;
        let parts = Parts {
            listener: site.listener,
            connections: crate::settings::ConnectionLimits::default(),
            database_url: Secret::from(folder.database_url()),
            log_key: key.clone(),
            guarding: Guarding::default(),
            github: connection(&github_url, clock)?,
            github_web_url: Some(github_url),
            public_url: Some(our_url.clone()),
            webhook_secrets: vec![Secret::from(seed::WEBHOOK_SECRET)],
            work: Work::InBackground,
            anchors: crate::settings::AnchorSettings::default(),
            lease: crate::db::LEASE,
            self_audit: crate::worker::SELF_AUDIT,
            attestation_key: AttestationKey::load_or_create(&folder.path().join(ATTESTATION_KEY))?,
            reader: ReaderToken::new(Secret::from(READER_TOKEN)),
            oidc: crate::settings::OidcSettings::default(),
            trusted_root: None,
        };
        let outside = open_to_visitors(&fake, site.github_listener, &our_url)?;
        let program = Program::start(parts).await?;
        Ok(Self { program, fake, github, key, folder, outside })
    }

    /// What to open, who is who, and what to try.
    pub fn welcome(&self) -> String {
        let data = self.folder.path();
        let places = welcome::Places {
            countersign: format!("http://{}", self.program.addr),
            github: format!("http://{}", self.github),
            database: self.folder.database_url(),
            key: self.key.verifier().to_string(),
            reader: READER_TOKEN,
            data,
            kept: matches!(self.folder, Folder::Kept(_)),
        };
        self.fake.with_state(|state| welcome::text(state, &places))
    }

    /// Ends the program as `serve` does, then the in-memory GitHub. Says where the data were.
    pub async fn stop(mut self) -> String {
        self.program.stop().await;
        self.outside.shutdown().await;
        match self.folder {
            Folder::Kept(path) => format!("The database and the log's key are in {}.\n", path.display()),
            Folder::Temporary(folder) => {
                let path = folder.path().display().to_string();
                match folder.close() {
                    Ok(()) => format!("The temporary folder {path} is removed.\n"),
                    Err(error) => format!("The temporary folder {path} could not be removed: {error}\n"),
                }
            }
        }
    }
}

impl Folder {
    fn prepare(data: Option<PathBuf>) -> Result<Self, Error> {
        let Some(path) = data else {
            let made = tempfile::Builder::new().prefix("countersign-sandbox-").tempdir();
            let unusable = |error| Error::Folder { path: std::env::temp_dir(), error };
            return made.map(Self::Temporary).map_err(unusable);
        };
        std::fs::create_dir_all(&path).map_err(|error| Error::Folder { path: path.clone(), error })?;
        if path.join(DATABASE).exists() {
            return Err(Error::Used { path });
        }
        let absolute = path.canonicalize().map_err(|error| Error::Folder { path, error })?;
        Ok(Self::Kept(absolute))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    fn database_url(&self) -> String {
        format!("sqlite://{}", self.path().join(DATABASE).display())
    }
}

/// Answers for the in-memory GitHub, and sends its webhooks, until the set is dropped.
fn open_to_visitors(fake: &Fake, listener: TcpListener, countersign: &Url) -> Result<JoinSet<()>, Error> {
    let hook = countersign.join("github/webhook").map_err(|error| Error::BuiltIn(error.to_string()))?;
    let site = page::site(fake, Some(countersign.to_string()));
    let mut outside = JoinSet::new();
    outside.spawn(async move {
        if let Err(error) = axum::serve(listener, site).await {
            tracing::error!(%error, "the sandbox's GitHub cannot go on");
        }
    });
    let fake = fake.clone();
    outside.spawn(async move {
        if let Err(error) = fake.pump(hook).await {
            tracing::error!(%error, "the sandbox's GitHub cannot send webhooks");
        }
    });
    Ok(outside)
}

fn connection(api_url: &Url, clock: Clock) -> Result<Connection, Error> {
    let key = AppKey::parse(APP_KEY).map_err(|error: UnusableKey| Error::BuiltIn(error.to_string()))?;
    Ok(Connection { api_url: api_url.clone(), app_id: seed::APP, key, clock, pace: Pace::none() })
}

fn url_of(address: SocketAddr) -> Result<Url, Error> {
    Url::parse(&format!("http://{address}")).map_err(|error| Error::BuiltIn(error.to_string()))
}

fn name_of(address: SocketAddr) -> Result<crate::audit::KeyName, Error> {
    format!("{address}/log/sandbox").parse().map_err(|error| Error::BuiltIn(format!("{error}")))
}

#[cfg(test)]
mod tests;
