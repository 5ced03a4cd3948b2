//! The main job: somebody asks, the policy is enforced, others countersign, it is deployed and logged.

use std::time::Duration;

use countersign::github::fake::acts::code::Push;

use crate::harness::SHOP;
use crate::harness::acts::{BRANCH, CD, POLICY};
use crate::scenario;

scenario!(production_takes_staging_and_two_approvals, s => {
    let asked = s.comment("alice", "/promote staging").await;
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["success"]);

    s.comment("alice", "/promote production").await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    assert_eq!(s.missing(2).await, ["approvals_missing"]);
    s.comment("bob", "/approve").await;
    assert_eq!(s.dispatched().len(), 1, "production waits for one more");
    s.comment("carol", "/approve").await;
    assert_eq!(s.state(2).await, "deploying");
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
    assert_eq!(s.deployments("staging"), ["success"], "another environment is another matter");
    assert_eq!(
        s.story_of("p2").await,
        [
            "request.opened",
            "decision.waiting",
            "vote.recorded",
            "vote.recorded",
            "decision.allowed",
            "effect.intended create_deployment",
            "effect.result create_deployment succeeded",
            "effect.intended set_deployment_status",
            "effect.intended dispatch_workflow",
            "effect.result set_deployment_status succeeded",
            "effect.result dispatch_workflow succeeded",
            "effect.intended set_deployment_status",
            "effect.result set_deployment_status succeeded",
            "promotion.succeeded succeeded",
            "effect.intended set_deployment_status",
            "effect.result set_deployment_status succeeded",
        ]
    );
});

scenario!(production_comes_after_staging, s => {
    s.comment("alice", "/promote production").await;
    assert_eq!(s.state(1).await, "blocked");
    assert_eq!(s.missing(1).await, ["not_yet_deployed", "approvals_missing"]);
    s.comment("bob", "/approve p1").await;
    s.comment("carol", "/approve p1").await;
    assert_eq!(s.missing(1).await, ["not_yet_deployed"]);
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"], "it goes on by itself once staging has it");
});

scenario!(a_dry_run_only_says_what_would_happen, s => {
    let before = s.trail().await;
    let asked = s.comment("alice", "/promote production --dry-run").await;
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
    assert_eq!(s.promotions().await, 0);
    assert_eq!(s.trail().await, before);
    assert_eq!((s.deployments("production").len(), s.checks().len()), (0, 0));
    assert!(s.reply().contains("not_yet_deployed"), "{}", s.reply());
    let refused = s.comment("dave", "/promote production --dry-run").await;
    assert_eq!(s.reactions(refused), ["eyes", "-1"]);
    assert_eq!(s.refusal().await, "requester_not_allowed");
});

scenario!(the_reason_stands_with_the_promotion, s => {
    s.comment("alice", "/promote staging --reason \"customers wait for it\"").await;
    assert_eq!(s.promotion(1).await.reason.as_deref(), Some("customers wait for it"));
    assert!(s.reply().contains("customers wait for it"), "{}", s.reply());
    let inputs = s.inputs(s.running().unwrap());
    assert_eq!(inputs.into_keys().collect::<Vec<_>>(), ["countersign_id", "environment"], "free text stays here");
    s.deployment_ends("success").await;
});

scenario!(parameters_are_those_that_the_policy_allows, s => {
    let workflow = CD.replace("      environment:\n", "      region: { type: string }\n      environment:\n");
    s.write_to_main(".github/workflows/cd.yml", &workflow).await;
    s.policy(&POLICY.replacen(
        "    deploy:",
        "    parameters: { region: { type: choice, values: [eu, us], required: true } }\n    deploy:",
        1,
    )).await;
    for wish in ["region=mars", "regoin=eu", "environment=production region=eu", ""] {
        s.comment("alice", &format!("/promote staging {wish}")).await;
    }
    assert_eq!(s.refusals().await, ["parameter_not_allowed"; 4]);
    assert_eq!(s.promotions().await, 0);

    s.comment("alice", "/promote staging region=eu").await;
    let inputs = s.inputs(s.running().unwrap());
    assert_eq!((inputs["region"].as_str(), inputs["environment"].as_str()), ("eu", "staging"));
    s.deployment_ends("success").await;
});

scenario!(on_an_issue_the_commit_is_named, s => {
    let issue = s.fake.open_issue(SHOP, "alice", "Release", "Today").unwrap();
    let main = s.tip("main");
    s.comment_on(issue, "alice", "/promote staging").await;
    s.comment_on(issue, "alice", "/promote staging --sha 0123456").await;
    s.comment_on(issue, "alice", "/promote staging --tag v9").await;
    assert_eq!(s.refusals().await, ["commit_needed", "commit_unknown", "commit_unknown"]);

    s.comment_on(issue, "alice", &format!("/promote staging --sha {}", &main[..7])).await;
    s.deployment_ends("success").await;
    assert_eq!(s.promotion(1).await.tuple.commit.as_str(), main);
    assert_eq!(s.deployments("staging"), ["success"]);
    assert!(s.reply_on(issue).contains("p1"), "{}", s.reply_on(issue));
});

