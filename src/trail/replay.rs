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
    Commitment, Decoded, Digest, Disclosure, Erased, Evaluation, Kind, OpenEnum, Quorum, ReadEntry,
    ReadEvaluation, Ruling,
};
use crate::clock::Timestamp;
use crate::db::audit::StoredEntry;
use crate::db::{self, Conn, evidence, policy_text, tile};
use crate::ids::{BlobSha, CommitSha, EnvironmentName, PromotionNumber, RepoId};
use crate::policy::facts::Facts;
use crate::policy::{LaterRules, Policy, Rules, evaluate};

/// The effect that must have been allowed before.
const CREATE_DEPLOYMENT: &str = "create_deployment";
/// What is said of a deployment after entries that may have let it through.
const MAY_BE_ALLOWED: &str = "a deployment is asked for, no entry before it that this version knows allows that \
                              promotion, and one of a kind that it does not know may";
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
    /// Those that this version cannot check, because a newer one wrote them.
    pub unchecked: Vec<Unchecked>,
}

/// A decision of a newer version, or what may be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    /// Which entry.
    pub index: u64,
    /// What of it.
    pub why: String,
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
    /// They are of a later version of Countersign, which has other rules.
    #[error(transparent)]
    LaterRules(LaterRules),
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

impl Difference {
    /// Whether it is one between the entry and what is kept with it that depends on what the entry's kind means.
    fn is_about_the_entry(&self) -> bool {
        match self {
            Self::UnreadableFacts(_)
            | Self::LaterRules(_)
            | Self::OtherSubject(_)
            | Self::UnusablePolicy(..)
            | Self::OtherMoment { .. } => true,
            Self::OtherFacts
            | Self::OtherPolicy(_)
            | Self::NotAllowed
            | Self::NoFacts
            | Self::NeverAllowed
            | Self::OtherDecision { .. } => false,
        }
    }
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
        serde_json::from_slice(bytes).map_err(|error| match later_rules(bytes) {
            Some(later) => Difference::LaterRules(later),
            None => Difference::UnreadableFacts(error.to_string()),
        })
    }

    /// The version of the policy that it was decided by.
    pub fn policy(&self) -> Option<&BlobSha> {
        self.facts.policy_now.as_ref()
    }

    /// Decides again, and compares with what the entry says.
    ///
    /// # Errors
    /// In what it differs.
    pub fn replay(&self, entry: &ReadEntry, blob: &BlobSha, policy: &[u8]) -> Result<(), Difference> {
        self.is_about(entry)?;
        self.is_of_the_moment(entry.observed_at)?;
        let policy = read(blob, policy)?;
        let Some(recorded) = &entry.evaluation else { return Ok(()) };
        let decision = evaluate(&policy, &self.facts, self.at);
        let now = ReadEvaluation::from(Evaluation::of(recorded.facts, &decision));
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

    fn is_about(&self, entry: &ReadEntry) -> Result<(), Difference> {
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

/// The rules that facts name, when this version has none of that number: then it cannot tell whether the decision
/// comes out the same, which is no sign of tampering.
fn later_rules(bytes: &[u8]) -> Option<LaterRules> {
    #[derive(Deserialize)]
    struct Named {
        facts: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        rules: u32,
    }
    let Named { facts: Version { rules } } = serde_json::from_slice(bytes).ok()?;
    Rules::try_from(rules).err().filter(|later| later.0 > u32::from(Rules::CURRENT))
}

fn read(blob: &BlobSha, bytes: &[u8]) -> Result<Policy, Difference> {
    if !blob.is_of(bytes) {
        return Err(Difference::OtherPolicy(blob.clone()));
    }
    let unusable = |why: String| Difference::UnusablePolicy(blob.clone(), why);
    let text = std::str::from_utf8(bytes).map_err(|error| unusable(error.to_string()))?;
    Policy::parse_decided("policy", text).map_err(|problems| {
        unusable(problems.first().map_or_else(|| "it has problems".to_owned(), ToString::to_string))
    })
}

/// `allow (requester_may holds, approvals_missing pending) with 1 of 2 votes`
fn words(evaluation: &ReadEvaluation, quorum: Option<Quorum>) -> String {
    let decision = match &evaluation.decision {
        OpenEnum::Known(Ruling::Allow) => "allow",
        OpenEnum::Known(Ruling::Wait) => "wait",
        OpenEnum::Known(Ruling::Deny) => "deny",
        OpenEnum::Unknown(word) => word.as_str(),
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
            let Ok(decoded) = Decoded::parse(&stored.body) else {
                report.lacks(stored.index, "it cannot be read, and may be a decision".to_owned());
                continue;
            };
            let newer = of_newer_version(&decoded);
            let entry = decoded.entry;
            absent.look_for(stored.index, &entry, &told);
            match allowed.lets(&entry) {
                Some(true) => {}
                Some(false) => report.differs(stored.index, &Difference::NeverAllowed),
                None => report.cannot_check(stored.index, MAY_BE_ALLOWED.to_owned()),
            }
            if let Some(what) = newer {
                report.decisions += 1;
                report.cannot_check(stored.index, what);
            } else if entry.evaluation.is_some() || entry.kind == Kind::DecisionAllowed {
                report.decisions += 1;
                one(conn, stored.index, &entry, &mut report, &mut absent).await?;
            }
        }
    }
    absent.settle(&mut report);
    Ok(report)
}

/// What of a decision only a newer version can read; none if this one can take it again.
fn of_newer_version(decoded: &Decoded) -> Option<String> {
    let Decoded { entry, .. } = decoded;
    if let Some(field) = ["evaluation", "quorum"].into_iter().find(|field| decoded.hides(field)) {
        return Some(format!("the {field} of its kind, {}, is not known", entry.kind));
    }
    let ruling = entry.evaluation.as_ref()?.decision.unknown()?;
    Some(format!("what was decided is not known: {ruling}"))
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
    entry: &ReadEntry,
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
        Err(Difference::LaterRules(later)) => {
            report.cannot_check(index, later.to_string());
            return Ok(());
        }
        Err(why) => {
            report.fails(index, entry, &why);
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
        Err(why) => report.fails(index, entry, &why),
    }
    Ok(())
}

impl Report {
    /// What an entry of an unknown kind has to do with its facts is not known here: only that they are those that it
    /// names, and what comes out of them.
    fn fails(&mut self, index: u64, entry: &ReadEntry, why: &Difference) {
        match (entry.kind.unknown(), why.is_about_the_entry()) {
            (Some(kind), true) => self.cannot_check(index, format!("its kind, {kind}, is not known: {why}")),
            (Some(_), false) | (None, _) => self.differs(index, why),
        }
    }

    fn cannot_check(&mut self, index: u64, why: String) {
        self.unchecked.push(Unchecked { index, why });
    }

    fn differs(&mut self, index: u64, why: &Difference) {
        self.different.push(Different { index, why: why.to_string() });
    }

    fn lacks(&mut self, index: u64, what: String) {
        self.missing.push(Missing { index, what });
    }
}

type Subject = (RepoId, PromotionNumber, CommitSha, EnvironmentName);

/// The promotions that the entries so far let through: by repository and number, commit and environment.
#[derive(Default)]
struct Allowed {
    subjects: BTreeSet<Subject>,
    /// About what there were entries of kinds that this version does not know: they may have let something through.
    unknown: BTreeSet<(Option<RepoId>, Option<PromotionNumber>)>,
}

impl Allowed {
    /// Takes an entry in; whether what it intends was allowed by an entry before it. None if that cannot be known.
    fn lets(&mut self, entry: &ReadEntry) -> Option<bool> {
        if entry.kind.unknown().is_some() {
            self.unknown.insert((entry.repo, entry.promotion));
            return Some(true);
        }
        let subject = Self::subject(entry);
        if entry.kind == Kind::DecisionAllowed {
            self.subjects.extend(subject);
            return Some(true);
        }
        let intends =
            entry.kind == Kind::EffectIntended && entry.effect.as_deref() == Some(CREATE_DEPLOYMENT);
        if !intends || subject.is_some_and(|subject| self.subjects.contains(&subject)) {
            return Some(true);
        }
        if self.may_have_been_let(entry) { None } else { Some(false) }
    }

    fn subject(entry: &ReadEntry) -> Option<Subject> {
        Some((entry.repo?, entry.promotion?, entry.commit.clone()?, entry.environment.clone()?))
    }

    /// An entry that names no repository or no promotion may be about each.
    fn may_have_been_let(&self, entry: &ReadEntry) -> bool {
        let repos = [entry.repo, None];
        let numbers = [entry.promotion, None];
        repos.iter().any(|repo| numbers.iter().any(|number| self.unknown.contains(&(*repo, *number))))
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
    fn look_for(&mut self, index: u64, entry: &ReadEntry, told: &BTreeSet<Commitment>) {
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
