//! The log as anybody may read it: a folder of files that never change (c2sp.org/tlog-tiles), under `/log/`.
//!
//! Hashes, checkpoints, proofs and keys are public. What was decided is not: entries and attestations are for
//! readers whom the operator gave the token.

mod attestation;
mod checkpoint;
mod document;
mod key;
mod proof;
mod published;
mod reader;
mod refusal;
mod tile;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::Semaphore;

use super::Shared;
use crate::audit::{AttestationKey, Verifier};
use crate::settings::ReaderToken;

/// How many read the log at once, so that the database has connections left for the work.
const PLACES: usize = 2;

/// What is needed to show the log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LogFace {
    verifier: Verifier,
    attestation_key: AttestationKey,
    reader: Option<ReaderToken>,
    places: Arc<Semaphore>,
}

impl LogFace {
    /// Of the log that `verifier` vouches for. Whoever shows `reader` may read what was decided.
    pub fn new(verifier: Verifier, attestation_key: AttestationKey, reader: Option<ReaderToken>) -> Self {
        Self { verifier, attestation_key, reader, places: Arc::new(Semaphore::new(PLACES)) }
    }
}

/// Every file of the log: of its newest epoch, and of each by its number.
pub(super) fn routes() -> Router<Shared> {
    // The key of an earlier epoch has another name, and is best known from that time.
    let newest = files().route("/key", get(key::show));
    Router::new().nest("/log", newest).nest("/log/epoch/{epoch}", files())
}

fn files() -> Router<Shared> {
    Router::new()
        .route("/checkpoint", get(checkpoint::newest))
        .route("/checkpoints/{size}", get(checkpoint::of_size))
        .route("/tile/{*path}", get(tile::show))
        .route("/proof/{file}", get(proof::show))
        .route("/attestation/key", get(attestation::key))
        .route("/attestation/{file}", get(attestation::show))
}
