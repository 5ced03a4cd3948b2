//! The face to the network: what is mounted where, and its limits.

pub(crate) mod connections;
pub(crate) mod descriptors;
mod observe;
mod home;
mod webhook;
mod health;
mod metrics;
mod report_page;
mod reports;
mod log;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::clock::Clock;
use crate::db::Db;
use crate::github::Secret;

pub use log::LogFace;
pub use report_page::ReportPages;
pub use reports::ReportsFace;

/// A request that takes longer is answered with 503. GitHub waits as long for an answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How many large bodies are read at once: 25 MiB each, before anybody has shown that they are GitHub.
const LARGE_BODIES: usize = 8;

/// What the routes are given. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where deliveries are kept.
    pub db: Db,
    /// Tells the time.
    pub clock: Clock,
    /// Any of these may have signed a webhook.
    pub secrets: Arc<[Secret]>,
    /// What is needed to show the log.
    pub log: LogFace,
    /// What was counted.
    pub metrics: PrometheusHandle,
    /// Whether the workers run.
    pub working: watch::Receiver<bool>,
    /// What is needed to show reports; nobody sees any without.
    pub pages: Option<ReportPages>,
    /// What is needed to take reports in; none are taken without.
    pub reports: Option<ReportsFace>,
    large_bodies: Arc<Semaphore>,
}

impl Shared {
    /// Puts together what the routes need.
    pub fn new(
        db: Db,
        clock: Clock,
        secrets: Vec<Secret>,
        log: LogFace,
        metrics: PrometheusHandle,
        working: watch::Receiver<bool>,
    ) -> Self {
        let large_bodies = Arc::new(Semaphore::new(LARGE_BODIES));
        Self {
            db,
            clock,
            secrets: secrets.into(),
            log,
            metrics,
            working,
            pages: None,
            reports: None,
            large_bodies,
        }
    }

    /// The same, that shows reports.
    #[must_use]
    pub fn showing_reports(self, pages: ReportPages) -> Self {
        Self { pages: Some(pages), ..self }
    }

    /// The same, that takes reports in.
    #[must_use]
    pub fn taking_reports(self, reports: ReportsFace) -> Self {
        Self { reports: Some(reports), ..self }
    }
}

/// Every route there is.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/github/webhook", post(webhook::receive))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .merge(log::routes())
        .merge(report_page::routes())
        .fallback(home::nothing_here)
        .method_not_allowed_fallback(home::other_method)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        // Reports take longer, and have a limit of their own.
        .merge(reports::routes())
        .with_state(shared)
        // The webhook has a limit of its own, above what axum lets through.
        .layer(DefaultBodyLimit::disable())
        .layer(unless_said(header::CACHE_CONTROL, "no-store"))
        .layer(unless_said(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(unless_said(header::X_FRAME_OPTIONS, "DENY"))
        .layer(unless_said(header::REFERRER_POLICY, "no-referrer"))
        .layer(unless_said(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ))
        .layer(from_fn(observe::observe))
}

fn unless_said(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

#[cfg(test)]
mod tests;
