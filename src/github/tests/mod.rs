//! The client against a peer that does what each test tells it to.

mod contract;
mod peer;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use peer::{Peer, Reply, TOKEN, repo};

use super::write::{DeploymentState, NewDeployment, NewDeploymentStatus};
use super::*;
use crate::ids::{CommentId, IssueNumber, RunId};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_who_ask_at_once_mint_one_token_of_any_length() {
    let peer = Peer::start(|_| Reply::json(200, &json!({ "id": 1, "login": "alice" }))).await;
    let reader = peer.github().reader();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let reader = reader.clone();
            tokio::spawn(async move { reader.user(&repo(), &"alice".parse().unwrap()).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().unwrap().is_some());
    }
    assert!(TOKEN.len() >= 520);
    let mints = peer.seen_at("/app/installations/5/access_tokens");
    assert_eq!(mints.len(), 1);
    assert_eq!(mints[0].json()["repository_ids"], json!([11]));
    assert_eq!(mints[0].json()["permissions"]["contents"], "read");
    let asked = peer.seen_at("/users/alice");
    assert_eq!(asked.len(), 20);
    for request in asked {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}")));
        assert_eq!(request.header("user-agent").unwrap(), concat!("countersign/", env!("CARGO_PKG_VERSION")));
        assert_eq!(request.header("x-github-api-version").unwrap(), "2022-11-28");
        assert_eq!(request.header("accept").unwrap(), "application/vnd.github+json");
    }
}

#[tokio::test]
async fn a_token_is_replaced_five_minutes_early() {
    let peer = Peer::start(|_| Reply::json(200, &json!({ "id": 1, "login": "alice" }))).await;
    let reader = peer.github().reader();
    for (minutes, mints) in [(0, 1), (54, 1), (2, 2)] {
        peer.clock.advance(Duration::from_secs(minutes * 60));
        reader.user(&repo(), &"alice".parse().unwrap()).await.unwrap();
        assert_eq!(peer.seen_at("/app/installations/5/access_tokens").len(), mints, "{minutes}");
    }
}

#[tokio::test]
async fn a_refused_token_is_dropped_and_minted_once_more() {
    let refusals = AtomicUsize::new(1);
    let peer = Peer::start(move |_| {
        match refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) {
            Ok(_) => Reply::json(401, &json!({ "message": "Bad credentials" })),
            Err(_) => Reply::json(201, &json!({ "id": 77 })),
        }
    })
    .await;
    let made = peer.github().writer().create_comment(&repo(), IssueNumber(1), "hello").await;
    assert_eq!(made, Ok(CommentId(77)));
    assert_eq!(peer.seen_at("/app/installations/5/access_tokens").len(), 2);
    assert_eq!(peer.seen_at("/repos/acme/shop/issues/1/comments").len(), 2);

    let peer = Peer::start(|_| Reply::json(401, &json!({ "message": "Bad credentials" }))).await;
    let refused = peer.github().writer().create_comment(&repo(), IssueNumber(1), "hello").await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 401, .. }), "{refused}");
    assert_eq!(peer.seen_at("/repos/acme/shop/issues/1/comments").len(), 2);
}

#[tokio::test]
async fn an_installation_that_is_gone_does_not_make_a_pull_request_gone() {
    let peer = Peer::without_tokens(|_| Reply::json(404, &json!({ "message": "Not Found" }))).await;
    let error = peer.github().reader().pull(&repo(), IssueNumber(1)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { status: 404, message } if message.contains("no longer installed")),
        "{error}"
    );
}

#[tokio::test]
async fn a_write_is_never_repeated_and_its_failure_says_what_may_have_happened() {
    let peer = Peer::start(|_| Reply::json(500, &json!({}))).await;
    let writer = peer.github().writer();
    let error = writer.create_comment(&repo(), IssueNumber(1), "hello").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: Sent::Maybe, .. }), "{error}");
    assert_eq!(peer.seen_at("/repos/acme/shop/issues/1/comments").len(), 1);

    let peer = Peer::start(|_| Reply::raw(201, b"<html>".to_vec())).await;
    let error = peer.github().writer().create_comment(&repo(), IssueNumber(1), "hello").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: Sent::Maybe, .. }), "{error}");
}

