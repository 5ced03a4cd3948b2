//! Every request that can be made is one of GitHub's published operations, with a body it takes.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::peer::{Asked, Peer, Reply, START, repo};
use crate::effect::{DeploymentState, Reaction};
use crate::github::read::{Level, Membership};
use crate::github::write::{
    Button, CheckRunPayload, CheckRunState, Conclusion, NewDeployment, NewDeploymentStatus, Output,
};
use crate::github::{Reader, Writer};
use crate::ids::{CheckRunId, CommentId, CommitSha, DeploymentId, IssueNumber, Repo, RepoId, RunId};

#[tokio::test]
async fn every_request_is_a_published_operation() {
    let Some(contract) = published("contract.jsonschema.json") else { return };
    let peer = Peer::start(|asked| match asked.path.contains("/git/ref/tags") {
        true => Reply::json(
            200,
            &json!({ "ref": "refs/tags/v1", "object": { "sha": "a".repeat(40), "type": "tag" } }),
        ),
        false if asked.method == http::Method::GET => Reply::json(404, &json!({ "message": "Not Found" })),
        false => Reply::json(201, &json!({ "id": 1 })),
    })
    .await;
    let github = peer.github();
    read_everything(&github.reader()).await;
    write_everything(&github.writer()).await;
    let asked = peer.seen();
    assert!(asked.len() > 30, "{}", asked.len());
    for asked in asked {
        check(&contract, &asked);
    }
}

#[tokio::test]
async fn every_published_example_of_an_answer_can_be_read() {
    let Some(description) = published("openapi-subset.json") else { return };
    let peer = Peer::start(move |asked| Reply::json(200, &example(&description, asked))).await;
    let reader = peer.github().reader();
    let repo = Repo { id: RepoId(1_296_269), name: "octocat/Hello-World".parse().unwrap(), ..repo() };
    let (commit, number) = ("a".repeat(40).parse::<CommitSha>().unwrap(), IssueNumber(1347));
    let octocat = "octocat".parse().unwrap();
    assert_eq!(reader.repository(&repo).await.unwrap().default_branch.as_str(), "master");
    assert!(reader.branch_tip(&repo, &"featureA".parse().unwrap()).await.unwrap().is_some());
    assert!(reader.commit(&repo, "main").await.unwrap().unwrap().author.is_some());
    assert_eq!(reader.pull_commits(&repo, number).await.unwrap().commits.len(), 1);
    assert!(reader.compare(&repo, "main", "topic").await.unwrap().unwrap().complete);
    assert_eq!(reader.pull(&repo, number).await.unwrap().unwrap().number, number);
    assert_eq!(reader.open_pulls(&repo).await.unwrap().len(), 1);
    assert_eq!(reader.comments_since(&repo, number, START).await.unwrap().len(), 1);
    assert_eq!(reader.workflow_runs_of(&repo, &commit).await.unwrap().len(), 1);
    assert_eq!(reader.run(&repo, RunId(30_433_642)).await.unwrap().unwrap().id, RunId(30_433_642));
    let dispatched = reader.dispatched_runs(&repo, &"cd.yml".parse().unwrap(), START).await.unwrap();
    assert!(matches!(dispatched.as_slice(), [run] if run.actor.is_some()));
    assert_eq!(reader.check_runs(&repo, &commit).await.unwrap()[0].app_slug.as_deref(), Some("octoapp"));
    assert_eq!(reader.statuses(&repo, &commit).await.unwrap().len(), 2);
    assert_eq!(reader.permission(&repo, &octocat).await.unwrap().unwrap().level, Level::Admin);
    assert_eq!(reader.team_member(&repo, "github", "justice-league", &octocat).await, Ok(Membership::Active));
    assert!(reader.user(&repo, &octocat).await.unwrap().is_some());
    let deployments = reader.deployments(&repo, &commit, &"production".parse().unwrap()).await.unwrap();
    assert!(deployments[0].payload.is_object() && deployments[0].creator.is_some());
    assert_eq!(reader.deployment_statuses(&repo, DeploymentId(42)).await.unwrap()[0].state, "success");
    assert_eq!(reader.app().await.unwrap().slug, "octoapp");
    assert_eq!(reader.hook_deliveries(None).await.unwrap().deliveries.len(), 2);
}

fn example(description: &Value, asked: &Asked) -> Value {
    let path = asked.path.split('?').next().unwrap();
    let (_, operation) = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(template, _)| fits(&format!("GET {template}"), "GET", path))
        .min_by_key(|(template, _)| template.matches('{').count())
        .unwrap();
    let examples = &operation["get"]["responses"]["200"]["content"]["application/json"]["examples"];
    let first = examples.as_object().unwrap().values().next().unwrap();
    let place = first["$ref"].as_str().unwrap().trim_start_matches('#');
    description.pointer(place).unwrap()["value"].clone()
}

