//! What one entry of the log says, in our words. Its bytes are made in [`super::statement`].
//!
//! No person is named here: people, reasons and parameters are [`Commitment`]s, whose disclosures are
//! kept aside and can be erased.

use serde::{Deserialize, Serialize};

use super::checkpoint::Origin;
use super::digest::Digest;
use super::disclosure::Commitment;
use super::kind::Kind;
use super::merkle::Hash;
use super::open_enum::OpenEnum;
use super::verifier::Verifier;
use crate::clock::Timestamp;
use crate::ids::{
    BlobSha, CommitSha, DeliveryId, DeploymentId, EnvironmentName, PromotionNumber, RepoId, RunId,
};

/// One entry of the log.
///
/// What is written is an `Entry` of the words that this version knows; what is read is a [`ReadEntry`].
///
/// The order of the fields is the order in the entry's bytes: it must never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound(
    deserialize = "K: Deserialize<'de>, A: Deserialize<'de>, O: Deserialize<'de>, R: Deserialize<'de>"
))]
pub struct Entry<K = Kind, A = ActorRole, O = OutcomeResult, R = Ruling> {
    /// What it tells of.
    pub kind: K,
    /// When it happened, as its source says.
    #[serde(default, with = "super::statement::optional_moment", skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// When we wrote it down; never before the entry before it.
    #[serde(with = "super::statement::moment")]
    pub observed_at: Timestamp,
    /// What made us act.
    pub source: Source,
    /// The repository.
    #[serde(default, rename = "repoId", skip_serializing_if = "Option::is_none")]
    pub repo: Option<RepoId>,
    /// The promotion, by its number in the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<PromotionNumber>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The commit: the statement's subject, and in no second place.
    #[serde(skip)]
    pub commit: Option<CommitSha>,
    /// The version of the policy.
    #[serde(default, with = "super::statement::policy", skip_serializing_if = "Option::is_none")]
    pub policy: Option<BlobSha>,
    /// How the policy was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation<R>>,
    /// How many votes there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// GitHub's deployment.
    #[serde(default, rename = "deploymentId", skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentId>,
    /// The run of the workflow that deploys.
    #[serde(default, rename = "runId", skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Who took part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<ActorRef<A>>,
    /// The reason a person gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Commitment>,
    /// The parameters a person gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Commitment>,
    /// What is, or was, asked of GitHub, such as `create_deployment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// The index of the intent this is the outcome of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<u64>,
    /// What an effect is marked with, so that it can be found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome<O>>,
    /// Until when it is good.
    #[serde(default, with = "super::statement::optional_moment", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How much personal data was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// The key that signs the log from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_key: Option<Verifier>,
    /// The history that was lost before this log began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<Recovered>,
}

/// An entry as it is read: a newer version may have written it.
pub type ReadEntry = Entry<OpenEnum<Kind>, OpenEnum<ActorRole>, OpenEnum<OutcomeResult>, OpenEnum<Ruling>>;

/// An evaluation as it is read.
pub type ReadEvaluation = Evaluation<OpenEnum<Ruling>>;

/// A history that cannot be continued, because its newest part is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// What the log was called.
    pub origin: Origin,
    /// How many entries it had at its last checkpoint that is known.
    pub size: u64,
    /// The root of that checkpoint.
    pub root: Hash,
    /// How many entries of it were found.
    pub found: u64,
}

/// What made us act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The webhook event, such as `issue_comment`, or our own word, such as `timer`.
    pub event: String,
    /// The webhook delivery.
    #[serde(default, rename = "deliveryId", skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
    /// SHA-256 of the delivery's body, as it was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<Digest>,
}

/// How the policy was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation<R = Ruling> {
    /// SHA-256 of the stored facts, with which the evaluation can be replayed.
    #[serde(rename = "factsSha256")]
    pub facts: Digest,
    /// What came out.
    pub decision: R,
    /// What came out for each requirement, in the policy's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementVerdict>,
}

