//! What of the log was written down outside, and what is to be.
//!
//! `epoch` is the column `log`: 0 until a history is lost and another is begun.

use std::ops::Range;

use crate::audit::{Checkpoint, Decoded, Kind};
use crate::clock::Timestamp;
use crate::db::audit::{column, index_of};
use crate::db::{Conn, Error, Result, Tx, on};

/// Where checkpoints are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A branch on GitHub.
    Git,
    /// A timestamp authority.
    Rfc3161,
}

impl Place {
    /// The word in the database and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Rfc3161 => "rfc3161",
        }
    }
}

/// What was found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A checkpoint of ours.
    Anchored,
    /// Something that is no beginning of our log.
    Contradicted,
}

/// A checkpoint that was written down.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// Of which epoch.
    pub epoch: i64,
    /// Of how many entries.
    pub size: u64,
    /// Where.
    pub place: Place,
    /// Where there: a commit, a serial number.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub standing: Standing,
}

/// The newest checkpoint of the newest epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which epoch.
    pub epoch: i64,
    /// How many entries it has.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// A decision that stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Its index.
    pub index: u64,
    /// Whether it is about an environment that end users use.
    pub production: bool,
}

/// The newest checkpoint; none while the log is empty.
pub async fn head(conn: &mut Conn) -> Result<Option<Head>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64, i64, String)>(
        "SELECT log, size, note FROM checkpoint ORDER BY log DESC, size DESC LIMIT 1")
        .fetch_optional(executor).await)?;
    let Some((epoch, size, note)) = row else { return Ok(None) };
    let stored = index_of("checkpoint", size)?;
    if Checkpoint::claimed(&note).is_none_or(|claimed| claimed.size != stored) {
        return Err(Error::impossible("checkpoint", size, "its note is not one of so many entries"));
    }
    Ok(Some(Head { epoch, size: stored, note }))
}

/// The size of the first checkpoint that covers entry `index`.
pub async fn first_covering(conn: &mut Conn, epoch: i64, index: u64) -> Result<Option<u64>> {
    let index = column(index)?;
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT size FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT 1")
        .bind(epoch).bind(index).fetch_optional(executor).await)?;
    row.map(|(size,)| index_of("checkpoint", size)).transpose()
}

/// When the first checkpoint larger than `size` was signed: since then there is something to write down.
pub async fn waiting_since(conn: &mut Conn, epoch: i64, size: u64) -> Result<Option<Timestamp>> {
    let size = column(size)?;
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT at FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT 1")
        .bind(epoch).bind(size).fetch_optional(executor).await)?;
    Ok(row.map(|(at,)| Timestamp(at)))
}

/// The largest checkpoint that was written down at a place, and when.
pub async fn newest(conn: &mut Conn, epoch: i64, place: Place) -> Result<Option<(u64, Timestamp)>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT size, at FROM anchor WHERE log = $1 AND kind = $2 AND state = 'anchored' ORDER BY size DESC LIMIT 1")
        .bind(epoch).bind(place.as_str()).fetch_optional(executor).await)?;
    row.map(|(size, at)| Ok((index_of("anchor", size)?, Timestamp(at)))).transpose()
}

/// Remembers what was written down, or found. The first time counts.
pub async fn record(tx: &mut Tx, anchor: &Anchor) -> Result<()> {
    let size = column(anchor.size)?;
    let standing = match anchor.standing {
        Standing::Anchored => "anchored",
        Standing::Contradicted => "contradicted",
    };
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO anchor (log, size, kind, ref, at, state) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (log, kind, size, state) DO NOTHING")
        .bind(anchor.epoch).bind(size).bind(anchor.place.as_str()).bind(anchor.reference.clone())
        .bind(anchor.at.0).bind(standing)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// The decisions among these entries that ended or began something, in order, at most `limit`.
pub async fn decisions(conn: &mut Conn, epoch: i64, range: Range<u64>, limit: i64) -> Result<Vec<Decided>> {
    let (from, to) = (column(range.start)?, column(range.end)?);
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, Vec<u8>)>(
        "SELECT idx, body FROM entry WHERE log = $1 AND idx >= $2 AND idx < $3 \
         AND kind LIKE 'decision.%' AND kind <> $4 ORDER BY idx LIMIT $5")
        .bind(epoch).bind(from).bind(to).bind(Kind::DecisionWaiting.as_str()).bind(limit)
        .fetch_all(executor).await)?;
    rows.into_iter().map(|(index, body)| decided(index, &body)).collect()
}

fn decided(index: i64, body: &[u8]) -> Result<Decided> {
    let decoded = Decoded::parse(body).map_err(|why| Error::impossible("entry", index, why))?;
    let environment = decoded.entry.environment;
    let production = environment.is_some_and(|environment| environment.looks_like_production());
    Ok(Decided { index: index_of("entry", index)?, production })
}
