//! Every decision is taken again, from the facts and the policy that were kept with it.
//!
//! A decision is a pure function of both and of the moment, so it comes out the same on anybody's machine,
//! without GitHub; where it does not, either something was changed or the rules of the program were.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::disclosures::commitments;
use super::pages::Pages;
use crate::audit::{
    Commitment, Decoded, Digest, Disclosure, Entry, Erased, Evaluation, Kind, Quorum, Ruling,
};
use crate::clock::Timestamp;
use crate::db::audit::StoredEntry;
use crate::db::{self, Conn, evidence, policy_text, tile};
use crate::ids::{BlobSha, CommitSha, EnvironmentName, PromotionNumber, RepoId};
use crate::policy::facts::Facts;
use crate::policy::{Policy, evaluate};

/// The effect that must have been allowed before.
const CREATE_DEPLOYMENT: &str = "create_deployment";
/// No decision is written down later: a clock that was set back may make it seem so.
const SLOWEST: Duration = Duration::from_mins(10);

/// What came out for all decisions of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many entries hold a decision.
    pub decisions: u64,
    /// How many of them come out as they were recorded.
    pub same: u64,
    /// How many cannot be taken again because their facts were erased.
    pub redacted: u64,
    /// Those that come out otherwise.
    pub different: Vec<Different>,
    /// Those of which something is missing that was not erased.
    pub missing: Vec<Missing>,
}

/// A decision that comes out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Different {
    /// Which entry.
    pub index: u64,
    /// In what.
    pub why: String,
}

/// A decision that cannot be taken again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Which entry.
    pub index: u64,
    /// What is not there.
    pub what: String,
}

/// Why a decision does not come out as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The facts are not those it was taken from.
    #[error("the facts kept for it do not have the hash that the entry names")]
    OtherFacts,
    /// They cannot be read.
    #[error("the facts kept for it cannot be read: {0}")]
    UnreadableFacts(String),
    /// They tell of something else than the entry.
    #[error("its facts are about another {0} than the entry")]
    OtherSubject(&'static str),
    /// The policy is not the one it was taken by.
    #[error("the policy kept as {0} has another hash")]
    OtherPolicy(BlobSha),
    /// It cannot be read.
    #[error("its policy {0} cannot be used: {1}")]
    UnusablePolicy(BlobSha, String),
    /// The entry says that it may be deployed, and its own evaluation does not.
    #[error("the entry allows what its evaluation does not")]
    NotAllowed,
    /// The entry says that it may be deployed, and nothing else.
    #[error("the entry allows and does not say from which facts that follows")]
    NoFacts,
    /// A deployment that nobody let through.
    #[error("a deployment is asked for, and no entry before it allows that promotion")]
    NeverAllowed,
    /// It was not decided when the entry was written.
    #[error("its facts are decided upon at {at}, and the entry was written at {observed}")]
    OtherMoment {
        /// When, as the facts say.
        at: Timestamp,
        /// When, as the entry says.
        observed: Timestamp,
    },
    /// It comes out otherwise.
    #[error("it was recorded as {recorded}, and comes out as {now}")]
    OtherDecision {
        /// What the entry says.
        recorded: String,
        /// What comes out now.
        now: String,
    },
}

/// The facts of a decision and its moment, as they are kept.
#[derive(Debug, Clone, Deserialize)]
pub struct Evidence {
    at: Timestamp,
    facts: Facts,
}

impl Evidence {
    /// Reads the bytes that are kept under the digest an entry names.
    ///
    /// # Errors
    /// When they are others.
    pub fn parse(bytes: &[u8], digest: Digest) -> Result<Self, Difference> {
        if Digest::of(bytes) != digest {
            return Err(Difference::OtherFacts);
        }
        serde_json::from_slice(bytes).map_err(|error| Difference::UnreadableFacts(error.to_string()))
    }

    /// The version of the policy that it was decided by.
    pub fn policy(&self) -> Option<&BlobSha> {
        self.facts.policy_now.as_ref()
    }

