//! The log in the database: entries appended in the transaction of what they record, and a checkpoint
//! signed before that transaction commits.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::audit::{
    ActorRef, ActorRole, Checkpoint, CheckpointError, Commitment, Digest, Disclosure, Entry, Evaluation,
    Frontier, Hash, Kind, LogKey, Origin, Outcome, OutcomeResult, Quorum, RequirementVerdict, Ruling, Source,
    leaf_hash,
};
use crate::clock::{Timestamp, random};
use crate::db::{Conn, Error, Result, Tx, on};
use crate::ids::{Actor, BlobSha, DeploymentId, PromotionNumber, RepoId, RunId};
use crate::policy::facts::{Facts, Tuple};
use crate::policy::{self, Decision};
use crate::requirement::{Requirement, Verdict};

/// The epoch of the log: there is one, until a history is lost and another is begun.
const LOG: i64 = 0;

/// The end of the log within one transaction; read when the first entry is appended.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    read: bool,
    grown: bool,
    frontier: Frontier,
    note: Option<String>,
    at: i64,
}

/// An entry before its personal data became commitments.
#[derive(Debug, Clone)]
pub struct NewEntry {
    entry: Entry,
    actors: Vec<(ActorRole, Actor)>,
    reason: Option<String>,
    parameters: BTreeMap<String, String>,
    facts: Option<Vec<u8>>,
}

/// Proof that an intent stands in the log, in this transaction: the licence for an effect.
/// Only [`Tx::append_intent`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedIntent {
    index: u64,
    leaf_hash: Hash,
    mark: String,
}

impl RecordedIntent {
    /// One that was recorded in an earlier transaction, as the outbox kept it.
    pub(super) fn stored(index: i64, leaf_hash: &[u8], mark: String) -> Result<Self> {
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

impl NewEntry {
    /// Something of this kind, seen now, because of this source.
    pub fn new(kind: Kind, now: Timestamp, source: Source) -> Self {
        Self {
            entry: Entry::new(kind, now, source),
            actors: Vec::new(),
            reason: None,
            parameters: BTreeMap::new(),
            facts: None,
        }
    }

    /// It happened in this repository.
    #[must_use]
    pub fn repo(mut self, repo: RepoId) -> Self {
        self.entry.repo = Some(repo);
        self
    }

    /// It is about this promotion.
    #[must_use]
    pub fn about(mut self, tuple: &Tuple) -> Self {
        self.entry.repo = Some(tuple.promotion.repo);
        self.entry.promotion = Some(tuple.promotion.number);
        self.entry.environment = Some(tuple.environment.clone());
        self.entry.commit = Some(tuple.commit.clone());
        self.entry.policy = Some(tuple.policy.clone());
        self
    }

    /// The whole tuple, as it is asked for.
    #[must_use]
    pub fn asks_for(self, tuple: &Tuple) -> Self {
        let mut asked = self.about(tuple).actor(ActorRole::Requester, &tuple.requester);
        asked.entry.expires_at = Some(tuple.expires_at);
        asked.entry.occurred_at = Some(tuple.requested_at);
        asked.parameters.clone_from(&tuple.parameters);
        asked
    }

    /// This person had this part in it.
    #[must_use]
    pub fn actor(mut self, role: ActorRole, actor: &Actor) -> Self {
        self.actors.push((role, actor.clone()));
        self
    }

    /// A person gave these words as the reason.
    #[must_use]
    pub fn reason(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(str::to_owned);
        self
    }

    /// GitHub says it happened then.
    #[must_use]
    pub fn occurred_at(mut self, moment: Timestamp) -> Self {
        self.entry.occurred_at = Some(moment);
        self
    }

    /// It was decided from these facts.
    #[must_use]
    pub fn decided(mut self, facts: &Facts, decision: &Decision) -> Self {
        let body = serde_json::to_vec(facts).unwrap_or_default();
        self.entry.evaluation = Some(Evaluation {
            facts: Digest::of(&body),
            decision: ruling(&decision.verdict),
            requirements: decision.requirements.iter().map(verdict).collect(),
        });
        self.facts = Some(body);
        self.entry.quorum = quorum(&decision.requirements);
        self
    }

    /// It ended so.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.entry.outcome = Some(outcome);
        self
    }

    /// It was refused, for this stable reason.
    #[must_use]
    pub fn refused(self, code: &str) -> Self {
        self.outcome(Outcome { result: OutcomeResult::Refused, code: Some(code.to_owned()) })
    }

    /// It is what came of that intent.
    #[must_use]
    pub fn of_intent(mut self, intent: u64, mark: &str) -> Self {
        self.entry.intent = Some(intent);
        self.entry.idempotency_key = Some(mark.to_owned());
        self
    }

    /// It asks this of GitHub.
    #[must_use]
    pub fn effect(mut self, name: &str) -> Self {
        self.entry.effect = Some(name.to_owned());
        self
    }

    /// It is about this deployment object, when there is one.
    #[must_use]
    pub fn deployment(mut self, deployment: Option<DeploymentId>) -> Self {
        self.entry.deployment = deployment;
        self
    }

    /// It is about this workflow run, when there is one.
    #[must_use]
    pub fn run(mut self, run: Option<RunId>) -> Self {
        self.entry.run = run;
        self
    }

    /// It is about this version of the policy.
    #[must_use]
    pub fn policy(mut self, policy: &BlobSha) -> Self {
        self.entry.policy = Some(policy.clone());
        self
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
        let NewEntry { mut entry, actors, reason, parameters, facts } = new;
        let index = self.log.frontier.size();
        let idx = column(index)?;
        // The server's time never goes back within the log; the order is what its index says.
        entry.observed_at = Timestamp(entry.observed_at.0.max(self.log.at));
        let observed_at = entry.observed_at;
        for (role, actor) in &actors {
            let person = json!({ "id": actor.id, "login": actor.login });
            let commitment = self.disclose(idx, "actor", &person).await?;
            entry.actors.push(ActorRef { role: *role, commitment });
        }
        if let Some(reason) = &reason {
            entry.reason = Some(self.disclose(idx, "reason", &json!(reason)).await?);
        }
        if !parameters.is_empty() {
            entry.parameters = Some(self.disclose(idx, "parameters", &json!(parameters)).await?);
        }
        if let (Some(body), Some(evaluation)) = (&facts, &entry.evaluation) {
            self.keep_evidence(evaluation.facts, body).await?;
        }
        let body = entry.encode(index).map_err(|error| Error::Log(error.to_string()))?;
        let leaf = leaf_hash(&body);
        let (kind, repo, promotion) =
            (entry.kind.as_str(), entry.repo.map(|id| id.0), entry.promotion.map(|number| number.0));
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO entry (log, idx, leaf_hash, body, kind, repo, promotion) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(LOG).bind(idx).bind(leaf.as_bytes().to_vec()).bind(body).bind(kind).bind(repo).bind(promotion)
            .execute(executor).await.map(|_| ()))?;
        for node in self.log.frontier.push(leaf) {
            if node.level > 0 && node.level % 8 == 0 {
                let (level, number) = (i64::from(node.level), column(node.index)?);
                on!(&mut self.conn, executor => sqlx::query(
                    "INSERT INTO node (log, level, idx, hash) VALUES ($1, $2, $3, $4)")
                    .bind(LOG).bind(level).bind(number).bind(node.hash.as_bytes().to_vec())
                    .execute(executor).await.map(|_| ()))?;
            }
        }
        self.log.grown = true;
        self.log.at = observed_at.0;
        Ok((index, leaf))
    }

