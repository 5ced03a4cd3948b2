//! How much goes into one commit, and when.
//!
//! A decision about production is written down within half a minute, everything else within five: that is at
//! most 120 commits an hour, and 12 while nobody decides, which leaves most of the 500 that GitHub lets an App
//! create in an hour to what people wait for.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::anchor::{self, Decided, Head, Place};
use crate::db::{self, Conn};

/// At least so long between two commits, whatever happens.
const SOON: Duration = Duration::from_secs(30);
/// At least so long between two commits while nothing is decided about production.
const REST: Duration = Duration::from_mins(5);
/// How many proofs one commit holds: at about a kilobyte each, that is a small request.
const MOST_PROOFS: usize = 200;

/// What one commit holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    /// The size of its checkpoint.
    pub(super) size: u64,
    /// The decisions it proves.
    pub(super) decisions: Vec<u64>,
}

/// From which size on a place is to be brought up to date; none while it is up to date, or not time yet.
pub(super) async fn due_from(
    conn: &mut Conn,
    head: &Head,
    place: Place,
    now: Timestamp,
) -> Result<Option<u64>, db::Error> {
    let last = anchor::newest(conn, head.epoch, place).await?;
    let from = last.map_or(0, |(size, _)| size);
    if from == head.size {
        return Ok(None);
    }
    let decisions = decisions(conn, head, from).await?;
    Ok(is_due(last.map(|(_, at)| at), &decisions, now).then_some(from))
}

/// Whether it is time, when the last commit was made at `last`.
fn is_due(last: Option<Timestamp>, decisions: &[Decided], now: Timestamp) -> bool {
    let pause = if decisions.iter().any(|decided| decided.production) { SOON } else { REST };
    last.is_none_or(|last| now.since(last) >= pause)
}

/// The decisions after `from`, as many as one commit takes, and one more if there are more.
pub(super) async fn decisions(conn: &mut Conn, head: &Head, from: u64) -> Result<Vec<Decided>, db::Error> {
    let limit = i64::try_from(MOST_PROOFS + 1).unwrap_or(i64::MAX);
    anchor::decisions(conn, head.epoch, from..head.size, limit).await
}

/// What the next commit holds: everything, or the first part of it when there is much to catch up with.
pub(super) async fn next(conn: &mut Conn, head: &Head, decisions: Vec<Decided>) -> Result<Batch, db::Error> {
    let indices = |decisions: Vec<Decided>| decisions.iter().map(|decided| decided.index).collect();
    let Some(beyond) = decisions.get(MOST_PROOFS).map(|decided| decided.index) else {
        return Ok(Batch { size: head.size, decisions: indices(decisions) });
    };
    let from = decisions.first().map_or(0, |decided| decided.index);
    let size = anchor::first_covering(conn, head.epoch, beyond).await?.unwrap_or(head.size);
    // What this checkpoint covers is never looked at again, so none of its decisions is left out.
    let decisions = anchor::decisions(conn, head.epoch, from..size, i64::MAX).await?;
    Ok(Batch { size, decisions: indices(decisions) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_written_down_sooner() {
        let now = Timestamp(0).plus(Duration::from_hours(1));
        let ago = |seconds: i64| Some(Timestamp(now.0 - seconds * 1000));
        let about = |production| [Decided { index: 3, production }];
        for (last, decisions, due) in [
            (None, vec![], true),
            (ago(29), about(true).to_vec(), false),
            (ago(30), about(true).to_vec(), true),
            (ago(30), about(false).to_vec(), false),
            (ago(299), vec![], false),
            (ago(300), vec![], true),
        ] {
            assert_eq!(is_due(last, &decisions, now), due, "{last:?} {decisions:?}");
        }
    }
}
