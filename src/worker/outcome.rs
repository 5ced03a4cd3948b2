//! How one try of an effect ended, and what follows from it. Nothing here asks anybody.

use crate::audit::{Kind, OutcomeResult};
use crate::clock::Timestamp;
use crate::db::NewEntry;
use crate::db::outbox::{Claimed, Ended};
use crate::effect::{Effect, Mark};
use crate::ids::DeploymentId;
use crate::policy::{self, Decided, Decision};
use crate::promotion::{Promotion, Run, Step};
use crate::requirement::Code;

/// How one try ended.
#[derive(Clone)]
pub(super) enum Tried {
    /// It is done; or an earlier try had done it.
    Done { what: Done, earlier: bool },
    /// It may not be done any more: with what was decided, if something was.
    NotAllowed(Option<Box<Decided>>),
    /// GitHub said no.
    Refused(String),
    /// Nobody can know.
    Unknown(String),
    /// Again at that moment.
    Later(Timestamp, String),
}

/// What is done.
#[derive(Clone)]
pub(super) enum Done {
    Deployment(DeploymentId),
    Dispatched(Option<Run>),
    Told,
}

/// How the outbox and the log call an end.
pub(super) struct Ending {
    pub(super) ended: Ended,
    pub(super) kind: Kind,
    pub(super) code: Option<Code>,
    pub(super) why: Option<String>,
}

pub(super) fn ending(tried: &Tried) -> Ending {
    let kind = Kind::EffectResult;
    match tried {
        Tried::Done { earlier: true, .. } => {
            Ending { ended: Ended::Succeeded, kind: Kind::EffectReconciled, code: None, why: None }
        }
        Tried::Done { earlier: false, .. } => Ending { ended: Ended::Succeeded, kind, code: None, why: None },
        Tried::NotAllowed(decided) => {
            let code = decided.as_ref().map_or(Code::TooLate, |decided| first_code(&decided.decision));
            Ending { ended: Ended::Refused, kind, code: Some(code), why: None }
        }
        Tried::Refused(why) => {
            Ending { ended: Ended::Refused, kind, code: Some(Code::RefusedByGithub), why: Some(why.clone()) }
        }
        Tried::Unknown(why) | Tried::Later(_, why) => {
            Ending { ended: Ended::Unknown, kind, code: Some(Code::OutcomeUnknown), why: Some(why.clone()) }
        }
    }
}

/// Why it may not be done any more: what ended it, or else the first thing that does not hold.
fn first_code(decision: &Decision) -> Code {
    match &decision.verdict {
        policy::Outcome::Deny(denial) => denial.code(),
        policy::Outcome::Allow(_) | policy::Outcome::Wait(_) => decision
            .requirements
            .iter()
            .map(|requirement| requirement.code)
            .find(|code| *code != Code::Holds)
            .unwrap_or(Code::TooLate),
    }
}

pub(super) type Next = (NewEntry, Option<Decided>, Step);

/// What becomes of the promotion, and what the entry adds.
pub(super) fn next(
    promotion: Promotion,
    claimed: &Claimed,
    tried: Tried,
    entry: NewEntry,
    now: Timestamp,
) -> Next {
    match tried {
        Tried::Done { what: Done::Deployment(deployment), .. } => {
            (entry.deployment(Some(deployment)), None, promotion.deployment_created(deployment, now))
        }
        Tried::Done { what: Done::Dispatched(run), .. } => {
            let entry = entry.run(run.as_ref().map(|run| run.id));
            (entry, None, promotion.dispatched(run, mark(claimed), now))
        }
        Tried::NotAllowed(Some(decided)) => {
            let step = match claimed.effect() {
                Effect::CreateDeployment => promotion.decided(&decided.decision, now),
                Effect::DispatchWorkflow { .. }
                | Effect::CancelRun { .. }
                | Effect::SetDeploymentStatus { .. } => promotion.stopped(&decided.decision, now),
            };
            (entry, Some(*decided), step)
        }
        Tried::NotAllowed(None) => {
            let sentence = "Not started: the policy no longer lets it. Look at the policy, and ask again.";
            (entry, None, promotion.effect_failed(Code::PolicyChanged, sentence.to_owned(), now))
        }
        Tried::Refused(why) if needed(claimed.effect()) => {
            let sentence = format!("GitHub refused: {why}. Mend that, and ask again.");
            (entry, None, promotion.effect_failed(Code::RefusedByGithub, sentence, now))
        }
        Tried::Unknown(why) if needed(claimed.effect()) => {
            let sentence = format!(
                "Nobody can say whether it was started: {why}. Look at the repository's Actions before you ask again."
            );
            (entry, None, promotion.effect_failed(Code::OutcomeUnknown, sentence, now))
        }
        Tried::Done { what: Done::Told, .. } | Tried::Refused(_) | Tried::Unknown(_) | Tried::Later(..) => {
            (entry, None, promotion.unchanged(now))
        }
    }
}

/// Without these there is no deployment; the others only tell how it stands or stop it.
fn needed(effect: &Effect) -> bool {
    match effect {
        Effect::CreateDeployment | Effect::DispatchWorkflow { .. } => true,
        Effect::CancelRun { .. } | Effect::SetDeploymentStatus { .. } => false,
    }
}

pub(super) fn mark<E>(claimed: &Claimed<E>) -> Mark {
    Mark::stored(claimed.intent().mark().to_owned())
}

pub(super) fn result(ended: Ended) -> OutcomeResult {
    match ended {
        Ended::Succeeded => OutcomeResult::Succeeded,
        Ended::Refused => OutcomeResult::Refused,
        Ended::Unknown => OutcomeResult::Unknown,
    }
}
