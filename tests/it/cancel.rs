//! `/cancel`: who may withdraw a promotion, and what is stopped then.

use std::time::Duration;

use countersign::github::fake::faults::Fault;
use serde_json::json;

use crate::harness::SHOP;
use crate::scenario;

scenario!(the_requester_withdraws, s => {
    s.asked_for_production("alice").await;
    s.comment("alice", "/cancel").await;
    assert_eq!(s.state(2).await, "cancelled");
    s.comment("bob", "/approve p2").await;
    s.comment("alice", "/cancel p2").await;
    assert_eq!(s.refusals().await, ["too_late"; 2]);
    assert_eq!(s.story_of("p2").await, ["request.opened", "decision.waiting", "decision.cancelled"]);
});

scenario!(those_with_a_say_may_withdraw_it_too, s => {
    s.asked_for_production("alice").await;
    let asked = s.comment("dave", "/cancel").await;
    assert_eq!(s.reactions(asked), ["eyes", "-1"]);
    assert_eq!(s.refusal().await, "canceller_not_allowed");
    assert_eq!(s.state(2).await, "awaiting_approval");
    s.comment("carol", "/cancel production").await;
    assert_eq!(s.state(2).await, "cancelled");
});

scenario!(what_runs_is_stopped, s => {
    s.comment("alice", "/promote staging").await;
    let run = s.running().unwrap();
    s.comment("alice", "/cancel staging").await;
    assert_eq!(s.run(run), "cancelled");
    assert_eq!(s.state(1).await, "cancelled");
    assert_eq!(s.deployments("staging"), ["inactive"]);
    let story = s.story_of("p1").await;
    assert!(story.contains(&"effect.result cancel_run succeeded".to_owned()), "{story:#?}");
    assert!(!story.contains(&"promotion.failed refused deployment_failed".to_owned()), "{story:#?}");
});

scenario!(there_has_to_be_one_to_cancel, s => {
    s.comment("alice", "/cancel").await;
    s.comment("alice", "/promote production\n/promote staging").await;
    s.comment("alice", "/cancel").await;
    assert_eq!(s.refusals().await, ["which_promotion"; 2]);
    s.comment("alice", "/cancel p1").await;
    assert_eq!((s.state(1).await, s.state(2).await), ("cancelled".to_owned(), "deploying".to_owned()));
    s.deployment_ends("success").await;
    s.comment("alice", "/cancel p2").await;
    assert_eq!(s.refusals().await.last().unwrap(), "too_late", "what is live is not cancelled");
});

scenario!(what_was_approved_and_not_yet_made_is_not_made, s => {
    let busy = Fault::Status(502, json!({"message": "Bad gateway"}));
    s.fake.fail_next("POST", "/repos/acme/shop/deployments", busy);
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.state(1).await, "approved");
    s.comment("alice", "/cancel").await;
    s.later(Duration::from_hours(1)).await;
    assert_eq!((s.state(1).await.as_str(), s.deployments("staging").len()), ("cancelled", 0));
    let story = s.story_of("p1").await;
    assert!(story.contains(&"effect.result create_deployment refused too_late".to_owned()), "{story:#?}");
});

scenario!(a_cancel_from_before_does_not_reach_what_was_asked_later, s => {
    s.advance(Duration::from_secs(2));
    s.fake.comment(SHOP, "alice", 1, "/cancel").unwrap();
    let late = s.fake.take_deliveries();
    s.comment("alice", "/promote production").await;
    s.deliver(&late[0]).await;
    s.settle().await;
    assert_eq!(s.refusal().await, "which_promotion");
    assert_eq!(s.state(1).await, "blocked");
});

scenario!(what_went_live_before_the_cancel_got_there_is_live, s => {
    s.comment("alice", "/promote staging").await;
    let run = s.running().unwrap();
    s.fake.fail_next("POST", "/repos/*/*/actions/runs/*/cancel", Fault::Status(409, json!({"message": "Cannot cancel a workflow run that is completed."})));
    s.comment("alice", "/cancel").await;
    assert_eq!(s.state(1).await, "deploying", "its workflow has not ended");
    assert!(s.reply().contains("GitHub is asked to stop its workflow"), "{}", s.reply());
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    assert_eq!(s.state(1).await, "succeeded");
    assert_eq!(s.deployments("staging"), ["success"]);
});
