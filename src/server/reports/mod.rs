//! `POST /reports`: a job of GitHub Actions sends a report, or a zip of several.
//!
//! Which repository, run and attempt it is about stands in the job's token, and the commit is what GitHub says
//! of that run. Nothing that a job writes itself decides where its reports belong.

mod face;
mod oidc;
mod rejection;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tower_http::timeout::TimeoutLayer;

use super::Shared;
use super::home;
use crate::db::inbox;
use crate::db::report::{self, Bundle, Packed, pack};
use crate::ids::Repo;
use crate::report::upload::{Upload, Uploaded, read};
use crate::report::{Limits, Origin, Received, Way};
use crate::telemetry::causes;
use crate::worker::reports::word_of;
pub use face::ReportsFace;
use rejection::Rejection;

/// The largest body that is taken, in bytes.
const LIMIT: usize = 64 << 20;
/// How long one request may take: such a body comes over slow lines.
const TIME_LIMIT: Duration = Duration::from_mins(3);
/// How many a run may send, by different names, and how many findings of each are kept.
const UPLOADS: usize = 20;
const FINDINGS: usize = 20_000;
/// As much of a report's name as is kept.
const LONGEST_NAME: usize = 200;

/// What is taken here.
pub(super) fn routes() -> Router<Shared> {
    let limit = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT);
    Router::new()
        .route("/reports", post(receive).layer(limit))
        .method_not_allowed_fallback(home::other_method)
}

#[derive(Debug, Deserialize)]
struct Asked {
    /// What the report is called: a hint, for people and where its content leaves a doubt.
    name: Option<String>,
}

/// What is answered.
#[derive(Debug, Serialize)]
struct Taken {
    /// What was stored.
    received: Vec<TakenReport>,
    /// How many files were no reports of any format we know.
    unrecognised: u64,
}

#[derive(Debug, Serialize)]
struct TakenReport {
    entry: String,
    tool: String,
    format: String,
    state: &'static str,
    why: Option<String>,
    findings: u64,
}

async fn receive(State(shared): State<Shared>, Query(asked): Query<Asked>, request: Request) -> Response {
    match take(&shared, asked, request).await {
        Ok(taken) => {
            metrics::counter!("countersign_report_uploads_total", "result" => "stored").increment(1);
            (StatusCode::ACCEPTED, Json(taken)).into_response()
        }
        Err(rejection) => {
            metrics::counter!("countersign_report_uploads_total", "result" => rejection.word()).increment(1);
            tracing::warn!(why = rejection.word(), "an upload of reports was not taken");
            rejection.into_response()
        }
    }
}

async fn take(shared: &Shared, asked: Asked, request: Request) -> Result<Taken, Rejection> {
    let face = shared.reports.as_ref().ok_or(Rejection::NotSetUp)?;
    let (parts, body) = request.into_parts();
    check_headers(&parts.headers)?;
    let job = face.job(token(&parts.headers)?).await?;
    let _place = face.place()?;
    let (repo, run) = face.run_of(&job, shared.clock.now()).await?;
    let branch = face.branch_of(&repo, &run).await?;
    let name = name_of(asked);
    let origin = Origin {
        way: Way::Upload,
        commit: run.head_sha.clone(),
        run: Some(run.id),
        attempt: run.attempt,
        workflow: Some(crate::worker::reports::workflow_of(&run)),
        artifact: None,
        entry: name.clone(),
        sha256: String::new(),
        fork: run.is_foreign(repo.id),
        url: run.html_url.clone(),
        at: shared.clock.now(),
    };
    check_room(shared, &repo, &origin, &name).await?;
    let (file, limits) = (to_disk(body).await?, Limits { findings: FINDINGS, ..Limits::default() });
    let upload = Upload { file, name: name.clone(), origin: origin.clone(), limits };
    let marker = face.marker.clone();
    let worked = tokio::task::spawn_blocking(move || {
        let read = read(upload, &marker);
        let packed = pack(&name, &read.reports);
        (read, packed, name)
    });
    let (Uploaded { reports, claims, others }, packed, name) =
        worked.await.map_err(|_| Rejection::NotStored)?;
    // The job is told at once, and nothing is kept.
    if reports.len() == claims {
        return Err(Rejection::NoReport);
    }
    let packed = packed.map_err(|_| Rejection::NotStored)?;
    store(shared, &repo, (&origin, name, branch), packed).await?;
    Ok(Taken { received: reports.iter().map(told).collect(), unrecognised: others.count })
}

