//! Why a file of the log is not given.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::db;
use crate::telemetry::causes;

const CLOSED: &str = "What was decided is not served here: its operator set no token for readers. \
    Set COUNTERSIGN_READER_TOKEN or COUNTERSIGN_READER_TOKEN_FILE and start again, or run \
    `countersign audit export` on the server.\n";

const UNKNOWN: &str = "What was decided is for readers: send the token that the operator gave you, as \
    `Authorization: Bearer TOKEN`.\n";

const DAMAGED: &str = "The entry is damaged: run `countersign audit verify` on the server.\n";

/// Why not, as it is said to whoever asked.
pub(super) enum Refusal {
    /// There is no such file; this says why.
    Missing(String),
    /// It is for readers, and there are none.
    Closed,
    /// It is for readers, and this is none.
    UnknownReader,
    /// The database does not answer, which passes.
    Unreadable,
    /// What is stored cannot be read.
    Damaged,
}

/// There is no such file, and why.
pub(super) fn missing(why: impl Into<String>) -> Refusal {
    Refusal::Missing(why.into())
}

/// The database does not answer, which is logged.
pub(super) fn unreadable(error: &db::Error) -> Refusal {
    tracing::error!(error = %causes(error), "the log cannot be read");
    Refusal::Unreadable
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Missing(why) => (StatusCode::NOT_FOUND, why).into_response(),
            Self::Closed => (StatusCode::FORBIDDEN, CLOSED).into_response(),
            Self::UnknownReader => {
                let how = [(header::WWW_AUTHENTICATE, r#"Bearer realm="the entries of the log""#)];
                (StatusCode::UNAUTHORIZED, how, UNKNOWN).into_response()
            }
            Self::Unreadable => {
                (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer. Try again.\n")
                    .into_response()
            }
            Self::Damaged => (StatusCode::INTERNAL_SERVER_ERROR, DAMAGED).into_response(),
        }
    }
}
