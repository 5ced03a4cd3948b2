//! One file of the log, as it is answered: its type, and for how long it may be kept.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::audit::Digest;

/// Something that can be read of the log.
pub(super) struct Document {
    content_type: &'static str,
    cache: &'static str,
    body: Vec<u8>,
}

impl Document {
    /// A text that grows old: a newer one may be there at any time.
    pub(super) fn of_the_moment(text: String) -> Self {
        Self { content_type: "text/plain; charset=utf-8", cache: "public, max-age=5", body: text.into() }
    }

    /// A text that seldom changes.
    pub(super) fn lasting(text: String) -> Self {
        Self { cache: "public, max-age=300", ..Self::of_the_moment(text) }
    }

    /// Bytes that are the same for ever.
    pub(super) fn immutable(body: Vec<u8>) -> Self {
        let content_type = "application/octet-stream";
        Self { content_type, cache: "public, max-age=31536000, immutable", body }
    }

    /// Only the reader may keep it, and nobody on the way.
    pub(super) fn for_one_reader(self) -> Self {
        Self { cache: "private, max-age=31536000, immutable", ..self }
    }

    /// JSON that is the same for ever.
    pub(super) fn immutable_json(text: String) -> Self {
        Self { content_type: "application/json", ..Self::immutable(text.into()) }
    }

    /// The answer; without its body to somebody who has it already (RFC 9110 section 13.1.2).
    pub(super) fn answer(self, asked: &HeaderMap) -> Response {
        let tag = format!("\"{}\"", Digest::of(&self.body));
        let headers = [(header::CACHE_CONTROL, self.cache), (header::CONTENT_TYPE, self.content_type)];
        let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| names(tags, &tag));
        let tag = [(header::ETAG, tag)];
        if known {
            return (StatusCode::NOT_MODIFIED, tag, headers).into_response();
        }
        (tag, headers, self.body).into_response()
    }
}

fn names(tags: &HeaderValue, tag: &str) -> bool {
    let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}