#[tokio::test]
async fn what_never_left_was_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let transport = transport::Transport::new(&url.parse().unwrap()).unwrap();
    let request =
        transport::Request { method: http::Method::POST, path: "/x".to_owned(), body: Some("{}".into()) };
    let error = transport.send(&request, &Secret::from("t")).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: Sent::No, .. }), "{error}");
    let transport = transport::Transport::new(&"http://no-such-host.invalid".parse().unwrap()).unwrap();
    let error = transport.send(&request, &Secret::from("t")).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: Sent::No, .. }), "{error}");
}

#[tokio::test]
async fn a_read_is_tried_three_times_and_then_put_off() {
    let peer = Peer::start(|_| Reply::json(502, &json!({}))).await;
    let error = peer.github().reader().pull(&repo(), IssueNumber(1)).await.unwrap_err();
    let Error::RetryAt { at, .. } = error else { panic!("{error}") };
    assert!(at > peer.clock.now());
    assert_eq!(peer.seen_at("/repos/acme/shop/pulls/1").len(), 3);
}

#[tokio::test]
async fn pages_stay_authenticated_below_a_prefix_and_are_read_to_the_end() {
    let page = |n: i64| json!([{ "id": n, "state": "success", "created_at": "2026-11-21T09:15:00Z" }]);
    let peer = Peer::start(move |request| match request.path.as_str() {
        "/repos/acme/shop/deployments/4/statuses?per_page=100" => {
            let next =
                format!("{}/repos/acme/shop/deployments/4/statuses?per_page=100&page=2", request.api());
            Reply::json(200, &page(1))
                .with("link", &format!("<{next}>; rel=\"next\", <{next}>; rel=\"last\""))
        }
        _ => Reply::json(200, &page(2)),
    })
    .await;
    let statuses =
        peer.github().reader().deployment_statuses(&repo(), crate::ids::DeploymentId(4)).await.unwrap();
    assert_eq!(statuses.iter().map(|status| status.id).collect::<Vec<_>>(), [2, 1]);
    for request in peer.seen_at("/repos/acme/shop/deployments/4/statuses") {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}")));
    }
}

#[tokio::test]
async fn a_next_page_elsewhere_is_refused() {
    for next in ["https://evil.example/api/v3/x", "//evil.example/x", "/outside/of/the/api"] {
        let peer = Peer::start(move |_| {
            Reply::json(200, &json!([])).with("link", &format!("<{next}>; rel=\"next\""))
        })
        .await;
        let error = peer.github().reader().open_pulls(&repo()).await.unwrap_err();
        assert!(matches!(error, Error::Broken { .. }), "{next}: {error}");
    }
}

#[tokio::test]
async fn a_list_without_end_is_cut_off() {
    let peer = Peer::start(|request| {
        Reply::json(200, &json!([]))
            .with("link", &format!("<{}{}>; rel=\"next\"", request.api(), request.path))
    })
    .await;
    let reader = peer.github().reader();
    assert!(matches!(reader.open_pulls(&repo()).await, Err(Error::Broken { .. })));
    assert_eq!(peer.seen_at("/repos/acme/shop/pulls").len(), 20);
    assert!(!reader.pull_commits(&repo(), IssueNumber(1)).await.unwrap().complete);
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_no_token_and_is_not_believed() {
    let other = Peer::start(|_| Reply::json(200, &json!({ "id": 1, "login": "mallory" }))).await;
    let elsewhere = format!("{}/users/mallory", other.url);
    let peer = Peer::start(move |_| Reply::json(302, &json!({})).with("location", &elsewhere)).await;
    let error = peer.github().reader().user(&repo(), &"alice".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error}");
    assert!(other.seen().iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed_for_reads_only() {
    let peer = Peer::start(|request| match request.path.as_str() {
        "/users/alice" => {
            Reply::json(301, &json!({})).with("location", &format!("{}/users/alice2", request.api()))
        }
        "/users/alice2" => Reply::json(200, &json!({ "id": 1, "login": "alice2" })),
        _ => Reply::json(301, &json!({})).with("location", &format!("{}/users/alice2", request.api())),
    })
    .await;
    let github = peer.github();
    assert!(github.reader().user(&repo(), &"alice".parse().unwrap()).await.unwrap().is_some());
    assert_eq!(peer.seen_at("/users/alice2")[0].header("authorization"), Some(format!("Bearer {TOKEN}")));
    let error = github.writer().create_comment(&repo(), IssueNumber(1), "hello").await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 301, .. }), "{error}");
}

