use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::db::inbox;
use crate::github::fake::state::State;

async fn site(data: Option<PathBuf>) -> Site {
    let bind = || TcpListener::bind(("127.0.0.1", 0));
    Site { listener: bind().await.unwrap(), github_listener: bind().await.unwrap(), data }
}

async fn status(url: String) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn it_starts_with_nothing_set_up_and_leaves_nothing_behind() {
    let sandbox = Sandbox::start(site(None).await).await.unwrap();
    let (here, github) = (sandbox.program.addr, sandbox.github);
    assert_eq!(status(format!("http://{here}/readyz")).await, 200);
    assert_eq!(status(format!("http://{github}/acme/shop/pull/1")).await, 200);
    let folder = sandbox.folder.path().to_owned();
    assert!(folder.join(DATABASE).exists());
    let said = sandbox.stop().await;
    assert!(said.contains("is removed"), "{said}");
    assert!(!folder.exists());
    assert!(reqwest::get(format!("http://{here}/healthz")).await.is_err());
}

#[tokio::test]
async fn a_comment_made_through_githubs_api_reaches_the_inbox() {
    let sandbox = Sandbox::start(site(None).await).await.unwrap();
    let comments = format!("http://{}/repos/acme/shop/issues/1/comments", sandbox.github);
    let comment = reqwest::Client::new()
        .post(comments)
        .bearer_auth("sandbox-alice")
        .json(&serde_json::json!({ "body": "/status" }));
    assert_eq!(comment.send().await.unwrap().status(), 201);
    let comments = |state: &State| {
        let made = state.deliveries.values().find(|delivery| delivery.event == "issue_comment");
        made.map(|delivery| delivery.guid.clone()).expect("the comment makes a webhook")
    };
    let guid = sandbox.fake.with_state(comments).parse().unwrap();
    let start = Instant::now();
    while !inbox::knows(&mut sandbox.program.app.db.read().await.unwrap(), &guid).await.unwrap() {
        assert!(start.elapsed() < Duration::from_secs(20), "the webhook did not arrive");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn data_are_kept_when_a_folder_is_named_and_not_mixed_with_older_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new");
    let sandbox = Sandbox::start(site(Some(data.clone())).await).await.unwrap();
    let said = sandbox.stop().await;
    assert!(said.contains(&data.canonicalize().unwrap().display().to_string()), "{said}");
    assert!(data.join(DATABASE).exists() && data.join(LOG_KEY).exists());
    let again = Sandbox::start(site(Some(data)).await).await.unwrap_err();
    assert!(again.to_string().contains("give another folder"), "{again}");
}

#[tokio::test]
async fn the_welcome_says_what_to_open_who_is_there_and_what_to_try() {
    let sandbox = Sandbox::start(site(None).await).await.unwrap();
    let text = sandbox.welcome();
    for part in [
        &format!("http://{}/acme/shop/pull/1", sandbox.github),
        &format!("http://{}/", sandbox.program.addr),
        "sandbox-alice",
        "bob     write   acme/sre",
        "dave    read",
        "/promote staging",
        "/promote production",
        "/approve",
        "curl -sS",
        "audit export --disclosures",
        "audit verify sandbox-log",
        "/log/attestation/2.json -H 'Authorization: Bearer sandbox-log-reader'",
        "Ctrl-C",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    sandbox.stop().await;
}
