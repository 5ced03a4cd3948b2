//! The client against the in-memory GitHub: reading, writing, and what it tells us of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::clock::Clock;
use crate::effect::{DeploymentState, Reaction};
use crate::event::What;
use crate::github::fake::Fake;
use crate::github::fake::auth::APP_KEY;
use crate::github::fake::faults::Fault;
use crate::github::fake::seed::{APP, INSTALLATION, SHOP, WEBHOOK_SECRET};
use crate::github::read::{ComparisonStatus, Level, Membership};
use crate::github::webhook::{to_event, verify};
use crate::github::write::{
    Button, CheckRunPayload, CheckRunState, Conclusion, NewDeployment, NewDeploymentStatus, Output,
};
use crate::github::{AppKey, Connection, Error, GitHub, Pace, Secret, Sent};
use crate::ids::{InstallationId, IssueNumber, Repo, RepoId};

const ONE: IssueNumber = IssueNumber(1);

fn shop() -> Repo {
    Repo { id: RepoId(SHOP), name: "acme/shop".parse().unwrap(), installation: InstallationId(INSTALLATION) }
}

async fn sandbox() -> (Fake, GitHub) {
    let clock = Clock::manual(super::peer::START);
    let fake = Fake::sandbox(clock.clone()).unwrap();
    let api_url = fake.start().await.unwrap();
    let key = AppKey::parse(APP_KEY).unwrap();
    let connection = Connection { api_url, app_id: APP, key, clock, pace: Pace::none() };
    (fake, GitHub::connect(connection).unwrap())
}

