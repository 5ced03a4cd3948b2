//! `GET /log/key`: the verifier key (c2sp.org/signed-note), to be compared with one from elsewhere.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::document::Document;
use crate::server::Shared;

pub(super) async fn show(State(shared): State<Shared>, asked: HeaderMap) -> Response {
    Document::lasting(format!("{}\n", shared.log.verifier)).answer(&asked)
}