/// What came out of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ruling {
    /// Go.
    Allow,
    /// Not yet.
    Wait,
    /// No.
    Deny,
}

/// What came out for one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementVerdict {
    /// The requirement's stable code, such as `approvals_missing`.
    pub code: String,
    /// Whether it held.
    pub verdict: String,
}

/// How many votes there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quorum {
    /// How many are needed.
    pub required: u32,
    /// How many count.
    pub counted: u32,
}

/// Somebody who took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActorRef<A = ActorRole> {
    /// As what.
    pub role: A,
    /// Who, to those who have the disclosure.
    pub commitment: Commitment,
}

/// As what somebody took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActorRole {
    /// Asked for it.
    Requester,
    /// Voted just now.
    Voter,
    /// Has approved.
    Approver,
    /// Has rejected.
    Rejecter,
    /// Took it back.
    Canceller,
    /// Pushed the commit.
    Pusher,
    /// Runs this server.
    Operator,
}

/// How much personal data was deleted. Of whom stands nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    /// Disclosures of commitments.
    pub disclosures: u64,
    /// Facts of decisions.
    pub evidence: u64,
    /// Rows of other tables, deleted or without the person from now on.
    pub rows: u64,
}

/// What became of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome<O = OutcomeResult> {
    /// In one word.
    pub result: O,
    /// The stable reason code, such as `head_moved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What became of something, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OutcomeResult {
    /// It was done.
    Succeeded,
    /// It was not done.
    Refused,
    /// It cannot be known.
    Unknown,
}

impl Entry {
    /// An entry that says only what every entry says; the rest is filled in by its writer.
    pub fn new(kind: Kind, observed_at: Timestamp, source: Source) -> Self {
        Self {
            kind,
            occurred_at: None,
            observed_at,
            source,
            repo: None,
            promotion: None,
            environment: None,
            commit: None,
            policy: None,
            evaluation: None,
            quorum: None,
            deployment: None,
            run: None,
            actors: Vec::new(),
            reason: None,
            parameters: None,
            effect: None,
            intent: None,
            idempotency_key: None,
            outcome: None,
            expires_at: None,
            erased: None,
            new_key: None,
            recovered: None,
        }
    }
}

impl From<Entry> for ReadEntry {
    fn from(entry: Entry) -> Self {
        let Entry { kind, evaluation, actors, outcome, .. } = entry;
        Self {
            kind: kind.into(),
            occurred_at: entry.occurred_at,
            observed_at: entry.observed_at,
            source: entry.source,
            repo: entry.repo,
            promotion: entry.promotion,
            environment: entry.environment,
            commit: entry.commit,
            policy: entry.policy,
            evaluation: evaluation.map(ReadEvaluation::from),
            quorum: entry.quorum,
            deployment: entry.deployment,
            run: entry.run,
            actors: actors.into_iter().map(ActorRef::from).collect(),
            reason: entry.reason,
            parameters: entry.parameters,
            effect: entry.effect,
            intent: entry.intent,
            idempotency_key: entry.idempotency_key,
            outcome: outcome.map(Outcome::from),
            expires_at: entry.expires_at,
            erased: entry.erased,
            new_key: entry.new_key,
            recovered: entry.recovered,
        }
    }
}

impl From<Evaluation> for ReadEvaluation {
    fn from(Evaluation { facts, decision, requirements }: Evaluation) -> Self {
        Self { facts, decision: decision.into(), requirements }
    }
}

impl From<ActorRef> for ActorRef<OpenEnum<ActorRole>> {
    fn from(ActorRef { role, commitment }: ActorRef) -> Self {
        Self { role: role.into(), commitment }
    }
}

impl From<Outcome> for Outcome<OpenEnum<OutcomeResult>> {
    fn from(Outcome { result, code }: Outcome) -> Self {
        Self { result: result.into(), code }
    }
}

impl Source {
    /// Our own doing, without a delivery behind it.
    pub fn internal(event: &str) -> Self {
        Self { event: event.to_owned(), delivery: None, body_sha256: None }
    }
}
