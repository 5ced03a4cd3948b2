//! The outbox: effects wait here, each with the intent that stands in the log, until they are performed.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::db::audit::RecordedIntent;
use crate::db::{Conn, Error, Result, Tx, on, readable};
use crate::effect::{CancelRun, CreateDeployment, DispatchWorkflow, Effect, SetDeploymentStatus};
use crate::ids::{PromotionId, PromotionNumber, RepoId};

/// An effect that may be performed now, with the proof that its intent was recorded. Only [`claim`] makes one, and
/// nobody changes it: what is done about it is read from it.
///
/// Nobody else makes one:
///
/// ```compile_fail,E0451
/// # use countersign::{db::outbox::Claimed, effect::Effect};
/// fn another(claimed: Claimed, effect: Effect) -> Claimed {
///     Claimed { effect, ..claimed }
/// }
/// ```
///
/// And nobody makes another effect of it:
///
/// ```compile_fail,E0616
/// # use countersign::{db::outbox::Claimed, effect::Effect};
/// fn turn(mut claimed: Claimed, effect: Effect) -> Claimed {
///     claimed.effect = effect;
///     claimed
/// }
/// ```
///
/// It can be looked at:
///
/// ```
/// # use countersign::{db::outbox::Claimed, effect::Effect};
/// fn effect(claimed: &Claimed) -> &Effect {
///     claimed.effect()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Claimed<E = Effect> {
    effect: E,
    claim: Claim,
}

/// Whose turn it is, and for how long.
#[derive(Debug, Clone)]
struct Claim {
    seq: i64,
    fence: i64,
    promotion: PromotionId,
    intent: RecordedIntent,
    attempts: i64,
    made_at: Timestamp,
    begin_before: Timestamp,
    ends: Timestamp,
}

/// A claimed effect of each kind, with what it takes.
#[derive(Debug, Clone)]
pub enum ClaimedEffect {
    /// To make a deployment.
    CreateDeployment(Claimed<CreateDeployment>),
    /// To dispatch the workflow.
    DispatchWorkflow(Claimed<DispatchWorkflow>),
    /// To stop a run.
    CancelRun(Claimed<CancelRun>),
    /// To tell a deployment how it stands.
    SetDeploymentStatus(Claimed<SetDeploymentStatus>),
}

impl Claimed {
    /// The same claim, by what it is a claim to.
    pub fn split(&self) -> ClaimedEffect {
        match &self.effect {
            Effect::CreateDeployment => ClaimedEffect::CreateDeployment(self.to(CreateDeployment)),
            Effect::DispatchWorkflow { deployment } => {
                ClaimedEffect::DispatchWorkflow(self.to(DispatchWorkflow { deployment: *deployment }))
            }
            Effect::CancelRun { run } => ClaimedEffect::CancelRun(self.to(CancelRun { run: *run })),
            Effect::SetDeploymentStatus { deployment, state, description } => {
                let (deployment, state) = (*deployment, *state);
                let description = description.clone();
                ClaimedEffect::SetDeploymentStatus(self.to(SetDeploymentStatus {
                    deployment,
                    state,
                    description,
                }))
            }
        }
    }

    fn to<E>(&self, effect: E) -> Claimed<E> {
        Claimed { effect, claim: self.claim.clone() }
    }
}

impl<E> Claimed<E> {
    /// What to do.
    pub fn effect(&self) -> &E {
        &self.effect
    }

    /// Whose effect it is.
    pub fn promotion(&self) -> PromotionId {
        self.claim.promotion
    }

    /// Where it stands in the log that this was intended.
    pub fn intent(&self) -> &RecordedIntent {
        &self.claim.intent
    }

    /// How often it was tried, this time included. Above one, an earlier try may have reached GitHub.
    pub fn attempts(&self) -> i64 {
        self.claim.attempts
    }

    /// When it was intended, or could have been at first: nothing it left at GitHub is older.
    pub fn made_at(&self) -> Timestamp {
        self.claim.made_at
    }

    /// How long a request that is sent now may take; none when it is too late to begin one. After that,
    /// somebody else may look for what we did before we have done it.
    pub fn time_left(&self, now: Timestamp) -> Option<Duration> {
        (now < self.claim.begin_before).then(|| self.claim.ends.since(now))
    }
}

/// How an effect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// GitHub did it.
    Succeeded,
    /// GitHub refused it, or it was no longer allowed.
    Refused,
    /// It cannot be known.
    Unknown,
}

