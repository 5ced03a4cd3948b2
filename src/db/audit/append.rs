//! Entries appended, with what stands beside them.

use serde_json::{Value, json};

use super::rows::{DisclosureRow, EntryRow, EvidenceRow, NodeRow, Rows};
use super::{column, index_of};
use crate::audit::{ActorRef, Commitment, Disclosure, Entry, Hash, Node, leaf_hash};
use crate::clock::{Timestamp, random};
use crate::db::{Error, NewEntry, Result, Tx, packed};

/// Proof that an intent stands in the log, in this transaction: the licence for an effect.
/// Only [`Tx::append_intent`] makes one.
///
/// ```
/// # use countersign::db::{NewEntry, RecordedIntent, Result, Tx};
/// async fn intend(tx: &mut Tx, entry: NewEntry, mark: &str) -> Result<RecordedIntent> {
///     tx.append_intent(entry, mark).await
/// }
/// ```
///
/// What was not appended is no intent:
///
/// ```compile_fail,E0451
/// # use countersign::{audit::Hash, db::RecordedIntent};
/// fn intend(leaf_hash: Hash, mark: String) -> RecordedIntent {
///     RecordedIntent { index: 7, leaf_hash, mark }
/// }
/// ```
///
/// And without one there is no effect:
///
/// ```compile_fail,E0308
/// # use countersign::{clock::Timestamp, db::{Result, Tx, outbox}, effect::Effect, ids::PromotionId};
/// async fn insert(tx: &mut Tx, id: PromotionId, effect: &Effect, mark: &str, now: Timestamp) -> Result<()> {
///     outbox::insert(tx, id, (effect, mark), None, now).await
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedIntent {
    index: u64,
    leaf_hash: Hash,
    mark: String,
}

impl RecordedIntent {
    /// One that was recorded in an earlier transaction, as the outbox kept it.
    pub(in crate::db) fn stored(index: i64, leaf_hash: &[u8], mark: String) -> Result<Self> {
        let leaf_hash = Hash::from_slice(leaf_hash).map_err(|why| Error::impossible("effect", &mark, why))?;
        Ok(Self { index: index_of("effect", index)?, leaf_hash, mark })
    }

    /// Where it stands in the log.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Its hash there.
    pub fn leaf_hash(&self) -> Hash {
        self.leaf_hash
    }

    /// The idempotency key that was recorded.
    pub fn mark(&self) -> &str {
        &self.mark
    }
}

impl Tx {
    /// Appends an entry; its checkpoint is signed before this transaction commits. Returns its index.
    pub async fn append(&mut self, new: NewEntry) -> Result<u64> {
        self.append_hashed(new).await.map(|(index, _)| index)
    }

    /// Appends the intent to perform an effect that will leave `mark` at GitHub.
    pub async fn append_intent(&mut self, new: NewEntry, mark: &str) -> Result<RecordedIntent> {
        let mut new = new;
        new.entry.idempotency_key = Some(mark.to_owned());
        let (index, leaf_hash) = self.append_hashed(new).await?;
        Ok(RecordedIntent { index, leaf_hash, mark: mark.to_owned() })
    }

    async fn append_hashed(&mut self, new: NewEntry) -> Result<(u64, Hash)> {
        self.read_tail().await?;
        let index = self.log.frontier.size();
        let idx = column(index)?;
        let mut rows = Rows::default();
        // The server's time never goes back within the log; the order is what its index says.
        let entry = rows.commit_to(idx, Timestamp(new.entry.observed_at.0.max(self.log.at)), new);
        let body = entry.encode(index).map_err(|error| Error::Log(error.to_string()))?;
        let leaf_hash = leaf_hash(&body);
        for node in self.log.frontier.push(leaf_hash) {
            rows.keep_top_of_tile(&node)?;
        }
        self.log.at = entry.observed_at.0;
        rows.entries.push(EntryRow {
            idx,
            leaf_hash,
            body,
            kind: entry.kind.as_str(),
            repo: entry.repo.map(|id| id.0),
            promotion: entry.promotion.map(|number| number.0),
        });
        self.pending.append(rows);
        Ok((index, leaf_hash))
    }
}

impl Rows {
    /// The entry as it is logged: commitments in place of people and their words, which are kept aside.
    fn commit_to(&mut self, idx: i64, observed_at: Timestamp, new: NewEntry) -> Entry {
        let NewEntry { mut entry, actors, reason, parameters, facts } = new;
        entry.observed_at = observed_at;
        for (role, actor) in &actors {
            let person = json!({ "id": actor.id, "login": actor.login });
            let commitment = self.disclose(idx, "actor", &person);
            entry.actors.push(ActorRef { role: *role, commitment });
        }
        entry.reason = reason.map(|reason| self.disclose(idx, "reason", &json!(reason)));
        if !parameters.is_empty() {
            entry.parameters = Some(self.disclose(idx, "parameters", &json!(parameters)));
        }
        if let (Some(body), Some(evaluation)) = (facts, &entry.evaluation) {
            let body = packed::pack(&body);
            self.evidence.push(EvidenceRow { digest: evaluation.facts, body });
        }
        entry
    }

    fn disclose(&mut self, idx: i64, name: &'static str, value: &Value) -> Commitment {
        let disclosure = Disclosure::new(random(), name, value);
        let commitment = disclosure.commitment();
        self.disclosures.push(DisclosureRow { idx, commitment: commitment.clone(), name, disclosure });
        commitment
    }

    /// A node at the top of a full tile is stored; those within one are computed from what is under them.
    fn keep_top_of_tile(&mut self, node: &Node) -> Result<()> {
        if node.level.is_multiple_of(8) {
            let (level, idx) = (i64::from(node.level), column(node.index)?);
            self.nodes.push(NodeRow { level, idx, hash: node.hash });
        }
        Ok(())
    }
}
