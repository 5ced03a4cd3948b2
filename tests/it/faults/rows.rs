//! Rows of the outbox that say something else than what was intended: none of it is done.

use std::time::Duration;

use crate::harness::Scenario;
use crate::harness::database::{by_hand, told};
use crate::scenario;

/// Somebody asks for staging, and what waits in the outbox is changed before it is performed.
async fn changed_in_between(s: &mut Scenario, sql: &str) {
    s.says("alice", "/promote staging");
    s.deliveries_arrive().await;
    s.handles_deliveries().await;
    by_hand(&s.database, sql).await.unwrap();
    s.calms_down().await;
}

/// What was asked of GitHub that changes what runs.
fn done(s: &Scenario) -> Vec<String> {
    let changes = |path: &str| {
        ["/cancel", "/deployments", "/dispatches", "/statuses"].iter().any(|end| path.ends_with(end))
    };
    let requests = s.fake.requests().into_iter().filter(|one| one.method == "POST" && changes(&one.path));
    requests.map(|one| one.path).collect()
}

scenario!(an_effect_that_was_not_intended_is_not_performed, s => {
    let run = s.fake.start_ci(crate::harness::SHOP, "alice", "ci.yml", &s.tip("main")).unwrap();
    s.settle().await;
    let document = format!(r#"{{"effect":"cancel_run","run":{run}}}"#);
    changed_in_between(s, &format!("UPDATE effect SET document = '{document}' WHERE state = 'waiting'")).await;
    assert_eq!(done(s), Vec::<String>::new());
    assert_eq!(s.promotion(1).await.state.name(), "failed");
});

scenario!(an_effect_of_another_promotion_is_not_performed, s => {
    s.comment("alice", "/promote production").await;
    changed_in_between(s, "UPDATE effect SET promotion = 1 WHERE state = 'waiting'").await;
    assert_eq!(done(s), Vec::<String>::new());
});

scenario!(a_promotion_that_cannot_be_read_takes_no_turn_of_the_others, s => {
    s.staged().await;
    s.comment("alice", "/promote production").await;
    let damage = "UPDATE promotion SET document = 'x' || document, wake_at = 1 WHERE number = 1";
    by_hand(&s.database, damage).await.unwrap();
    s.later(Duration::from_hours(25)).await;
    assert_eq!(s.state(2).await, "expired");
    let alarm = told(&s.database, "SELECT CAST(wake_at AS TEXT) FROM promotion WHERE number = 1").await;
    assert!(alarm[0].parse::<i64>().unwrap() > s.clock.now().0, "it is looked at later, not at every turn");
    let mend = "UPDATE promotion SET document = substr(document, 2), wake_at = NULL WHERE number = 1";
    by_hand(&s.database, mend).await.unwrap();
    s.calms_down().await;
});