#[tokio::test]
async fn an_answer_larger_than_ten_mebibytes_is_not_read() {
    let peer = Peer::start(|_| Reply::raw(200, vec![b' '; 10 * 1024 * 1024 + 1])).await;
    let error = peer.github().reader().pull(&repo(), IssueNumber(1)).await.unwrap_err();
    assert!(matches!(&error, Error::Broken { why } if why.contains("10 MiB")), "{error}");
}

#[tokio::test]
async fn a_secondary_limit_stops_everything_of_the_installation_for_a_while_and_then_longer() {
    let peer =
        Peer::start(|_| Reply::json(403, &json!({ "message": "You have exceeded a secondary rate limit" })))
            .await;
    let github = peer.github();
    for (requests, seconds) in [(1, 60), (2, 120), (3, 240)] {
        let wanted = peer.clock.now().plus(Duration::from_secs(seconds));
        let wait = |error| matches!(error, Error::RetryAt { at, .. } if at == wanted);
        assert!(wait(github.reader().pull(&repo(), IssueNumber(1)).await.unwrap_err()));
        // Nobody else asks meanwhile.
        assert!(wait(github.writer().react(&repo(), CommentId(1), write::Reaction::Eyes).await.unwrap_err()));
        assert_eq!(peer.seen_at("/repos/").len(), requests);
        peer.clock.advance(Duration::from_secs(seconds));
    }
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let peer = Peer::start(|_| Reply::json(429, &json!({})).with("retry-after", "7")).await;
    let error = peer.github().reader().pull(&repo(), IssueNumber(1)).await.unwrap_err();
    let Error::RetryAt { at, .. } = error else { panic!("{error}") };
    assert_eq!(at, peer.clock.now().plus(Duration::from_secs(7)));
}

#[tokio::test]
async fn when_nothing_remains_nobody_asks_until_the_reset() {
    let reset = peer::START.seconds() + 600;
    let peer = Peer::start(move |_| {
        Reply::json(200, &json!({ "id": 1, "login": "alice" }))
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", &reset.to_string())
    })
    .await;
    let reader = peer.github().reader();
    let login = "alice".parse().unwrap();
    assert!(reader.user(&repo(), &login).await.is_ok());
    let Err(Error::RetryAt { at, .. }) = reader.user(&repo(), &login).await else { panic!() };
    assert_eq!(at.seconds(), reset + 1);
    assert_eq!(peer.seen_at("/users/alice").len(), 1);
    peer.clock.advance(Duration::from_secs(601));
    assert!(reader.user(&repo(), &login).await.is_ok());
}

