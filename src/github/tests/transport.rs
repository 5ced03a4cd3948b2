//! What is sent, repeated, followed and believed.

use serde_json::json;

use super::peer::{Peer, Reply, TOKEN, repo};
use crate::github::transport::{Request, Transport};
use crate::github::{Error, Secret, Sent};
use crate::ids::IssueNumber;

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
    let transport = Transport::new(&url.parse().unwrap()).unwrap();
    let request =
        Request { method: http::Method::POST, path: "/x".to_owned(), body: Some("{}".into()), follow: true };
    let error = transport.send(&request, &Secret::from("t")).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: Sent::No, .. }), "{error}");
    let transport = Transport::new(&"http://no-such-host.invalid".parse().unwrap()).unwrap();
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
