//! Asking servers other than GitHub: one request, one whole answer, bounded in size and time. No redirection is
//! followed.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::telemetry::causes;

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
        mut request: Request<Full<Bytes>>,
        limit: usize,
        within: Duration,
    ) -> Result<Answer, HttpError> {
        request.headers_mut().insert(USER_AGENT, OURSELVES);
        let exchange = async {
            let response = self.0.request(request).await;
            let (parts, body) = response.map_err(|error| HttpError::Failed(causes(&error)))?.into_parts();
            let limit = if parts.status == StatusCode::OK { limit } else { LARGEST_REFUSAL };
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(|error| HttpError::Failed(causes(error.as_ref())))?.to_bytes();
            let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let content_type = content_type.unwrap_or_default().to_owned();
            Ok(Answer { status: parts.status, content_type, body })
        };
        let answered = tokio::time::timeout(within, exchange).await;
        answered.map_err(|_| HttpError::TooSlow(within.as_secs()))?
    }
}
