//! Votes: whose count, once each, for one promotion, and only as long as they hold.

use std::time::Duration;

use countersign::github::fake::account::Membership;
use countersign::github::fake::acts::code::Push;
use countersign::github::fake::faults::Fault;
use countersign::github::fake::repo::Role;
use serde_json::json;

use crate::harness::SHOP;
use crate::harness::acts::{change, one_approval};
use crate::scenario;

const SRE: (&str, &str) = ("acme", "sre");

scenario!(a_vote_by_button_counts_as_one_by_comment, s => {
    s.asked_for_production("alice").await;
    s.press("bob", "production", "approve").await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    s.press("carol", "production", "approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
    let votes = s.story_of("p2").await.into_iter().filter(|line| line == "vote.recorded").count();
    assert_eq!(votes, 2);
});

scenario!(a_button_gives_no_right_that_a_comment_does_not, s => {
    s.asked_for_production("alice").await;
    s.press("alice", "production", "approve").await;
    assert_eq!(s.refusals().await, ["not_an_approver"]);
    s.fake.set_team(SRE, "alice", Some(Membership::Active)).unwrap();
    s.press("alice", "production", "approve").await;
    assert_eq!(s.refusals().await, ["not_an_approver", "separation_of_duties"]);
    s.press("bob", "production", "reject").await;
    assert_eq!(s.state(2).await, "rejected");
});

scenario!(only_those_whom_a_rule_names_may_vote, s => {
    s.asked_for_production("alice").await;
    let asked = s.comment("dave", "/approve").await;
    assert_eq!(s.reactions(asked), ["eyes", "-1"]);
    s.comment("dave", "/reject --reason \"I do not like it\"").await;
    s.fake.set_team(SRE, "dave", Some(Membership::Pending)).unwrap();
    s.comment("dave", "/approve").await;
    assert_eq!(s.refusals().await, ["not_an_approver"; 3], "an invitation is no membership");
    assert_eq!(s.state(2).await, "awaiting_approval");
});

scenario!(bots_do_not_vote, s => {
    s.asked_for_production("alice").await;
    let before = s.trail().await;
    let asked = s.comment("github-actions[bot]", "/approve").await;
    assert_eq!((s.reactions(asked), s.trail().await), (vec![], before));
});

scenario!(a_rejection_ends_it, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/reject --reason \"the migration locks the orders table\"").await;
    assert_eq!(s.state(2).await, "rejected");
    s.comment("bob", "/approve p2").await;
    assert_eq!(s.refusal().await, "too_late");
    assert_eq!(s.deployments("production"), Vec::<String>::new());
});

scenario!(who_took_part_may_still_say_no, s => {
    s.asked_for_production("bob").await;
    s.comment("bob", "/reject --reason \"I saw a mistake\"").await;
    assert_eq!(s.state(2).await, "rejected");
});

scenario!(a_person_counts_once, s => {
    s.asked_for_production("alice").await;
    for _ in 0..3 {
        s.comment("bob", "/approve").await;
    }
    s.press("bob", "production", "approve").await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
    s.fake.rename_user("bob", "robert").unwrap();
    s.comment("robert", "/approve").await;
    assert_eq!(s.missing(2).await, ["approvals_missing"], "by whatever name");
});

scenario!(a_later_vote_replaces_an_earlier_one, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("bob", "/reject --reason \"on second thoughts\"").await;
    assert_eq!(s.state(2).await, "rejected");
    let story = s.story_of("p2").await;
    assert_eq!(story, ["request.opened", "decision.waiting", "vote.recorded", "vote.recorded", "decision.rejected"]);
});

