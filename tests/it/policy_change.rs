//! The policy is the default branch's, and a promotion is judged by the version it was asked under.

use crate::harness::SHOP;
use crate::harness::acts::{BRANCH, POLICY, change, one_approval};
use crate::scenario;

const PATH: &str = ".github/countersign.yml";

scenario!(an_edited_policy_voids_what_waits, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.policy(&one_approval()).await;
    assert_eq!(s.state(2).await, "superseded: policy_changed");
    s.comment("alice", "/promote production").await;
    assert_eq!(s.missing(3).await, ["approvals_missing"], "bob's vote was under another policy");
    s.comment("bob", "/approve p3").await;
    s.deployment_ends("success").await;
    let trail = s.trail().await;
    assert_eq!(trail.iter().filter(|line| *line == "- policy.loaded").count(), 2);
});

scenario!(a_policy_edited_while_nobody_told_us_is_noticed_at_the_vote, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.fake.edit_policy(SHOP, "bob", &one_approval()).unwrap();
    s.lose_deliveries();
    s.comment("carol", "/approve").await;
    assert_eq!(s.state(2).await, "superseded: policy_changed");
    assert_eq!(s.deployments("production"), Vec::<String>::new());
});

scenario!(a_broken_policy_voids_what_waits, s => {
    s.asked_for_production("alice").await;
    s.policy(&POLICY.replace("approvals:", "aprovals:")).await;
    assert_eq!(s.state(2).await, "superseded: policy_invalid");
    s.comment("alice", "/promote production").await;
    assert_eq!(s.refusal().await, "policy_invalid");
    assert!(s.reply().contains("aprovals"), "it shows what is wrong: {}", s.reply());
});

scenario!(an_environment_that_is_gone_voids_what_waits, s => {
    s.asked_for_production("alice").await;
    let (staging, _) = POLICY.split_once("  production:").unwrap();
    s.policy(staging).await;
    assert_eq!(s.state(2).await, "superseded: policy_changed");
});

scenario!(a_policy_on_the_pull_request_has_no_effect, s => {
    let lax = POLICY.replace("approvals:\n        - { count: 2, from: [team:acme/sre] }", "approvals: none");
    assert_ne!(lax, POLICY);
    let mut push = change("Let me through");
    push.files.insert(PATH.to_owned(), Some(lax));
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
    assert_ne!(s.tip(BRANCH), s.tip("main"));
});

scenario!(other_pushes_to_the_default_branch_change_nothing, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.write_to_main("README.md", "# The shop\n").await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
});
