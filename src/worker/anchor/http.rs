//! Asking witnesses and authorities, whom the operator named.

use std::time::Duration;

use ::http::Request;
use ::http::header::CONTENT_TYPE;
use bytes::Bytes;
use http_body_util::Full;
use url::Url;

use super::{Anchors, Error};
use crate::http_client::{Answer, HttpError};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;
/// How long one answer may take, from connecting on.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

impl Anchors {
    /// Sends once.
    pub(super) async fn post(&self, url: &Url, content_type: &str, body: Bytes) -> Result<Answer, Error> {
        let unreachable = |why: String| Error::Unreachable { url: url.to_string(), why };
        let request = Request::post(url.as_str()).header(CONTENT_TYPE, content_type).body(Full::new(body));
        let request = request.map_err(|error| unreachable(error.to_string()))?;
        let sent = self.http()?.send(request, LARGEST_ANSWER, ANSWER_WITHIN).await;
        sent.map_err(|error| match error {
            HttpError::TooSlow(seconds) => Error::TooSlow(seconds),
            HttpError::Failed(why) => unreachable(why),
        })
    }
}
