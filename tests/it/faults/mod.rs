//! When things go wrong: the program dies, GitHub fails, webhooks come twice, late or not at all.
//!
//! Whatever happens, the end is the same: one deployment, one run, every intent with one outcome, and a
//! log that verifies. The harness looks at the log when a scenario is over.

mod deaths;
mod deliveries;
mod instances;
mod lanes;
mod reads;
mod rows;
mod unknown;
mod writes;

use std::time::Duration;

use countersign::db::{inbox, notice, outbox};

use crate::harness::Scenario;

impl Scenario {
    /// Lets time pass until nothing waits for a later moment.
    pub async fn calms_down(&mut self) {
        for _ in 0..200 {
            self.settle().await;
            if self.waiting().await == 0 {
                return;
            }
            self.advance(Duration::from_secs(20));
        }
        panic!("something still waits after more than an hour");
    }

    async fn waiting(&self) -> i64 {
        let mut conn = self.app.db.read().await.unwrap();
        inbox::depth(&mut conn).await.unwrap().waiting
            + outbox::waiting(&mut conn).await.unwrap()
            + notice::waiting(&mut conn).await.unwrap()
    }

    /// Somebody comments, and nothing is done about it yet: GitHub has not even told us.
    fn says(&self, login: &str, body: &str) -> i64 {
        self.advance(Duration::from_secs(2));
        let id = self.fake.comment(crate::harness::SHOP, login, 1, body).unwrap();
        self.advance(Duration::from_secs(2));
        id
    }

    /// What GitHub has to tell arrives, and nothing is done about it yet.
    async fn deliveries_arrive(&self) {
        for delivery in self.fake.take_deliveries() {
            assert!((200..300).contains(&self.deliver(&delivery).await));
        }
    }

    /// However it came to that: the one promotion to staging is done to its end, and nothing twice.
    async fn ends_well(&mut self, asked: i64) {
        self.calms_down().await;
        assert_eq!(self.dispatched().len(), 1, "one run: {:#?}", self.trail().await);
        self.deployment_ends("success").await;
        self.calms_down().await;
        assert_eq!(self.deployments("staging"), ["success"], "{:#?}", self.trail().await);
        assert_eq!(self.dispatched().len(), 1);
        let mut reactions = self.reactions(asked);
        reactions.sort();
        assert_eq!(reactions, ["eyes", "rocket"]);
        assert_eq!(self.replies_on(1).len(), 1, "one comment");
        assert_eq!(self.checks().len(), 1, "one check run: {:#?}", self.checks());
        assert_eq!(self.fake.planned_faults(), 0, "every fault struck");
        let trail = self.trail().await;
        let count = |line: &str| trail.iter().filter(|known| known.contains(line)).count();
        assert_eq!(count("request.opened"), 1, "{trail:#?}");
        assert_eq!(count("promotion.succeeded"), 1, "{trail:#?}");
        assert_eq!(count("effect.intended create_deployment"), 1, "{trail:#?}");
        assert_eq!(count("effect.intended dispatch_workflow"), 1, "{trail:#?}");
    }
}
