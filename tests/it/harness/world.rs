//! The whole world, looked at when a scenario is over: a test that forgets to look still looks.

use std::collections::BTreeMap;

use countersign::db::audit::{self, StoredEntry};
use countersign::db::{inbox, notice, outbox, tile};
use countersign::github::fake::actions::Run;
use countersign::github::fake::{Fake, seed};
use countersign::trail::replay::replay;

use super::{Scenario, contract, database};

/// What a scenario leaves over on purpose.
#[derive(Debug, Default)]
pub struct Expected {
    /// Deliveries that were given up.
    pub buried: i64,
    /// Deliveries, effects and notices that wait for a later moment.
    pub unfinished: bool,
    /// Decisions whose facts or policy were changed.
    pub unreplayable: bool,
    /// Requests that are no part of the contract, or unknown routes.
    pub strange_requests: bool,
}

pub async fn check(scenario: &mut Scenario) {
    nothing_is_left(scenario).await;
    the_log_verifies(scenario).await;
    every_decision_comes_out_again(scenario).await;
    every_deployment_has_one_intent(scenario).await;
    requests_are_as_documented(scenario);
}

async fn nothing_is_left(scenario: &Scenario) {
    let mut conn = scenario.app.db.read().await.unwrap();
    let depth = inbox::depth(&mut conn).await.unwrap();
    let buried = inbox::buried(&mut conn, 10).await.unwrap();
    assert_eq!(depth.buried, scenario.expected.buried, "deliveries were buried: {buried:#?}");
    if scenario.expected.unfinished {
        return;
    }
    assert_eq!(depth.waiting, 0, "deliveries wait");
    assert_eq!(outbox::waiting(&mut conn).await.unwrap(), 0, "effects wait");
    assert_eq!(notice::waiting(&mut conn).await.unwrap(), 0, "notices wait");
}

/// From the first entry: every root from the leaves, every checkpoint and signature, every intent's outcome.
pub async fn the_log_verifies(scenario: &Scenario) {
    let mut conn = scenario.app.db.read().await.unwrap();
    let first = audit::entries_from(&mut conn, 0, 1).await.unwrap();
    let latest = audit::latest_checkpoint(&mut conn).await.unwrap();
    drop(conn);
    if latest.is_none() {
        assert!(first.is_empty(), "entries without a checkpoint");
        return;
    }
    let verified = database::verified(&scenario.app.db).await;
    if !scenario.expected.unfinished {
        assert_eq!(verified.open_intents, Vec::<u64>::new(), "every intent has an outcome");
    }
}

async fn every_decision_comes_out_again(scenario: &Scenario) {
    let report = replay(&mut scenario.app.db.read().await.unwrap()).await.unwrap();
    if !scenario.expected.unreplayable {
        assert_eq!(report.same + report.redacted, report.decisions, "{report:#?}");
        assert_eq!((report.different.len(), report.missing.len()), (0, 0), "{report:#?}");
    }
}

async fn every_deployment_has_one_intent(scenario: &Scenario) {
    let mut conn = scenario.app.db.read().await.unwrap();
    let mut entries = Vec::new();
    for epoch in tile::epochs(&mut conn).await.unwrap() {
        entries.extend(tile::entries_from(&mut conn, epoch, 0, 100_000).await.unwrap());
    }
    nothing_was_done_twice(&scenario.fake, &entries);
}

/// No deployment and no run without an intent of ours, and none twice.
pub fn nothing_was_done_twice(fake: &Fake, entries: &[StoredEntry]) {
    let text: String =
        entries.iter().map(|entry| String::from_utf8_lossy(&entry.body).into_owned()).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    fake.with_state(|state| {
        for repo in state.repos.values() {
            for deployment in repo.deployments.values().filter(|deployment| deployment.app == Some(seed::APP))
            {
                let mark = deployment.payload["countersign_id"].as_str().expect("our mark").to_owned();
                assert!(text.contains(&mark), "the intent of {mark} stands in the log");
                *seen.entry(mark).or_default() += 1;
            }
            // Somebody else may have left our mark there a second time.
            let ours = |run: &&Run| run.event == "workflow_dispatch" && run.actor == seed::BOT;
            for run in repo.runs.values().filter(ours) {
                if let Some(mark) = run.inputs.get("countersign_id").filter(|mark| mark.starts_with("cs_")) {
                    assert!(text.contains(mark), "the intent of {mark} stands in the log");
                    *seen.entry(mark.clone()).or_default() += 1;
                }
            }
        }
    });
    for (mark, count) in seen {
        assert_eq!(count, 1, "{mark} was done {count} times");
    }
}

fn requests_are_as_documented(scenario: &Scenario) {
    if scenario.expected.strange_requests {
        return;
    }
    assert_eq!(scenario.fake.unknown_routes(), Vec::<String>::new(), "routes that the fake does not know");
    let complaints = contract::complaints(&scenario.fake.requests());
    assert!(complaints.is_empty(), "{complaints:#?}");
}
