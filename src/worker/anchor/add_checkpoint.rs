//! The `add-checkpoint` request (c2sp.org/tlog-witness) and what a witness answers, as bytes and values.

use bytes::Bytes;
use http::StatusCode;

use crate::audit::{Hash, decimal};
use crate::http_client::Answer;

/// The media type of a conflict's body.
const SIZE: &str = "text/x.tlog.size";

/// What a witness said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Lines, of which one should be its own.
    Signed(String),
    /// It knows the log up to another size: ask again from there.
    Holds(u64),
    /// It does not know this log.
    UnknownLog,
    /// What it knows of the log and what it was told cannot both be true.
    Inconsistent,
    /// Something else; the status says it.
    Other(StatusCode),
    /// Nothing that the protocol knows.
    Malformed(&'static str),
}

/// The body that asks to sign `note`, when the witness has seen the first `old` entries.
pub(super) fn body(old: u64, proof: &[Hash], note: &str) -> Bytes {
    let proof: Vec<String> = proof.iter().map(ToString::to_string).collect();
    let lines = [vec![format!("old {old}")], proof, vec![String::new(), note.to_owned()]].concat();
    Bytes::from(lines.join("\n"))
}

/// What an answer means.
pub(super) fn said(answer: &Answer) -> Said {
    match answer.status {
        StatusCode::OK => match std::str::from_utf8(&answer.body) {
            Ok(lines) => Said::Signed(lines.to_owned()),
            Err(_) => Said::Malformed("it answered 200 with something that is no text"),
        },
        StatusCode::CONFLICT => held(answer),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Said::UnknownLog,
        StatusCode::UNPROCESSABLE_ENTITY => Said::Inconsistent,
        other => Said::Other(other),
    }
}

fn held(answer: &Answer) -> Said {
    let kind = answer.content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(SIZE) {
        // Witnesses of before 2026 say so when the same size has another root.
        return Said::Malformed("it answered 409 and not which size it holds");
    }
    let text = std::str::from_utf8(&answer.body).ok().and_then(|text| text.strip_suffix('\n'));
    let size = text.and_then(decimal);
    size.map_or(Said::Malformed("it answered 409 with something that is no size"), Said::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, content_type: content_type.to_owned(), body: Bytes::from(body.to_owned()) }
    }

    #[test]
    fn a_request_is_the_old_size_the_proof_and_the_note() {
        let hash: Hash = "/KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=".parse().unwrap();
        let expected = "old 3\n/KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=\n\na\n5\nroot\n\nline\n";
        assert_eq!(body(3, &[hash], "a\n5\nroot\n\nline\n"), expected);
        assert_eq!(body(0, &[], "note\n"), "old 0\n\nnote\n");
    }

    #[test]
    fn only_what_the_protocol_says_is_understood() {
        for (answer, expected) in [
            (answer(200, "text/plain", "line\n"), Said::Signed("line\n".to_owned())),
            (answer(409, "text/x.tlog.size", "7\n"), Said::Holds(7)),
            (answer(409, "Text/X.TLOG.SIZE; charset=utf-8", "9\n"), Said::Holds(9)),
            (answer(403, "", ""), Said::UnknownLog),
            (answer(404, "", ""), Said::UnknownLog),
            (answer(422, "", ""), Said::Inconsistent),
            (answer(500, "", ""), Said::Other(StatusCode::INTERNAL_SERVER_ERROR)),
            (answer(302, "", ""), Said::Other(StatusCode::FOUND)),
        ] {
            assert_eq!(said(&answer), expected);
        }
        for (kind, body) in [
            ("", "9\n"),
            (SIZE, "9"),
            (SIZE, "09\n"),
            (SIZE, "-1\n"),
            (SIZE, "9\n\n"),
            (SIZE, "+9\n"),
            (SIZE, ""),
            (SIZE, "18446744073709551616\n"),
        ] {
            assert!(matches!(said(&answer(409, kind, body)), Said::Malformed(_)), "{kind} {body:?}");
        }
    }
}
