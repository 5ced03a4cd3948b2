//! The one door to GitHub: who asks, may we ask now, send, and what does the answer mean.

use std::time::Duration;

use bytes::Bytes;
use http::header::LOCATION;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::fs::File;
use url::Url;

use super::limits::{Account, Kind, Limits};
use super::patience::Patience;
use super::tokens::{Access, Token, Tokens};
use super::transport::{Answer, Request, Transport};
use super::{AppKey, Connection, Error, Secret, Sent};
use crate::clock::Clock;
use crate::http_client::{Fetched, NotFetched};
use crate::ids::Repo;

/// How often a repository may have been renamed meanwhile.
const RENAMED: usize = 3;

/// As whom a request is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum As<'a> {
    /// The App itself.
    App,
    /// Its installation, in this repository, with this access.
    Installed(&'a Repo, Access),
}

/// One GitHub, as one App.
pub(crate) struct Api {
    transport: Transport,
    tokens: Tokens,
    limits: Limits,
    clock: Clock,
    app_id: i64,
    key: AppKey,
}

impl Api {
    pub(crate) fn new(connection: Connection) -> Result<Self, Error> {
        let Connection { api_url, app_id, key, clock, pace } = connection;
        Ok(Self {
            transport: Transport::new(&api_url)?,
            tokens: Tokens::new(clock.clone()),
            limits: Limits::new(clock.clone(), pace),
            clock,
            app_id,
            key,
        })
    }

    /// Reads JSON. Sent again quickly when it fails for now, then put off.
    pub(crate) async fn read<T: DeserializeOwned>(&self, who: As<'_>, path: String) -> Result<T, Error> {
        json(&self.read_answer(who, path).await?)
    }

    /// As [`Self::read`], with the headers.
    pub(crate) async fn read_answer(&self, who: As<'_>, path: String) -> Result<Answer, Error> {
        let request = Request { method: Method::GET, path, body: None, follow: true };
        let mut patience = Patience::new();
        loop {
            match self.authorized(who, &request, Kind::Light).await {
                Err(Error::Unreachable { why, .. }) => patience.wait(&self.clock, why).await?,
                result => return result,
            }
        }
    }

    /// Where something is kept that is no JSON: what GitHub redirects to, which nobody is shown our token for.
    pub(crate) async fn address(&self, who: As<'_>, path: String) -> Result<Url, Error> {
        let mut request = Request { method: Method::GET, path, body: None, follow: false };
        let mut patience = Patience::new();
        for _ in 0..RENAMED {
            let answer = loop {
                match self.authorized(who, &request, Kind::Light).await {
                    Err(Error::Unreachable { why, .. }) => patience.wait(&self.clock, why).await?,
                    result => break result?,
                }
            };
            let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
            let location = location.ok_or_else(|| Error::broken("it does not say where the file is"))?;
            if answer.status == StatusCode::FOUND || answer.status == StatusCode::SEE_OTHER {
                return Url::parse(location)
                    .map_err(|_| Error::broken("it says that the file is at no address"));
            }
            // Anything else is the repository under another name, to be asked by us again.
            let path = self.path_of(location);
            request.path = path.ok_or_else(|| Error::broken("it redirects to another host"))?;
        }
        Err(Error::broken("it redirects without end"))
    }

    /// Fetches a file from such an address.
    pub(crate) async fn fetch(
        &self,
        address: &Url,
        limit: u64,
        within: Duration,
        into: &mut File,
    ) -> Result<Fetched, NotFetched> {
        self.transport.plain().fetch(address, limit, within, into).await
    }

    /// Writes. Sent once: only a refused token, which proves that nothing was done, lets it go again.
    pub(crate) async fn write(
        &self,
        who: As<'_>,
        kind: Kind,
        method: Method,
        path: String,
        body: Option<&impl Serialize>,
    ) -> Result<Answer, Error> {
        let request = Request { method, path, body: body.map(encode).transpose()?, follow: true };
        self.authorized(who, &request, kind).await.map_err(Error::after_write)
    }

    /// The path of a URL that GitHub gave us.
    pub(crate) fn path_of(&self, url: &str) -> Option<String> {
        self.transport.path_of(url)
    }