    async fn disclose(&mut self, idx: i64, name: &str, value: &Value) -> Result<Commitment> {
        let disclosure = Disclosure::new(random(), name, value);
        let commitment = disclosure.commitment();
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO disclosure (log, idx, commitment, name, text) VALUES ($1, $2, $3, $4, $5)")
            .bind(LOG).bind(idx).bind(commitment.as_str().to_owned()).bind(name.to_owned())
            .bind(disclosure.as_str().to_owned())
            .execute(executor).await.map(|_| ()))?;
        Ok(commitment)
    }

    async fn keep_evidence(&mut self, digest: Digest, body: &[u8]) -> Result<()> {
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO evidence (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING")
            .bind(digest.as_bytes().to_vec()).bind(lz4_flex::compress_prepend_size(body))
            .execute(executor).await.map(|_| ()))?;
        Ok(())
    }

    async fn read_tail(&mut self) -> Result<()> {
        if self.log.read {
            return Ok(());
        }
        let row = on!(&mut self.conn, executor => sqlx::query_as::<_, (i64, Vec<u8>, String, i64)>(
            "SELECT size, frontier, note, at FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1")
            .bind(LOG).fetch_optional(executor).await)?;
        if let Some((size, frontier, note, at)) = row {
            let length = u64::try_from(size).map_err(|why| Error::impossible("checkpoint", size, why))?;
            self.log.frontier = Frontier::from_bytes(length, &frontier)
                .map_err(|why| Error::impossible("checkpoint", size, why))?;
            self.log.note = Some(note);
            self.log.at = at;
        }
        self.log.read = true;
        Ok(())
    }

    /// Signs the tree as it is now, if it has grown.
    pub(super) async fn sign_checkpoint(&mut self, key: &LogKey) -> Result<()> {
        if !self.log.grown {
            return Ok(());
        }
        let refused = |why: CheckpointError| Error::Log(why.to_string());
        // Two replicas with different keys would otherwise sign one log in turn, for ever unverifiable.
        if let Some(before) = &self.log.note {
            Checkpoint::open(before, &key.verifier()).map_err(refused)?;
        }
        let origin: Origin = key.name().as_str().parse().map_err(refused)?;
        let root = self.log.frontier.root();
        let checkpoint = Checkpoint { origin, size: self.log.frontier.size(), root };
        let note = checkpoint.sign(key).map_err(refused)?;
        let (size, frontier, at) =
            (column(self.log.frontier.size())?, self.log.frontier.to_bytes(), self.log.at);
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO checkpoint (log, size, root, note, frontier, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(LOG).bind(size).bind(root.as_bytes().to_vec()).bind(note).bind(frontier).bind(at)
            .execute(executor).await.map(|_| ()))?;
        Ok(())
    }
}

