//! May this person do this here: [`Authorized`], or a refusal that says why.

use crate::ids::{PromotionId, UserId};
use crate::policy::facts::{Choice, Contributor, Person, Tuple};
use crate::policy::{ApprovalRule, Environment, either, involvement, is_approver, may_ask, refuse_requester};
use crate::requirement::{Code, Refusal};

/// Proof that a person was found to have the right for one act. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized {
    person: UserId,
    act: Act,
}

/// What somebody was authorized to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// To ask for a promotion to the environment whose rules were looked at.
    Promote,
    /// To vote on one promotion.
    Vote {
        /// Which.
        promotion: PromotionId,
        /// What the vote says.
        choice: Choice,
    },
    /// To cancel one promotion.
    Cancel {
        /// Which.
        promotion: PromotionId,
    },
}

/// Whether a person may ask for promotions to this environment.
///
/// # Errors
/// [`Code::RequesterNotAllowed`] when the policy's `promote.by` does not mean them.
pub fn may_promote(environment: &Environment, person: &Person) -> Result<Authorized, Refusal> {
    match refuse_requester(environment, person) {
        Some(refusal) => Err(refusal),
        None => Ok(Authorized { person: person.actor.id, act: Act::Promote }),
    }
}

/// Whether a person may vote this way on this promotion.
///
/// Anybody whom an approval rule means may reject; to approve, they must besides have taken no
/// part, unless the rule allows it.
///
/// # Errors
/// [`Code::NotAnApprover`] when no rule means them, [`Code::SeparationOfDuties`] when one does but
/// they took part.
pub fn may_vote(
    environment: &Environment,
    tuple: &Tuple,
    contributors: &[Contributor],
    person: &Person,
    choice: Choice,
) -> Result<Authorized, Refusal> {
    let rules: Vec<&ApprovalRule> =
        environment.approval_rules().iter().filter(|rule| is_approver(rule, person)).collect();
    if rules.is_empty() {
        return Err(not_an_approver(environment, tuple, person));
    }
    let involved = involvement(tuple, contributors, person.actor.id);
    let separated = rules.iter().all(|rule| rule.separation_of_duties);
    match (choice, involved) {
        (Choice::Approve, Some(involved)) if separated => {
            let sentence = format!(
                "Your approval does not count because you {involved}; somebody else of {} has to approve.",
                meant(environment)
            );
            Err(Refusal::new(Code::SeparationOfDuties, sentence))
        }
        (Choice::Approve | Choice::Reject, _) => {
            Ok(Authorized { person: person.actor.id, act: Act::Vote { promotion: tuple.promotion, choice } })
        }
    }
}

/// Whether a person may cancel this promotion: who asked for it, who may ask, and who may approve.
///
/// # Errors
/// [`Code::CancellerNotAllowed`] when they are none of these.
pub fn may_cancel(environment: &Environment, tuple: &Tuple, person: &Person) -> Result<Authorized, Refusal> {
    let asked = tuple.requester.id == person.actor.id;
    let approves = environment.approval_rules().iter().any(|rule| is_approver(rule, person));
    if asked || approves || may_ask(environment, person) {
        return Ok(Authorized { person: person.actor.id, act: Act::Cancel { promotion: tuple.promotion } });
    }
    let sentence = format!(
        "{} may not cancel {}; {} may, and so may {}.",
        person.actor.login,
        tuple.promotion.number,
        tuple.requester.login,
        either(&environment.promote.by)
    );
    Err(Refusal::new(Code::CancellerNotAllowed, sentence))
}

fn not_an_approver(environment: &Environment, tuple: &Tuple, person: &Person) -> Refusal {
    let sentence = if environment.approval_rules().is_empty() {
        format!("{} needs no approvals, so there is nothing to vote on.", tuple.environment)
    } else if person.actor.bot {
        format!("Bots do not vote; {} may.", meant(environment))
    } else {
        format!("{} may not vote on {}; {} may.", person.actor.login, tuple.environment, meant(environment))
    };
    Refusal::new(Code::NotAnApprover, sentence)
}

/// Everybody the approval rules mean, as people read it.
fn meant(environment: &Environment) -> String {
    let mut principals: Vec<_> =
        environment.approval_rules().iter().flat_map(|rule| rule.from.iter().cloned()).collect();
    principals.sort();
    principals.dedup();
    either(&principals)
}

impl Authorized {
    /// Who.
    pub fn person(&self) -> UserId {
        self.person
    }

    /// What for.
    pub fn act(&self) -> Act {
        self.act
    }
}
