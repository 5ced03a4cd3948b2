//! Driving the deployment: one at a time, on the right commit, to an end that is known.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::github::fake::actions::Run;
use countersign::github::fake::faults::Fault;
use countersign::github::fake::simulate::DispatchAnswer;
use serde_json::json;

use crate::harness::acts::{BRANCH, CD, POLICY};
use crate::harness::{SHOP, Scenario};
use crate::scenario;

const MINUTE: Duration = Duration::from_mins(1);

scenario!(a_failed_workflow_is_a_failed_promotion, s => {
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("failure").await;
    assert_eq!(s.state(1).await, "failed: deployment_failed");
    assert_eq!(s.deployments("staging"), ["failure"]);
    s.comment("alice", "/promote production").await;
    assert!(s.missing(2).await.contains(&"not_yet_deployed"), "what failed was never live");
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["failure", "success"]);
});

scenario!(a_run_on_another_commit_is_stopped, s => {
    s.comment("alice", "/promote staging").await;
    let run = s.running().unwrap();
    let main = s.tip("main");
    // As if the branch had moved between our last look and GitHub's.
    s.fake.change(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        repo.runs.get_mut(&run).unwrap().head_sha = main;
    });
    s.later(MINUTE).await;
    assert_eq!(s.state(1).await, "failed: run_on_other_commit");
    assert_eq!(s.run(run), "cancelled");
    assert_eq!(s.deployments("staging"), ["failure"]);
});

scenario!(without_run_details_the_run_is_found_by_our_mark, s => {
    s.fake.change(|state| state.settings.dispatch = DispatchAnswer::NoContent);
    s.comment("alice", "/promote staging").await;
    assert!(s.promotion(1).await.state.run().is_some(), "found at once");
    s.deployment_ends("success").await;
    assert_eq!(s.state(1).await, "succeeded");
});

scenario!(an_enterprise_server_that_refuses_the_question_is_asked_without_it, s => {
    s.fake.change(|state| state.settings.dispatch = DispatchAnswer::Ghes);
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(1).await, "succeeded");
    assert_eq!(s.dispatched().len(), 1);
});

scenario!(a_run_that_does_not_carry_our_mark_is_not_taken_for_ours, s => {
    s.fake.change(|state| state.settings.dispatch = DispatchAnswer::NoContent);
    s.write_to_main(".github/workflows/cd.yml", &CD.replace(" [${{ inputs.countersign_id }}]", "")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.state(1).await, "failed: outcome_unknown");
    assert!(s.reply().contains("run-name"), "it says what to mend: {}", s.reply());
});

/// The run was dispatched, and GitHub does not list it yet.
async fn dispatched_unseen(s: &mut Scenario) -> (i64, BTreeMap<String, String>) {
    s.fake.change(|state| state.settings.dispatch = DispatchAnswer::NoContent);
    let away = Fault::Status(403, json!({ "message": "Resource not accessible by integration" }));
    s.fake.fail_next("GET", "/repos/acme/shop/actions/workflows/cd.yml/runs", away);
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.promotion(1).await.state.run(), None, "not found yet");
    let run = s.running().unwrap();
    (run, s.inputs(run))
}

scenario!(somebody_elses_run_under_our_mark, s => {
    let (ours, mut inputs) = dispatched_unseen(s).await;
    inputs.insert("environment".to_owned(), "elsewhere".to_owned());
    let theirs = s.fake.dispatch(SHOP, "bob", "cd.yml", (BRANCH, inputs)).unwrap();
    s.fake.finish_run(SHOP, theirs, "success").unwrap();
    s.later(MINUTE).await;
    assert_eq!(s.promotion(1).await.state.run().map(|run| run.id.0), Some(ours));
    assert_eq!(s.state(1).await, "deploying", "what somebody else ran is not what was asked for");
    s.fake.finish_run(SHOP, ours, "failure").unwrap();
    s.settle().await;
    assert_eq!(s.state(1).await, "failed: deployment_failed");
});

