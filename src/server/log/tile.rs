//! `GET /log/tile/<level>/<index>` and `/log/tile/entries/<index>`, with `.p/<width>` for a part of one.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::document::Document;
use super::published::Published;
use super::reader;
use super::refusal::{Refusal, missing, unreadable};
use crate::audit::{TileLevel, TilePath};
use crate::db::tile;
use crate::server::Shared;

/// Named, because the path of another epoch has its number as well.
#[derive(Deserialize)]
pub(super) struct Tile {
    path: String,
}

/// A tile of any width that the published tree ever had; bundles of entries are for readers.
pub(super) async fn show(
    State(shared): State<Shared>,
    Path(Tile { path }): Path<Tile>,
    asked: HeaderMap,
    mut published: Published,
) -> Result<Response, Refusal> {
    let path: TilePath =
        format!("tile/{path}").parse().map_err(|why| missing(format!("Not found: {why}.\n")))?;
    let entries = path.level == TileLevel::Entries;
    if entries {
        reader::check(shared.log.reader.as_ref(), &asked)?;
    }
    let (epoch, size) = (published.epoch, published.size);
    let found = tile::tile(&mut published.conn, epoch, &path, size).await;
    let bytes = found.map_err(|error| unreadable(&error))?.ok_or_else(|| beyond(&path, size))?;
    let tile = Document::immutable(bytes);
    Ok(if entries { tile.for_one_reader() } else { tile }.answer(&asked))
}

fn beyond(path: &TilePath, size: u64) -> Refusal {
    missing(format!(
        "The log has {size} entries, and {path} needs more. The last tile of a level is asked for by its \
         width, such as tile/0/000.p/17.\n"
    ))
}
