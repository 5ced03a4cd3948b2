//! Who may read what was decided: whoever knows the token that the operator set (RFC 6750, in the header only).

use http::{HeaderMap, header};

use super::refusal::Refusal;
use crate::settings::ReaderToken;

/// Whether the request shows the token; otherwise the answer that says what to do.
pub(super) fn check(token: Option<&ReaderToken>, asked: &HeaderMap) -> Result<(), Refusal> {
    let Some(token) = token else { return Err(Refusal::Closed) };
    let known = shown(asked).is_some_and(|shown| token.is(shown));
    if known { Ok(()) } else { Err(Refusal::UnknownReader) }
}

/// The word "Bearer" may be written in capitals or not (RFC 9110 section 11.1).
fn shown(asked: &HeaderMap) -> Option<&str> {
    let (scheme, token) = asked.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
