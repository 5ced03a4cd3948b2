//! May this person do this here: [`Authorized`], or a refusal that says why.

use std::fmt;

use crate::ids::{Actor, EnvironmentName, Login, PromotionId, RepoId, UserId};
use crate::policy::facts::{Choice, Contributor, Person, Tuple};
use crate::policy::{
    self, ApprovalRule, Environment, Principal, RoleLevel, either, involvement, is_approver, refuse_requester,
};
use crate::requirement::{Code, Refusal};

/// Proof that one person was found to have the right for one act, here. Only this module makes one; whatever does the
/// act takes it, compares it with what is done, and so it is good for one time.
///
/// ```
/// # use countersign::{authz::{Authorized, Cancel}, clock::Timestamp, promotion::{Promotion, Step}};
/// fn cancel(promotion: Promotion, right: Authorized<Cancel>, now: Timestamp) -> Option<Step> {
///     promotion.cancelled(right, now).ok()
/// }
/// ```
///
/// Nobody else makes one:
///
/// ```compile_fail,E0451
/// # use countersign::{authz::{Authorized, Cancel}, ids::Actor};
/// fn forge(actor: Actor, act: Cancel) -> Authorized<Cancel> {
///     Authorized { actor, act }
/// }
/// ```
///
/// It is not kept for another time:
///
/// ```compile_fail,E0599
/// # use countersign::authz::{Authorized, Cancel};
/// fn twice(right: Authorized<Cancel>) -> [Authorized<Cancel>; 2] {
///     [right.clone(), right]
/// }
/// ```
///
/// The right for one act is none for another:
///
/// ```compile_fail,E0308
/// # use countersign::{authz::{Authorized, Promote}, clock::Timestamp, promotion::{Promotion, Step}};
/// fn cancel(promotion: Promotion, right: Authorized<Promote>, now: Timestamp) -> Option<Step> {
///     promotion.cancelled(right, now).ok()
/// }
/// ```
///
/// And without one nothing is done:
///
/// ```compile_fail,E0308
/// # use countersign::{clock::Timestamp, ids::Actor, promotion::{Promotion, Step}};
/// fn cancel(promotion: Promotion, by: Actor, now: Timestamp) -> Option<Step> {
///     promotion.cancelled(by, now).ok()
/// }
/// ```
#[derive(Debug)]
#[must_use = "a right that nothing takes allows nothing"]
pub struct Authorized<Act> {
    actor: Actor,
    act: Act,
}

/// To ask for a promotion to one environment of one repository.
#[derive(Debug)]
pub struct Promote {
    repo: RepoId,
    environment: EnvironmentName,
}

/// To vote this way on one promotion.
#[derive(Debug)]
pub struct Vote {
    promotion: PromotionId,
    choice: Choice,
}

/// To cancel one promotion.
#[derive(Debug)]
pub struct Cancel {
    promotion: PromotionId,
}

/// To let findings of one repository through, or to take that back.
#[derive(Debug)]
pub struct Waive {
    repo: RepoId,
}

/// To have the reports of one repository read again.
#[derive(Debug)]
pub struct Rescan {
    repo: RepoId,
}

/// A right was shown for something that it does not allow. No person's doing: the program is wrong, and nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the right of {login} to {allowed} was shown for {wanted}, which it does not allow")]
pub struct WrongRight {
    login: Login,
    allowed: String,
    wanted: String,
}

impl<Act> Authorized<Act> {
    /// Whose right it is: who stands in the log as the one who did it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    fn only(
        self,
        allowed: impl fmt::Display,
        wanted: impl fmt::Display,
        fits: bool,
    ) -> Result<Actor, WrongRight> {
        if fits {
            return Ok(self.actor);
        }
        let (allowed, wanted) = (allowed.to_string(), wanted.to_string());
        Err(WrongRight { login: self.actor.login, allowed, wanted })
    }
}

