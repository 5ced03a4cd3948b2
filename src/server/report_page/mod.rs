//! The full list of a commit's findings, for people: `GET /reports/{repository id}/{commit}?key=…`.
//!
//! The address stands in the check run and nowhere else, and nobody guesses it; without its key there is nothing
//! here. The page needs no script and shows what the check run had no room for, as of when that was written: whoever
//! opens it, and however often, changes nothing and has nobody asked.

mod filter;
mod view;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use tokio::sync::Semaphore;

use super::{Shared, home};
use crate::app::App;
use crate::db;
use crate::ids::{CommitSha, RepoId};
use crate::query::{CommitReports, of_commit};
use crate::telemetry::causes;

pub(super) use filter::Filter;
pub(super) use view::{Shown, page};

/// How many pages are made at once: each may unpack as much as a judgement holds.
const PLACES: usize = 2;
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What is needed to show the pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReportPages {
    app: App,
    places: Arc<Semaphore>,
}

impl ReportPages {
    /// Of what this program was told.
    pub fn new(app: App) -> Self {
        Self { app, places: Arc::new(Semaphore::new(PLACES)) }
    }

    async fn shown(&self, repo: RepoId, commit: &CommitSha) -> db::Result<Option<Shown>> {
        let known = of_commit(&self.app.db, repo, commit).await?;
        let now = self.app.clock.now();
        Ok(known.map(|CommitReports { repo, judgement }| Shown {
            repo,
            commit: commit.clone(),
            judgement,
            now,
        }))
    }
}

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/reports/page.css", get(style)).route("/reports/{repo}/{commit}", get(show))
}

async fn show(
    State(shared): State<Shared>,
    Path((repo, commit)): Path<(String, String)>,
    Query(filter): Query<Filter>,
) -> Response {
    let asked = repo.parse().ok().map(RepoId).zip(commit.parse::<CommitSha>().ok());
    let (Some(pages), Some((repo, commit))) = (shared.pages, asked) else { return nothing_here() };
    if !pages.app.page_key.opens(repo, &commit, &filter.key) {
        return nothing_here();
    }
    let Ok(_place) = pages.places.acquire().await else { return nothing_here() };
    match pages.shown(repo, &commit).await {
        Ok(Some(shown)) => {
            let headers = [
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            ];
            (headers, [("x-robots-tag", "noindex")], page(&shown, &filter).into_string()).into_response()
        }
        Ok(None) => nothing_here(),
        Err(error) => {
            tracing::warn!(why = causes(&error), "the page of a commit's reports cannot be made");
            let text = "The database did not answer. Try again in a minute.\n";
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

fn nothing_here() -> Response {
    home::NOTHING_HERE.into_response()
}

async fn style() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, [countersign_page::STYLE, include_str!("page.css")].concat())
}
