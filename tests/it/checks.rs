//! What ran on the commit: the newest result counts, of the App that was meant, however many there are.

use countersign::github::fake::repo::Role;

use crate::harness::SHOP;
use crate::harness::acts::{POLICY, change};
use crate::scenario;

/// Staging takes this instead of CI.
fn staging_takes(checks: &str) -> String {
    POLICY.replacen("workflows: [ci.yml]", checks, 1)
}

scenario!(red_ci_blocks_until_it_is_green, s => {
    s.push("alice", &change("Something breaks")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["workflow_missing"]);
    let run = s.ci("failure").await;
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["workflow_failed"]));

    s.fake.change(|state| state.rerun(state.repo_id(SHOP)?, state.who("alice")?, run)).unwrap();
    s.fake.begin_run(SHOP, run).unwrap();
    s.settle().await;
    s.comment("alice", "/why").await;
    assert_eq!(s.missing(1).await, ["workflow_pending"]);
    assert_eq!(s.deployments("staging"), Vec::<String>::new());
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    assert_eq!(s.state(1).await, "deploying", "nobody had to ask again");
    s.deployment_ends("success").await;
});

scenario!(a_newer_red_run_hides_an_old_green_one, s => {
    s.ci("failure").await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["workflow_failed"]);
    s.ci("success").await;
    s.deployment_ends("success").await;
});

scenario!(only_success_is_success, s => {
    for conclusion in ["skipped", "neutral", "cancelled", "timed_out", "action_required"] {
        s.ci(conclusion).await;
        s.comment("alice", "/promote staging").await;
        s.comment("alice", "/cancel").await;
    }
    assert_eq!(s.dispatched(), Vec::<i64>::new());
    assert_eq!(s.promotions().await, 5);
    assert_eq!(s.missing(5).await, ["workflow_failed"]);
});

scenario!(a_check_of_another_app_does_not_count, s => {
    s.policy(&staging_takes("checks: [{ name: license/cla, app: cla-assistant }]")).await;
    let head = s.head();
    s.fake.foreign_check(SHOP, "somebody-else", ("license/cla", &head), "success").unwrap();
    s.fake.commit_status(SHOP, "alice", &head, ("license/cla", "success")).unwrap();
    s.settle().await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["check_missing"]);
    s.fake.foreign_check(SHOP, "cla-assistant", ("license/cla", &head), "failure").unwrap();
    s.settle().await;
    assert_eq!(s.missing(1).await, ["check_failed"]);
    s.fake.foreign_check(SHOP, "cla-assistant", ("license/cla", &head), "success").unwrap();
    s.settle().await;
    s.deployment_ends("success").await;
});

scenario!(whoever_reports_under_a_name_has_to_agree, s => {
    s.policy(&staging_takes("checks: [license/cla]")).await;
    let head = s.head();
    s.fake.commit_status(SHOP, "alice", &head, ("license/cla", "pending")).unwrap();
    s.settle().await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["check_pending"]);
    s.fake.foreign_check(SHOP, "cla-assistant", ("license/cla", &head), "failure").unwrap();
    s.fake.commit_status(SHOP, "alice", &head, ("license/cla", "success")).unwrap();
    s.settle().await;
    assert_eq!(s.missing(1).await, ["check_failed"], "a writer's status does not outvote the App");
    s.fake.foreign_check(SHOP, "cla-assistant", ("license/cla", &head), "success").unwrap();
    s.settle().await;
    s.deployment_ends("success").await;
});

scenario!(no_check_is_lost_among_many, s => {
    s.policy(&staging_takes("checks: [first, last]")).await;
    let head = s.head();
    let report = |name: &str, conclusion: &str| {
        s.fake.foreign_check(SHOP, "many", (name, &head), conclusion).unwrap();
    };
    report("first", "failure");
    for number in 0..230 {
        report(&format!("check {number}"), "success");
    }
    report("last", "failure");
    s.lose_deliveries();
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["check_failed"; 2]);
});

scenario!(the_run_of_a_fork_does_not_count, s => {
    let fork = s.fake.fork(SHOP, "dave").unwrap();
    let head = s.push("alice", &change("Not run here")).await;
    let run = s.fake.start_ci(SHOP, "dave", "ci.yml", &head).unwrap();
    s.fake.change(|state| {
        let fork = state.repo_id(&fork).unwrap();
        state.repo_mut(SHOP).unwrap().runs.get_mut(&run).unwrap().head_repo = fork;
    });
    s.fake.finish_run(SHOP, run, "success").unwrap();
    s.settle().await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["workflow_missing"]);
});

scenario!(the_head_of_a_fork_is_not_promoted, s => {
    let fork = s.fake.fork(SHOP, "dave").unwrap();
    s.fake.set_permission(&fork, "dave", Role::Admin).unwrap();
    let sha = s.fake.push_file(&fork, "dave", "evil", ("README.md", "# Mine\n")).unwrap();
    let number = s.fake.open_pull(SHOP, "dave", ("dave:evil", "main"), "A small fix").unwrap();
    s.settle().await;
    s.comment_on(number, "alice", "/promote staging").await;
    s.comment_on(number, "alice", &format!("/promote staging --sha {sha}")).await;
    assert_eq!(s.refusals().await, ["fork", "fork"]);
    assert_eq!(s.deployments("staging"), Vec::<String>::new());
});