/// An entry as it is stored.
#[derive(Debug, Clone)]
pub struct StoredEntry {
    /// Where it stands.
    pub index: u64,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// The hash that was stored beside them.
    pub leaf_hash: Vec<u8>,
}

/// The newest signed checkpoint, if anything was ever logged.
pub async fn latest_checkpoint(conn: &mut Conn) -> Result<Option<String>> {
    let row = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT note FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1")
        .bind(LOG).fetch_optional(executor).await)?;
    Ok(row.map(|(note,)| note))
}

/// The checkpoints after `size`, in order, at most `limit`.
pub async fn checkpoints_after(conn: &mut Conn, size: u64, limit: i64) -> Result<Vec<(u64, String)>> {
    let after = column(size)?;
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT size, note FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT $3")
        .bind(LOG).bind(after).bind(limit).fetch_all(executor).await)?;
    rows.into_iter().map(|(size, note)| Ok((index_of("checkpoint", size)?, note))).collect()
}

/// The entries from `index` on, in order, at most `limit`.
pub async fn entries_from(conn: &mut Conn, index: u64, limit: i64) -> Result<Vec<StoredEntry>> {
    let from = column(index)?;
    on!(conn, executor => {
        let mut rows = sqlx::query(
            "SELECT idx, body, leaf_hash FROM entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3")
            .bind(LOG).bind(from).bind(limit).fetch(executor);
        let mut entries = Vec::new();
        while let Some(row) = rows.try_next().await? {
            entries.push(StoredEntry {
                index: index_of("entry", row.try_get(0)?)?,
                body: row.try_get(1)?,
                leaf_hash: row.try_get(2)?,
            });
        }
        Ok(entries)
    })
}

/// How many entries of this kind one promotion has: what `/why` and the tests count.
pub async fn count_of(conn: &mut Conn, repo: RepoId, number: PromotionNumber, kind: Kind) -> Result<i64> {
    let (count,) = on!(conn, executor => sqlx::query_as::<_, (i64,)>(
        "SELECT COUNT(*) FROM entry WHERE repo = $1 AND promotion = $2 AND kind = $3")
        .bind(repo.0).bind(number.0).bind(kind.as_str()).fetch_one(executor).await)?;
    Ok(count)
}

/// The policies of a repository that stand in the log as loaded: whether this version is among them.
pub async fn policy_is_logged(conn: &mut Conn, repo: RepoId, policy: &BlobSha) -> Result<bool> {
    // The newest such entry tells: a policy that was loaded before another is loaded again.
    let row = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT body FROM entry WHERE repo = $1 AND promotion IS NULL AND kind = $2 ORDER BY idx DESC LIMIT 1")
        .bind(repo.0).bind(Kind::PolicyLoaded.as_str()).fetch_optional(executor).await)?;
    let Some((body,)) = row else { return Ok(false) };
    Ok(String::from_utf8_lossy(&body).contains(policy.as_str()))
}

fn ruling(outcome: &policy::Outcome) -> Ruling {
    match outcome {
        policy::Outcome::Allow(_) => Ruling::Allow,
        policy::Outcome::Wait(_) => Ruling::Wait,
        policy::Outcome::Deny(_) => Ruling::Deny,
    }
}

/// All approval rules together.
fn quorum(requirements: &[Requirement]) -> Option<Quorum> {
    requirements
        .iter()
        .filter_map(|requirement| requirement.votes)
        .map(|votes| Quorum { required: votes.required, counted: votes.counted.min(votes.required) })
        .reduce(|all, one| Quorum {
            required: all.required + one.required,
            counted: all.counted + one.counted,
        })
}

/// Codes only: a requirement's title may name people.
fn verdict(requirement: &Requirement) -> RequirementVerdict {
    let verdict = match requirement.verdict {
        Verdict::Holds => "holds",
        Verdict::Pending => "pending",
        Verdict::Fails => "fails",
    };
    RequirementVerdict { code: requirement.code.as_str().to_owned(), verdict: verdict.to_owned() }
}

fn column(index: u64) -> Result<i64> {
    i64::try_from(index).map_err(|why| Error::Log(why.to_string()))
}

fn index_of(table: &'static str, column: i64) -> Result<u64> {
    u64::try_from(column).map_err(|why| Error::impossible(table, column, why))
}