/// The answers are no part of this: most are 404.
async fn read_everything(reader: &Reader) {
    let (repo, commit) = (repo(), "a".repeat(40).parse::<CommitSha>().unwrap());
    let (bob, number) = ("bob".parse().unwrap(), IssueNumber(1));
    reader.repository(&repo).await.unwrap_err();
    reader.file(&repo, ".github/countersign.yml", "main").await.unwrap();
    reader.branch_tip(&repo, &"feature/x".parse().unwrap()).await.unwrap();
    reader.tag_commit(&repo, &"v1".parse().unwrap()).await.unwrap();
    reader.commit(&repo, "heads/feature/x").await.unwrap();
    reader.pull_commits(&repo, number).await.unwrap_err();
    reader.compare(&repo, "main", commit.as_str()).await.unwrap();
    reader.pull(&repo, number).await.unwrap();
    reader.open_pulls(&repo).await.unwrap_err();
    reader.comments_since(&repo, number, START).await.unwrap_err();
    reader.workflow_runs_of(&repo, &commit).await.unwrap_err();
    reader.run(&repo, RunId(1)).await.unwrap();
    reader.dispatched_runs(&repo, &"cd.yml".parse().unwrap(), START).await.unwrap_err();
    reader.check_runs(&repo, &commit).await.unwrap_err();
    reader.statuses(&repo, &commit).await.unwrap_err();
    reader.permission(&repo, &bob).await.unwrap();
    reader.team_member(&repo, "acme", "sre", &bob).await.unwrap_err();
    reader.user(&repo, &bob).await.unwrap();
    reader.deployments(&repo, &commit, &"eu/production".parse().unwrap()).await.unwrap_err();
    reader.deployment_statuses(&repo, DeploymentId(1)).await.unwrap_err();
    reader.app().await.unwrap_err();
    reader.hook_deliveries(Some("v1_a+b")).await.unwrap_err();
}

async fn write_everything(writer: &Writer) {
    let (repo, commit) = (repo(), "a".repeat(40).parse::<CommitSha>().unwrap());
    writer.redeliver(1).await.unwrap();
    for reaction in [Reaction::Eyes, Reaction::Rocket, Reaction::ThumbsDown, Reaction::Confused] {
        writer.react(&repo, CommentId(1), reaction).await.unwrap();
    }
    writer.create_comment(&repo, IssueNumber(1), "hello").await.unwrap();
    writer.update_comment(&repo, CommentId(1), "hello").await.unwrap();
    for state in [
        CheckRunState::Queued,
        CheckRunState::InProgress,
        CheckRunState::Completed { conclusion: Conclusion::ActionRequired, at: START },
    ] {
        writer.create_check_run(&repo, &check_run(commit.clone(), state)).await.unwrap();
        writer.update_check_run(&repo, CheckRunId(1), &check_run(commit.clone(), state)).await.unwrap();
    }
    let deployment = NewDeployment {
        commit,
        environment: "production".parse().unwrap(),
        description: "p1".to_owned(),
        payload: json!({ "promotion": "p1" }).as_object().unwrap().clone(),
        production: true,
    };
    writer.create_deployment(&repo, &deployment).await.unwrap();
    let status = NewDeploymentStatus {
        state: DeploymentState::InProgress,
        description: "going".to_owned(),
        log_url: Some("https://example.com/log".to_owned()),
        environment_url: Some("https://example.com".to_owned()),
        auto_inactive: true,
    };
    writer.create_deployment_status(&repo, DeploymentId(1), &status).await.unwrap();
    let inputs = BTreeMap::from([("environment".to_owned(), "production".to_owned())]);
    writer.dispatch(&repo, &"cd.yml".parse().unwrap(), &"main".parse().unwrap(), &inputs).await.unwrap();
    writer.cancel_run(&repo, RunId(1)).await.unwrap();
}

fn check_run(head_sha: CommitSha, state: CheckRunState) -> CheckRunPayload {
    CheckRunPayload {
        name: "countersign/production".to_owned(),
        head_sha,
        state,
        started_at: START,
        external_id: "p1".to_owned(),
        details_url: Some("https://example.com".to_owned()),
        output: Output {
            title: "t".to_owned(),
            summary: "s".repeat(70_000),
            text: Some("x".to_owned()),
            annotations: Vec::new(),
        },
        actions: vec![
            Button {
                label: "Approve this promotion".to_owned(),
                description: "d".repeat(50),
                identifier: "approve".to_owned(),
            };
            5
        ],
    }
}

fn published(file: &str) -> Option<Value> {
    let text = fs::read(countersign_material::shared(&format!("github/{file}"))?).unwrap();
    Some(serde_json::from_slice(&text).unwrap())
}

fn check(contract: &Value, asked: &Asked) {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let what = format!("{} {}", asked.method, asked.path);
    let operations = contract["operations"].as_object().unwrap();
    // The most literal of those that fit: fewest parameters.
    let (_, operation) = operations
        .iter()
        .filter(|(name, _)| fits(name, asked.method.as_str(), path))
        .min_by_key(|(name, _)| name.matches('{').count())
        .unwrap_or_else(|| panic!("{what} is no published operation"));
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        assert!(operation["query"].get(name.as_ref()).is_some(), "{what}: {name}");
    }
    assert_eq!(asked.has_body(), !operation["request_strict"].is_null(), "{what}");
    if asked.has_body() {
        let mut schema = operation["request_strict"].clone();
        schema["$defs"] = contract["$defs"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&asked.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {errors:?}");
    }
}

fn fits(operation: &str, method: &str, path: &str) -> bool {
    let (of, template) = operation.split_once(' ').unwrap();
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, there): (&&str, &&str)| wanted.starts_with('{') || wanted == there;
    // A git ref may have plain slashes.
    let long_enough =
        template.len() == path.len() || operation.ends_with("/git/ref/{ref}") && template.len() < path.len();
    of == method && long_enough && template.iter().zip(&path).all(same)
}
