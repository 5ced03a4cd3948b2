//! `GET /log/attestation/<index>.json` and `<index>.svr.json`: a decision in an envelope that in-toto's and
//! Sigstore's tools verify (DSSE). `GET /log/attestation/key`: what verifies it, in PEM.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::document::Document;
use super::published::Published;
use super::reader;
use super::refusal::{Refusal, missing, unreadable};
use crate::audit::attestation::{self, AttestationError};
use crate::audit::dsse::Envelope;
use crate::audit::{AttestationKey, decimal};
use crate::db::tile;
use crate::server::Shared;

const NAME: &str =
    "An attestation is called <index>.json, or <index>.svr.json, such as /log/attestation/0.json.\n";

/// Named, because the path of another epoch has its number as well.
#[derive(Deserialize)]
pub(super) struct Attestation {
    file: String,
}

/// What is said of an entry.
#[derive(Clone, Copy)]
enum Form {
    /// The entry itself.
    Statement,
    /// That a verification succeeded: in-toto's Simple Verification Result.
    VerificationResult,
}

pub(super) async fn key(State(shared): State<Shared>, asked: HeaderMap) -> Response {
    Document::lasting(shared.log.attestation_key.verifier().to_pem()).answer(&asked)
}

/// Of an approval or a rejection; for readers, as the entry itself.
pub(super) async fn show(
    State(shared): State<Shared>,
    Path(Attestation { file }): Path<Attestation>,
    asked: HeaderMap,
    mut published: Published,
) -> Result<Response, Refusal> {
    reader::check(shared.log.reader.as_ref(), &asked)?;
    let (index, form) = Form::of(&file).ok_or_else(|| missing(NAME))?;
    published.has(index)?;
    let found = tile::entries_from(&mut published.conn, published.epoch, index, 1).await;
    let entry = found.map_err(|error| unreadable(&error))?.into_iter().find(|entry| entry.index == index);
    let entry = entry.ok_or_else(|| missing("The database lacks this entry.\n"))?;
    let envelope = form.envelope(&entry.body, &shared.log.attestation_key, &published);
    let envelope = envelope.map_err(|error| damaged(index, &error))?.ok_or_else(|| form.absent(index))?;
    let json = envelope.to_json().map_err(|error| damaged(index, &error))?;
    Ok(Document::immutable_json(json).for_one_reader().answer(&asked))
}

impl Form {
    fn of(file: &str) -> Option<(u64, Self)> {
        let stem = file.strip_suffix(".json")?;
        match stem.strip_suffix(".svr") {
            Some(index) => Some((decimal(index)?, Self::VerificationResult)),
            None => Some((decimal(stem)?, Self::Statement)),
        }
    }

    fn envelope(
        self,
        entry: &[u8],
        key: &AttestationKey,
        published: &Published,
    ) -> Result<Option<Envelope>, AttestationError> {
        match (self, published.origin()) {
            (Self::Statement, _) => attestation::of_entry(entry, key),
            (Self::VerificationResult, Some(origin)) => attestation::verification_result(entry, key, &origin),
            (Self::VerificationResult, None) => Ok(None),
        }
    }

    fn absent(self, index: u64) -> Refusal {
        let what = match self {
            Self::Statement => "approval or rejection",
            Self::VerificationResult => "approval",
        };
        missing(format!(
            "Entry {index} is no {what}, and nothing else is attested so. /log/proof/{index}.tlog-proof proves \
             any entry.\n"
        ))
    }
}

/// An entry that cannot be read, or not be written as JSON.
fn damaged(index: u64, error: &dyn std::error::Error) -> Refusal {
    tracing::error!(index, %error, "an entry cannot be attested: verify the log");
    Refusal::Damaged
}
