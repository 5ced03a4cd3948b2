//! How a commit was judged by its reports last, as its check run shows it.

use serde::{Deserialize, Serialize};

use crate::check_run::scans::Judged;
use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, on, packed};
use crate::ids::{CommitSha, RepoId};
use crate::report::Problem;

/// The shape of the document.
const VERSION: i64 = 1;
/// No judgement is longer than this, in bytes, before it is packed.
const MAX_BYTES: usize = 64 << 20;
/// As many findings of each list are kept, the worst first.
const KEPT: usize = 10_000;

/// How a commit was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// When.
    pub at: Timestamp,
    /// How it stood then, and what was asked.
    pub judged: Judged,
    /// How many findings were not kept, since there were too many.
    pub left_out: u64,
}

/// A judgement that is ready to be stored.
#[derive(Debug, Clone)]
pub struct Packed {
    at: Timestamp,
    document: Vec<u8>,
}

impl Judgement {
    /// What is kept of it: all numbers and reports, and of each list of findings the worst.
    pub fn new(judged: &Judged, at: Timestamp) -> Self {
        let (mut judged, mut left_out) = (judged.clone(), 0);
        let standing = &mut judged.standing;
        let lists: [&mut Vec<Problem>; 5] = [
            &mut standing.open,
            &mut standing.fixed,
            &mut standing.waived,
            &mut standing.suppressed,
            &mut standing.of_forks,
        ];
        for list in lists {
            left_out += list.len().saturating_sub(KEPT) as u64;
            list.truncate(KEPT);
        }
        Self { at, judged, left_out }
    }

    /// As it is stored.
    ///
    /// # Errors
    /// When no JSON can be made of it.
    pub fn packed(&self) -> Result<Packed> {
        let document =
            serde_json::to_vec(self).map_err(|why| Error::impossible("judgement", self.at, why))?;
        Ok(Packed { at: self.at, document: packed::pack(&document) })
    }
}

/// Stores a judgement in place of the one before; a later one that somebody else made meanwhile stays.
pub async fn keep(conn: &mut Conn, repo: RepoId, commit: &CommitSha, packed: &Packed) -> Result<()> {
    on!(conn, executor => sqlx::query(
        "INSERT INTO judgement (repo, commit_sha, at, version, document) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (repo, commit_sha) DO UPDATE SET at = excluded.at, version = excluded.version, document = excluded.document \
         WHERE excluded.at >= judgement.at")
        .bind(repo.0).bind(commit.as_str()).bind(packed.at.0).bind(VERSION).bind(packed.document.clone())
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// How a commit was judged last; none when it never was, or not in a shape that this version knows.
pub async fn find(conn: &mut Conn, repo: RepoId, commit: &CommitSha) -> Result<Option<Judgement>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT document FROM judgement WHERE repo = $1 AND commit_sha = $2 AND version = $3")
        .bind(repo.0).bind(commit.as_str()).bind(VERSION).fetch_optional(executor).await)?;
    Ok(row.and_then(|(document,)| {
        unpack(&document)
            .inspect_err(|why| tracing::warn!(%repo, %commit, why, "a stored judgement cannot be read"))
            .ok()
    }))
}

/// The JSON of a stored judgement; none when these bytes were never packed by us.
pub(super) fn json(document: &[u8]) -> std::result::Result<Vec<u8>, String> {
    packed::unpack(document, MAX_BYTES)
}

fn unpack(document: &[u8]) -> std::result::Result<Judgement, String> {
    serde_json::from_slice(&json(document)?).map_err(|error| error.to_string())
}