/// However many a job sends: what is kept of a commit is read again for each decision about it.
async fn check_room(shared: &Shared, repo: &Repo, origin: &Origin, name: &str) -> Result<(), Rejection> {
    let run = origin.run.map_or(0, |run| run.0);
    let read = async {
        let mut conn = shared.db.read().await?;
        report::uploads(&mut conn, repo.id, (run, origin.attempt)).await
    };
    let names = read.await.map_err(|_: crate::db::Error| Rejection::NotStored)?;
    let room = names.len() < UPLOADS || names.iter().any(|known| known == name);
    if room { Ok(()) } else { Err(Rejection::TooMany) }
}

/// Returns when it is durable on disk, with the word that there is something to judge.
async fn store(
    shared: &Shared,
    repo: &Repo,
    (origin, name, branch): (&Origin, String, Option<String>),
    packed: Vec<Packed>,
) -> Result<(), Rejection> {
    let run = origin.run.map_or(0, |run| run.0);
    let (commit, attempt) = (origin.commit.clone(), origin.attempt);
    let bundle = Bundle { way: Way::Upload, commit, run, attempt, branch, names: vec![name] };
    let word = word_of(repo, &origin.commit, shared.clock.now()).ok_or(Rejection::NotStored)?;
    let repo = repo.id;
    let written = shared.db.write(move |tx| {
        Box::pin(async move {
            let conn = tx.conn().await?;
            report::store(conn, repo, &bundle, &packed).await?;
            inbox::insert(conn, &word).await
        })
    });
    written.await.map_err(|error| {
        tracing::error!(error = %causes(&error), "reports could not be stored");
        Rejection::NotStored
    })?;
    shared.db.ring_inbox();
    Ok(())
}

/// Writes the body into a file without a name, as it comes.
async fn to_disk(mut body: Body) -> Result<std::fs::File, Rejection> {
    let no_room = |error: std::io::Error| {
        tracing::error!(%error, "there is no room for an upload");
        Rejection::NotStored
    };
    let file = tempfile::tempfile().map_err(no_room)?;
    let mut into = File::from_std(file.try_clone().map_err(no_room)?);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Rejection::BrokenOff)?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > LIMIT {
            return Err(Rejection::TooLarge);
        }
        into.write_all(&data).await.map_err(no_room)?;
    }
    into.flush().await.map_err(no_room)?;
    if length == 0 { Err(Rejection::Empty) } else { Ok(file) }
}

fn check_headers(headers: &HeaderMap) -> Result<(), Rejection> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let declared = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return Err(Rejection::TooLarge);
    }
    let encoded = text(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    let kind = text(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    // Forms wrap the file in something else; curl says that it sends one unless it is told otherwise.
    let form = kind.starts_with("multipart/") || kind.starts_with("application/x-www-form-urlencoded");
    if encoded || form { Err(Rejection::ContentType) } else { Ok(()) }
}

fn token(headers: &HeaderMap) -> Result<&str, Rejection> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = shown.and_then(|shown| shown.split_once(' ')).ok_or(Rejection::NoToken)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Rejection::NoToken) }
}

fn name_of(asked: Asked) -> String {
    let name: String = asked.name.unwrap_or_default().chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim();
    let name = name.get(..name.floor_char_boundary(LONGEST_NAME)).unwrap_or_default();
    if name.is_empty() { "report".to_owned() } else { name.to_owned() }
}

fn told(received: &Received) -> TakenReport {
    let Received { report, origin } = received;
    TakenReport {
        entry: origin.entry.clone(),
        tool: report.tool.name.to_string(),
        format: report.format.to_string(),
        state: report.state.as_str(),
        why: report.state.why().map(str::to_owned),
        findings: report.counts.findings,
    }
}
