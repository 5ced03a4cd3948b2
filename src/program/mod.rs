//! The program put together: what `serve`, the sandbox and the tests all start.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::app::App;
use crate::audit::{AttestationKey, LogKey};
use crate::db::{self, Db, Guarding};
use crate::github::{self, Connection, GitHub, Reader, Secret};
use crate::report::{Marker, PageKey};
use crate::server::{LogFace, ReportPages, ReportsFace, Shared, connections, descriptors, router};
use crate::settings::{AnchorSettings, ConnectionLimits, OidcSettings, ReaderToken};
use crate::telemetry;
use crate::worker::anchor::anchored;
use crate::worker::{Anchors, Workers};

/// How long requests may take that came before the program was told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(12);
/// How often histograms are folded together, whether somebody reads them or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// What a program is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where requests come in; bound already, so that a port in use is found out first.
    pub listener: TcpListener,
    /// What connections may take.
    pub connections: ConnectionLimits,
    /// `sqlite://…` or `postgres://…`.
    pub database_url: Secret,
    /// Signs the log.
    pub log_key: LogKey,
    /// How the log is guarded against going on from another history than the one it signed.
    pub guarding: Guarding,
    /// Which GitHub, as which App, by whose clock.
    pub github: Connection,
    /// Where GitHub's pages are, when that is known.
    pub github_web_url: Option<Url>,
    /// Where people reach this server.
    pub public_url: Option<Url>,
    /// Any of these may have signed a webhook.
    pub webhook_secrets: Vec<Secret>,
    /// Who does the work.
    pub work: Work,
    /// Where the log is written down outside.
    pub anchors: AnchorSettings,
    /// How long a worker has for what it claimed; [`db::LEASE`] unless there is a reason.
    pub lease: Duration,
    /// How often the whole log is verified; [`SELF_AUDIT`](crate::worker::SELF_AUDIT) unless there is a reason.
    pub self_audit: Duration,
    /// Signs attestations.
    pub attestation_key: AttestationKey,
    /// What readers of the log's entries have to show; nobody reads them over HTTP when there is none.
    pub reader: Option<ReaderToken>,
    /// Whose tokens show that a job may send reports.
    pub oidc: OidcSettings,
    /// Whom keyless signatures of reports are believed by; nobody when there is none.
    pub trusted_root: Option<Arc<str>>,
}

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Workers that run beside the server.
    InBackground,
    /// Whoever calls [`Workers::drain`].
    ByHand,
}

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// GitHub's address cannot be used.
    #[error(transparent)]
    GitHub(#[from] github::Error),
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] std::io::Error),
    /// The certificates that the operating system trusts cannot be read.
    #[error("the system's certificates cannot be read")]
    Certificates(#[source] std::io::Error),
    /// Something else in this process counts already.
    #[error("the metrics cannot be recorded")]
    Metrics(#[from] BuildError),
}

/// A program that runs. Dropping it ends it at once, as a crash would; [`Program::stop`] ends it well.
#[derive(Debug)]
pub struct Program {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What its handlers are given.
    pub app: App,
    /// Who does its work.
    pub workers: Workers,
    server: JoinSet<&'static str>,
    labour: JoinSet<&'static str>,
    stop_server: watch::Sender<bool>,
    stop_labour: watch::Sender<bool>,
}

impl Program {
    /// Starts everything; returns when requests are answered.
    ///
    /// # Errors
    /// When the database cannot be opened or must not be continued, or a part cannot be made.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let addr = parts.listener.local_addr().map_err(StartError::Listener)?;
        let metrics = telemetry::metrics()?;
        let (clock, app_id) = (parts.github.clock.clone(), parts.github.app_id);
        let github = GitHub::connect(parts.github)?;
        let guarding = guarding(&parts.anchors, &github.reader(), &parts.log_key, parts.guarding).await;
        let url = parts.database_url.expose_secret();
        let db = Db::open_guarded(url, parts.log_key, guarding, clock.now()).await?;
        let verifier = db.verifier();
        let marker = Marker::new(&parts.attestation_key.derive("marks of secrets in reports"));
        let page_key = PageKey::new(&parts.attestation_key.derive("addresses of pages of reports"));
        let (reader, trusted_root, public_url) = (github.reader(), parts.trusted_root, parts.public_url);
        let app = App { db, reader, clock, app_id, marker, page_key, trusted_root, public_url };
        let anchors = Anchors::new(app.clone(), github.writer(), parts.anchors);
        let workers = Workers::new(app.clone(), github.writer(), parts.github_web_url, parts.lease)
            .auditing_every(parts.self_audit);

        let (working, is_working) = watch::channel(false);
        let (stop_server, server_stops) = watch::channel(false);
        let (stop_labour, labour_stops) = watch::channel(false);
        let mut labour = JoinSet::new();
        labour.spawn(keep_up(metrics.clone(), labour_stops.clone()));
        if parts.work == Work::InBackground {
            working.send_replace(true);
            labour.spawn(write_down(anchors, labour_stops.clone()));
            let workers = workers.clone();
            labour.spawn(async move {
                // The flag falls when this task ends, however it ends.
                let _working = Lowered(working);
                Box::pin(workers.run(labour_stops)).await;
                "the workers"
            });
        }
        let (secrets, log) =
            (parts.webhook_secrets, LogFace::new(verifier, parts.attestation_key, parts.reader));
        let reports = ReportsFace::new(&app, parts.oidc).map_err(StartError::Certificates)?;
        let shared = Shared::new(app.db.clone(), app.clock.clone(), secrets, log, metrics, is_working)
            .showing_reports(ReportPages::new(app.clone()))
            .taking_reports(reports);
        let mut server = JoinSet::new();
        server.spawn(serve(parts.listener, shared, places(parts.connections), server_stops));
        Ok(Self { addr, app, workers, server, labour, stop_server, stop_labour })
    }

    /// Returns if a part ends that should not, and says which.
    pub async fn breaks(&mut self) -> &'static str {
        let ended = tokio::select! {
            Some(ended) = self.server.join_next() => ended,
            Some(ended) = self.labour.join_next() => ended,
        };
        ended.unwrap_or("a part of the program, by a panic")
    }

    /// Ends it: takes no more requests, answers those that are here, lets the workers finish what they
    /// claimed, and closes the database.
    pub async fn stop(mut self) {
        self.stop_server.send_replace(true);
        let answered = tokio::time::timeout(LAST_REQUESTS, ended(&mut self.server)).await;
        if answered.is_err() {
            tracing::warn!("some requests took too long and were cut off");
            self.server.shutdown().await;
        }
        self.stop_labour.send_replace(true);
        ended(&mut self.labour).await;
        self.app.db.close().await;
    }
}

