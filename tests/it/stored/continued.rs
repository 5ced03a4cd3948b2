//! A program of today goes on where a released one stopped.

use countersign::db::audit::entries_from;
use countersign::github::fake::acts::code::Push;

use crate::harness::released::{Release, V0_1_0};
use crate::harness::{On, SHOP, Scenario, tell_after};

impl Scenario {
    /// GitHub as the released program left it, as far as what goes on depends on it.
    fn is_where_it_stopped(&self, release: Release) {
        let policy = Push::file("main", "The policy", ".github/countersign.yml", &release.policy());
        self.fake.push(SHOP, "bob", &policy).unwrap();
        // What is made from now on has ids that nothing had before.
        self.fake.change(|state| while state.fresh_id() < 100_000 {});
        // All of this was told to the released program.
        self.fake.take_deliveries();
    }
}

async fn goes_on(s: &mut Scenario) {
    s.is_where_it_stopped(V0_1_0);
    // One delivery was given up on at that time.
    s.expected.buried = 1;
    let before = s.entries().await;
    assert_eq!((s.state(10).await, s.state(11).await), ("awaiting_approval".into(), "approved".into()));

    s.settle().await;
    assert_eq!(
        s.deployments("staging"),
        ["in_progress"],
        "what was intended is done: {:#?}",
        s.trail().await
    );
    s.deployment_ends("success").await;
    assert_eq!(s.state(11).await, "succeeded");

    s.comment("carol", "/approve p10").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(10).await, "succeeded", "a vote of then and one of now are two");

    s.comment("alice", "/promote production --reason \"once more\"").await;
    assert_eq!(s.state(12).await, "awaiting_approval", "{:?}", s.missing(12).await);
    s.comment("bob", "/approve").await;
    s.comment("carol", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.state(12).await, "succeeded");

    let after = s.entries().await;
    assert!(after.len() > before.len());
    assert_eq!(after[..before.len()], before, "nothing that stood in the log has changed");
}

impl Scenario {
    async fn entries(&self) -> Vec<Vec<u8>> {
        let mut conn = self.app.db.read().await.unwrap();
        let entries = entries_from(&mut conn, 0, 100_000).await.unwrap();
        entries.into_iter().map(|entry| entry.body).collect()
    }
}

#[tokio::test]
async fn on_sqlite() {
    tell_after(V0_1_0, On::Sqlite, goes_on).await;
}

#[tokio::test]
async fn on_postgres() {
    tell_after(V0_1_0, On::Postgres, goes_on).await;
}
