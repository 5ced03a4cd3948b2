//! The log as anybody may read it: its newest checkpoint, and the key that verifies it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::Shared;
use crate::db;
use crate::telemetry::causes;

const EMPTY: &str = "The log is empty: nothing was asked, decided or done yet. \
    The first command on a pull request begins it.\n";

/// `GET /log/checkpoint`: a signed note (c2sp.org/tlog-checkpoint).
pub(super) async fn checkpoint(State(shared): State<Shared>) -> Response {
    match newest(&shared).await {
        Ok(Some(note)) => ([(header::CACHE_CONTROL, "public, max-age=5")], note).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, EMPTY).into_response(),
        Err(error) => {
            tracing::error!(error = %causes(&error), "the checkpoint cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer. Try again.\n").into_response()
        }
    }
}

/// `GET /log/key`: the verifier key (c2sp.org/signed-note), to be compared with one from elsewhere.
pub(super) async fn key(State(shared): State<Shared>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], format!("{}\n", shared.verifier))
}

async fn newest(shared: &Shared) -> db::Result<Option<String>> {
    shared.db.published().await
}