    async fn authorized(&self, who: As<'_>, request: &Request, kind: Kind) -> Result<Answer, Error> {
        let (repo, access) = match who {
            As::App => return self.send(Account::App, kind, request, &self.proof()?).await,
            As::Installed(repo, access) => (repo, access),
        };
        let account = Account::Installation(repo.installation);
        let token = self.token(repo, access).await?;
        match self.send(account, kind, request, &token).await {
            Err(Error::Refused { status: 401, .. }) => {
                self.tokens.forget(repo, access, &token).await;
                let token = self.token(repo, access).await?;
                self.send(account, kind, request, &token).await
            }
            result => result,
        }
    }

    async fn token(&self, repo: &Repo, access: Access) -> Result<Secret, Error> {
        self.tokens.token(repo, access, self.mint(repo, access)).await
    }

    /// A token more than needed does no harm, so minting is repeated as a read is.
    async fn mint(&self, repo: &Repo, access: Access) -> Result<Token, Error> {
        let request = Request {
            method: Method::POST,
            path: format!("/app/installations/{}/access_tokens", repo.installation),
            body: Some(encode(&access.request(repo))?),
            follow: true,
        };
        let mut patience = Patience::new();
        loop {
            match self.send(Account::App, Kind::Light, &request, &self.proof()?).await {
                Err(Error::Unreachable { why, .. }) => patience.wait(&self.clock, why).await?,
                result => return json(&result.map_err(|error| no_token(error, repo))?),
            }
        }
    }

    fn proof(&self) -> Result<Secret, Error> {
        self.key.prove(self.app_id, self.clock.now())
    }

    async fn send(
        &self,
        account: Account,
        kind: Kind,
        request: &Request,
        token: &Secret,
    ) -> Result<Answer, Error> {
        let _place = self.limits.enter(account, kind).await?;
        // Boxed: whoever gathers facts waits for many of these at once, deep in the stack.
        let sent = Box::pin(self.transport.send(request, token)).await;
        let status =
            sent.as_ref().map_or_else(|_| "none".to_owned(), |answer| answer.status.as_str().to_owned());
        metrics::counter!("github_requests_total", "status" => status.clone()).increment(1);
        tracing::debug!(http.method = %request.method, http.path = %request.path, http.status = %status, "asked GitHub");
        let answer = sent?;
        self.limits.learn(account, &answer)?;
        if !request.follow && answer.status.is_redirection() {
            return Ok(answer);
        }
        sort(answer)
    }
}

/// The JSON of an answer.
pub(crate) fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|error| Error::broken(error.to_string()))
}

/// What GitHub says in `message` and `errors`, shortened.
pub(crate) fn message(answer: &Answer) -> String {
    #[derive(serde::Deserialize)]
    struct Said {
        message: Option<String>,
        errors: Option<serde_json::Value>,
    }
    let text = match serde_json::from_slice::<Said>(&answer.body) {
        Ok(Said { message: Some(message), errors: None }) => message,
        Ok(Said { message: Some(message), errors: Some(errors) }) => format!("{message} {errors}"),
        Ok(Said { message: None, .. }) | Err(_) => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    text.chars().take(1000).collect()
}

fn encode(body: &impl Serialize) -> Result<Bytes, Error> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|error| Error::Unreachable {
        sent: Sent::No,
        why: format!("no JSON can be made of it: {error}"),
    })
}

fn sort(answer: Answer) -> Result<Answer, Error> {
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return Err(Error::Gone);
    }
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Err(Error::Unreachable { sent: Sent::Maybe, why: format!("GitHub answered {status}") });
    }
    let mut message = message(&answer);
    if let Some(wanted) = wanted_permission(&answer) {
        message = format!("{message} (it wants one of these permissions: {wanted})");
    }
    Err(Error::Refused { status: status.as_u16(), message })
}

fn wanted_permission(answer: &Answer) -> Option<&str> {
    let header = answer.headers.get("x-accepted-github-permissions")?;
    header.to_str().ok().filter(|_| answer.status == StatusCode::FORBIDDEN)
}

/// Without a token nothing was asked, so nothing is known to be gone.
fn no_token(error: Error, repo: &Repo) -> Error {
    match error {
        Error::Gone => Error::Refused {
            status: 404,
            message: format!(
                "the App is no longer installed on {} (installation {})",
                repo.name, repo.installation
            ),
        },
        Error::Refused { status: 401, message } => Error::Refused {
            status: 401,
            message: format!("{message}. Check the App's id and key, and that this machine's clock is right"),
        },
        Error::RetryAt { .. } | Error::Unreachable { .. } | Error::Refused { .. } | Error::Broken { .. } => {
            error
        }
    }
}
