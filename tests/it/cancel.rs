//! `/cancel`: who may withdraw a promotion, and what is stopped then.

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