    /// Decides again, and compares with what the entry says.
    ///
    /// # Errors
    /// In what it differs.
    pub fn replay(&self, entry: &Entry, blob: &BlobSha, policy: &[u8]) -> Result<(), Difference> {
        self.is_about(entry)?;
        self.is_of_the_moment(entry.observed_at)?;
        let policy = read(blob, policy)?;
        let Some(recorded) = &entry.evaluation else { return Ok(()) };
        let decision = evaluate(&policy, &self.facts, self.at);
        let now = Evaluation::of(recorded.facts, &decision);
        if (recorded, entry.quorum) != (&now, Quorum::of(&decision)) {
            let (recorded, now) = (words(recorded, entry.quorum), words(&now, Quorum::of(&decision)));
            return Err(Difference::OtherDecision { recorded, now });
        }
        if entry.kind == Kind::DecisionAllowed && now.decision != Ruling::Allow {
            return Err(Difference::NotAllowed);
        }
        Ok(())
    }

    /// Entries keep the order of time, facts do not: another moment might have let through what this one did not.
    fn is_of_the_moment(&self, observed: Timestamp) -> Result<(), Difference> {
        let at = self.at;
        if at <= observed && observed.since(at) <= SLOWEST {
            return Ok(());
        }
        Err(Difference::OtherMoment { at, observed })
    }

    fn is_about(&self, entry: &Entry) -> Result<(), Difference> {
        let tuple = &self.facts.tuple;
        let same = [
            ("repository", entry.repo == Some(tuple.promotion.repo)),
            ("promotion", entry.promotion == Some(tuple.promotion.number)),
            ("environment", entry.environment.as_ref() == Some(&tuple.environment)),
            ("commit", entry.commit.as_ref() == Some(&tuple.commit)),
            ("policy", entry.policy.as_ref() == Some(&tuple.policy)),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(Difference::OtherSubject(what)),
            None => Ok(()),
        }
    }
}

fn read(blob: &BlobSha, bytes: &[u8]) -> Result<Policy, Difference> {
    if !blob.is_of(bytes) {
        return Err(Difference::OtherPolicy(blob.clone()));
    }
    let unusable = |why: String| Difference::UnusablePolicy(blob.clone(), why);
    let text = std::str::from_utf8(bytes).map_err(|error| unusable(error.to_string()))?;
    Policy::parse("policy", text).map_err(|problems| {
        unusable(problems.first().map_or_else(|| "it has problems".to_owned(), ToString::to_string))
    })
}

/// `allow (requester_may holds, approvals_missing pending) with 1 of 2 votes`
fn words(evaluation: &Evaluation, quorum: Option<Quorum>) -> String {
    let decision = match evaluation.decision {
        Ruling::Allow => "allow",
        Ruling::Wait => "wait",
        Ruling::Deny => "deny",
    };
    let each = evaluation.requirements.iter().map(|one| format!("{} {}", one.code, one.verdict));
    let votes = quorum
        .map_or_else(String::new, |quorum| format!(" with {} of {} votes", quorum.counted, quorum.required));
    format!("{decision} ({}){votes}", each.collect::<Vec<_>>().join(", "))
}

/// Takes every decision of the log again.
///
/// # Errors
/// When the database fails. `audit verify` must have accepted the log for this to say anything.
pub async fn replay(conn: &mut Conn) -> db::Result<Report> {
    let mut report = Report::default();
    let (mut absent, mut allowed) = (Absent::default(), Allowed::default());
    let mut pages = Pages::of(conn).await?;
    while let Some((epoch, page)) = pages.next(conn).await? {
        let told = told(conn, epoch, &page).await?;
        for stored in page {
            let Ok(Decoded { entry, .. }) = Decoded::parse(&stored.body) else {
                report.lacks(stored.index, "it cannot be read, and may be a decision".to_owned());
                continue;
            };
            absent.look_for(stored.index, &entry, &told);
            if !allowed.lets(&entry) {
                report.differs(stored.index, &Difference::NeverAllowed);
            }
            if entry.evaluation.is_some() || entry.kind == Kind::DecisionAllowed {
                report.decisions += 1;
                one(conn, stored.index, &entry, &mut report, &mut absent).await?;
            }
        }
    }
    absent.settle(&mut report);
    Ok(report)
}

/// The commitments of these entries of which it is known what they stand for.
async fn told(conn: &mut Conn, epoch: i64, page: &[StoredEntry]) -> db::Result<BTreeSet<Commitment>> {
    let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(BTreeSet::new()) };
    let rows = tile::disclosures_of(conn, epoch, first.index..last.index + 1).await?;
    let disclosures = rows.into_iter().filter_map(|(_, text)| text.parse::<Disclosure>().ok());
    Ok(disclosures.map(|disclosure| disclosure.commitment()).collect())
}

