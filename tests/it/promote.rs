//! The main job: somebody asks, the policy is enforced, others countersign, it is deployed and logged.

use crate::scenario;

scenario!(production_takes_staging_and_two_approvals, s => {
    let asked = s.comment("alice", "/promote staging").await;
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["success"]);

    s.comment("alice", "/promote production").await;
    assert!(s.dispatched().len() == 1, "production waits: {}", s.reply());
    s.comment("bob", "/approve").await;
    assert!(s.dispatched().len() == 1, "production waits for one more: {}", s.reply());
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
});
