//! Asking servers: one request, one whole answer, bounded in size and time. No redirection is followed.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use url::Url;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// What a server says of why not is read up to so many bytes, however little was asked for.
const LARGEST_REFUSAL: usize = 64 * 1024;
const OURSELVES: HeaderValue = HeaderValue::from_static(concat!("countersign/", env!("CARGO_PKG_VERSION")));

/// Speaks HTTP/1.1, with TLS for `https`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status, redirections included.
    pub status: StatusCode,
    /// The content type as it was sent; empty when there was none.
    pub content_type: String,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// It took too long.
    #[error("no whole answer within {0} seconds")]
    TooSlow(u64),
    /// There is nobody, the connection broke, or the answer is too large.
    #[error("{0}")]
    Failed(String),
}

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// How many bytes it has.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// Why a file was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum NotFetched {
    /// It is larger than was asked for.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// Something else than the file was answered.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// There is no whole answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It cannot be kept here.
    #[error("it cannot be written")]
    Disk(#[from] io::Error),
}

impl HttpClient {
    /// Trusts the certificates that the operating system trusts.
    ///
    /// # Errors
    /// When these cannot be read.
    pub fn new() -> io::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_WITHIN));
        let tls = HttpsConnectorBuilder::new().with_native_roots()?;
        let tls = tls.https_or_http().enable_http1().wrap_connector(tcp);
        Ok(Self(Client::builder(TokioExecutor::new()).build(tls)))
    }

    /// Sends once, and reads an answer of at most `limit` bytes that is whole `within` this time.
    ///
    /// # Errors
    /// When there is no such answer; one that refuses is an answer, too.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        limit: usize,
        within: Duration,
    ) -> Result<Answer, HttpError> {
        let answer = self.exchange(request, limit, within).await?;
        let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        Ok(Answer { status: answer.status(), content_type, body: answer.into_body() })
    }

    /// As [`Self::send`], with every header.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        limit: usize,
        within: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        request.headers_mut().insert(USER_AGENT, OURSELVES);
        let exchange = async {
            let response = self.0.request(request).await;
            let (parts, body) = response.map_err(|error| HttpError::Failed(causes(&error)))?.into_parts();
            let limit = if parts.status == StatusCode::OK { limit } else { LARGEST_REFUSAL };
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(|error| HttpError::Failed(causes(error.as_ref())))?.to_bytes();
            Ok(Response::from_parts(parts, body))
        };
        let answered = tokio::time::timeout(within, exchange).await;
        answered.map_err(|_| HttpError::TooSlow(within.as_secs()))?
    }

    /// Fetches what is at this address into a file, piece by piece. Nobody is told who asks.
    ///
    /// # Errors
    /// When it is not answered with 200, is larger than `limit`, or is not whole `within` this time.
    pub async fn fetch(
        &self,
        url: &Url,
        limit: u64,
        within: Duration,
        into: &mut tokio::fs::File,
    ) -> Result<Fetched, NotFetched> {
        let request = Request::get(url.as_str()).header(USER_AGENT, OURSELVES).body(Full::default());
        let request = request.map_err(|error| HttpError::Failed(error.to_string()))?;
        let fetched = tokio::time::timeout(within, self.fetch_into(request, limit, into)).await;
        fetched.map_err(|_| HttpError::TooSlow(within.as_secs()))?
    }

    async fn fetch_into(
        &self,
        request: Request<Full<Bytes>>,
        limit: u64,
        into: &mut tokio::fs::File,
    ) -> Result<Fetched, NotFetched> {
        let response = self.0.request(request).await.map_err(|error| HttpError::Failed(causes(&error)))?;
        if response.status() != StatusCode::OK {
            return Err(NotFetched::Status(response.status()));
        }
        let mut body = response.into_body();
        let (mut bytes, mut hash) = (0_u64, Sha256::new());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| HttpError::Failed(causes(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            bytes += data.len() as u64;
            if bytes > limit {
                return Err(NotFetched::TooLarge(limit));
            }
            hash.update(&data);
            into.write_all(&data).await?;
        }
        into.flush().await?;
        Ok(Fetched { bytes, sha256: hash.finalize().into() })
    }
}

/// What happened, with its causes: this stands above telemetry, which has the same for everybody else.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> =
        std::iter::successors(Some(error), |cause: &&(dyn StdError + 'static)| (*cause).source())
            .map(ToString::to_string)
            .collect();
    texts.dedup_by(|later, earlier| earlier.ends_with(later.as_str()));
    texts.join(": ")
}