impl Ended {
    /// The word in the database and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Puts an effect into the outbox, with its intent.
///
/// If it may have been done already, in a part of the history that is lost, `lost_since` says since when: it then
/// counts as tried, so that it is looked for at GitHub before it is done.
pub async fn insert(
    tx: &mut Tx,
    promotion: PromotionId,
    (effect, intent): (&Effect, &RecordedIntent),
    lost_since: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    let document = document(effect)?;
    let index = i64::try_from(intent.index()).map_err(|why| Error::Log(why.to_string()))?;
    on!(tx.conn().await?, executor => sqlx::query(
        "INSERT INTO effect (seq, mark, repo, promotion, document, intent, leaf_hash, state, attempts, run_at, fence, made_at) \
         VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM effect), $1, $2, $3, $4, $5, $6, 'waiting', $8, $7, 0, $9)")
        .bind(intent.mark().to_owned()).bind(promotion.repo.0).bind(promotion.number.0).bind(document)
        .bind(index).bind(intent.leaf_hash().as_bytes().to_vec()).bind(now.0)
        .bind(i64::from(lost_since.is_some())).bind(lost_since.unwrap_or(now).0)
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

type Row = (i64, i64, i64, i64, String, i64, Vec<u8>, String, i64, i64);

/// Claims the oldest effect of each promotion that has none under way, at most `limit`, for as long as `lease`.
///
/// One that cannot be read is left out. It stays waiting, holds up its own promotion alone, and is looked at again
/// when the lease has run out.
pub async fn claim(conn: &mut Conn, now: Timestamp, lease: Duration, limit: i64) -> Result<Vec<Claimed>> {
    let until = now.plus(lease);
    let begin_before = now.plus(lease * 2 / 3);
    let rows = on!(conn, executor => sqlx::query_as::<_, Row>(
        "UPDATE effect SET run_at = $2, attempts = attempts + 1, fence = fence + 1 \
         WHERE seq IN (SELECT seq FROM (SELECT MIN(seq) AS seq FROM effect WHERE state = 'waiting' GROUP BY repo, promotion) AS heads \
                       WHERE (SELECT run_at FROM effect e WHERE e.seq = heads.seq) <= $1 ORDER BY seq LIMIT $3) \
         RETURNING seq, fence, repo, promotion, document, intent, leaf_hash, mark, attempts, made_at")
        .bind(now.0).bind(until.0).bind(limit).fetch_all(executor).await)?;
    let read = |(seq, fence, repo, promotion, text, intent, leaf_hash, mark, attempts, made_at): Row| {
        let effect = serde_json::from_str(&text).map_err(|why| Error::impossible("effect", seq, why))?;
        let promotion = PromotionId { repo: RepoId(repo), number: PromotionNumber(promotion) };
        let intent = RecordedIntent::stored(intent, &leaf_hash, mark)?;
        let (made_at, ends) = (Timestamp(made_at), until);
        let claim = Claim { seq, fence, promotion, intent, attempts, made_at, begin_before, ends };
        Ok(Claimed { effect, claim })
    };
    Ok(rows.into_iter().filter_map(|row| readable(read(row))).collect())
}

/// Whether any effect is ready to be claimed.
pub async fn any_ready(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT seq FROM effect WHERE state = 'waiting' AND run_at <= $1 LIMIT 1")
        .bind(now.0).fetch_optional(executor).await)?;
    Ok(row.is_some())
}

/// Finishes an effect in the transaction of its outcome.
pub async fn finish<E>(tx: &mut Tx, claimed: &Claimed<E>, ended: Ended, why: Option<&str>) -> Result<()> {
    let changed = on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE effect SET state = $3, error = $4 WHERE seq = $1 AND fence = $2 AND state = 'waiting'")
        .bind(claimed.claim.seq).bind(claimed.claim.fence).bind(ended.as_str()).bind(why.map(str::to_owned))
        .execute(executor).await.map(|done| done.rows_affected()))?;
    still_ours(changed, &claimed.claim)
}

/// Performs an effect again at `at`.
pub async fn try_again<E>(tx: &mut Tx, claimed: &Claimed<E>, at: Timestamp, why: &str) -> Result<()> {
    let changed = on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE effect SET run_at = $3, error = $4 WHERE seq = $1 AND fence = $2 AND state = 'waiting'")
        .bind(claimed.claim.seq).bind(claimed.claim.fence).bind(at.0).bind(why.to_owned())
        .execute(executor).await.map(|done| done.rows_affected()))?;
    still_ours(changed, &claimed.claim)
}

/// An effect without an outcome, as it waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) seq: i64,
    pub(super) promotion: PromotionId,
    pub(super) effect: Effect,
    pub(super) mark: String,
}

/// Every effect that has no outcome yet, in order.
pub(super) async fn all_waiting(conn: &mut Conn) -> Result<Vec<Waiting>> {
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, i64, i64, String, String)>(
        "SELECT seq, repo, promotion, document, mark FROM effect WHERE state = 'waiting' ORDER BY seq")
        .fetch_all(executor).await)?;
    rows.into_iter()
        .map(|(seq, repo, promotion, text, mark)| {
            let effect = serde_json::from_str(&text).map_err(|why| Error::impossible("effect", seq, why))?;
            let promotion = PromotionId { repo: RepoId(repo), number: PromotionNumber(promotion) };
            Ok(Waiting { seq, promotion, effect, mark })
        })
        .collect()
}

/// Puts another intent in place of the one that was lost. The effect counts as tried, so that it is looked for
/// at GitHub before it is done, and whoever has claimed it no longer has.
pub(super) async fn intend_again(tx: &mut Tx, seq: i64, intent: &RecordedIntent) -> Result<()> {
    let index = i64::try_from(intent.index()).map_err(|why| Error::Log(why.to_string()))?;
    on!(tx.conn().await?, executor => sqlx::query(
        "UPDATE effect SET intent = $2, leaf_hash = $3, fence = fence + 1, \
         attempts = CASE WHEN attempts < 1 THEN 1 ELSE attempts END WHERE seq = $1")
        .bind(seq).bind(index).bind(intent.leaf_hash().as_bytes().to_vec())
        .execute(executor).await.map(|_| ()))?;
    Ok(())
}

/// How many effects have no outcome yet.
pub async fn waiting(conn: &mut Conn) -> Result<i64> {
    let (count,) = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT COUNT(*) FROM effect WHERE state = 'waiting'").fetch_one(executor).await)?;
    Ok(count)
}

fn still_ours(changed: u64, claim: &Claim) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Error::LeaseLost(format!("effect {}", claim.intent.mark()))) }
}

fn document(effect: &Effect) -> Result<String> {
    serde_json::to_string(effect).map_err(|why| Error::impossible("effect", effect.name(), why))
}
