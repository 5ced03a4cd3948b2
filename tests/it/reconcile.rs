//! GitHub's own deployments against the log: whatever was deployed past the bot is found, and nothing else is.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::clock::Timestamp;
use countersign::github::fake::acts::Who;
use countersign::github::fake::seed;
use countersign::github::fake::simulate::ACTIONS_APP;
use countersign::trail::reconcile::{Report, reconcile};
use serde_json::json;

use crate::harness::{SHOP, Scenario};
use crate::scenario;

pub async fn reconciled(s: &Scenario) -> Report {
    reconciled_since(s, Timestamp(0)).await
}

async fn reconciled_since(s: &Scenario, since: Timestamp) -> Report {
    let mut conn = s.app.db.read().await.unwrap();
    reconcile(&s.app.reader, &mut conn, seed::APP, since).await.unwrap()
}

/// What was found: which deployment, and a word of why.
fn found(report: &Report) -> BTreeSet<i64> {
    assert!(report.unread.is_empty(), "{report:#?}");
    report.findings.iter().map(|finding| finding.deployment).collect()
}

fn repo(s: &Scenario) -> i64 {
    s.fake.with_state(|state| state.repo(SHOP).unwrap().id)
}

/// Somebody deploys without asking the bot.
fn deploy(s: &Scenario, who: Who, reference: &str, environment: &str) -> i64 {
    let body = json!({ "ref": reference, "environment": environment, "required_contexts": [] });
    let repo = repo(s);
    s.fake.change(|state| state.create_deployment(repo, who, &body)).unwrap()
}

fn point_at(s: &Scenario, who: Who, deployment: i64, run: i64) {
    let log_url = format!("https://github.com/{SHOP}/actions/runs/{run}/job/1");
    let body = json!({ "state": "success", "log_url": log_url, "auto_inactive": false });
    let repo = repo(s);
    s.fake.change(|state| state.add_deployment_status(repo, who, deployment, &body)).unwrap();
}

fn bob(s: &Scenario) -> Who {
    let user = s.fake.with_state(|state| state.users.values().find(|user| user.login == "bob").unwrap().id);
    Who { user, app: None }
}

/// As a workflow's job that names an environment does.
fn actions(s: &Scenario) -> Who {
    let user = s.fake.with_state(|state| state.apps[&ACTIONS_APP].bot);
    Who { user, app: Some(ACTIONS_APP) }
}

scenario!(what_was_deployed_past_the_bot_is_found, s => {
    s.staged().await;
    let report = reconciled(s).await;
    assert_eq!((found(&report).len(), report.deployments), (0, 1), "the bot's own: {report:#?}");

    let head = s.head();
    let guarded = ["production", "Production", "staging"];
    let behind: BTreeSet<i64> = guarded.iter().map(|to| deploy(s, bob(s), &head, to)).collect();
    deploy(s, bob(s), &head, "preview-42");
    s.settle().await;
    let report = reconciled(s).await;
    assert_eq!(found(&report), behind, "each of them, and none to an environment that nobody guards");
    assert!(report.findings.iter().all(|finding| finding.creator.as_deref() == Some("bob")), "{report:#?}");
    assert!(report.findings.iter().all(|finding| finding.commit.as_ref() == Some(&head)), "{report:#?}");

    s.later(Duration::from_mins(5)).await;
    assert_eq!(found(&reconciled_since(s, s.clock.now()).await).len(), 0, "they are older than that");
});

scenario!(a_job_of_our_run_has_its_own_deployment, s => {
    s.comment("alice", "/promote staging").await;
    let (run, head, main) = (s.running().unwrap(), s.head(), s.tip("main"));
    let (own, other_commit, other_place) =
        (deploy(s, actions(s), &head, "staging"), deploy(s, actions(s), &main, "staging"), deploy(s, actions(s), &head, "production"));
    for deployment in [own, other_commit, other_place] {
        point_at(s, actions(s), deployment, run);
    }
    let stranger = deploy(s, actions(s), &head, "staging");
    point_at(s, actions(s), stranger, run * 10);
    s.deployment_ends("success").await;
    let expected = BTreeSet::from([other_commit, other_place, stranger]);
    assert_eq!(found(&reconciled(s).await), expected);

    s.later(Duration::from_mins(5)).await;
    let again = deploy(s, actions(s), &head, "staging");
    point_at(s, actions(s), again, run);
    s.settle().await;
    let report = reconciled(s).await;
    assert!(found(&report).contains(&again), "a run that is run again deploys past the bot");
    assert!(report.findings.iter().any(|finding| finding.why.contains("ran it again")), "{report:#?}");
});

scenario!(what_is_gone_or_was_exchanged_is_found, s => {
    s.staged().await;
    let deployment = s.promotion(1).await.state.deployment().unwrap().0;
    s.fake.change(|state| {
        let deployments = &mut state.repo_mut(SHOP).unwrap().deployments;
        "production".clone_into(&mut deployments.get_mut(&deployment).unwrap().environment);
    });
    assert_eq!(found(&reconciled(s).await), BTreeSet::from([deployment]));
    s.fake.change(|state| state.repo_mut(SHOP).unwrap().deployments.remove(&deployment));
    let report = reconciled(s).await;
    assert_eq!(found(&report), BTreeSet::from([deployment]));
    assert!(report.findings[0].why.contains("does not have it any more"), "{report:#?}");
});

scenario!(what_is_under_way_is_no_finding, s => {
    s.asked_for_production("alice").await;
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    assert_eq!(s.state(2).await, "deploying");
    assert_eq!(found(&reconciled(s).await).len(), 0);
    s.deployment_ends("success").await;
    assert_eq!(found(&reconciled(s).await).len(), 0);
});

scenario!(what_cannot_be_read_is_told, s => {
    s.staged().await;
    s.write_to_main(".github/countersign.yml", "version: 7\n").await;
    let report = reconciled(s).await;
    assert!(report.unread.len() == 1 && report.unread[0].contains("policy check"), "{report:#?}");
    assert!(report.findings.is_empty() && report.deployments == 1, "the log's own environments are compared");
});