async fn one(
    conn: &mut Conn,
    index: u64,
    entry: &Entry,
    report: &mut Report,
    absent: &mut Absent,
) -> db::Result<()> {
    let Some(evaluation) = &entry.evaluation else {
        report.differs(index, &Difference::NoFacts);
        return Ok(());
    };
    let Some(packed) = evidence::find(conn, &evaluation.facts).await? else {
        absent.digests.insert(evaluation.facts);
        absent.entries.push(index);
        return Ok(());
    };
    let facts = evidence::unpack(&packed).ok_or(Difference::OtherFacts);
    let found = match facts.and_then(|facts| Evidence::parse(&facts, evaluation.facts)) {
        Ok(evidence) => evidence,
        Err(why) => {
            report.differs(index, &why);
            return Ok(());
        }
    };
    let Some(blob) = found.policy() else {
        report.lacks(index, "its facts name no policy".to_owned());
        return Ok(());
    };
    let Some(policy) = policy_text::find(conn, blob).await? else {
        report.lacks(index, format!("the text of the policy {blob} was not kept"));
        return Ok(());
    };
    match found.replay(entry, blob, &policy) {
        Ok(()) => report.same += 1,
        Err(why) => report.differs(index, &why),
    }
    Ok(())
}

impl Report {
    fn differs(&mut self, index: u64, why: &Difference) {
        self.different.push(Different { index, why: why.to_string() });
    }

    fn lacks(&mut self, index: u64, what: String) {
        self.missing.push(Missing { index, what });
    }
}

/// The promotions that the entries so far let through: by repository and number, commit and environment.
#[derive(Default)]
struct Allowed(BTreeSet<(RepoId, PromotionNumber, CommitSha, EnvironmentName)>);

impl Allowed {
    /// Takes an entry in; whether what it intends was allowed by an entry before it.
    fn lets(&mut self, entry: &Entry) -> bool {
        let intends =
            entry.kind == Kind::EffectIntended && entry.effect.as_deref() == Some(CREATE_DEPLOYMENT);
        let Entry { repo: Some(repo), promotion: Some(number), commit: Some(commit), .. } = entry else {
            return !intends;
        };
        let Some(environment) = &entry.environment else { return !intends };
        let subject = (*repo, *number, commit.clone(), environment.clone());
        if entry.kind == Kind::DecisionAllowed {
            self.0.insert(subject);
            return true;
        }
        !intends || self.0.contains(&subject)
    }
}

/// What is not there: erased, as far as the log says that so much was.
#[derive(Default)]
struct Absent {
    digests: BTreeSet<Digest>,
    entries: Vec<u64>,
    /// The entries of disclosures, once for each.
    undisclosed: Vec<u64>,
    erased: Erased,
}

impl Absent {
    /// Takes an entry in, of whose commitments only some can be told.
    fn look_for(&mut self, index: u64, entry: &Entry, told: &BTreeSet<Commitment>) {
        if let Some(erased) = &entry.erased {
            self.erased.evidence = self.erased.evidence.saturating_add(erased.evidence);
            self.erased.disclosures = self.erased.disclosures.saturating_add(erased.disclosures);
        }
        let absent = commitments(entry).filter(|commitment| !told.contains(commitment));
        self.undisclosed.extend(absent.map(|_| index));
    }

    /// Nobody can tell which were erased and which got lost, only that they are more than were erased.
    fn settle(mut self, report: &mut Report) {
        let Erased { evidence, disclosures, .. } = self.erased;
        let absent = u64::try_from(self.digests.len()).unwrap_or(u64::MAX);
        if absent <= evidence {
            report.redacted = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        } else {
            for index in self.entries {
                let what = format!("its facts are not there ({absent} are not, and {evidence} were erased)");
                report.lacks(index, what);
            }
        }
        let absent = u64::try_from(self.undisclosed.len()).unwrap_or(u64::MAX);
        self.undisclosed.dedup();
        for index in self.undisclosed.into_iter().filter(|_| absent > disclosures) {
            let what = format!(
                "what it commits to is not told ({absent} disclosures are not there, and {disclosures} were erased)"
            );
            report.lacks(index, what);
        }
    }
}
