//! Who may read what was decided: whoever knows the token that the operator set (RFC 6750, in the header only).

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use crate::settings::ReaderToken;

const CLOSED: &str = "What was decided is not served here: its operator set no token for readers. \
    Set COUNTERSIGN_READER_TOKEN or COUNTERSIGN_READER_TOKEN_FILE and start again, or run \
    `countersign audit export` on the server.\n";

const UNKNOWN: &str = "What was decided is for readers: send the token that the operator gave you, as \
    `Authorization: Bearer TOKEN`.\n";

/// Whether the request shows the token; otherwise the answer that says what to do.
pub(super) fn check(token: Option<&ReaderToken>, asked: &HeaderMap) -> Result<(), Response> {
    let Some(token) = token else { return Err((StatusCode::FORBIDDEN, CLOSED).into_response()) };
    if shown(asked).is_some_and(|shown| token.is(shown)) {
        return Ok(());
    }
    let how = [(header::WWW_AUTHENTICATE, r#"Bearer realm="the entries of the log""#)];
    Err((StatusCode::UNAUTHORIZED, how, UNKNOWN).into_response())
}

/// The word "Bearer" may be written in capitals or not (RFC 9110 section 11.1).
fn shown(asked: &HeaderMap) -> Option<&str> {
    let (scheme, token) = asked.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
