//! Facts in which everything holds, and the people in them.

use std::collections::BTreeMap;

use super::SHOP;
use crate::clock::Timestamp;
use crate::ids::{Actor, IssueNumber, PromotionId, PromotionNumber, RepoId, RunId, UserId};
use crate::policy::facts::{
    CheckFact, Choice, Contributor, Facts, LiveSpan, Origin, Part, Person, PullFact, RunFact, TargetKind,
    Tuple, Vote,
};
use crate::policy::{Decision, Policy, Rules, evaluate};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);
pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn policy() -> Policy {
    super::parse(SHOP)
}

pub(crate) fn minutes(from_now: i64) -> Timestamp {
    Timestamp(NOW.0 + from_now * MINUTE)
}

pub(crate) fn actor(id: i64, login: &str) -> Actor {
    Actor { id: UserId(id), login: login.parse().unwrap(), bot: false }
}

/// Somebody who is these of the policy's principals.
pub(crate) fn person(id: i64, login: &str, is: &[&str]) -> Person {
    Person { actor: actor(id, login), is: is.iter().map(|text| text.parse().unwrap()).collect() }
}

pub(crate) fn alice() -> Person {
    person(1, "alice", &["user:alice"])
}

pub(crate) fn sre(id: i64, login: &str) -> Person {
    person(id, login, &["team:acme/sre"])
}

pub(crate) fn vote(voter: Person, choice: Choice) -> Vote {
    Vote { voter, choice, at: minutes(-1) }
}

pub(crate) fn success() -> RunFact {
    RunFact { run: RunId(1), attempt: 1, conclusion: Some("success".to_owned()), url: None }
}

pub(crate) fn check(app: Option<&str>, conclusion: Option<&str>) -> CheckFact {
    CheckFact { app: app.map(str::to_owned), conclusion: conclusion.map(str::to_owned) }
}

pub(crate) fn promotion(number: i64) -> PromotionId {
    PromotionId { repo: RepoId(9), number: PromotionNumber(number) }
}

pub(crate) fn contributor(id: Option<i64>, called: &str, part: Part) -> Contributor {
    Contributor { id: id.map(UserId), called: called.to_owned(), login: None, email: None, part }
}

fn tuple() -> Tuple {
    Tuple {
        promotion: promotion(42),
        environment: "production".parse().unwrap(),
        commit: "1a2b3c4d".repeat(5).parse().unwrap(),
        policy: "e".repeat(40).parse().unwrap(),
        parameters: [("region", "eu"), ("canary", "true")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        requester: actor(1, "alice"),
        subject: IssueNumber(7),
        target: TargetKind::Head,
        requested_at: minutes(-60),
        expires_at: minutes(600),
    }
}

/// Alice asked to put the merged pull request 7 by dave into production; bob and carol approved.
pub(crate) fn facts() -> Facts {
    let tuple = tuple();
    let pull = PullFact {
        number: IssueNumber(7),
        head: tuple.commit.clone(),
        open: false,
        merged: true,
        fork: false,
    };
    Facts {
        rules: Rules::CURRENT,
        policy_now: Some(tuple.policy.clone()),
        origin: Origin { pull: Some(pull), on_default_branch: true, tag: None },
        requester: alice(),
        dispatch_ref: Some("main".parse().unwrap()),
        workflows: ["ci.yml", "security.yml"].map(|file| (file.parse().unwrap(), success())).into(),
        checks: BTreeMap::from([
            ("build".to_owned(), vec![check(Some("github-actions"), Some("success"))]),
            ("license/cla".to_owned(), vec![check(Some("cla-assistant"), Some("success"))]),
        ]),
        scans: None,
        live: BTreeMap::from([(
            "staging".parse().unwrap(),
            vec![LiveSpan { promotion: promotion(41), from: minutes(-45), until: None }],
        )]),
        contributors: vec![
            contributor(Some(4), "dave", Part::PullRequestAuthor),
            contributor(Some(4), "dave", Part::Author),
        ],
        votes: vec![vote(sre(2, "bob"), Choice::Approve), vote(sre(3, "carol"), Choice::Approve)],
        busy: None,
        tuple,
    }
}

pub(crate) fn decide(facts: &Facts) -> Decision {
    evaluate(&policy(), facts, NOW)
}

/// The whole decision as people would read it.
pub(crate) fn told(decision: &Decision) -> String {
    let mut lines: Vec<String> = vec![match &decision.verdict {
        crate::policy::Outcome::Allow(_) => "ALLOW".to_owned(),
        crate::policy::Outcome::Wait(what) => format!("WAIT for {what:?}"),
        crate::policy::Outcome::Deny(denial) => {
            format!("DENY {}: {}", denial.code().as_str(), denial.sentence())
        }
    }];
    for requirement in &decision.requirements {
        lines.push(format!(
            "{:?} {} [{}] {}{}{}",
            requirement.verdict,
            requirement.title,
            requirement.code.as_str(),
            requirement.sentence,
            requirement.who.as_ref().map(|who| format!(" | {who}")).unwrap_or_default(),
            requirement.until.map(|until| format!(" | until {until}")).unwrap_or_default(),
        ));
    }
    lines.join("\n")
}
