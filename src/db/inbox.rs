//! The inbox: deliveries are inserted once, claimed with a lease, and finished or buried.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::{Conn, Error, Result, Tx, on, packed};
use crate::ids::DeliveryId;

/// How large the body of a delivery can be, in bytes: GitHub sends no larger ones.
pub const LARGEST: usize = 25 * 1024 * 1024;

/// A delivery to store.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its GUID.
    pub guid: DeliveryId,
    /// The event's name.
    pub event: String,
    /// Deliveries of one lane are handled in their order: the repository's id, or 0.
    pub lane: i64,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The body, compressed by [`pack`].
    pub body: Vec<u8>,
}

/// A delivery that a worker may handle until its lease runs out.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// Its GUID.
    pub guid: DeliveryId,
    /// The event's name.
    pub event: String,
    /// The body as it arrived.
    pub body: Vec<u8>,
    /// When it arrived: of one that was given up and came again, the last time.
    pub received_at: Timestamp,
    /// When it arrived the first time.
    pub first_received_at: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// How many of its commands are done already.
    pub steps: i64,
    fence: i64,
}

/// Compresses a body for storing.
pub fn pack(body: &[u8]) -> Vec<u8> {
    packed::pack(body)
}

/// Stores a delivery. Again is a no-op, except that one which failed for good runs again, as of when it came again.
pub async fn insert(conn: &mut Conn, new: &NewDelivery) -> Result<()> {
    on!(conn, executor => sqlx::query(
        "INSERT INTO delivery (seq, guid, event, lane, received_at, body, state, attempts, steps, run_at, fence) \
         VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM delivery), $1, $2, $3, $4, $5, 'waiting', 0, 0, $4, 0) \
         ON CONFLICT (guid) DO UPDATE SET state = 'waiting', attempts = 0, run_at = excluded.run_at, error = NULL, \
         first_received_at = COALESCE(delivery.first_received_at, delivery.received_at), received_at = excluded.received_at \
         WHERE delivery.state = 'buried'")
        .bind(new.guid.as_str()).bind(&new.event).bind(new.lane).bind(new.received_at.0).bind(&new.body)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Claims the oldest delivery of each idle lane, at most `limit`.
///
/// A lane is idle when nothing older in it waits, is being handled, or waits to be tried again.
/// Whoever claims one has it for `lease`. One that cannot be read is buried.
pub async fn claim(conn: &mut Conn, now: Timestamp, lease: Duration, limit: i64) -> Result<Vec<Claimed>> {
    let until = now.plus(lease);
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "UPDATE delivery SET run_at = $2, attempts = attempts + 1, fence = fence + 1 \
         WHERE seq IN (SELECT seq FROM (SELECT MIN(seq) AS seq FROM delivery WHERE state = 'waiting' GROUP BY lane) AS heads \
                       WHERE (SELECT run_at FROM delivery d WHERE d.seq = heads.seq) <= $1 ORDER BY seq LIMIT $3) \
         RETURNING seq, guid, event, body, received_at, COALESCE(first_received_at, received_at), attempts, steps, fence")
        .bind(now.0).bind(until.0).bind(limit).fetch_all(executor).await)?;
    let mut claimed = Vec::new();
    for row in rows {
        let seq = row.0;
        match read(row) {
            Ok(delivery) => claimed.push(delivery),
            Err(why) => bury_unreadable(conn, seq, now, &why).await?,
        }
    }
    claimed.sort_by_key(|delivery| delivery.seq);
    Ok(claimed)
}

type Row = (i64, String, String, Vec<u8>, i64, i64, i64, i64, i64);

fn read(
    (seq, guid, event, body, received_at, first_received_at, attempts, steps, fence): Row,
) -> Result<Claimed> {
    Ok(Claimed {
        seq,
        guid: guid.parse().map_err(|why| Error::impossible("delivery", seq, why))?,
        event,
        body: packed::unpack(&body, LARGEST).map_err(|why| Error::impossible("delivery", seq, why))?,
        received_at: Timestamp(received_at),
        first_received_at: Timestamp(first_received_at),
        attempts,
        steps,
        fence,
    })
}

