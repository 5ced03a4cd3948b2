//! Every request is counted, timed and logged: its route and status, never what it carries.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument as _;

const ROUTES: [&str; 7] =
    ["/", "/github/webhook", "/healthz", "/readyz", "/metrics", "/log/checkpoint", "/log/key"];

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let route = route_of(request.uri().path());
    let span = tracing::debug_span!("http.request", method = %request.method(), route);
    let start = Instant::now();
    let response = next.run(request).instrument(span).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    tracing::debug!(route, status, took_ms = took.as_secs_f64() * 1000.0, "answered a request");
    metrics::counter!("countersign_http_requests_total", "route" => route, "status" => status.to_string())
        .increment(1);
    metrics::histogram!("countersign_http_request_seconds", "route" => route).record(took.as_secs_f64());
    response
}

/// The route, if it is one: any other path is anybody's text, and would make a counter each.
fn route_of(path: &str) -> &'static str {
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}
