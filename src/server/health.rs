//! Whether the process is alive, and whether it can do its work.

use axum::extract::State;
use http::StatusCode;

use super::Shared;
use crate::db::{self, inbox};
use crate::telemetry::causes;

/// `GET /healthz`: answers as long as the process does.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: says what does not work, if anything.
pub(super) async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    if let Err(error) = ask_database(&shared).await {
        tracing::warn!(error = %causes(&error), "not ready: the database does not answer");
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database does not answer\n");
    }
    if !*shared.working.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: the workers do not run\n");
    }
    (StatusCode::OK, "ready\n")
}

async fn ask_database(shared: &Shared) -> db::Result<()> {
    let mut conn = shared.db.read().await?;
    inbox::any_ready(&mut conn, shared.clock.now()).await.map(drop)
}
