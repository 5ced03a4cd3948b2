//! Limits and our own pace.

use serde_json::json;
use std::time::Duration;

use super::peer::{Peer, Reply, START, repo};
use crate::effect::Reaction;
use crate::github::{Error, Pace};
use crate::ids::{CommentId, IssueNumber, RunId};

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
        assert!(wait(github.writer().react(&repo(), CommentId(1), Reaction::Eyes).await.unwrap_err()));
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
    let reset = START.seconds() + 600;
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