/// Nobody could ever handle it, and what is behind it in its lane would wait for ever.
async fn bury_unreadable(conn: &mut Conn, seq: i64, now: Timestamp, why: &Error) -> Result<()> {
    tracing::error!(error = %why, "a delivery cannot be read: it is given up on");
    on!(conn, executor => sqlx::query("UPDATE delivery SET state = 'buried', finished_at = $2, error = $3 WHERE seq = $1")
        .bind(seq).bind(now.0).bind(why.to_string()).execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// Whether any delivery is ready to be claimed: asked before the writer is troubled.
pub async fn any_ready(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT seq FROM delivery WHERE state = 'waiting' AND run_at <= $1 LIMIT 1")
        .bind(now.0).fetch_optional(executor).await)?;
    Ok(row.is_some())
}

/// Finishes a delivery in the transaction of what came of it.
pub async fn finish(tx: &mut Tx, claimed: &Claimed, now: Timestamp) -> Result<()> {
    end(tx.conn().await?, claimed, "UPDATE delivery SET state = 'done', finished_at = $3, error = $4 WHERE seq = $1 AND fence = $2 AND state = 'waiting'", now, None).await
}

/// One of its commands is done, in the transaction of what came of it; the others are not yet.
pub async fn step(tx: &mut Tx, claimed: &Claimed, steps: i64) -> Result<()> {
    let changed = on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE delivery SET steps = $3 WHERE seq = $1 AND fence = $2 AND state = 'waiting'")
        .bind(claimed.seq).bind(claimed.fence).bind(steps)
        .execute(executor).await.map(|done| done.rows_affected()))?;
    still_ours(changed, claimed)
}

/// How many of its commands are done by now.
pub async fn steps(conn: &mut Conn, claimed: &Claimed) -> Result<i64> {
    let (steps,) = on!(conn, executor => sqlx::query_as::<_, (i64,)>("SELECT steps FROM delivery WHERE seq = $1")
        .bind(claimed.seq).fetch_one(executor).await)?;
    Ok(steps)
}

/// Gives up on a delivery, with the reason.
pub async fn bury(tx: &mut Tx, claimed: &Claimed, now: Timestamp, why: &str) -> Result<()> {
    end(tx.conn().await?, claimed, "UPDATE delivery SET state = 'buried', finished_at = $3, error = $4 WHERE seq = $1 AND fence = $2 AND state = 'waiting'", now, Some(why)).await
}

/// Tries a delivery again at `at`.
pub async fn try_again(tx: &mut Tx, claimed: &Claimed, at: Timestamp, why: &str) -> Result<()> {
    end(
        tx.conn().await?,
        claimed,
        "UPDATE delivery SET run_at = $3, error = $4 WHERE seq = $1 AND fence = $2 AND state = 'waiting'",
        at,
        Some(why),
    )
    .await
}

async fn end(
    conn: &mut Conn,
    claimed: &Claimed,
    sql: &'static str,
    at: Timestamp,
    why: Option<&str>,
) -> Result<()> {
    let changed = on!(conn, executor => sqlx::query(sql)
        .bind(claimed.seq).bind(claimed.fence).bind(at.0).bind(why)
        .execute(executor).await.map(|done| done.rows_affected()))?;
    still_ours(changed, claimed)
}

fn still_ours(changed: u64, claimed: &Claimed) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Error::LeaseLost(format!("delivery {}", claimed.guid))) }
}

/// How many deliveries wait, and how many are buried: for `/metrics` and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Not finished.
    pub waiting: i64,
    /// Given up on.
    pub buried: i64,
}

/// Counts what is left.
pub async fn depth(conn: &mut Conn) -> Result<Depth> {
    let (waiting, buried) = on!(conn, executor => sqlx::query_as::<_, (i64, i64)>(
        "SELECT (SELECT COUNT(*) FROM delivery WHERE state = 'waiting'), (SELECT COUNT(*) FROM delivery WHERE state = 'buried')")
        .fetch_one(executor).await)?;
    Ok(Depth { waiting, buried })
}

/// Why deliveries were given up on, newest first.
pub async fn buried(conn: &mut Conn, limit: i64) -> Result<Vec<(String, String)>> {
    Ok(on!(conn, executor => sqlx::query_as::<_, (String, String)>(
        "SELECT guid, COALESCE(error, '') FROM delivery WHERE state = 'buried' ORDER BY seq DESC LIMIT $1")
        .bind(limit).fetch_all(executor).await)?)
}

/// Whether a delivery was ever stored.
pub async fn knows(conn: &mut Conn, guid: &DeliveryId) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>("SELECT seq FROM delivery WHERE guid = $1 AND state <> 'buried'")
        .bind(guid.as_str()).fetch_optional(executor).await)?;
    Ok(row.is_some())
}
