//! `GET /log/checkpoint` and `/log/checkpoints/<size>`: signed notes (c2sp.org/tlog-checkpoint).

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::document::Document;
use super::published::Published;
use super::refusal::{Refusal, missing, unreadable};
use crate::audit::decimal;
use crate::db::{cosignature, tile};

/// Named, because the path of another epoch has its number as well.
#[derive(Deserialize)]
pub(super) struct OfSize {
    size: String,
}

/// The newest one, with the lines of those witnesses that have signed it already.
pub(super) async fn newest(published: Published, asked: HeaderMap) -> Result<Response, Refusal> {
    let Published { epoch, mut conn, size, note, .. } = published;
    let cosigned = cosignature::cosigned(&mut conn, epoch, size, note).await;
    Ok(Document::of_the_moment(cosigned.map_err(|error| unreadable(&error))?).answer(&asked))
}

/// The one of exactly this size, if the log was signed at that size.
pub(super) async fn of_size(
    mut published: Published,
    Path(OfSize { size }): Path<OfSize>,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let Some(size) = decimal::<u64>(&size).filter(|size| *size <= published.size) else {
        let why = format!("The log has {} entries: there is no checkpoint of {size:?}.\n", published.size);
        return Err(missing(why));
    };
    let found = tile::checkpoint_of(&mut published.conn, published.epoch, size).await;
    let note = found.map_err(|error| unreadable(&error))?.ok_or_else(|| {
        missing(format!(
            "No checkpoint of exactly {size} entries was signed: entries that were written together have one \
             checkpoint.\n"
        ))
    })?;
    let cosigned = cosignature::cosigned(&mut published.conn, published.epoch, size, note).await;
    Ok(Document::lasting(cosigned.map_err(|error| unreadable(&error))?).answer(&asked))
}