scenario!(a_tag_is_promoted_as_it_points_when_it_was_asked, s => {
    s.policy(&POLICY.replace("[pull_request, default_branch]", "[\"tag:v*\"]")).await;
    let main = s.tip("main");
    s.fake.set_ci(SHOP, "bob", ("ci.yml", &main), "success").unwrap();
    s.fake.change(|state| {
        let (repo, who) = (state.repo_id(SHOP)?, state.who("bob")?);
        state.move_tag(repo, who, "v1", &main)?;
        state.move_tag(repo, who, "nightly", &main)
    }).unwrap();
    s.comment("alice", "/promote staging --tag nightly").await;
    assert_eq!(s.refusal().await, "source_not_allowed");
    s.comment("alice", "/promote staging --tag v1").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(1).await, "succeeded");

    s.comment("alice", "/promote production --tag v1").await;
    assert_eq!(s.state(2).await, "awaiting_approval");
    s.fake.change(|state| {
        let (repo, who) = (state.repo_id(SHOP)?, state.who("bob")?);
        let elsewhere = state.repo_by_id(repo)?.tip(BRANCH)?.to_owned();
        state.move_tag(repo, who, "v1", &elsewhere)
    }).unwrap();
    s.settle().await;
    assert_eq!(s.state(2).await, "superseded: head_moved");
});

scenario!(attack_14_a_tag_that_moved_while_the_command_waited, s => {
    s.policy(&POLICY.replace("[pull_request, default_branch]", "[\"tag:v*\"]")).await;
    let (main, head) = (s.tip("main"), s.head());
    let tags = |s: &crate::harness::Scenario, sha: &str| {
        s.fake.change(|state| {
            let (repo, bob) = (state.repo_id(SHOP)?, state.who("bob")?);
            state.move_tag(repo, bob, "v1", sha)
        }).unwrap();
    };
    tags(s, &main);
    s.settle().await;
    s.advance(Duration::from_secs(5));
    // The comment waits, and is handled before anybody tells of the tag.
    s.fake.comment(SHOP, "alice", 1, "/promote staging --tag v1").unwrap();
    s.advance(Duration::from_secs(5));
    tags(s, &head);
    s.settle().await;
    assert_eq!(s.refusal().await, "head_moved");
    assert_eq!(s.deployments("staging"), Vec::<String>::new());
    s.comment("alice", "/promote staging --tag v1").await;
    s.deployment_ends("success").await;
    // Told of it in time, it is the same: what counts is when the comment was written.
    s.advance(Duration::from_secs(5));
    tags(s, &main);
    s.fake.comment(SHOP, "alice", 1, "/promote staging --tag v1").unwrap();
    s.settle().await;
    assert_eq!(s.refusals().await, ["head_moved"; 2]);
});

scenario!(what_the_policy_does_not_know_is_refused, s => {
    let asked = s.comment("alice", "/promote moon").await;
    assert_eq!(s.reactions(asked), ["eyes", "-1"]);
    s.comment("dave", "/promote staging").await;
    s.policy(&POLICY.replace("[pull_request, default_branch]", "[default_branch]")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.refusals().await, ["unknown_environment", "requester_not_allowed", "source_not_allowed"]);
    assert!(s.reply().contains("unknown_environment") || s.reply().contains("moon"), "{}", s.reply());
    assert_eq!(s.promotions().await, 0);
});

scenario!(without_a_usable_policy_nothing_is_promoted, s => {
    s.policy("version: 1\nenviroments: {}\n").await;
    s.comment("alice", "/promote staging").await;
    let mut gone = Push::file("main", "Away with it", "README.md", "# Shop\n");
    gone.files.insert(".github/countersign.yml".to_owned(), None);
    s.push("bob", &gone).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.refusals().await, ["policy_invalid", "policy_missing"]);
    assert_eq!(s.promotions().await, 0);
    assert!(s.reply().contains(".github/countersign.yml"), "it says where: {}", s.reply());
});

scenario!(one_commit_is_asked_for_once_per_environment, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/promote production").await;
    assert_eq!(s.refusal().await, "already_requested");
    assert_eq!(s.promotions().await, 2);
    s.comment("alice", "/cancel").await;
    s.comment("bob", "/promote production").await;
    assert_eq!(s.state(3).await, "awaiting_approval");
});
