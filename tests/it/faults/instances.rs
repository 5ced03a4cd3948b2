//! Two programs on one database do nothing twice.

use std::time::Duration;

use countersign::db::LEASE;
use countersign::github::fake::faults::Fault;

use crate::scenario_of_replicas;

scenario_of_replicas!(two_programs_work_at_the_same_time, s => {
    let other = s.another_program().await;
    let asked = s.says("alice", "/promote staging");
    for _ in 0..3 {
        s.deliveries_arrive().await;
        let (one, two) = tokio::join!(s.workers.drain(), other.workers.drain());
        one.unwrap();
        two.unwrap();
        s.advance(Duration::from_secs(5));
    }
    s.ends_well(asked).await;
});

scenario_of_replicas!(two_programs_count_two_votes_and_deploy_once, s => {
    let other = s.another_program().await;
    s.staged().await;
    s.comment("alice", "/promote production").await;
    s.says("bob", "/approve");
    s.says("carol", "/approve");
    for _ in 0..6 {
        s.deliveries_arrive().await;
        let (one, two) = tokio::join!(s.workers.drain(), other.workers.drain());
        one.unwrap();
        two.unwrap();
        s.advance(Duration::from_secs(30));
    }
    s.calms_down().await;
    assert_eq!(s.dispatched().len(), 2);
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("production"), ["success"]);
    let trail = s.trail().await;
    assert_eq!(trail.iter().filter(|line| line.contains("vote.recorded")).count(), 2, "{trail:#?}");
});

// A worker whose reading took so long that its lease ran out does not begin what another may have done.
scenario_of_replicas!(a_worker_that_was_too_slow_does_not_begin, s => {
    let other = s.another_program().await;
    let asked = s.says("alice", "/promote staging");
    // The policy is read once for the answer, and once more when the deployment is made.
    s.fake.fail_next("GET", "/repos/acme/shop/contents/**", Fault::Delay(Duration::ZERO));
    s.fake.fail_next("GET", "/repos/acme/shop/contents/**", Fault::Delay(Duration::from_millis(400)));
    s.deliveries_arrive().await;
    let slow = s.workers.drain();
    let quick = async {
        while s.fake.planned_faults() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        s.advance(LEASE + Duration::from_secs(1));
        other.workers.drain().await
    };
    let (slow, quick) = tokio::join!(slow, quick);
    slow.unwrap();
    quick.unwrap();
    s.ends_well(asked).await;
});