scenario!(a_vote_stands_where_the_promotion_does, s => {
    s.asked_for_production("alice").await;
    let push = Push::file("other", "Something else", "README.md", "# Other\n");
    s.push("alice", &push).await;
    let other = s.fake.open_pull(SHOP, "alice", ("other", "main"), "Something else").unwrap();
    s.comment_on(other, "bob", "/approve p2").await;
    s.comment_on(other, "bob", "/approve").await;
    s.comment_on(other, "bob", "/approve p77").await;
    assert_eq!(s.refusals().await, ["which_promotion"; 3]);
    assert_eq!(s.story_of("p2").await, ["request.opened", "decision.waiting"]);
});

scenario!(which_promotion_is_meant_must_be_clear, s => {
    s.comment("alice", "/promote production").await;
    s.policy(&one_approval().replace("require: { workflows: [ci.yml] }", "require: { workflows: [ci.yml], approvals: [{ count: 1, from: [team:acme/sre] }] }")).await;
    s.comment("alice", "/promote staging\n/promote production").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "which_promotion");
    s.comment("bob", "/approve staging").await;
    s.deployment_ends("success").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.refusals().await.last().unwrap(), "which_promotion", "p1 was voided just before");
    s.comment("carol", "/approve p3").await;
    s.deployment_ends("success").await;
    assert_eq!((s.state(2).await, s.state(3).await), ("succeeded".to_owned(), "succeeded".to_owned()));
});

scenario!(a_right_that_was_taken_away_counts_no_more, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.fake.set_team(SRE, "bob", None).unwrap();
    s.comment("carol", "/approve").await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    s.fake.set_team(SRE, "dave", Some(Membership::Active)).unwrap();
    s.comment("dave", "/approve").await;
    s.deployment_ends("success").await;
});

scenario!(everything_is_judged_again_when_the_deployment_is_made, s => {
    s.policy(&one_approval()).await;
    s.asked_for_production("alice").await;
    s.fake.fail_next("POST", "/repos/acme/shop/deployments", Fault::Status(502, json!({"message": "Bad gateway"})));
    s.comment("bob", "/approve").await;
    assert_eq!(s.state(2).await, "approved", "the effect is tried again later");
    s.fake.set_team(SRE, "bob", None).unwrap();
    s.later(Duration::from_hours(1)).await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    assert_eq!(s.deployments("production"), Vec::<String>::new());
    let story = s.story_of("p2").await;
    assert!(story.contains(&"effect.result create_deployment refused approvals_missing".to_owned()), "{story:#?}");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
});

scenario!(a_vote_from_before_does_not_count_for_what_was_asked_later, s => {
    s.policy(&one_approval()).await;
    s.asked_for_production("alice").await;
    s.advance(Duration::from_secs(2));
    s.fake.comment(SHOP, "bob", 1, "/approve").unwrap();
    let late = s.fake.take_deliveries();
    s.fake.comment(SHOP, "bob", 1, "/approve p4").unwrap();
    let named = s.fake.take_deliveries();
    s.push_green("alice", &change("Bob has not seen this")).await;
    s.asked_for_production("alice").await;
    s.deliver(&late[0]).await;
    s.deliver(&named[0]).await;
    s.settle().await;
    assert_eq!(s.refusals().await, ["which_promotion"; 2]);
    assert_eq!(s.missing(4).await, ["approvals_missing"]);
});

scenario!(who_asked_must_still_be_allowed_to, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.fake.set_permission(SHOP, "alice", Role::Read).unwrap();
    s.comment("carol", "/approve").await;
    assert_eq!(s.state(2).await, "superseded: requester_not_allowed");
    assert_eq!(s.deployments("production"), Vec::<String>::new());
});

scenario!(a_renamed_repository_goes_on, s => {
    s.asked_for_production("alice").await;
    s.fake.rename_repo(SHOP, "alice", "store").unwrap();
    for login in ["bob", "carol"] {
        s.advance(Duration::from_secs(2));
        s.fake.comment("acme/store", login, 1, "/approve").unwrap();
        s.settle().await;
    }
    assert_eq!(s.state(2).await, "deploying");
    s.fake.rename_repo("acme/store", "alice", "shop").unwrap();
    s.deployment_ends("success").await;
});
