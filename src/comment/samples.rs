//! Promotions as they look in the tests of what is written about them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::effect::MarkSeed;
use crate::ids::{
    Actor, DeploymentId, InstallationId, IssueNumber, PromotionId, PromotionNumber, Repo, RepoId, RunId,
    UserId,
};
use crate::policy::facts::{TargetKind, Tuple};
use crate::promotion::{DeployPlan, Promotion, Run, State};
use crate::requirement::{Code, Requirement};

pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-11-21T09:15:00Z").unwrap()
}

pub(crate) fn later(minutes: u64) -> Timestamp {
    start().plus(Duration::from_secs(60 * minutes))
}

pub(crate) fn repo() -> Repo {
    Repo { id: RepoId(1001), name: "acme/shop".parse().unwrap(), installation: InstallationId(5) }
}

pub(crate) fn person(login: &str) -> Actor {
    Actor { id: UserId(1), login: login.parse().unwrap(), bot: false }
}

pub(crate) fn promotion(number: i64, environment: &str, state: State) -> Promotion {
    let tuple = Tuple {
        promotion: PromotionId { repo: RepoId(1001), number: PromotionNumber(number) },
        environment: environment.parse().unwrap(),
        commit: "3f2a9c1d00000000000000000000000000000001".parse().unwrap(),
        policy: "b10b000000000000000000000000000000000002".parse().unwrap(),
        parameters: BTreeMap::new(),
        requester: person("alice"),
        subject: IssueNumber(7),
        target: TargetKind::Head,
        requested_at: start(),
        expires_at: later(24 * 60),
    };
    let deploy = DeployPlan { workflow: Some("cd.yml".parse().unwrap()), inputs: BTreeMap::new(), url: None };
    Promotion {
        tuple,
        repo: repo(),
        reason: None,
        deploy,
        state,
        requirements: held(),
        check_run: None,
        marks: MarkSeed::new([7; 16]),
        version: 0,
    }
}

pub(crate) fn held() -> Vec<Requirement> {
    vec![
        Requirement::holds("source", "3f2a9c1 is the head of pull request 7."),
        Requirement::holds("workflow ci.yml", "ci.yml succeeded on 3f2a9c1."),
    ]
}

pub(crate) fn approvals(counted: usize) -> Requirement {
    let (sentence, who) = match counted {
        0 => ("0 of 2 approvals.", "any 2 of team:acme/sre, not alice (who asked for it)"),
        _ => ("1 of 2 approvals: bob.", "any 1 more of team:acme/sre, not alice (who asked for it)"),
    };
    Requirement::pending("2 approvals from team:acme/sre", Code::ApprovalsMissing, sentence)
        .by(who)
        .votes(counted, 2)
}

pub(crate) fn waiting(counted: usize) -> Promotion {
    let mut promotion = promotion(2, "production", State::AwaitingApproval);
    promotion.reason = Some("fixes the checkout".to_owned());
    promotion.requirements.push(approvals(counted));
    promotion
}

pub(crate) fn blocked() -> Promotion {
    let mut promotion = promotion(2, "production", State::Blocked);
    let sentence = "ci.yml ended as failure on 3f2a9c1; fix it and push, or run it again.";
    promotion.requirements[1] = Requirement::fails("workflow ci.yml", Code::WorkflowFailed, sentence);
    let sentence = "3f2a9c1 has not been deployed to staging; do that first: /promote staging";
    promotion.requirements.push(Requirement::pending("after staging", Code::NotYetDeployed, sentence));
    promotion.requirements.push(approvals(0));
    promotion
}

pub(crate) fn run() -> Run {
    Run { id: RunId(88), url: Some("https://github.com/acme/shop/actions/runs/88".to_owned()) }
}

pub(crate) fn deploying() -> State {
    State::Deploying {
        deployment: DeploymentId(77),
        run: Some(run()),
        dispatched_as: None,
        since: later(5),
        cancelling: None,
    }
}

pub(crate) fn succeeded() -> State {
    State::Succeeded { deployment: DeploymentId(77), run: Some(run()), at: later(9) }
}

pub(crate) fn failed(sentence: &str) -> State {
    State::Failed {
        deployment: Some(DeploymentId(77)),
        run: Some(run()),
        at: later(9),
        code: Code::DeploymentFailed,
        sentence: sentence.to_owned(),
    }
}

pub(crate) fn superseded(sentence: &str) -> State {
    State::Superseded { code: Code::HeadMoved, sentence: sentence.to_owned(), at: later(3) }
}

/// One of each state there is.
pub(crate) fn every_state() -> Vec<State> {
    vec![
        State::Blocked,
        State::AwaitingApproval,
        State::Approved { at: later(4) },
        deploying(),
        succeeded(),
        failed("The deployment workflow ended with failure. See its run, mend it, and ask again."),
        State::Rejected { by: person("carol"), at: later(2) },
        State::Cancelled { by: person("alice"), at: later(2) },
        superseded(
            "The head of the pull request is aaaaaaa now, not 3f2a9c1 as asked for; ask again for the new head.",
        ),
        State::Expired { at: later(24 * 60) },
    ]
}
