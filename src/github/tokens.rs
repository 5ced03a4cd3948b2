//! Installation tokens: each for one repository and only what is needed, minted once however many ask.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::moment;
use super::{Error, Secret};
use crate::clock::{Clock, Timestamp};
use crate::ids::{InstallationId, Repo, RepoId};

/// How long before its end a token is replaced.
const EARLY: Duration = Duration::from_mins(5);
/// How many tokens are kept before those that ended are swept out.
const PLENTY: usize = 4096;

/// What a token may do. One permission that the installation lacks spoils the whole token, so what is
/// not granted everywhere (statuses; alerts; members, which personal accounts do not have) is asked for apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// Read what decisions look at.
    Read,
    /// Perform effects and tell notices.
    Write,
    /// Read commit statuses.
    Statuses,
    /// Read who is in which team.
    Members,
    /// Read code-scanning alerts.
    CodeScanning,
    /// Read Dependabot alerts.
    Dependabot,
    /// Read secret-scanning alerts.
    SecretScanning,
    /// See a repository whose id is not known yet.
    Metadata,
    /// See which repositories the App is installed in.
    Listing,
    /// Write files into the repository that the log is anchored in.
    Anchor,
}

impl Access {
    fn permissions(self) -> Value {
        match self {
            Self::Read => json!({
                "actions": "read", "checks": "read", "contents": "read", "deployments": "read",
                "issues": "read", "metadata": "read", "pull_requests": "read",
            }),
            Self::Write => json!({
                "actions": "write", "checks": "write", "contents": "read", "deployments": "write",
                "issues": "write", "metadata": "read", "pull_requests": "read",
            }),
            Self::Statuses => json!({ "metadata": "read", "statuses": "read" }),
            Self::Members => json!({ "members": "read", "metadata": "read" }),
            Self::CodeScanning => json!({ "metadata": "read", "security_events": "read" }),
            Self::Dependabot => json!({ "metadata": "read", "vulnerability_alerts": "read" }),
            Self::SecretScanning => json!({ "metadata": "read", "secret_scanning_alerts": "read" }),
            Self::Metadata | Self::Listing => json!({ "metadata": "read" }),
            Self::Anchor => json!({ "contents": "write", "metadata": "read" }),
        }
    }

    /// The body that asks for such a token.
    pub(crate) fn request(self, repo: &Repo) -> Value {
        if self == Self::Metadata {
            return json!({ "repositories": [repo.name.name()], "permissions": self.permissions() });
        }
        if self == Self::Listing {
            return json!({ "permissions": self.permissions() });
        }
        json!({ "repository_ids": [repo.id], "permissions": self.permissions() })
    }
}

/// A token as GitHub minted it. Its text is opaque and of any length.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Token {
    #[serde(deserialize_with = "secret")]
    pub(crate) token: Secret,
    #[serde(deserialize_with = "moment")]
    expires_at: Timestamp,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

/// The tokens that were minted.
pub(crate) struct Tokens {
    clock: Clock,
    slots: Mutex<HashMap<Key, Arc<Slot>>>,
}

type Key = (InstallationId, RepoId, Access);

#[derive(Default)]
struct Slot {
    /// How many mintings have ended; tells whether one ended while we waited.
    ended: AtomicU64,
    last: tokio::sync::Mutex<Option<Result<Token, Error>>>,
}

impl Tokens {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, slots: Mutex::default() }
    }

    /// The token that is there, or the one `mint` gives. Of many who ask at once one mints, and all get
    /// what came of it, a failure too.
    pub(crate) async fn token(
        &self,
        repo: &Repo,
        access: Access,
        mint: impl Future<Output = Result<Token, Error>> + Send,
    ) -> Result<Secret, Error> {
        let slot = self.slot(repo, access);
        let ended = slot.ended.load(Ordering::SeqCst);
        let mut last = slot.last.lock().await;
        match &*last {
            Some(Ok(token)) if self.is_fresh(token) => return Ok(token.token.clone()),
            Some(Err(error)) if slot.ended.load(Ordering::SeqCst) != ended => return Err(error.clone()),
            Some(_) | None => {}
        }
        let minted = mint.await;
        slot.ended.fetch_add(1, Ordering::SeqCst);
        let token = minted.as_ref().map(|token| token.token.clone()).map_err(Clone::clone);
        *last = Some(minted);
        token
    }

    /// Forgets a token that GitHub did not take, unless it was replaced meanwhile.
    pub(crate) async fn forget(&self, repo: &Repo, access: Access, refused: &Secret) {
        let slot = self.slot(repo, access);
        let mut last = slot.last.lock().await;
        let is_it = |token: &Token| token.token.expose_secret() == refused.expose_secret();
        if matches!(&*last, Some(Ok(token)) if is_it(token)) {
            *last = None;
        }
    }

    fn slot(&self, repo: &Repo, access: Access) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= PLENTY {
            slots.retain(|_, slot| {
                slot.last.try_lock().map_or(true, |last| self.is_worth_keeping(last.as_ref()))
            });
        }
        Arc::clone(slots.entry((repo.installation, repo.id, access)).or_default())
    }

    fn is_worth_keeping(&self, last: Option<&Result<Token, Error>>) -> bool {
        matches!(last, Some(Ok(token)) if self.is_fresh(token))
    }

    fn is_fresh(&self, token: &Token) -> bool {
        token.expires_at > self.clock.now().plus(EARLY)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[tokio::test]
    async fn those_who_waited_share_a_failure_and_the_next_one_tries_again() {
        let tokens = Tokens::new(Clock::manual(Timestamp(0)));
        let repo = Repo { id: RepoId(1), name: "a/b".parse().unwrap(), installation: InstallationId(2) };
        let minted = AtomicUsize::new(0);
        let mint = || async {
            minted.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err(Error::Gone)
        };
        let ask = || tokens.token(&repo, Access::Read, mint());
        let (first, second, third) = tokio::join!(ask(), ask(), ask());
        assert!([first, second, third].into_iter().all(|result| matches!(result, Err(Error::Gone))));
        assert_eq!(minted.load(Ordering::SeqCst), 1);
        assert!(ask().await.is_err());
        assert_eq!(minted.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_token_is_never_printed() {
        let token: Token =
            serde_json::from_value(json!({ "token": "ghs_hidden", "expires_at": "2026-11-21T09:15:00Z" }))
                .unwrap();
        assert!(!format!("{token:?}").contains("hidden"));
    }
}
