//! The one place that sends. It knows nothing of tokens, limits or what an answer means.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use octocrab::Octocrab;
use secrecy::ExposeSecret as _;
use tower_http::follow_redirect::RequestUri;
use url::Url;

use super::{Error, Secret, Sent};
use crate::http_client::{HttpClient, HttpError};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 10 * 1024 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const OURSELVES: &str = concat!("countersign/", env!("CARGO_PKG_VERSION"));
const API_VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28"));

/// What is asked: a path below the API's root, with its query, and a JSON body for writes.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Bytes>,
    /// Whether to go where it redirects to, as long as that is the same API.
    pub(crate) follow: bool,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A connection to one API.
pub(crate) struct Transport {
    octocrab: Octocrab,
    /// Follows nothing.
    plain: HttpClient,
    /// Without a slash at its end.
    root: String,
    base: Url,
}

impl Transport {
    /// Must be called inside a Tokio runtime: octocrab starts a task of its own.
    pub(crate) fn new(api_url: &Url) -> Result<Self, Error> {
        if !matches!(api_url.scheme(), "http" | "https") || !api_url.has_host() {
            return Err(Error::broken(format!("{api_url} is not the URL of an HTTP API")));
        }
        let mut base = api_url.clone();
        base.set_query(None);
        base.set_fragment(None);
        let root = base.as_str().trim_end_matches('/').to_owned();
        // octocrab is given no credentials, and its "retry" feature is not compiled in: both are ours.
        // It adds a User-Agent of its own after ours.
        let octocrab = Octocrab::builder()
            .set_connect_timeout(Some(CONNECT_WITHIN))
            .build()
            .map_err(|error| Error::broken(format!("no HTTP client can be made: {}", causes(&error))))?;
        let plain = HttpClient::new()
            .map_err(|error| Error::broken(format!("no HTTP client can be made: {}", causes(&error))))?;
        Ok(Self { octocrab, plain, root, base })
    }

    /// Sends once. Errors are [`Error::Unreachable`], or [`Error::Broken`] for answers that may not be read.
    pub(crate) async fn send(&self, request: &Request, token: &Secret) -> Result<Answer, Error> {
        let follow = request.follow;
        let request = self.prepare(request, token)?;
        if !follow {
            return self.exchange_here(request).await;
        }
        match tokio::time::timeout(ANSWER_WITHIN, self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(Error::Unreachable {
                sent: Sent::Maybe,
                why: format!("no whole answer within {} seconds", ANSWER_WITHIN.as_secs()),
            }),
        }
    }

    /// The path and query below the API's root of a URL that GitHub gave us, if it is on the same API.
    pub(crate) fn path_of(&self, url: &str) -> Option<String> {
        let url = self.base.join(url).ok()?;
        if url.origin() != self.base.origin() {
            return None;
        }
        let prefix = self.base.path().trim_end_matches('/');
        let path = url.path().strip_prefix(prefix).filter(|path| path.starts_with('/'))?;
        Some(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    }

    fn prepare(&self, request: &Request, token: &Secret) -> Result<http::Request<Bytes>, Error> {
        let not_sent = |why: String| Error::Unreachable { sent: Sent::No, why };
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| not_sent("the token cannot stand in a header".to_owned()))?;
        authorization.set_sensitive(true);
        let builder = http::Request::builder()
            .method(request.method.clone())
            .uri(format!("{}{}", self.root, request.path))
            .header(USER_AGENT, OURSELVES)
            .header(ACCEPT, "application/vnd.github+json")
            .header(API_VERSION.0, API_VERSION.1)
            .header(AUTHORIZATION, authorization);
        match &request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body.clone()),
            None => builder.body(Bytes::new()),
        }
        .map_err(|error| not_sent(format!("no request can be made of it: {error}")))
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Answer, Error> {
        let method = request.method().clone();
        let asked = request.uri().clone();
        let response = self.octocrab.execute(request).await.map_err(|error| unreachable_because(&error))?;
        // octocrab follows redirects, without the token when they lead to another host, and repeats a
        // redirected POST as a GET. What it then brings back must not be taken for the answer.
        let answered_by = response.extensions().get::<RequestUri>().map(|uri| uri.0.clone());
        if let Some(uri) = answered_by.filter(|uri| *uri != asked) {
            self.may_follow(&method, &uri)?;
        }
        read_whole(response).await
    }

    /// Asks without our token.
    pub(crate) fn plain(&self) -> &HttpClient {
        &self.plain
    }

    /// Sends once and gives what is answered here, redirections as well.
    async fn exchange_here(&self, request: http::Request<Bytes>) -> Result<Answer, Error> {
        let answer = self.plain.exchange(request.map(Full::new), LARGEST_ANSWER, ANSWER_WITHIN).await;
        let unreachable = |error: HttpError| Error::Unreachable { sent: Sent::Maybe, why: error.to_string() };
        let (parts, body) = answer.map_err(unreachable)?.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    fn may_follow(&self, method: &Method, target: &Uri) -> Result<(), Error> {
        if *method != Method::GET {
            let message = "it was not carried out but redirected. If the repository was renamed, its next event \
                           tells its new name";
            return Err(Error::Refused { status: 301, message: message.to_owned() });
        }
        if Url::parse(&target.to_string()).is_ok_and(|target| target.origin() == self.base.origin()) {
            return Ok(());
        }
        let host = target.host().unwrap_or("nowhere");
        Err(Error::broken(format!("it redirects to another host, {host}")))
    }
}

async fn read_whole<B>(response: http::Response<B>) -> Result<Answer, Error>
where
    B: http_body_util::BodyExt<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            Error::broken(format!("it is larger than {} MiB", LARGEST_ANSWER / 1024 / 1024))
        } else {
            let why = format!("the answer broke off: {}", causes(error.as_ref()));
            Error::Unreachable { sent: Sent::Maybe, why }
        }
    })?;
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
}

fn unreachable_because(error: &octocrab::Error) -> Error {
    let sent = if chain(error).any(means_never_connected) { Sent::No } else { Sent::Maybe };
    Error::Unreachable { sent, why: causes(error) }
}

/// Whether this cause says that no connection was made. Where it cannot be told, it says no.
fn means_never_connected(cause: &(dyn StdError + 'static)) -> bool {
    let refused = cause
        .downcast_ref::<std::io::Error>()
        .is_some_and(|io| matches!(io.kind(), ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable));
    // hyper-util's own type for this cannot be named from here; its text is "client error (Connect)".
    refused || cause.to_string() == "client error (Connect)"
}

fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = chain(error).map(ToString::to_string).collect();
    texts.dedup_by(|later, earlier| earlier.contains(later.as_str()));
    texts.join(": ")
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn StdError + 'static)| (*cause).source()).take(16)
}