#[tokio::test]
async fn everything_about_the_seeded_pull_request_can_be_read() {
    let (fake, github) = sandbox().await;
    let (reader, repo) = (github.reader(), shop());
    let main = reader.repository(&repo).await.unwrap().default_branch;
    let pull = reader.pull(&repo, ONE).await.unwrap().unwrap();
    assert!(pull.open && !pull.merged && pull.head_repo == Some(repo.id));
    assert_eq!(pull.author.unwrap().login.as_str(), "alice");
    assert_eq!(reader.open_pulls(&repo).await.unwrap().len(), 1);
    let commits = reader.pull_commits(&repo, ONE).await.unwrap();
    assert!(commits.complete && commits.commits.len() as u64 == pull.commits);
    assert_eq!(reader.branch_tip(&repo, &pull.head_ref).await.unwrap().as_ref(), Some(&pull.head_sha));
    let compared = reader.compare(&repo, main.as_str(), pull.head_sha.as_str()).await.unwrap().unwrap();
    assert_eq!(compared.status, ComparisonStatus::Ahead);
    let history = reader.ancestors(&repo, &pull.head_sha).await.unwrap();
    assert_eq!(history.first(), Some(&pull.head_sha));
    assert!(compared.merge_base.is_some_and(|base| history.contains(&base)));
    assert_eq!(reader.ancestors(&repo, &"e".repeat(40).parse().unwrap()).await, Ok(Vec::new()));
    assert!(reader.commit(&repo, pull.head_sha.as_str()).await.unwrap().is_some());
    assert_eq!(reader.commit(&repo, &"e".repeat(40)).await, Ok(None));
    let policy = reader.file(&repo, ".github/countersign.yml", main.as_str()).await.unwrap().unwrap();
    assert!(policy.text.contains("version: 1"));
    assert_eq!(reader.file(&repo, "missing", main.as_str()).await, Ok(None));
    let runs = reader.workflow_runs_of(&repo, &pull.head_sha).await.unwrap();
    assert_eq!(runs[0].workflow.as_ref().unwrap().as_str(), "ci.yml");
    assert_eq!(reader.run(&repo, runs[0].id).await.unwrap().as_ref(), Some(&runs[0]));
    assert!(!reader.check_runs(&repo, &pull.head_sha).await.unwrap().is_empty());
    assert_eq!(reader.statuses(&repo, &pull.head_sha).await, Ok(Vec::new()));
    for (login, level) in [("alice", Level::Write), ("dave", Level::Read)] {
        let found = reader.permission(&repo, &login.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((found.level, found.user.login.as_str()), (level, login));
    }
    for (login, membership) in [("bob", Membership::Active), ("alice", Membership::No)] {
        let found = reader.team_member(&repo, "acme", "sre", &login.parse().unwrap()).await;
        assert_eq!(found, Ok(membership), "{login}");
    }
    assert!(reader.team_member(&repo, "acme", "ghosts", &"bob".parse().unwrap()).await.is_err());
    assert_eq!(reader.user(&repo, &"nobody".parse().unwrap()).await, Ok(None));
    assert_eq!(reader.app().await.unwrap().id, APP);
    assert_eq!(fake.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_written_is_found_again_as_ours() {
    let (fake, github) = sandbox().await;
    let (reader, writer, repo) = (github.reader(), github.writer(), shop());
    let head = reader.pull(&repo, ONE).await.unwrap().unwrap().head_sha;
    let comment = writer.create_comment(&repo, ONE, "waiting").await.unwrap();
    writer.update_comment(&repo, comment, "going").await.unwrap();
    writer.react(&repo, comment, Reaction::Eyes).await.unwrap();
    writer.react(&repo, comment, Reaction::Eyes).await.unwrap();
    let ours = reader.comments_since(&repo, ONE, super::peer::START).await.unwrap();
    let ours: Vec<_> = ours.iter().filter(|found| found.app_id == Some(APP)).collect();
    assert!(ours.len() == 1 && ours[0].id == comment && ours[0].body == "going");

    let mut check = CheckRunPayload {
        name: "countersign/production".to_owned(),
        head_sha: head.clone(),
        state: CheckRunState::InProgress,
        started_at: super::peer::START,
        external_id: "p1".to_owned(),
        details_url: None,
        output: Output {
            title: "t".to_owned(),
            summary: "s".to_owned(),
            text: None,
            annotations: Vec::new(),
        },
        actions: Vec::new(),
    };
    let id = writer.create_check_run(&repo, &check).await.unwrap();
    check.state = CheckRunState::Completed { conclusion: Conclusion::ActionRequired, at: super::peer::START };
    check.actions.push(Button {
        label: "Approve".to_owned(),
        description: "Count my vote".to_owned(),
        identifier: "approve".to_owned(),
    });
    writer.update_check_run(&repo, id, &check).await.unwrap();
    let found = reader.check_runs(&repo, &head).await.unwrap();
    let found = found.iter().find(|run| run.id == id).unwrap();
    assert_eq!((found.app_id, found.external_id.as_deref()), (Some(APP), Some("p1")));
    assert_eq!(found.conclusion.as_deref(), Some("action_required"));

    let environment: crate::ids::EnvironmentName = "production".parse().unwrap();
    let deployment = NewDeployment {
        commit: head.clone(),
        environment: environment.clone(),
        description: "p1".to_owned(),
        payload: json!({ "promotion": "p1" }).as_object().unwrap().clone(),
        production: true,
    };
    let deployed = writer.create_deployment(&repo, &deployment).await.unwrap();
    for state in [DeploymentState::InProgress, DeploymentState::Success] {
        let status = NewDeploymentStatus {
            state,
            description: String::new(),
            log_url: None,
            environment_url: None,
            auto_inactive: true,
        };
        writer.create_deployment_status(&repo, deployed, &status).await.unwrap();
    }
    let found = reader.deployments(&repo, &head, &environment).await.unwrap();
    assert!(found.len() == 1 && found[0].id == deployed && found[0].payload["promotion"] == "p1");
    assert_eq!(reader.deployment_statuses(&repo, deployed).await.unwrap()[0].state, "success");
    assert_eq!(fake.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dispatched_run_is_known_by_its_id_and_can_be_cancelled() {
    let (fake, github) = sandbox().await;
    let (reader, writer, repo) = (github.reader(), github.writer(), shop());
    let (workflow, main) = ("cd.yml".parse().unwrap(), "main".parse().unwrap());
    let inputs = BTreeMap::from([("environment".to_owned(), "production".to_owned())]);
    let run = writer.dispatch(&repo, &workflow, &main, &inputs).await.unwrap().run.unwrap();
    let listed = reader.dispatched_runs(&repo, &workflow, super::peer::START).await.unwrap();
    assert_eq!(listed.iter().map(|found| found.id).collect::<Vec<_>>(), [run]);
    assert_eq!(listed[0].actor.as_ref().map(|actor| actor.id), reader.own_account(&repo).await.ok());
    assert_eq!(Some(&listed[0].head_sha), reader.branch_tip(&repo, &main).await.unwrap().as_ref());
    writer.cancel_run(&repo, run).await.unwrap();
    writer.cancel_run(&repo, run).await.unwrap();
    assert_eq!(fake.unknown_routes(), Vec::<String>::new());
}

#[tokio::test]
async fn what_it_sends_is_signed_and_becomes_an_event() {
    let (fake, _github) = sandbox().await;
    fake.change(|state| {
        let alice = state.who("alice")?;
        state.comment(SHOP, alice, 1, "/promote production")
    })
    .unwrap();
    let sent = fake.change(|state| std::mem::take(&mut state.outgoing));
    let mut commands = 0;
    for delivery in sent {
        let header =
            delivery.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-hub-signature-256"));
        let header = header.map(|(_, value)| value.as_str());
        assert!(verify(&[Secret::from(WEBHOOK_SECRET)], header, &delivery.body), "{}", delivery.event);
        let event = to_event(&delivery.event, &delivery.body).unwrap();
        if let Some(What::CommentCreated(comment)) = event.map(|event| event.what) {
            assert!(comment.on_pull_request && comment.body == "/promote production");
            commands += 1;
        }
    }
    assert_eq!(commands, 1);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_may_have_been_done_and_is_done_once() {
    let (fake, github) = sandbox().await;
    let (writer, repo) = (github.writer(), shop());
    for (fault, comments) in
        [(Fault::ApplyThenDrop, 1), (Fault::ApplyThenStatus(502), 2), (Fault::DropBefore, 2)]
    {
        fake.fail_next("POST", "/repos/*/*/issues/*/comments", fault);
        let error = writer.create_comment(&repo, ONE, "hello").await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { sent: Sent::Maybe, .. }), "{error}");
        assert_eq!(fake.with_state(|state| state.repo_by_id(SHOP).unwrap().comments.len()), comments);
    }
}

#[tokio::test]
async fn limits_are_told_as_a_time_to_come_back_at() {
    let (fake, github) = sandbox().await;
    let reset = super::peer::START.plus(Duration::from_mins(10));
    fake.fail_next("GET", "/repos/*/*/pulls/*", Fault::PrimaryLimit { reset });
    let error = github.reader().pull(&shop(), ONE).await.unwrap_err();
    let Error::RetryAt { at, .. } = error else { panic!("{error}") };
    assert_eq!(at, reset.plus(Duration::from_secs(1)));
    let (fake, github) = sandbox().await;
    let retry_after = Duration::from_secs(90);
    fake.fail_next("POST", "/repos/*/*/issues/*/comments", Fault::SecondaryLimit { retry_after });
    let error = github.writer().create_comment(&shop(), ONE, "hello").await.unwrap_err();
    let Error::RetryAt { at, .. } = error else { panic!("{error}") };
    assert_eq!(at, super::peer::START.plus(retry_after));
}
