//! GitHub fails at what is read, or shows what was true a moment ago.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::github::fake::faults::Fault;
use serde_json::json;

use crate::harness::{On, SHOP, tell};
use crate::scenario;

/// What is read in the course of one promotion, whichever way it is told.
async fn what_is_read(on: On) -> BTreeSet<String> {
    let paths = std::sync::Mutex::new(BTreeSet::new());
    tell(on, async |s| {
        s.fake.forget_requests();
        s.comment("alice", "/promote staging").await;
        s.deployment_ends("success").await;
        let read = s.fake.requests().into_iter().filter(|request| request.method == "GET");
        paths.lock().unwrap().extend(read.map(|request| request.path));
    })
    .await;
    paths.into_inner().unwrap()
}

async fn every_read_fails_thrice(on: On) {
    let paths = what_is_read(on).await;
    if paths.is_empty() {
        assert_eq!(on, On::Postgres, "something is read");
        return;
    }
    tell(on, async |s| {
        let runs = |path: &str| path.strip_prefix("/repos/acme/shop/actions/runs/").is_some();
        for path in paths.iter().filter(|path| !runs(path)) {
            s.fake.fail_times("GET", path, Fault::Status(500, json!({ "message": "Server Error" })), 3);
        }
        s.fake.fail_times("GET", "/repos/acme/shop/actions/runs/*", Fault::Status(502, json!(null)), 3);
        let asked = s.says("alice", "/promote staging");
        s.ends_well(asked).await;
    })
    .await;
}

#[tokio::test]
async fn every_read_fails_thrice_on_sqlite() {
    every_read_fails_thrice(On::Sqlite).await;
}

#[tokio::test]
async fn every_read_fails_thrice_on_postgres() {
    every_read_fails_thrice(On::Postgres).await;
}

const POLICY: &str = "/repos/acme/shop/contents/**";

scenario!(a_policy_that_cannot_be_seen_while_voting_refuses_the_vote, s => {
    s.staged().await;
    s.comment("alice", "/promote production").await;
    s.fake.fail_next("GET", POLICY, Fault::Status(404, json!({ "message": "Not Found" })));
    let vote = s.comment("bob", "/approve").await;
    assert_eq!(s.reactions(vote), ["eyes", "-1"]);
    s.comment("bob", "/approve").await;
    assert_eq!(s.dispatched().len(), 1, "one vote is not enough: the refused one does not count");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
});

scenario!(a_policy_that_cannot_be_seen_when_it_is_performed_stops_it, s => {
    s.fake.fail_times("GET", POLICY, Fault::Delay(Duration::ZERO), 1);
    s.fake.fail_next("GET", POLICY, Fault::Status(404, json!({ "message": "Not Found" })));
    s.comment("alice", "/promote staging").await;
    assert!(s.deployments("staging").is_empty(), "nothing was deployed");
    let trail = s.trail().await;
    assert!(trail.iter().any(|line| line.ends_with("effect.result create_deployment refused too_late")), "{trail:#?}");
    assert!(trail.iter().any(|line| line.ends_with("promotion.failed refused policy_changed")), "{trail:#?}");
});

scenario!(a_pull_request_that_lags_behind_is_ambiguous_and_refused, s => {
    s.fake.push_file(SHOP, "alice", "gift-cards", ("src/new.js", "1")).unwrap();
    s.settle().await;
    let head = s.head();
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &head), "success").unwrap();
    s.settle().await;
    s.fake.fail_next("GET", "/repos/acme/shop/pulls/1", Fault::Stale);
    let asked = s.comment("alice", "/promote staging").await;
    assert_eq!(s.reactions(asked), ["eyes", "-1"]);
    assert!(s.trail().await.iter().any(|line| line.ends_with("request.refused refused head_moved")), "{:#?}", s.trail().await);
    assert!(s.deployments("staging").is_empty());
});

// The first try may have got through, and what would tell cannot be read: that is not a refusal.
scenario!(an_earlier_try_that_cannot_be_looked_up_is_not_taken_for_refused, s => {
    s.fake.fail_next("POST", "/repos/*/*/deployments", Fault::ApplyThenDrop);
    s.fake.fail_times("GET", "/repos/*/*/deployments", Fault::Status(403, json!({ "message": "Forbidden" })), 2);
    let asked = s.says("alice", "/promote staging");
    s.ends_well(asked).await;
});