impl Authorized<Promote> {
    /// Takes the right, to ask for this.
    ///
    /// # Errors
    /// [`WrongRight`] when it is for another environment or repository, or somebody else's.
    pub fn for_request(self, tuple: &Tuple) -> Result<Actor, WrongRight> {
        let fits = self.act.repo == tuple.promotion.repo
            && self.act.environment == tuple.environment
            && self.actor.id == tuple.requester.id;
        let allowed = format!("ask for {}", self.act.environment);
        let wanted = format!("a request of {} for {}", tuple.requester.login, tuple.environment);
        self.only(allowed, wanted, fits)
    }
}

impl Authorized<Vote> {
    /// Which way.
    pub fn choice(&self) -> Choice {
        self.act.choice
    }

    /// Takes the right, to vote on this promotion.
    ///
    /// # Errors
    /// [`WrongRight`] when it is for another one.
    pub fn for_promotion(self, promotion: PromotionId) -> Result<(Actor, Choice), WrongRight> {
        let (allowed, choice) = (self.act.promotion, self.act.choice);
        let actor = self.only(format!("vote on {allowed}"), promotion, allowed == promotion)?;
        Ok((actor, choice))
    }
}

impl Authorized<Cancel> {
    /// Takes the right, to cancel this promotion.
    ///
    /// # Errors
    /// [`WrongRight`] when it is for another one.
    pub fn for_promotion(self, promotion: PromotionId) -> Result<Actor, WrongRight> {
        let allowed = self.act.promotion;
        self.only(format!("cancel {allowed}"), promotion, allowed == promotion)
    }
}

impl Authorized<Waive> {
    /// Takes the right, to let a finding of this repository through or to take that back.
    ///
    /// # Errors
    /// [`WrongRight`] when it is for another one.
    pub fn for_repo(self, repo: RepoId) -> Result<Actor, WrongRight> {
        let allowed = self.act.repo;
        self.only(format!("waive findings of {allowed}"), repo, allowed == repo)
    }
}

impl Authorized<Rescan> {
    /// Takes the right, to have reports of this repository read again.
    ///
    /// # Errors
    /// [`WrongRight`] when it is for another one.
    pub fn for_repo(self, repo: RepoId) -> Result<Actor, WrongRight> {
        let allowed = self.act.repo;
        self.only(format!("rescan {allowed}"), repo, allowed == repo)
    }
}

/// Whether a person may ask for promotions to this environment.
///
/// # Errors
/// [`Code::RequesterNotAllowed`] when the policy's `promote.by` does not mean them.
pub fn may_promote(
    repo: RepoId,
    name: &EnvironmentName,
    environment: &Environment,
    person: &Person,
) -> Result<Authorized<Promote>, Refusal> {
    match refuse_requester(environment, person) {
        Some(refusal) => Err(refusal),
        None => Ok(authorize(person, Promote { repo, environment: name.clone() })),
    }
}

fn authorize<Act>(person: &Person, act: Act) -> Authorized<Act> {
    Authorized { actor: person.actor.clone(), act }
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
) -> Result<Authorized<Vote>, Refusal> {
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
            Ok(authorize(person, Vote { promotion: tuple.promotion, choice }))
        }
    }
}

/// The right of whoever asked for it to withdraw it, whatever the policy says by now, or whether there is one; none for
/// anybody else.
pub fn may_withdraw(tuple: &Tuple, actor: &Actor) -> Option<Authorized<Cancel>> {
    let act = Cancel { promotion: tuple.promotion };
    (tuple.requester.id == actor.id).then(|| Authorized { actor: actor.clone(), act })
}

