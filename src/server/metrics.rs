//! `GET /metrics`: what was counted in this process, and what waits in the database.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use http::header;

use super::Shared;
use crate::db::{self, inbox, notice, outbox};
use crate::telemetry::causes;

/// Prometheus' text format 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn show(State(shared): State<Shared>) -> impl IntoResponse {
    shared.metrics.run_upkeep();
    let mut text = shared.metrics.render();
    let depths = depths(&shared).await.inspect_err(
        |error| tracing::warn!(error = %causes(error), "the database does not say what waits in it"),
    );
    let up = i64::from(depths.is_ok());
    let working = i64::from(*shared.working.borrow());
    for gauge in depths.unwrap_or_default() {
        append(&mut text, &gauge);
    }
    append(&mut text, &("countersign_database_up", "Whether the database answers.", up));
    append(&mut text, &("countersign_workers_up", "Whether the workers run.", working));
    ([(header::CONTENT_TYPE, TEXT)], text)
}

/// A name, what it means, and how many there are.
type Gauge = (&'static str, &'static str, i64);

async fn depths(shared: &Shared) -> db::Result<Vec<Gauge>> {
    let mut conn = shared.db.read().await?;
    let inbox = inbox::depth(&mut conn).await?;
    let effects = outbox::waiting(&mut conn).await?;
    let notices = notice::waiting(&mut conn).await?;
    Ok(vec![
        ("countersign_inbox_waiting", "Deliveries that are not handled yet.", inbox.waiting),
        ("countersign_inbox_buried", "Deliveries that were given up.", inbox.buried),
        ("countersign_effects_waiting", "Effects without an outcome yet.", effects),
        ("countersign_notices_waiting", "Comments, checks and reactions still to be written.", notices),
    ])
}

fn append(text: &mut String, (name, help, value): &Gauge) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
}
