//! The process dies at each step of the walk-through; whoever comes after goes on where it was.

use countersign::db::{LEASE, inbox, outbox};
use countersign::github::fake::state::State;
use countersign::github::webhook;
use countersign::handlers::{self, Context};

use crate::harness::{On, SHOP, Scenario, tell};
use crate::scenario;

const ASK: &str = "/promote staging";

impl Scenario {
    /// Works until GitHub is as described, and is dead at that very moment: the answer to what changed
    /// GitHub is still on its way.
    async fn dies_when(&mut self, so: impl Fn(&State) -> bool) {
        let mut changes = self.fake.watch();
        let fake = self.fake.clone();
        let then = async {
            while !fake.with_state(&so) {
                changes.changed().await.unwrap();
            }
        };
        tokio::select! {
            biased;
            () = then => {}
            drained = self.workers.drain() => {
                drained.unwrap();
                panic!("the work was done, and that never happened");
            }
        }
        self.restart().await;
    }

    /// Claims what waits in the inbox.
    async fn claims_deliveries(&self) -> Vec<inbox::Claimed> {
        let now = self.clock.now();
        let claim = self
            .app
            .db
            .write(move |tx| Box::pin(async move { inbox::claim(tx.conn().await?, now, LEASE, 16).await }));
        claim.await.unwrap()
    }

    /// What arrived is handled, and no effect of it is performed.
    pub(super) async fn handles_deliveries(&self) {
        for claimed in self.claims_deliveries().await {
            let event = webhook::to_event(&claimed.event, &claimed.body).unwrap().unwrap();
            Box::pin(handlers::handle(Context::new(self.app.clone(), claimed), event)).await.unwrap();
        }
    }
}

fn made_deployments(state: &State) -> usize {
    let deployments = state.repo(SHOP).unwrap().deployments.values();
    deployments.filter(|deployment| deployment.app.is_some()).count()
}

scenario!(after_the_delivery_is_stored, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    s.restart().await;
    s.ends_well(asked).await;
});

scenario!(after_the_delivery_is_claimed, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    assert_eq!(s.claims_deliveries().await.len(), 1);
    s.workers.drain().await.unwrap();
    assert!(s.reactions(asked).is_empty(), "it is claimed, and nobody else takes it");
    s.restart().await;
    s.ends_well(asked).await;
});

scenario!(after_it_is_handled, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    s.handles_deliveries().await;
    assert_eq!(s.fake.with_state(made_deployments), 0);
    s.restart().await;
    s.ends_well(asked).await;
});

scenario!(after_the_effect_is_claimed, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    s.handles_deliveries().await;
    let now = s.clock.now();
    let claim = s.app.db.write(move |tx| Box::pin(async move { outbox::claim(tx.conn().await?, now, LEASE, 16).await }));
    assert_eq!(claim.await.unwrap().len(), 1);
    s.restart().await;
    s.ends_well(asked).await;
});

scenario!(between_performing_and_recording, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    s.dies_when(|state| made_deployments(state) == 1).await;
    assert!(!s.trail().await.iter().any(|line| line.contains("effect.result")), "nothing was recorded");
    s.calms_down().await;
    let trail = s.trail().await;
    assert!(trail.iter().any(|line| line.ends_with("effect.reconciled create_deployment succeeded")), "{trail:#?}");
    s.ends_well(asked).await;
});

scenario!(between_dispatching_and_recording, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    s.dies_when(|state| state.repo(SHOP).unwrap().runs.values().any(|run| run.event == "workflow_dispatch")).await;
    s.calms_down().await;
    let trail = s.trail().await;
    assert!(trail.iter().any(|line| line.ends_with("effect.reconciled dispatch_workflow succeeded")), "{trail:#?}");
    s.ends_well(asked).await;
});

scenario!(after_the_outcome_is_recorded, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    // The first status is only asked for when the deployment's outcome stands in the log.
    s.dies_when(|state| {
        let mut deployments = state.repo(SHOP).unwrap().deployments.values();
        deployments.any(|deployment| deployment.app.is_some() && deployment.latest().is_some())
    }).await;
    s.ends_well(asked).await;
});

scenario!(between_commenting_and_remembering, s => {
    let asked = s.says("alice", ASK);
    s.deliveries_arrive().await;
    s.dies_when(|state| state.repo(SHOP).unwrap().comments.values().any(|comment| comment.app.is_some())).await;
    s.ends_well(asked).await;
});

/// Every request that changes GitHub is once the last one of a process.
async fn at_every_change_of_github(on: On) {
    let mut deaths = 0;
    for changes in 1..40 {
        let died = std::cell::Cell::new(false);
        tell(on, async |s| {
            let asked = s.says("alice", ASK);
            s.deliveries_arrive().await;
            let written = |state: &State| {
                let repo = state.repo(SHOP).unwrap();
                let statuses: usize =
                    repo.deployments.values().map(|deployment| deployment.statuses.len()).sum();
                let reactions: usize = repo.comments.values().map(|comment| comment.reactions.len()).sum();
                let ours = repo.checks.values().filter(|run| run.name.starts_with("countersign/")).count();
                let runs = repo.runs.values().filter(|run| run.event == "workflow_dispatch").count();
                let comments = repo.comments.values().filter(|comment| comment.app.is_some()).count();
                repo.deployments.len() + statuses + reactions + ours + runs + comments
            };
            let before = s.fake.with_state(written);
            let fake = s.fake.clone();
            let mut watch = s.fake.watch();
            let then = async {
                while fake.with_state(written) < before + changes {
                    watch.changed().await.unwrap();
                }
            };
            let dead = tokio::select! {
                biased;
                () = then => true,
                drained = s.workers.drain() => {
                    drained.unwrap();
                    false
                }
            };
            if dead {
                died.set(true);
                s.restart().await;
            }
            s.ends_well(asked).await;
        })
        .await;
        if !died.get() {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 7 || on == On::Postgres, "only {deaths} places to die at");
}

#[tokio::test]
async fn at_every_change_of_github_on_sqlite() {
    at_every_change_of_github(On::Sqlite).await;
}

#[tokio::test]
async fn at_every_change_of_github_on_postgres() {
    at_every_change_of_github(On::Postgres).await;
}