/// Whether a person may cancel this promotion: who asked for it, who may approve, and whom the policy names for it.
///
/// # Errors
/// [`Code::CancellerNotAllowed`] when they are none of these.
pub fn may_cancel(
    environment: &Environment,
    tuple: &Tuple,
    person: &Person,
) -> Result<Authorized<Cancel>, Refusal> {
    if let Some(right) = may_withdraw(tuple, &person.actor) {
        return Ok(right);
    }
    let approves = environment.approval_rules().iter().any(|rule| is_approver(rule, person));
    if approves || environment.cancel.iter().any(|principal| person.is.contains(principal)) {
        return Ok(authorize(person, Cancel { promotion: tuple.promotion }));
    }
    let besides: Vec<Principal> =
        environment.approval_rules().iter().flat_map(|rule| &rule.from).cloned().collect();
    let sentence = format!(
        "{} may not cancel {}; {} may, and so may {}.",
        person.actor.login,
        tuple.promotion.number,
        tuple.requester.login,
        either(&[environment.cancel.as_slice(), &besides].concat())
    );
    Err(Refusal::new(Code::CancellerNotAllowed, sentence))
}

/// Whether a person may let findings through here, wherever they say so: what is let through is so everywhere. Bots
/// never may, as they never approve.
///
/// # Errors
/// [`Code::WaiverNotAllowed`] when the policy does not mean them.
pub fn may_waive(repo: RepoId, rules: &policy::Waive, person: &Person) -> Result<Authorized<Waive>, Refusal> {
    let login = &person.actor.login;
    if rules.by.is_empty() {
        let sentence = "The policy lets nobody waive findings: it has no `scans: { waive: { by: [team:ORGANISATION/SLUG] } }`.";
        return Err(Refusal::new(Code::WaiverNotAllowed, sentence));
    }
    if person.actor.bot || !rules.by.iter().any(|principal| person.is.contains(principal)) {
        let sentence = format!("{login} may not waive findings; {} may.", either(&rules.by));
        return Err(Refusal::new(Code::WaiverNotAllowed, sentence));
    }
    Ok(authorize(person, Waive { repo }))
}

