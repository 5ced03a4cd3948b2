//! The sandbox's page: a pull request to look at and to act on, as it would be on GitHub.
//!
//! Everything is rendered here, from the state as it is now. Without its script the page works
//! by forms; with it, forms are sent in the background and the page follows every change.

mod respond;
mod guard;
mod events;
mod actions;
mod layout;
mod mark;
mod view;
mod people;
mod markdown;
mod pull;
mod timeline;
mod talk;
mod next_step;
mod composer;
mod checks;
mod environments;
mod controls;
mod repository;
mod commit;
mod run;
mod file;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};

use super::Fake;

/// What every route has at hand.
#[derive(Clone, Debug)]
struct Page {
    fake: Fake,
    /// Where Countersign itself can be looked at, without a slash at the end.
    countersign: Option<Arc<str>>,
    /// What every form of this process carries, so that no other site can send one.
    token: Arc<str>,
}

/// What the REST API has at its root that `/{owner}/{repo}` would match too.
const API_ROOTS: [&str; 6] = ["app", "installation", "user", "users", "orgs", "repos"];

/// The page and the REST API on one address, as the sandbox serves them.
pub fn site(fake: &Fake, countersign: Option<String>) -> Router {
    let api = fake.router();
    let service = |api: &Router| api.clone().into_service::<Body>();
    let pages = router(fake.clone(), countersign);
    let add = |site: Router, root| site.route_service(&format!("/{root}/{{*rest}}"), service(&api));
    API_ROOTS.into_iter().fold(pages, add).fallback_service(service(&api))
}

/// The page alone; `countersign` is Countersign's own address, which the top bar links to.
///
/// It has `GET /`, pages below `/{owner}/{repo}`, avatars, and everything below `/_sandbox`.
pub fn router(fake: Fake, countersign: Option<String>) -> Router {
    let countersign = countersign.map(|address| Arc::from(address.trim_end_matches('/')));
    let token = Arc::from(hex::encode(countersign_kernel::clock::random::<16>()));
    let routes = Router::new()
        .route("/", get(repository::home))
        .route("/{owner}/{repo}", get(repository::show))
        .route("/{owner}/{repo}/tree/{*reference}", get(repository::show_tree))
        .route("/{owner}/{repo}/pull/{number}", get(pull::show))
        .route("/{owner}/{repo}/issues/{number}", get(pull::show))
        .route("/{owner}/{repo}/commit/{sha}", get(commit::show))
        .route("/{owner}/{repo}/actions/runs/{id}", get(run::show))
        .route("/{owner}/{repo}/runs/{id}", get(checks::show))
        .route("/{owner}/{repo}/blob/{*place}", get(file::show))
        .route("/{owner}/{repo}/edit/{*place}", get(file::edit))
        .route("/avatars/{id}", get(people::picture))
        .route("/_sandbox/events", get(events::follow))
        .route("/_sandbox/page.css", get(respond::style))
        .route("/_sandbox/page.js", get(respond::script))
        .route("/_sandbox/auto", post(actions::set_auto))
        .route("/_sandbox/{owner}/{repo}/pulls/{number}/{deed}", post(actions::on_pull))
        .route("/_sandbox/{owner}/{repo}/runs/{id}/{deed}", post(actions::on_run))
        .route("/_sandbox/{owner}/{repo}/checks/{id}/press", post(actions::press))
        .route("/_sandbox/{owner}/{repo}/file", post(actions::save_file));
    respond::with_headers(routes).with_state(Page { fake, countersign, token })
}

#[cfg(test)]
mod tests;
