//! Lists in pages.

use serde_json::json;

use super::peer::{Peer, Reply, TOKEN, repo};
use crate::github::Error;
use crate::ids::{DeploymentId, IssueNumber};

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
    let statuses = peer.github().reader().deployment_statuses(&repo(), DeploymentId(4)).await.unwrap();
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
