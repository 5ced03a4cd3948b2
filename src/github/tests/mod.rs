//! The client against a peer that does what each test tells it to.

mod contract;
#[cfg(feature = "sandbox")]
mod fake;
mod limits;
mod pages;
mod peer;
mod tokens;
mod transport;

use std::collections::BTreeMap;

use serde_json::json;

use peer::{Peer, Reply, repo};

use super::write::{NewDeployment, NewDeploymentStatus};
use super::{Error, read};
use crate::effect::DeploymentState;
use crate::ids::{IssueNumber, RunId};

#[tokio::test]
async fn a_refusal_names_the_permission_that_was_missing() {
    let peer = Peer::start(|_| {
        Reply::json(403, &json!({ "message": "Resource not accessible by integration" }))
            .with("x-accepted-github-permissions", "checks=write")
    })
    .await;
    let error = peer.github().reader().pull(&repo(), IssueNumber(1)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { status: 403, message } if message.contains("checks=write")),
        "{error}"
    );
}

#[tokio::test]
async fn a_dispatch_asks_for_its_run_and_does_without_where_that_is_refused() {
    let started = json!({ "workflow_run_id": 99, "run_url": "x", "html_url": "x" });
    let newer = Peer::start(move |_| Reply::json(200, &started)).await;
    let older = Peer::start(|request| match request.json().get("return_run_details") {
        Some(_) => Reply::json(422, &json!({ "message": "\"return_run_details\" is not a permitted key." })),
        None => Reply::raw(204, Vec::new()),
    })
    .await;
    let inputs = BTreeMap::from([("environment".to_owned(), "production".to_owned())]);
    for (peer, run) in [(newer, Some(RunId(99))), (older, None)] {
        let writer = peer.github().writer();
        let dispatched =
            writer.dispatch(&repo(), &"cd.yml".parse().unwrap(), &"main".parse().unwrap(), &inputs).await;
        assert_eq!(dispatched.unwrap().run, run);
        let last = peer.seen_at("/repos/acme/shop/actions/workflows/cd.yml/dispatches").pop().unwrap();
        assert_eq!(last.json()["inputs"]["environment"], "production");
    }
}

#[tokio::test]
async fn a_deployment_merges_nothing_and_a_merge_instead_of_it_is_a_refusal() {
    let peer = Peer::start(|_| Reply::json(202, &json!({ "message": "Auto-merged main into it" }))).await;
    let deployment = NewDeployment {
        commit: "a".repeat(40).parse().unwrap(),
        environment: "production".parse().unwrap(),
        description: "ü".repeat(200),
        payload: serde_json::Map::new(),
        production: true,
    };
    let writer = peer.github().writer();
    let error = writer.create_deployment(&repo(), &deployment).await.unwrap_err();
    assert_eq!(error, Error::Refused { status: 202, message: "Auto-merged main into it".to_owned() });
    let body = peer.seen_at("/repos/acme/shop/deployments")[0].json();
    assert_eq!((&body["auto_merge"], &body["required_contexts"]), (&json!(false), &json!([])));
    assert!(body["description"].as_str().unwrap().len() <= 140);
    let status = NewDeploymentStatus {
        state: DeploymentState::InProgress,
        description: String::new(),
        log_url: None,
        environment_url: None,
        auto_inactive: false,
    };
    writer.create_deployment_status(&repo(), crate::ids::DeploymentId(4), &status).await.unwrap();
    assert_eq!(peer.seen_at("/repos/acme/shop/deployments/4/statuses")[0].json()["state"], "in_progress");
}

#[tokio::test]
async fn a_team_that_cannot_be_seen_is_not_a_team_without_members() {
    let visible = Peer::start(|request| match request.path.as_str() {
        "/orgs/acme/teams/sre" => Reply::json(200, &json!({ "id": 1 })),
        "/orgs/acme/teams/sre/memberships/bob" => Reply::json(200, &json!({ "state": "active" })),
        "/orgs/acme/teams/sre/memberships/eve" => Reply::json(200, &json!({ "state": "pending" })),
        _ => Reply::json(404, &json!({ "message": "Not Found" })),
    })
    .await;
    let reader = visible.github().reader();
    let member = async |slug: &str, login: &str| {
        reader.team_member(&repo(), "acme", slug, &login.parse().unwrap()).await
    };
    assert_eq!(member("sre", "bob").await, Ok(read::Membership::Active));
    assert_eq!(member("sre", "eve").await, Ok(read::Membership::Pending));
    assert_eq!(member("sre", "dave").await, Ok(read::Membership::No));
    assert!(matches!(member("ghosts", "bob").await, Err(Error::Refused { status: 404, .. })));
    assert!(matches!(member("..", "bob").await, Err(Error::Refused { status: 404, .. })));
}

#[tokio::test]
async fn files_and_tags_are_what_they_say() {
    let sha = "a".repeat(40);
    let content = json!({ "type": "file", "sha": "b82551848c644f63b8517a7bdf8be9a992e6f4da", "size": 11, "encoding": "base64", "content": "dmVyc2lv\nbjogMQo=\n" });
    let annotated = json!({ "ref": "refs/tags/v1", "object": { "sha": "b".repeat(40), "type": "tag" } });
    let peer = Peer::start(move |request| match request.path.split('?').next().unwrap() {
        "/repos/acme/shop/contents/.github%2Fcountersign.yml" => Reply::json(200, &content),
        "/repos/acme/shop/contents/large" => Reply::json(
            200,
            &json!({ "type": "file", "sha": sha, "size": 262_145, "encoding": "none", "content": "" }),
        ),
        "/repos/acme/shop/contents/other" => {
            let other = json!({ "type": "file", "sha": sha, "size": 11, "encoding": "base64", "content": "dmVyc2lvbjogMQo=" });
            Reply::json(200, &other)
        }
        "/repos/acme/shop/contents/folder" => Reply::json(200, &json!([])),
        "/repos/acme/shop/git/ref/tags/v1" => Reply::json(200, &annotated),
        "/repos/acme/shop/commits/tags%2Fv1" => Reply::json(
            200,
            &json!({ "sha": sha, "commit": { "message": "x" }, "author": {}, "committer": null }),
        ),
        _ => Reply::json(404, &json!({ "message": "Not Found" })),
    })
    .await;
    let reader = peer.github().reader();
    let file = reader.file(&repo(), ".github/countersign.yml", "main").await.unwrap().unwrap();
    assert_eq!(file.text, "version: 1\n");
    assert_eq!(reader.file(&repo(), "missing", "main").await, Ok(None));
    for file in ["large", "folder", "other"] {
        assert!(matches!(reader.file(&repo(), file, "main").await, Err(Error::Broken { .. })), "{file}");
    }
    let commit = reader.tag_commit(&repo(), &"v1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(commit.as_str(), "a".repeat(40));
    assert_eq!(reader.tag_commit(&repo(), &"v2".parse().unwrap()).await, Ok(None));
}
