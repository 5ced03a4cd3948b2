//! The client of GitHub's REST API: what may be read, what may be written, and what GitHub tells us.
//!
//! octocrab carries the bytes; who we are, how often we may ask, what may be repeated and what is
//! believed is decided here.

mod error;
mod transport;
mod key;
mod limits;
mod tokens;
mod patience;
mod api;
mod pages;
mod path;
mod wire;
pub mod read;
pub mod write;
pub mod webhook;
pub mod perform;
pub mod earlier;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::clock::Clock;

use api::Api;

/// A GitHub of our own, for the sandbox and the tests.
#[cfg(feature = "sandbox")]
pub use countersign_github_double as fake;

pub use error::{Error, Sent};
pub use key::{AppKey, UnusableKey};
pub use limits::Pace;
pub use read::Reader;
pub use write::Writer;

/// A text that must never be printed: tokens and webhook secrets.
pub use secrecy::SecretString as Secret;

/// What is needed to speak with one GitHub as one App.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Where its REST API is: `https://api.github.com`, or `https://HOST/api/v3` for GHES.
    pub api_url: Url,
    /// The App's id.
    pub app_id: i64,
    /// The App's private key.
    pub key: AppKey,
    /// Tells the time, for tokens and for limits.
    pub clock: Clock,
    /// How quickly content may be created.
    pub pace: Pace,
}

/// One GitHub, as one App: tokens and limits are shared by everything made from it.
#[derive(Clone)]
pub struct GitHub {
    api: Arc<Api>,
}

impl GitHub {
    /// Makes ready to speak; nothing is sent yet. Call it inside a Tokio runtime.
    ///
    /// # Errors
    /// [`Error::Broken`] when the URL is not one of an HTTP API or no TLS client can be made.
    pub fn connect(connection: Connection) -> Result<Self, Error> {
        Ok(Self { api: Arc::new(Api::new(connection)?) })
    }

    /// What only reads; may be given to anybody.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.api))
    }

    /// What changes GitHub; only for whoever performs recorded effects and tells notices.
    pub fn writer(&self) -> Writer {
        Writer::new(Arc::clone(&self.api))
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub").finish_non_exhaustive()
    }
}
