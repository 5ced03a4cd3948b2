//! Every request is counted, timed and logged: its route and status, never what it carries.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument as _;

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let route = route_of(&request);
    let span = tracing::debug_span!("http.request", method = %request.method(), %route);
    let start = Instant::now();
    let response = next.run(request).instrument(span).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    tracing::debug!(%route, status, took_ms = took.as_secs_f64() * 1000.0, "answered a request");
    metrics::counter!("countersign_http_requests_total", "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("countersign_http_request_seconds", "route" => route).record(took.as_secs_f64());
    response
}

/// The route as it is mounted, if it is one: the path itself is anybody's text, and would make a counter each.
fn route_of(request: &Request) -> String {
    let route = request.extensions().get::<MatchedPath>();
    route.map_or_else(|| "other".to_owned(), |route| route.as_str().to_owned())
}
