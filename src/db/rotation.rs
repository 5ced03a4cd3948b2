//! Replacing the log's key: one entry names the new one, alone under a checkpoint that both keys sign.

use super::high_water::Place;
use super::{Db, Guarding, NewEntry, Purpose, Refused, Result, audit};
use crate::audit::{Checkpoint, Kind, LogKey, Source, Verifier};
use crate::clock::Timestamp;

/// What came of replacing a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The new key, as those who check the log need it.
    pub verifier: Verifier,
    /// The entry that names it; none if it signs the log already.
    pub entry: Option<u64>,
}

/// Hands the log over from the `old` key to the `new` one. Nobody else may write meanwhile.
///
/// # Errors
/// As [`Db::open_guarded`]; and when nothing was ever signed.
pub async fn rotate(
    url: &str,
    (old, new): (LogKey, LogKey),
    high_water: Option<Place>,
    now: Timestamp,
) -> Result<Rotated> {
    let guarding =
        Guarding { old_key: Some(old), high_water, known: Vec::new(), purpose: Purpose::RotateKey };
    let db = Db::open_guarded(url, new, guarding, now).await?;
    let entry = hand_over(&db, now).await;
    db.close().await;
    Ok(Rotated { verifier: db.verifier(), entry: entry? })
}

async fn hand_over(db: &Db, now: Timestamp) -> Result<Option<u64>> {
    let newest = audit::latest_checkpoint(&mut db.read().await?).await?.ok_or(Refused::NothingSigned)?;
    if Checkpoint::open(&newest, &db.verifier()).is_ok() {
        return Ok(None);
    }
    let mut rotated = NewEntry::new(Kind::KeyRotated, now, Source::internal("rotate_key"));
    rotated.entry.new_key = Some(db.verifier());
    db.write(move |tx| Box::pin(async move { tx.append(rotated).await })).await.map(Some)
}