/// Whether somebody may have reports read again: who opened the pull request whose reports they are, and who may sort
/// those of the repository. On a public one everybody may comment, and reading costs requests.
///
/// # Errors
/// [`Code::RequesterNotAllowed`] when they are neither.
pub fn may_rescan(
    repo: RepoId,
    actor: &Actor,
    role: Option<RoleLevel>,
    author: Option<UserId>,
) -> Result<Authorized<Rescan>, Refusal> {
    if author == Some(actor.id) || role >= Some(RoleLevel::Triage) {
        return Ok(Authorized { actor: actor.clone(), act: Rescan { repo } });
    }
    let sentence = "Reports are read again for whoever opened the pull request, or may sort those here.";
    Err(Refusal::new(Code::RequesterNotAllowed, sentence))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{IssueNumber, PromotionNumber};
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
    fn answer<Act: fmt::Debug>(result: Result<Authorized<Act>, Refusal>) -> String {
        match result {
            Ok(right) => format!("{} may {:?}", right.actor.id, right.act),
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
        let name = "production".parse().unwrap();
        let ask = |person: Person| answer(may_promote(RepoId(9), &name, &production(), &person));
        insta::assert_snapshot!(ask(person(1, "alice", &["user:alice"])), @r#"1 may Promote { repo: RepoId(9), environment: EnvironmentName("production") }"#);
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
    fn a_finding_is_waived_by_whom_the_policy_names_wherever_they_say_so() {
        let by = vec!["team:acme/security".parse().unwrap()];
        let rules = policy::Waive { by };
        let erin = person(5, "erin", &["team:acme/security"]);
        let told = |rules: &policy::Waive, person: &Person| answer(may_waive(RepoId(9), rules, person));
        insta::assert_snapshot!(told(&rules, &erin), @"5 may Waive { repo: RepoId(9) }");
        insta::assert_snapshot!(told(&rules, &person(1, "alice", &["role:admin"])), @"waiver_not_allowed: alice may not waive findings; team:acme/security may.");
        insta::assert_snapshot!(told(&policy::Waive::default(), &erin), @"waiver_not_allowed: The policy lets nobody waive findings: it has no `scans: { waive: { by: [team:ORGANISATION/SLUG] } }`.");
        let mut bot = person(9, "security[bot]", &["team:acme/security"]);
        bot.actor.bot = true;
        assert!(may_waive(RepoId(9), &rules, &bot).is_err(), "bots never do");
    }

    #[test]
    fn cancelling_takes_the_requester_or_somebody_with_a_say() {
        let cancel = |person: Person| answer(may_cancel(&production(), &tuple(), &person));
        insta::assert_snapshot!(cancel(person(1, "alice-renamed", &[])), @"1 may Cancel { promotion: PromotionId { repo: RepoId(9), number: PromotionNumber(42) } }");
        assert_eq!(cancel(person(2, "bob", &["team:acme/sre"])).split(' ').next(), Some("2"));
        assert_eq!(cancel(person(3, "carol", &["role:maintain"])).split(' ').next(), Some("3"));
        assert!(
            cancel(person(3, "carol", &["team:acme/release"])).starts_with("canceller_not_allowed"),
            "who may ask"
        );
        insta::assert_snapshot!(cancel(person(7, "alice", &["role:write"])), @"canceller_not_allowed: alice may not cancel p42; alice may, and so may role:maintain or team:acme/sre.");
    }
    #[test]
    fn reading_again_takes_the_author_or_somebody_who_sorts() {
        let erin = person(5, "erin", &[]).actor;
        let may = |role, author| answer(may_rescan(RepoId(9), &erin, role, author));
        insta::assert_snapshot!(may(None, Some(UserId(5))), @"5 may Rescan { repo: RepoId(9) }");
        insta::assert_snapshot!(may(Some(RoleLevel::Triage), Some(UserId(1))), @"5 may Rescan { repo: RepoId(9) }");
        insta::assert_snapshot!(may(Some(RoleLevel::Read), Some(UserId(1))), @"requester_not_allowed: Reports are read again for whoever opened the pull request, or may sort those here.");
        assert_eq!(may(None, None), may(Some(RoleLevel::Read), Some(UserId(1))));
    }

    #[test]
    fn a_right_allows_only_what_it_was_given_for() {
        let (asked, alice) = (tuple(), person(1, "alice", &["user:alice"]));
        let other =
            Tuple { promotion: PromotionId { number: PromotionNumber(43), ..asked.promotion }, ..tuple() };
        let cancel = || may_withdraw(&asked, &alice.actor).unwrap();
        assert_eq!(cancel().for_promotion(asked.promotion), Ok(alice.actor.clone()));
        insta::assert_snapshot!(cancel().for_promotion(other.promotion).unwrap_err(), @"the right of alice to cancel 9:p42 was shown for 9:p43, which it does not allow");
        let ask = || may_promote(RepoId(9), &asked.environment, &production(), &alice).unwrap();
        assert_eq!(ask().for_request(&asked), Ok(alice.actor.clone()));
        let elsewhere = PromotionId { repo: RepoId(10), ..asked.promotion };
        for not_asked in [
            Tuple { environment: "staging".parse().unwrap(), ..tuple() },
            Tuple { requester: person(2, "bob", &[]).actor, ..tuple() },
            Tuple { promotion: elsewhere, ..tuple() },
        ] {
            assert!(ask().for_request(&not_asked).is_err(), "{not_asked:?}");
        }
        let sre = person(2, "bob", &["team:acme/sre"]);
        let vote = || may_vote(&production(), &asked, &[], &sre, Choice::Reject).unwrap();
        assert_eq!(vote().for_promotion(asked.promotion), Ok((sre.actor.clone(), Choice::Reject)));
        assert!(vote().for_promotion(other.promotion).is_err());
        let scan = || may_rescan(RepoId(9), &alice.actor, Some(RoleLevel::Write), None).unwrap();
        assert!(scan().for_repo(RepoId(9)).is_ok() && scan().for_repo(RepoId(10)).is_err());
        let rules = policy::Waive { by: vec!["user:alice".parse().unwrap()] };
        let waive = || may_waive(RepoId(9), &rules, &alice).unwrap();
        assert!(waive().for_repo(RepoId(9)).is_ok() && waive().for_repo(RepoId(10)).is_err());
    }
}