/// What was anchored is read before the database is opened: it must not be older.
async fn guarding(
    anchors: &AnchorSettings,
    reader: &Reader,
    key: &LogKey,
    mut guarding: Guarding,
) -> Guarding {
    // A key whose name is no origin is refused where the log is opened.
    let (Some(place), Ok(origin)) = (&anchors.branch, key.name().as_str().parse()) else { return guarding };
    let keys: Vec<_> =
        [Some(key), guarding.old_key.as_ref()].into_iter().flatten().map(LogKey::verifier).collect();
    guarding.known.extend(Box::pin(anchored(reader, place, (&origin, &keys))).await);
    guarding
}

async fn serve(
    listener: TcpListener,
    shared: Shared,
    limits: ConnectionLimits,
    stops: watch::Receiver<bool>,
) -> &'static str {
    connections::serve(listener, router(shared), limits, stops).await;
    "the server"
}

/// As many connections as the system has descriptors for, and as they may be.
fn places(limits: ConnectionLimits) -> ConnectionLimits {
    let Some(descriptors) = descriptors::raise() else { return limits };
    let within = limits.within(descriptors);
    if within != limits {
        tracing::warn!(
            descriptors,
            connections = within.all,
            "the system allows few open files, hence few connections: raise the hard limit (ulimit -Hn)"
        );
    }
    within
}

/// The log is written down beside everything else: nothing waits for it.
async fn write_down(anchors: Anchors, stops: watch::Receiver<bool>) -> &'static str {
    anchors.run(stops).await;
    "the anchors"
}

async fn keep_up(metrics: PrometheusHandle, mut stops: watch::Receiver<bool>) -> &'static str {
    while tokio::time::timeout(UPKEEP, stops.wait_for(|stop| *stop)).await.is_err() {
        metrics.run_upkeep();
    }
    "the metrics' upkeep"
}

async fn ended(tasks: &mut JoinSet<&'static str>) {
    while let Some(task) = tasks.join_next().await {
        if let Err(error) = task {
            tracing::error!(%error, "a part of the program ended badly");
        }
    }
}

/// Tells everybody that the workers do not run, when it is dropped.
struct Lowered(watch::Sender<bool>);

impl Drop for Lowered {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

#[cfg(test)]
mod tests;
