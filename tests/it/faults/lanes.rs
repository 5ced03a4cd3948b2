//! One repository's deliveries stay in their order; other repositories go on.

use std::time::Duration;

use countersign::db::promotion;
use countersign::github::fake::acts::Who;
use countersign::github::fake::acts::code::Push;
use countersign::github::fake::faults::Fault;
use countersign::github::fake::repo::Repo;
use countersign::github::fake::seed::{ACME, SHOP as SHOP_ID};
use countersign::ids::{PromotionId, PromotionNumber, RepoId};
use serde_json::json;

use crate::harness::{SHOP, Scenario};
use crate::scenario;

const DEPOT: i64 = 201;

impl Scenario {
    /// A second repository with an issue.
    async fn depot(&mut self) -> i64 {
        let number = self.fake.change(|state| {
            let roles = state.repos[&SHOP_ID].roles.clone();
            let mut depot = Repo::new(DEPOT, ACME, "depot", state.now());
            depot.roles = roles;
            state.repos.insert(DEPOT, depot);
            let bob = Who { user: 2, app: None };
            state.push(DEPOT, bob, &Push::file("main", "Found the depot", "README.md", "# Depot\n")).unwrap();
            state.open_issue(DEPOT, bob, "Anything", "").unwrap()
        });
        self.settle().await;
        number
    }

    fn reactions_in_the_depot(&self, comment: i64) -> Vec<String> {
        self.fake.with_state(|state| {
            let reactions = &state.repos[&DEPOT].comments[&comment].reactions;
            reactions.iter().map(|reaction| reaction.content.clone()).collect()
        })
    }
}

scenario!(an_alarm_that_is_set_again_for_the_same_moment_rings_again, s => {
    s.comment("alice", "/promote production").await;
    let id = PromotionId { repo: RepoId(SHOP_ID), number: PromotionNumber(1) };
    let now = s.clock.now();
    for _ in 0..2 {
        let set = s.app.db.write(move |tx| Box::pin(async move { promotion::set_alarm(tx, id, Some(now)).await }));
        set.await.unwrap();
        s.settle().await;
    }
    let mut conn = s.app.db.read().await.unwrap();
    let due = promotion::due(&mut conn, now.plus(Duration::from_hours(48)), 9).await.unwrap();
    assert_eq!(due.len(), 1, "whoever was woken set the next alarm");
});

scenario!(a_lane_that_waits_stays_in_order_while_another_goes_on, s => {
    let issue = s.depot().await;
    s.fake.fail_times("GET", "/repos/acme/shop", Fault::Status(500, json!({ "message": "Server Error" })), 3);
    let first = s.says("alice", "/promote staging");
    let second = s.says("dave", "/help");
    let beside = s.fake.comment("acme/depot", "bob", issue, "/help").unwrap();
    s.settle().await;
    assert_eq!(s.reactions_in_the_depot(beside), ["eyes", "rocket"], "the other repository goes on");
    assert_eq!(s.reactions(first), ["eyes"], "the first waits for GitHub");
    assert!(s.reactions(second).is_empty(), "and the second for the first");
    s.ends_well(first).await;
    assert_eq!(s.reactions(second), ["eyes", "rocket"]);
    let replies = s.fake.with_state(|state| {
        state.repo(SHOP).unwrap().comments.values().filter(|comment| comment.app.is_some()).count()
    });
    assert_eq!(replies, 1);
});
