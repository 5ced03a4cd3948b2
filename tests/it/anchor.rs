//! What is left outside, where whoever keeps the log cannot change it: beside deployments, in check runs,
//! and in a branch.

use countersign::audit::{Checkpoint, Hash, leaf_hash};
use countersign::db::audit::{self, entries_from};
use serde_json::Value;

use crate::harness::{SHOP, Scenario, database};
use crate::scenario;

impl Scenario {
    fn payloads(&self) -> Vec<Value> {
        self.fake.with_state(|state| {
            let deployments = state.repo(SHOP).unwrap().deployments.values();
            deployments.filter(|made| made.app.is_some()).map(|made| made.payload.clone()).collect()
        })
    }

    async fn checkpoint_of(&self, size: u64) -> Checkpoint {
        let mut conn = self.app.db.read().await.unwrap();
        let found = audit::checkpoints_after(&mut conn, size - 1, 1).await.unwrap();
        Checkpoint::open(&found[0].1, &database::key().verifier()).unwrap()
    }
}

scenario!(every_deployment_says_where_its_intent_stands, s => {
    s.staged().await;
    let payloads = s.payloads();
    assert_eq!(payloads.len(), 1);
    let payload = &payloads[0];
    let index = payload["log_index"].as_u64().unwrap();
    let entry = entries_from(&mut s.app.db.read().await.unwrap(), index, 1).await.unwrap().remove(0);
    assert!(String::from_utf8_lossy(&entry.body).contains(payload["countersign_id"].as_str().unwrap()));
    assert_eq!(payload["leaf_hash"], leaf_hash(&entry.body).to_string());
    let size = payload["checkpoint_size"].as_u64().unwrap();
    assert!(size > index, "the checkpoint covers the entry");
    let checkpoint = s.checkpoint_of(size).await;
    assert_eq!(payload["log_origin"], checkpoint.origin.as_str());
    assert_eq!(payload["checkpoint_root"].as_str().unwrap().parse::<Hash>(), Ok(checkpoint.root));
});

scenario!(every_check_run_says_where_its_newest_entry_stands, s => {
    s.asked_for_production("alice").await;
    let check = s.fake.check_named(SHOP, &s.head(), "countersign/production").unwrap();
    let (_, end) = check.summary.as_deref().unwrap().split_once("**In the log** `countersign.example/acme`").unwrap();
    let entries = entries_from(&mut s.app.db.read().await.unwrap(), 0, 1000).await.unwrap();
    let newest = entries.last().unwrap();
    let hash = leaf_hash(&newest.body);
    assert!(end.contains(&format!("- Entry: {}, leaf hash `{hash}`", newest.index)), "{end}");
    let checkpoint = s.checkpoint_of(newest.index + 1).await;
    assert!(end.contains(&format!("- Checkpoint: size {}, root `{}`", checkpoint.size, checkpoint.root)), "{end}");
});
