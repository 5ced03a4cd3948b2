//! May this person do this here: [`Authorized`], or a refusal that says why.

use crate::ids::{PromotionId, UserId};
use crate::policy::facts::{Choice, Contributor, Person, Tuple};
use crate::policy::{
    ApprovalRule, Environment, Waive, either, involvement, is_approver, may_ask, refuse_requester,
};
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
    /// To let findings through, and to take that back.
    Waive,
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

/// Whether a person may let findings through here. `author` is who opened the pull request it is asked on:
/// on their own one they may not, unless the policy says so. Bots never may, as they never approve.
///
/// # Errors
/// [`Code::WaiverNotAllowed`] when the policy does not mean them, [`Code::SeparationOfDuties`] when it is their
/// own pull request.
pub fn may_waive(rules: &Waive, person: &Person, author: Option<UserId>) -> Result<Authorized, Refusal> {
    let login = &person.actor.login;
    if rules.by.is_empty() {
        let sentence = "The policy lets nobody waive findings: it has no `scans: { waive: { by: [team:ORGANISATION/SLUG] } }`.";
        return Err(Refusal::new(Code::WaiverNotAllowed, sentence));
    }
    if person.actor.bot || !rules.by.iter().any(|principal| person.is.contains(principal)) {
        let sentence = format!("{login} may not waive findings; {} may.", either(&rules.by));
        return Err(Refusal::new(Code::WaiverNotAllowed, sentence));
    }
    if author == Some(person.actor.id) && !rules.authors {
        let sentence = format!(
            "You may not waive findings here because you opened this pull request; somebody else of {} may.",
            either(&rules.by)
        );
        return Err(Refusal::new(Code::SeparationOfDuties, sentence));
    }
    Ok(Authorized { person: person.actor.id, act: Act::Waive })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{Actor, IssueNumber, PromotionNumber, RepoId};
    use crate::policy::Policy;
    use crate::policy::facts::{Part, TargetKind};

    const POLICY: &str = include_str!("../tests/fixtures/policies/shop.yml");

    fn production() -> Environment {
        let policy = Policy::parse("countersign.yml", POLICY).unwrap();
        policy.environment(&"production".parse().unwrap()).unwrap().clone()
    }

    fn person(id: i64, login: &str, is: &[&str]) -> Person {
        Person {
            actor: Actor { id: UserId(id), login: login.parse().unwrap(), bot: login.ends_with("[bot]") },
            is: is.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    fn tuple() -> Tuple {
        Tuple {
            promotion: PromotionId { repo: RepoId(9), number: PromotionNumber(42) },
            environment: "production".parse().unwrap(),
            commit: "a".repeat(40).parse().unwrap(),
            policy: "b".repeat(40).parse().unwrap(),
            parameters: std::collections::BTreeMap::new(),
            requester: person(1, "alice", &[]).actor,
            subject: IssueNumber(7),
            target: TargetKind::Head,
            requested_at: Timestamp(0),
            expires_at: Timestamp(1),
        }
    }

    /// What the refusal says, or that there was none.
    fn answer(result: Result<Authorized, Refusal>) -> String {
        match result {
            Ok(authorized) => format!("{} may {:?}", authorized.person(), authorized.act()),
            Err(refusal) => format!("{}: {}", refusal.code.as_str(), refusal.sentence),
        }
    }

    fn vote(person: &Person, choice: Choice) -> String {
        let took_part = |id, part| Contributor {
            id: Some(UserId(id)),
            called: "somebody".to_owned(),
            login: None,
            email: None,
            part,
        };
        let contributors = [took_part(4, Part::Author), took_part(5, Part::Pusher)];
        answer(may_vote(&production(), &tuple(), &contributors, person, choice))
    }

    #[test]
    fn asking_takes_one_of_the_named() {
        let ask = |person: Person| answer(may_promote(&production(), &person));
        insta::assert_snapshot!(ask(person(1, "alice", &["user:alice"])), @"1 may Promote");
        insta::assert_snapshot!(ask(person(2, "bob", &["team:acme/sre"])), @"requester_not_allowed: bob may not ask for this; team:acme/release or user:alice may.");
        insta::assert_snapshot!(ask(person(3, "ci[bot]", &["team:acme/release"])), @"requester_not_allowed: ci[bot] may not ask for this; team:acme/release or user:alice may. A bot has to be named by its own login.");
    }

    #[test]
    fn approving_takes_an_approver_who_took_no_part() {
        let sre = |id, login| person(id, login, &["team:acme/sre"]);
        insta::assert_snapshot!(vote(&sre(2, "bob"), Choice::Approve), @"2 may Vote { promotion: PromotionId { repo: RepoId(9), number: PromotionNumber(42) }, choice: Approve }");
        insta::assert_snapshot!(vote(&sre(1, "alice"), Choice::Approve), @"separation_of_duties: Your approval does not count because you asked for it; somebody else of team:acme/sre has to approve.");
        insta::assert_snapshot!(vote(&sre(4, "dave"), Choice::Approve), @"separation_of_duties: Your approval does not count because you wrote one of its commits; somebody else of team:acme/sre has to approve.");
        insta::assert_snapshot!(vote(&sre(5, "erin"), Choice::Approve), @"separation_of_duties: Your approval does not count because you pushed it; somebody else of team:acme/sre has to approve.");
        insta::assert_snapshot!(vote(&sre(6, "ci[bot]"), Choice::Approve), @"not_an_approver: Bots do not vote; team:acme/sre may.");
        insta::assert_snapshot!(vote(&person(7, "mallory", &["user:alice"]), Choice::Approve), @"not_an_approver: mallory may not vote on production; team:acme/sre may.");
    }

    #[test]
    fn rejecting_takes_an_approver_even_one_who_took_part() {
        let sre = |id, login| person(id, login, &["team:acme/sre"]);
        insta::assert_snapshot!(vote(&sre(4, "dave"), Choice::Reject), @"4 may Vote { promotion: PromotionId { repo: RepoId(9), number: PromotionNumber(42) }, choice: Reject }");
        assert!(vote(&person(7, "mallory", &[]), Choice::Reject).starts_with("not_an_approver"));
        assert!(vote(&sre(6, "ci[bot]"), Choice::Reject).starts_with("not_an_approver"));
    }

    #[test]
    fn an_environment_without_approvals_has_nothing_to_vote_on() {
        let policy = Policy::parse("countersign.yml", POLICY).unwrap();
        let staging = policy.environment(&"staging".parse().unwrap()).unwrap();
        let tuple = Tuple { environment: "staging".parse().unwrap(), ..tuple() };
        let result = may_vote(staging, &tuple, &[], &person(2, "bob", &["role:write"]), Choice::Approve);
        insta::assert_snapshot!(answer(result), @"not_an_approver: staging needs no approvals, so there is nothing to vote on.");
    }

    #[test]
    fn a_finding_is_waived_by_whom_the_policy_names_and_not_on_their_own_pull_request() {
        let by = vec!["team:acme/security".parse().unwrap()];
        let rules = Waive { by, authors: false };
        let erin = person(5, "erin", &["team:acme/security"]);
        let told = |rules: &Waive, person: &Person, author| answer(may_waive(rules, person, author));
        insta::assert_snapshot!(told(&rules, &erin, Some(UserId(1))), @"5 may Waive");
        insta::assert_snapshot!(told(&rules, &erin, Some(UserId(5))), @"separation_of_duties: You may not waive findings here because you opened this pull request; somebody else of team:acme/security may.");
        insta::assert_snapshot!(told(&Waive { authors: true, ..rules.clone() }, &erin, Some(UserId(5))), @"5 may Waive");
        insta::assert_snapshot!(told(&rules, &person(1, "alice", &["role:admin"]), None), @"waiver_not_allowed: alice may not waive findings; team:acme/security may.");
        insta::assert_snapshot!(told(&Waive::default(), &erin, None), @"waiver_not_allowed: The policy lets nobody waive findings: it has no `scans: { waive: { by: [team:ORGANISATION/SLUG] } }`.");
        let mut bot = person(9, "security[bot]", &["team:acme/security"]);
        bot.actor.bot = true;
        assert!(may_waive(&rules, &bot, None).is_err(), "bots never do");
    }

    #[test]
    fn cancelling_takes_the_requester_or_somebody_with_a_say() {
        let cancel = |person: Person| answer(may_cancel(&production(), &tuple(), &person));
        insta::assert_snapshot!(cancel(person(1, "alice-renamed", &[])), @"1 may Cancel { promotion: PromotionId { repo: RepoId(9), number: PromotionNumber(42) } }");
        assert_eq!(cancel(person(2, "bob", &["team:acme/sre"])).split(' ').next(), Some("2"));
        assert_eq!(cancel(person(3, "carol", &["team:acme/release"])).split(' ').next(), Some("3"));
        insta::assert_snapshot!(cancel(person(7, "alice", &["role:write"])), @"canceller_not_allowed: alice may not cancel p42; alice may, and so may team:acme/release or user:alice.");
    }
}