scenario!(somebody_elses_run_without_a_mark_leaves_nothing_unclear, s => {
    s.fake.dispatch(SHOP, "bob", "cd.yml", (BRANCH, BTreeMap::from([("environment".to_owned(), "staging".to_owned())]))).unwrap();
    let theirs = s.running().unwrap();
    s.fake.fail_times("POST", "/repos/*/*/actions/workflows/*/dispatches", Fault::DropBefore, 2);
    s.comment("alice", "/promote staging").await;
    s.later(MINUTE).await;
    s.later(MINUTE).await;
    assert_eq!(s.dispatched().len(), 2, "ours was never started before, whatever else runs on its commit");
    s.fake.finish_run(SHOP, theirs, "failure").unwrap();
    s.later(MINUTE).await;
    assert_eq!(s.state(1).await, "deploying");
    s.deployment_ends("success").await;
});

scenario!(our_run_that_somebody_else_runs_again_is_still_ours, s => {
    let (ours, _) = dispatched_unseen(s).await;
    s.fake.finish_run(SHOP, ours, "failure").unwrap();
    s.fake.change(|state| {
        let (repo, bob) = (state.repo_id(SHOP)?, state.who("bob")?);
        state.rerun(repo, bob, ours)
    }).unwrap();
    s.later(MINUTE).await;
    assert_eq!(s.promotion(1).await.state.run().map(|run| run.id.0), Some(ours));
    s.deployment_ends("success").await;
    assert_eq!(s.state(1).await, "succeeded");
});

scenario!(two_runs_with_one_mark_are_unclear, s => {
    let (ours, _) = dispatched_unseen(s).await;
    let twin = s.fake.change(|state| {
        let id = state.fresh_id();
        let runs = &mut state.repo_mut(SHOP).unwrap().runs;
        let twin = Run { id, ..runs[&ours].clone() };
        runs.insert(id, twin);
        id
    });
    s.later(MINUTE).await;
    assert_eq!(s.state(1).await, "failed: outcome_unknown");
    assert!(s.reply().contains("More than one run"), "{}", s.reply());
    // We asked for one: the other is GitHub's.
    s.fake.change(|state| state.repo_mut(SHOP).unwrap().runs.remove(&twin));
});

scenario!(a_run_that_is_known_stays_the_run, s => {
    s.comment("alice", "/promote staging").await;
    let ours = s.running().unwrap();
    let theirs = s.fake.dispatch(SHOP, "bob", "cd.yml", (BRANCH, s.inputs(ours))).unwrap();
    s.fake.finish_run(SHOP, theirs, "success").unwrap();
    s.later(MINUTE).await;
    assert_eq!((s.state(1).await, s.promotion(1).await.state.run().map(|run| run.id.0)), ("deploying".to_owned(), Some(ours)));
    s.deployment_ends("success").await;
});

scenario!(somebody_elses_deployment_under_our_mark, s => {
    s.fake.fail_next("POST", "/repos/*/*/deployments", Fault::ApplyThenDrop);
    s.comment("alice", "/promote staging").await;
    let ours = s.fake.change(|state| {
        let repo = state.repo_id(SHOP).unwrap();
        let made = state.repo(SHOP).unwrap().deployments.values().next().unwrap().clone();
        let copy = json!({
            "ref": made.sha, "environment": made.environment, "payload": made.payload, "required_contexts": [],
        });
        let bob = state.who("bob").unwrap();
        state.create_deployment(repo, bob, &copy).unwrap();
        made.id
    });
    s.later(MINUTE).await;
    assert_eq!(s.promotion(1).await.state.deployment().map(|deployment| deployment.0), Some(ours));
    s.deployment_ends("success").await;
});

scenario!(a_workflow_without_our_input_is_a_clear_failure, s => {
    let (before, after) = CD.split_once("      countersign_id:").unwrap();
    let (_, after) = after.split_once("jobs:").unwrap();
    s.write_to_main(".github/workflows/cd.yml", &format!("{before}jobs:{after}")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.state(1).await, "failed: refused_by_github");
    assert_eq!(s.deployments("staging"), ["error"]);
    assert!(s.reply().contains("countersign_id"), "it says what is missing: {}", s.reply());
});

