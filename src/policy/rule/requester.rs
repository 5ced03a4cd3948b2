//! The person who asked may still ask.

use super::Case;
use crate::policy::Environment;
use crate::policy::eligibility::{either, may_ask};
use crate::policy::facts::Person;
use crate::requirement::{Code, Refusal, Requirement};

const TITLE: &str = "requester";

/// How the rule stands.
pub(in crate::policy) fn requirement(case: Case<'_>) -> Requirement {
    match refusal(case) {
        Some(refusal) => Requirement::fails(TITLE, refusal.code, refusal.sentence),
        None => Requirement::holds(TITLE, format!("{} may ask for it.", case.facts.requester.actor.login)),
    }
}

/// Why the requester may not ask, if they may not.
pub(in crate::policy) fn refusal(case: Case<'_>) -> Option<Refusal> {
    let (asked, looked_up) = (&case.facts.tuple.requester, &case.facts.requester);
    if asked.id != looked_up.actor.id {
        let sentence = format!("The rights of {} were not looked up; ask again.", asked.login);
        return Some(Refusal::new(Code::RequesterNotAllowed, sentence));
    }
    refuse(case.environment, looked_up)
}

/// Why a person may not ask for promotions to this environment, if they may not.
pub(crate) fn refuse(environment: &Environment, person: &Person) -> Option<Refusal> {
    if may_ask(environment, person) {
        return None;
    }
    let allowed = either(&environment.promote.by);
    let bot = if person.actor.bot { " A bot has to be named by its own login." } else { "" };
    let sentence = format!("{} may not ask for this; {allowed} may.{bot}", person.actor.login);
    Some(Refusal::new(Code::RequesterNotAllowed, sentence))
}
