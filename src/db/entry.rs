//! What the log is told, in the words of those who tell it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::json;

use crate::audit::{
    ActorRole, Digest, Entry, Erased, Evaluation, Kind, Outcome, OutcomeResult, Quorum, Source,
};
use crate::authz::Authorized;
use crate::clock::Timestamp;
use crate::ids::{Actor, BlobSha, DeploymentId, RepoId, RunId};
use crate::policy::Decision;
use crate::policy::facts::{Facts, Tuple};

/// An entry before its personal data became commitments.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub(super) entry: Entry,
    pub(super) actors: Vec<(ActorRole, Actor)>,
    pub(super) reason: Option<String>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) facts: Option<Vec<u8>>,
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

    /// Whose right this is had this part in it.
    #[must_use]
    pub fn by<Act>(self, role: ActorRole, right: &Authorized<Act>) -> Self {
        self.actor(role, right.actor())
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

    /// It was decided from these facts. They are kept with the moment of the decision: from both, and the
    /// version of the policy that the facts name, it can be taken again.
    #[must_use]
    pub fn decided(mut self, facts: &Facts, decision: &Decision) -> Self {
        let body = json!({ "at": decision.at, "facts": facts }).to_string().into_bytes();
        self.entry.evaluation = Some(Evaluation::of(Digest::of(&body), decision));
        self.entry.quorum = Quorum::of(decision);
        self.facts = Some(body);
        self
    }

    /// It is of another kind.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.entry.kind = kind;
        self
    }

    /// It is about this finding, perhaps only in one place, until the end of this day.
    #[must_use]
    pub fn waives(mut self, finding: &str, only: Option<&str>, until: Option<Date>) -> Self {
        self.parameters.insert("finding".to_owned(), finding.to_owned());
        self.parameters.extend(only.map(|only| ("only".to_owned(), only.to_owned())));
        self.entry.expires_at = until.map(Timestamp::end_of);
        self
    }

    /// What made us act.
    pub fn source(&self) -> &Source {
        &self.entry.source
    }

    /// It ended so.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.entry.outcome = Some(outcome);
        self
    }

    /// So much personal data was deleted.
    #[must_use]
    pub fn erased(mut self, erased: Erased) -> Self {
        self.entry.erased = Some(erased);
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
