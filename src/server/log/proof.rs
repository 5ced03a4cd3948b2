//! `GET /log/proof/<index>.tlog-proof`: that an entry is in the log, for whoever has the entry (c2sp.org/tlog-proof).

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::document::Document;
use super::published::Published;
use super::refusal::{Refusal, missing, unreadable};
use crate::audit::decimal;
use crate::db::tile;

const NAME: &str = "A proof is called <index>.tlog-proof, such as /log/proof/0.tlog-proof.\n";

/// Named, because the path of another epoch has its number as well.
#[derive(Deserialize)]
pub(super) struct Proof {
    file: String,
}

/// Made for the newest checkpoint.
pub(super) async fn show(
    mut published: Published,
    Path(Proof { file }): Path<Proof>,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let index = file.strip_suffix(".tlog-proof").and_then(decimal).ok_or_else(|| missing(NAME))?;
    published.has(index)?;
    let (epoch, size) = (published.epoch, published.size);
    let found = tile::proof(&mut published.conn, epoch, index, size).await;
    let proof = found.map_err(|error| unreadable(&error))?;
    let proof = proof.ok_or_else(|| missing("The database lacks what this proof is made of.\n"))?;
    Ok(Document::of_the_moment(proof.to_string()).answer(&asked))
}