#[tokio::test]
async fn content_keeps_its_pace_and_those_who_wait_come_back_one_by_one() {
    let peer = Peer::start(|_| Reply::json(201, &json!({ "id": 1 }))).await;
    let writer = peer.github_at(Pace { burst: 2, every: Duration::from_secs(1) }).writer();
    let comment = async || writer.create_comment(&repo(), IssueNumber(1), "hello").await;
    assert!(comment().await.is_ok() && comment().await.is_ok());
    for wait in [1, 2, 3] {
        let Err(Error::RetryAt { at, .. }) = comment().await else { panic!() };
        assert_eq!(at, peer.clock.now().plus(Duration::from_secs(wait)));
    }
    // What creates nothing does not wait.
    assert!(writer.cancel_run(&repo(), RunId(1)).await.is_ok());
    peer.clock.advance(Duration::from_secs(1));
    assert!(comment().await.is_ok());
    assert!(comment().await.is_err());
}

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
    let content = json!({ "type": "file", "sha": sha, "size": 11, "encoding": "base64", "content": "dmVyc2lv\nbjogMQo=\n" });
    let annotated = json!({ "ref": "refs/tags/v1", "object": { "sha": "b".repeat(40), "type": "tag" } });
    let peer = Peer::start(move |request| match request.path.split('?').next().unwrap() {
        "/repos/acme/shop/contents/.github%2Fcountersign.yml" => Reply::json(200, &content),
        "/repos/acme/shop/contents/large" => Reply::json(
            200,
            &json!({ "type": "file", "sha": sha, "size": 262_145, "encoding": "none", "content": "" }),
        ),
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
    for file in ["large", "folder"] {
        assert!(matches!(reader.file(&repo(), file, "main").await, Err(Error::Broken { .. })), "{file}");
    }
    let commit = reader.tag_commit(&repo(), &"v1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(commit.as_str(), "a".repeat(40));
    assert_eq!(reader.tag_commit(&repo(), &"v2".parse().unwrap()).await, Ok(None));
}

#[tokio::test]
async fn deliveries_come_page_by_page_with_the_apps_own_proof() {
    let peer = Peer::start(|request| {
        let delivery = json!([{
            "id": 9_007_199_254_740_993_i64, "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
            "delivered_at": "2026-11-21T09:15:00Z", "redelivery": false, "duration": 0.1, "status": "OK",
            "status_code": 502, "event": "issues", "action": null, "installation_id": 5, "repository_id": 11
        }]);
        Reply::json(200, &delivery).with(
            "link",
            &format!("<{}/app/hook/deliveries?per_page=100&cursor=v1_a%2Bb>; rel=\"next\"", request.api()),
        )
    })
    .await;
    let reader = peer.github().reader();
    let page = reader.hook_deliveries(None).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("v1_a+b"));
    assert_eq!(page.deliveries[0].id, 9_007_199_254_740_993);
    reader.hook_deliveries(page.next.as_deref()).await.unwrap();
    assert_eq!(peer.seen()[1].path, "/app/hook/deliveries?per_page=100&cursor=v1_a%2Bb");
    assert!(peer.seen()[0].header("authorization").unwrap().starts_with("Bearer eyJ"));
}

#[tokio::test]
async fn a_permission_that_is_not_granted_spoils_only_what_needs_it() {
    let peer = Peer::without_tokens(|asked| match asked.path.ends_with("/access_tokens") {
        true if asked.json()["permissions"].get("statuses").is_some() => Reply::json(
            422,
            &json!({ "message": "The permissions requested are not granted to this installation." }),
        ),
        true => Reply::json(201, &json!({ "token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z" })),
        false => Reply::json(200, &json!({ "total_count": 0, "check_runs": [] })),
    })
    .await;
    let reader = peer.github().reader();
    let commit = "a".repeat(40).parse().unwrap();
    assert_eq!(reader.check_runs(&repo(), &commit).await, Ok(Vec::new()));
    let error = reader.statuses(&repo(), &commit).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 422, .. }), "{error}");
}

#[tokio::test]
async fn a_refused_proof_points_at_the_clock() {
    let peer = Peer::without_tokens(|_| {
        Reply::json(401, &json!({ "message": "'Expiration time' claim ('exp') is too far in the future" }))
    })
    .await;
    let error = peer.github().reader().pull(&repo(), IssueNumber(1)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { status: 401, message } if message.contains("clock")),
        "{error}"
    );
}
