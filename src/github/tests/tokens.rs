//! Tokens and proofs.

use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::peer::{Peer, Reply, TOKEN, repo};
use crate::github::Error;
use crate::ids::{CommentId, IssueNumber};

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
