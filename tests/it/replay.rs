//! Every decision is taken again from what was kept with it. That every story's decisions come out the same
//! is looked at when a scenario ends.

use countersign::trail::replay::{Report, replay};

use crate::harness::Scenario;
use crate::harness::acts::change;
use crate::harness::database::by_hand;
use crate::scenario;

async fn replayed(s: &Scenario) -> Report {
    replay(&mut s.app.db.read().await.unwrap()).await.unwrap()
}

async fn sql(s: &mut Scenario, sql: &str) -> Report {
    by_hand(&s.database, sql).await.unwrap();
    s.expected.unreplayable = true;
    replayed(s).await
}

async fn promoted(s: &mut Scenario) -> Report {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    let report = replayed(s).await;
    assert!(report.decisions >= 3 && report.same == report.decisions, "{report:#?}");
    report
}

scenario!(decisions_of_every_kind_come_out_again, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/reject --reason \"not today\"").await;
    s.comment("alice", "/promote production").await;
    s.push("alice", &change("Something else")).await;
    let report = replayed(s).await;
    let trail = s.trail().await;
    for kind in ["allowed", "waiting", "rejected", "superseded"] {
        assert!(trail.iter().any(|line| line.contains(&format!("decision.{kind}"))), "{kind} in {trail:#?}");
    }
    assert_eq!((report.same, report.redacted), (report.decisions, 0), "{report:#?}");
});

scenario!(other_facts_are_noticed, s => {
    let decisions = promoted(s).await.decisions;
    let report = sql(s, "UPDATE evidence SET body = (SELECT body FROM evidence ORDER BY digest LIMIT 1)").await;
    assert_eq!(report.different.len() as u64, decisions - 1, "all but the one whose facts these are: {report:#?}");
    assert!(report.different.iter().all(|one| one.why.contains("do not have the hash")), "{report:#?}");
});

scenario!(another_policy_is_noticed, s => {
    let decisions = promoted(s).await.decisions;
    let report = sql(s, "UPDATE policy_text SET body = evidence.body FROM evidence").await;
    assert_eq!(report.different.len() as u64, decisions, "{report:#?}");
    assert!(report.different.iter().all(|one| one.why.contains("has another hash")), "{report:#?}");
    let report = sql(s, "DELETE FROM policy_text").await;
    assert_eq!((report.missing.len() as u64, report.different.len()), (decisions, 0), "{report:#?}");
});

scenario!(facts_that_nobody_erased_are_missing, s => {
    let decisions = promoted(s).await.decisions;
    let report = sql(s, "DELETE FROM evidence").await;
    assert_eq!((report.missing.len() as u64, report.redacted), (decisions, 0), "{report:#?}");
    assert!(report.missing[0].what.contains("0 were erased"), "{report:#?}");
});
