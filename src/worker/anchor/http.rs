//! Asking others than GitHub: one request, one whole answer of a few kilobytes, no redirect.

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, USER_AGENT};
use ::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use url::Url;

use super::Error;

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;
/// How long one answer may take, from connecting on.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
const OURSELVES: &str = concat!("countersign/", env!("CARGO_PKG_VERSION"));

/// Sends to whom the operator named. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

impl Http {
    /// Trusts the certificates that the operating system trusts.
    pub(super) fn new() -> std::io::Result<Self> {
        let connector =
            HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Sends once.
    pub(super) async fn post(&self, url: &Url, content_type: &str, body: Bytes) -> Result<Answer, Error> {
        let unreachable = |why: String| Error::Unreachable { url: url.to_string(), why };
        let request = Request::post(url.as_str())
            .header(CONTENT_TYPE, content_type)
            .header(USER_AGENT, OURSELVES)
            .body(Full::new(body))
            .map_err(|error| unreachable(error.to_string()))?;
        let exchange = async {
            let response = self.0.request(request).await.map_err(|error| unreachable(error.to_string()))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await;
            let body = body.map_err(|error| unreachable(error.to_string()))?.to_bytes();
            let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            Ok(Answer {
                status: parts.status,
                content_type: content_type.unwrap_or_default().to_owned(),
                body,
            })
        };
        let late = || Error::TooSlow(ANSWER_WITHIN.as_secs());
        tokio::time::timeout(ANSWER_WITHIN, exchange).await.map_err(|_| late())?
    }
}
