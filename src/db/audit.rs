//! The log in the database: entries appended in the transaction of what they record, and a checkpoint
//! signed before that transaction commits.

use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::audit::{ActorRef, Commitment, Digest, Disclosure, Frontier, Hash, Kind, leaf_hash};
use crate::clock::{Timestamp, random};
use crate::db::guard::{Guard, unsigned};
use crate::db::{Conn, Error, NewEntry, Result, Tx, epoch, on};
use crate::ids::{BlobSha, RepoId};

/// The end of the log within one transaction; read when the first entry is appended.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    epoch: u32,
    read: bool,
    grown: bool,
    frontier: Frontier,
    note: Option<String>,
    at: i64,
}

/// A checkpoint that was signed in a transaction; it counts once that has committed.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) note: String,
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

impl Tail {
    /// The end of the log of this epoch, not read yet.
    pub(super) fn of(epoch: u32) -> Self {
        Self { epoch, ..Self::default() }
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
            .bind(i64::from(self.log.epoch)).bind(idx).bind(leaf.as_bytes().to_vec()).bind(body).bind(kind).bind(repo).bind(promotion)
            .execute(executor).await.map(|_| ()))?;
        for node in self.log.frontier.push(leaf) {
            if node.level > 0 && node.level % 8 == 0 {
                let (level, number) = (i64::from(node.level), column(node.index)?);
                on!(&mut self.conn, executor => sqlx::query(
                    "INSERT INTO node (log, level, idx, hash) VALUES ($1, $2, $3, $4)")
                    .bind(i64::from(self.log.epoch)).bind(level).bind(number).bind(node.hash.as_bytes().to_vec())
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
            .bind(i64::from(self.log.epoch)).bind(idx).bind(commitment.as_str().to_owned()).bind(name.to_owned())
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
        let row = on!(&mut self.conn, executor => sqlx::query_as::<_, (i64, i64, Vec<u8>, String, i64)>(
            "SELECT log, size, frontier, note, at FROM checkpoint ORDER BY log DESC, size DESC LIMIT 1")
            .fetch_optional(executor).await)?;
        let (own, newest) = (i64::from(self.log.epoch), row.as_ref().map_or(0, |row| row.0));
        if newest > own {
            return Err(Error::Log("a program began its next epoch: start this one again".to_owned()));
        }
        if let Some((_, size, frontier, note, at)) = row.filter(|row| row.0 == own) {
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
    pub(super) async fn sign_checkpoint(&mut self, guard: &Guard) -> Result<Option<Signed>> {
        if !self.log.grown {
            return Ok(None);
        }
        guard.admit(&mut self.conn, self.log.note.as_deref()).await?;
        let (size, root) = (self.log.frontier.size(), self.log.frontier.root());
        let note = guard.signer.sign(size, root).map_err(unsigned)?;
        let (length, frontier, at) = (column(size)?, self.log.frontier.to_bytes(), self.log.at);
        on!(&mut self.conn, executor => sqlx::query(
            "INSERT INTO checkpoint (log, size, root, note, frontier, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(i64::from(self.log.epoch)).bind(length).bind(root.as_bytes().to_vec()).bind(note.clone()).bind(frontier).bind(at)
            .execute(executor).await.map(|_| ()))?;
        Ok(Some(Signed { size, root, note }))
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
    let epoch = epoch::current(conn).await?;
    let row = on!(conn, executor => sqlx::query_as::<_, (String,)>(
        "SELECT note FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1")
        .bind(i64::from(epoch)).fetch_optional(executor).await)?;
    Ok(row.map(|(note,)| note))
}

/// The checkpoints after `size`, in order, at most `limit`.
pub async fn checkpoints_after(conn: &mut Conn, size: u64, limit: i64) -> Result<Vec<(u64, String)>> {
    let (epoch, after) = (epoch::current(conn).await?, column(size)?);
    let rows = on!(conn, executor => sqlx::query_as::<_, (i64, String)>(
        "SELECT size, note FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT $3")
        .bind(i64::from(epoch)).bind(after).bind(limit).fetch_all(executor).await)?;
    rows.into_iter().map(|(size, note)| Ok((index_of("checkpoint", size)?, note))).collect()
}

/// The entries from `index` on, in order, at most `limit`.
pub async fn entries_from(conn: &mut Conn, index: u64, limit: i64) -> Result<Vec<StoredEntry>> {
    let (epoch, from) = (epoch::current(conn).await?, column(index)?);
    on!(conn, executor => {
        let mut rows = sqlx::query(
            "SELECT idx, body, leaf_hash FROM entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3")
            .bind(i64::from(epoch)).bind(from).bind(limit).fetch(executor);
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

/// The policies of a repository that stand in the log as loaded: whether this version is among them.
pub async fn policy_is_logged(conn: &mut Conn, repo: RepoId, policy: &BlobSha) -> Result<bool> {
    let epoch = epoch::current(conn).await?;
    // The newest such entry tells: a policy that was loaded before another is loaded again.
    let row = on!(conn, executor => sqlx::query_as::<_, (Vec<u8>,)>(
        "SELECT body FROM entry WHERE repo = $1 AND promotion IS NULL AND kind = $2 AND log = $3 ORDER BY idx DESC LIMIT 1")
        .bind(repo.0).bind(Kind::PolicyLoaded.as_str()).bind(i64::from(epoch)).fetch_optional(executor).await)?;
    let Some((body,)) = row else { return Ok(false) };
    Ok(String::from_utf8_lossy(&body).contains(policy.as_str()))
}

pub(super) fn column(index: u64) -> Result<i64> {
    i64::try_from(index).map_err(|why| Error::Log(why.to_string()))
}

pub(super) fn index_of(table: &'static str, column: i64) -> Result<u64> {
    u64::try_from(column).map_err(|why| Error::impossible(table, column, why))
}
