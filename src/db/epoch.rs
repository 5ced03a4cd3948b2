//! Epochs: a history whose newest part was lost is never continued under its name. The next epoch is a log of
//! its own, and its first entry says what was lost.

use super::outbox::{self, Waiting};
use super::signer::Signer;
use super::{Conn, Error, NewEntry, Refused, Result, Tx, on, promotion, tile};
use crate::audit::{Checkpoint, Decoded, Kind, Recovered, Source};
use crate::clock::Timestamp;
use crate::ids::PromotionId;

/// The epoch that is appended to: the newest one that was signed.
pub async fn current(conn: &mut Conn) -> Result<u32> {
    let (newest,) = on!(conn, executor => sqlx::query_as::<_, (Option<i64>,)>(
        "SELECT MAX(log) FROM checkpoint").fetch_one(executor).await)?;
    let newest = newest.unwrap_or(0);
    u32::try_from(newest).map_err(|why| Error::impossible("checkpoint", newest, why))
}

/// Begins this transaction's epoch: says what was lost, and intends again whatever waits to be done.
///
/// An effect may have been performed in the part that is lost: it is looked for before it is done.
pub(super) async fn begin(tx: &mut Tx, lost: Recovered, now: Timestamp) -> Result<()> {
    let source = Source::internal("new_epoch");
    let mut recovered = NewEntry::new(Kind::LogRecovered, now, source.clone());
    recovered.entry.recovered = Some(lost);
    if tx.append(recovered).await? != 0 {
        return Err(Refused::Ended.into());
    }
    for Waiting { seq, promotion, effect, mark } in outbox::all_waiting(tx.conn().await?).await? {
        let Some(promotion) = promotion::find(tx.conn().await?, promotion).await? else {
            return Err(Error::impossible("effect", seq, "there is no such promotion"));
        };
        let intent = NewEntry::new(Kind::EffectIntended, now, source.clone())
            .about(&promotion.tuple)
            .effect(effect.name())
            .deployment(promotion.state.deployment())
            .run(promotion.state.run().map(|run| run.id));
        let intent = tx.append_intent(intent, &mark).await?;
        outbox::intend_again(tx, seq, &intent).await?;
    }
    Ok(())
}

/// Whether a promotion began in an earlier epoch than this transaction's: what became of it there may be lost.
pub async fn began_before(tx: &mut Tx, promotion: PromotionId) -> Result<bool> {
    let epoch = i64::from(tx.log.epoch);
    if epoch == 0 {
        return Ok(false);
    }
    let row = on!(tx.conn().await?, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT idx FROM entry WHERE repo = $1 AND promotion = $2 AND log < $3 LIMIT 1")
        .bind(promotion.repo.0).bind(promotion.number.0).bind(epoch).fetch_optional(executor).await)?;
    Ok(row.is_some())
}

/// Whether an epoch after that of `known` says in its first entry that this was lost.
pub(super) async fn told_as_lost(
    conn: &mut Conn,
    known: &Checkpoint,
    epoch: u32,
    current: u32,
) -> Result<bool> {
    for later in epoch.saturating_add(1)..=current {
        let later = i64::from(later);
        let newest = tile::newest_checkpoint(conn, later).await?;
        let Some(signed) = newest.and_then(|(_, note)| Checkpoint::claimed(&note)) else { continue };
        let Some(first) = tile::proven_entry(conn, later, 0, &signed).await? else { continue };
        let first = Decoded::parse(&first).map_err(|why| Error::impossible("entry", 0, why))?;
        if let Some(lost) = first.entry.recovered
            && lost.origin == known.origin
        {
            return Ok(known.size < lost.size || (known.size == lost.size && known.root == lost.root));
        }
    }
    Ok(false)
}

/// Whether the log names the signer's key as its new one, under a checkpoint which that key signed, too.
pub(super) async fn was_rotated_to(conn: &mut Conn, signer: &Signer) -> Result<bool> {
    let epoch = i64::from(signer.epoch());
    for index in tile::rotations(conn, epoch).await? {
        let Some(note) = tile::checkpoint_of(conn, epoch, index + 1).await? else { continue };
        let Ok(handover) = signer.open_by_new(&note) else { continue };
        let Some(body) = tile::proven_entry(conn, epoch, index, &handover).await? else { continue };
        let decoded = Decoded::parse(&body).map_err(|why| Error::impossible("entry", index, why))?;
        if decoded.entry.new_key.as_ref() == Some(&signer.verifier()) {
            return Ok(true);
        }
    }
    Ok(false)
}