scenario!(one_environment_takes_one_deployment_at_a_time, s => {
    let main = s.tip("main");
    s.comment("alice", "/promote staging").await;
    s.comment("bob", &format!("/promote staging --sha {main}")).await;
    assert_eq!(s.missing(2).await, ["environment_busy"]);
    assert_eq!(s.dispatched().len(), 1);
    s.deployment_ends("success").await;
    assert_eq!(s.state(2).await, "deploying", "it goes on as soon as there is room");
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["inactive", "success"]);
});

scenario!(a_lost_event_is_healed_by_reading, s => {
    s.comment("alice", "/promote staging").await;
    s.fake.finish_run(SHOP, s.running().unwrap(), "success").unwrap();
    s.lose_deliveries();
    s.later(MINUTE).await;
    assert_eq!(s.state(1).await, "succeeded");
});

scenario!(production_waits_until_staging_has_soaked, s => {
    s.policy(&POLICY.replace("staging: {}", "staging: { soak: 30m }").replace("approvals:\n        - { count: 2, from: [team:acme/sre] }", "approvals: none")).await;
    s.asked_for_production("alice").await;
    assert_eq!(s.missing(2).await, ["soaking"]);
    s.later(29 * MINUTE).await;
    assert_eq!(s.state(2).await, "blocked");
    s.later(MINUTE).await;
    assert_eq!(s.state(2).await, "deploying");
    s.deployment_ends("success").await;
});

scenario!(a_soak_that_was_cut_short_does_not_count, s => {
    s.policy(&POLICY.replace("staging: {}", "staging: { soak: 30m }")).await;
    s.staged().await;
    s.later(10 * MINUTE).await;
    s.fake.set_ci(SHOP, "bob", ("ci.yml", &s.tip("main")), "success").unwrap();
    s.settle().await;
    s.comment("bob", &format!("/promote staging --sha {}", s.tip("main"))).await;
    s.deployment_ends("success").await;
    s.later(60 * MINUTE).await;
    s.comment("alice", "/promote production").await;
    assert_eq!(s.missing(3).await, ["not_yet_deployed", "approvals_missing"]);
});

scenario!(what_nobody_finishes_expires, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.later(24 * 60 * MINUTE).await;
    assert_eq!(s.state(2).await, "expired");
    s.comment("carol", "/approve p2").await;
    assert_eq!(s.refusal().await, "too_late");
    assert!(s.story_of("p2").await.contains(&"decision.expired".to_owned()));
});

scenario!(who_deploys_elsewhere_answers_with_statuses, s => {
    s.policy(&POLICY.replacen("    deploy: { workflow: cd.yml, inputs: { environment: staging } }\n", "", 1)).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!((s.deployments("staging"), s.dispatched()), (vec!["none".to_owned()], vec![]));
    let deployment = s.promotion(1).await.state.deployment().unwrap().0;
    for (word, state) in [("in_progress", "deploying"), ("success", "succeeded")] {
        s.fake.deployment_status(SHOP, "bob", deployment, word).unwrap();
        s.settle().await;
        assert_eq!(s.state(1).await, state);
    }
    s.write_to_main("README.md", "# x\n").await;
    s.fake.set_ci(SHOP, "bob", ("ci.yml", &s.tip("main")), "success").unwrap();
    s.comment("bob", &format!("/promote staging --sha {}", s.tip("main"))).await;
    let deployment = s.promotion(2).await.state.deployment().unwrap().0;
    s.fake.deployment_status(SHOP, "bob", deployment, "failure").unwrap();
    s.settle().await;
    assert_eq!(s.state(2).await, "failed: deployment_failed");
});

scenario!(a_commit_that_no_branch_points_at_cannot_be_dispatched, s => {
    let old = s.tip("main");
    s.write_to_main("README.md", "# x\n").await;
    s.comment("bob", &format!("/promote staging --sha {old}")).await;
    assert_eq!(s.missing(1).await, ["ref_unavailable"]);
});
