//! Which commit was meant: the head when the comment was written, or a no.

use std::time::Duration;

use countersign::github::fake::acts::code::Push;

use crate::harness::SHOP;
use crate::harness::acts::{BRANCH, change};
use crate::scenario;

const SECOND: Duration = Duration::from_secs(1);

scenario!(a_push_makes_approvals_void, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.push_green("alice", &change("One more thing")).await;
    assert_eq!(s.state(2).await, "superseded: head_moved");
    s.comment("carol", "/approve p2").await;
    assert_eq!(s.refusal().await, "too_late");

    s.staged().await;
    s.comment("alice", "/promote production").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.missing(4).await, ["approvals_missing"], "bob's vote was for another commit");
    assert_eq!(s.promotion(4).await.tuple.commit.as_str(), s.head());
});

scenario!(a_push_between_the_comment_and_its_handling_is_noticed, s => {
    s.advance(SECOND);
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    s.advance(SECOND);
    s.fake.push(SHOP, "alice", &change("Slipped in")).unwrap();
    s.settle().await;
    assert_eq!(s.refusal().await, "head_moved");
    assert_eq!(s.promotions().await, 0);
});

scenario!(a_comment_that_arrives_after_the_push_it_preceded_is_refused, s => {
    s.advance(SECOND);
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    let comment = s.fake.take_deliveries();
    s.advance(SECOND);
    s.push_green("alice", &change("Arrived first")).await;
    s.deliver(&comment[0]).await;
    s.settle().await;
    assert_eq!(s.refusal().await, "head_moved");
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.promotion(1).await.tuple.commit.as_str(), s.head());
});

scenario!(within_one_second_nobody_can_tell, s => {
    s.advance(SECOND);
    s.fake.push(SHOP, "alice", &change("In the same second")).unwrap();
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    s.settle().await;
    assert_eq!(s.refusal().await, "head_moved");
    assert_eq!(s.promotions().await, 0);
    s.ci("success").await;
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
});

scenario!(a_comment_may_overtake_the_push_it_is_about, s => {
    s.advance(SECOND);
    s.fake.push(SHOP, "alice", &change("Told late")).unwrap();
    let push = s.fake.take_deliveries();
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.refusal().await, "head_moved", "what GitHub says and what we were told disagree");
    for delivery in &push {
        s.deliver(delivery).await;
    }
    s.settle().await;
    s.ci("success").await;
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.promotion(1).await.tuple.commit.as_str(), s.head());
});

scenario!(pushes_may_be_told_in_any_order, s => {
    let mut told = Vec::new();
    for message in ["First", "Second"] {
        s.advance(SECOND);
        s.fake.push(SHOP, "alice", &change(message)).unwrap();
        told.extend(s.fake.take_deliveries());
    }
    for delivery in told.iter().rev() {
        s.deliver(delivery).await;
        s.settle().await;
    }
    s.advance(SECOND);
    s.ci("success").await;
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.promotion(1).await.tuple.commit.as_str(), s.head());
});

scenario!(a_force_push_supersedes_like_any_other, s => {
    let before = s.head();
    s.asked_for_production("alice").await;
    let mut rewritten = change("Rewritten");
    rewritten.onto = Some(s.tip("main"));
    s.push("alice", &rewritten).await;
    assert_eq!(s.state(2).await, "superseded: head_moved");

    s.fake.force_push(SHOP, "alice", BRANCH, &before).unwrap();
    s.settle().await;
    assert_eq!(s.state(2).await, "superseded: head_moved", "what is over stays over");
    s.advance(SECOND);
    s.advance(SECOND);
    s.comment("alice", "/promote production").await;
    assert_eq!(s.missing(3).await, ["approvals_missing"]);
});

scenario!(closing_voids_and_reopening_counts_as_a_move, s => {
    s.asked_for_production("alice").await;
    s.fake.close(SHOP, "alice", 1).unwrap();
    s.settle().await;
    assert_eq!(s.state(2).await, "superseded: pull_closed");

    s.advance(SECOND);
    s.fake.push(SHOP, "alice", &change("While it was closed")).unwrap();
    s.settle().await;
    s.advance(SECOND);
    s.fake.reopen(SHOP, "alice", 1).unwrap();
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    s.settle().await;
    assert_eq!(s.refusal().await, "head_moved", "reopened in that very second");
    s.ci("success").await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.promotion(3).await.tuple.commit.as_str(), s.head());
    s.deployment_ends("success").await;
});

scenario!(a_closed_pull_request_deploys_nothing, s => {
    s.fake.close(SHOP, "alice", 1).unwrap();
    s.settle().await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.refusal().await, "pull_closed");
});

scenario!(a_merged_pull_request_may_go_on, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.fake.merge(SHOP, "alice", 1).unwrap();
    s.settle().await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
});

scenario!(the_first_comment_on_what_we_were_never_told_of_asks_again, s => {
    let push = Push::file("older", "Older than the App", "README.md", "# Older\n");
    let sha = s.fake.push(SHOP, "alice", &push).unwrap();
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
    let number = s.fake.open_pull(SHOP, "alice", ("older", "main"), "Older than the App").unwrap();
    s.lose_deliveries();
    s.comment_on(number, "alice", "/promote staging").await;
    assert_eq!(s.refusal().await, "head_unknown");
    s.comment_on(number, "alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.promotion(1).await.tuple.commit.as_str(), sha);

    s.comment_on(number, "alice", "/promote production").await;
    assert!(s.missing(2).await.contains(&"unattributed_commit"), "nobody told us who pushed it");
});
