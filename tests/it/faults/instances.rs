//! Two programs on one database do nothing twice.

use std::time::Duration;

use crate::scenario;

scenario!(two_programs_work_at_the_same_time, s => {
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

scenario!(two_programs_count_two_votes_and_deploy_once, s => {
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
