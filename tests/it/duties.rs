//! Separation of duties: whoever took part in the change does not approve it, however they took part.

use std::time::Duration;

use countersign::github::fake::account::Membership;
use countersign::github::fake::acts::code::Push;

use crate::harness::SHOP;
use crate::harness::acts::{change, one_approval};
use crate::scenario;

const SRE: (&str, &str) = ("acme", "sre");

scenario!(who_asked_does_not_approve, s => {
    s.policy(&one_approval()).await;
    s.asked_for_production("bob").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    s.fake.set_team(SRE, "alice", Some(Membership::Active)).unwrap();
    s.comment("alice", "/approve").await;
    assert_eq!(s.refusals().await, ["separation_of_duties"; 2], "nor does the pull request's author");
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
});

scenario!(who_committed_does_not_approve, s => {
    let mut push = change("Committed by bob");
    push.committer = Some("bob".to_owned());
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
    s.comment("carol", "/approve").await;
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
});

scenario!(who_co_wrote_does_not_approve, s => {
    let mut push = change("Written in a pair");
    push.co_authors = vec!["carol".to_owned()];
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(who_pushed_does_not_approve, s => {
    let mut push = change("Looks like alice's");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    s.push_green("bob", &push).await;
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(a_commit_of_nobody_known_blocks, s => {
    let mut push = change("From a strange machine");
    push.stranger = Some(("Build".to_owned(), "root@localhost".to_owned()));
    s.push_green("alice", &push).await;
    s.asked_for_production("alice").await;
    assert_eq!(s.state(2).await, "blocked");
    assert_eq!(s.missing(2).await, ["unattributed_commit", "approvals_missing"]);
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.missing(2).await, ["unattributed_commit"]);

    s.policy(&one_approval().replace("count: 1, from: [team:acme/sre] }", "count: 1, from: [team:acme/sre] }\n      known_authors: [root@localhost]")).await;
    s.comment("alice", "/promote production").await;
    s.comment("bob", "/approve p3").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(3).await, "succeeded", "the policy names them");
});

scenario!(naming_the_commit_hides_nobody_who_took_part, s => {
    let mut push = change("Looks like alice's");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    s.push_green("bob", &push).await;
    s.staged().await;
    let head = s.head();
    s.comment("carol", &format!("/promote production --sha {head}")).await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(who_pushed_to_the_default_branch_does_not_approve, s => {
    let mut push = Push::file("main", "Looks like alice's", "README.md", "# x\n");
    push.author = Some("alice".to_owned());
    push.committer = Some("alice".to_owned());
    let main = s.push("bob", &push).await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &main), "success").unwrap();
    s.comment("alice", &format!("/promote staging --sha {main}")).await;
    s.deployment_ends("success").await;
    s.comment("alice", &format!("/promote production --sha {main}")).await;
    s.comment("bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});

scenario!(who_wrote_what_the_base_branch_brings_does_not_approve, s => {
    s.push("bob", &Push::file("base", "Bob's own work", "src/bob.js", "// bob\n")).await;
    let mut push = change("A trifle");
    "topic".clone_into(&mut push.branch);
    push.onto = Some(s.tip("base"));
    let sha = s.push("alice", &push).await;
    s.fake.set_ci(SHOP, "alice", ("ci.yml", &sha), "success").unwrap();
    let number = s.fake.open_pull(SHOP, "alice", ("topic", "base"), "A trifle").unwrap();
    s.settle().await;
    s.advance(Duration::from_secs(2));
    s.comment_on(number, "alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.comment_on(number, "alice", "/promote production").await;
    s.comment_on(number, "bob", "/approve").await;
    assert_eq!(s.refusal().await, "separation_of_duties");
});
