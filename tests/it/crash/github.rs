//! GitHub and the people on it, who do not know that the program dies all the time.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use countersign::clock::Clock;
use countersign::github::fake::Fake;
use countersign::github::fake::webhooks::Delivery;
use url::Url;

use super::below;
use crate::harness::SHOP;

/// The pull requests that people work on.
const PULLS: i64 = 4;

/// GitHub, and what the program said it has.
pub struct World {
    pub fake: Fake,
    pub api_url: Url,
    pub acknowledged: Mutex<BTreeSet<String>>,
    /// What GitHub was not told to be safe: it is posted again, or left to be asked for.
    failed: Mutex<Vec<Delivery>>,
    http: reqwest::Client,
}

impl World {
    pub async fn begin() -> Self {
        let fake = Fake::sandbox(Clock::System).unwrap();
        let api_url = fake.start().await.unwrap();
        for number in 2..=PULLS {
            let branch = format!("topic-{number}");
            let file = format!("src/{number}.js");
            let head = fake.push_file(SHOP, "alice", &branch, (&file, "1")).unwrap();
            fake.open_pull(SHOP, "alice", (&branch, "main"), &format!("Change {number}")).unwrap();
            fake.set_ci(SHOP, "alice", ("ci.yml", &head), "success").unwrap();
        }
        fake.change(|state| {
            state.settings.auto = true;
            state.settings.pace = Duration::from_millis(150);
        });
        // What is asked for in the second of the push is refused as ambiguous.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        Self { fake, api_url, acknowledged: Mutex::default(), failed: Mutex::default(), http }
    }

    /// Somebody comments on some pull request.
    pub fn somebody_acts(&self) {
        let says = [
            ("alice", "/promote staging"),
            ("alice", "/promote staging"),
            ("alice", "/promote production"),
            ("bob", "/approve"),
            ("carol", "/approve"),
            ("dave", "/promote staging"),
            ("bob", "/status\n/help promote"),
        ];
        let (login, body) = says[below(says.len())];
        let number = 1 + i64::try_from(below(usize::try_from(PULLS).unwrap())).unwrap();
        self.fake.comment(SHOP, login, number, body).unwrap();
    }

    /// Posts webhooks as they come, and lets workflows move on; for ever.
    pub async fn posts_to(&self, webhook: Url) {
        loop {
            let deliveries = self.fake.take_deliveries();
            // Cut off before or while they are posted, they are as good as failed.
            self.failed.lock().unwrap().extend(deliveries.iter().cloned());
            for delivery in deliveries {
                self.post(&webhook, delivery).await;
            }
            self.fake.change(countersign::github::fake::state::State::tick);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn post(&self, webhook: &Url, delivery: Delivery) {
        let mut request = self.http.post(webhook.clone()).body(delivery.body.clone());
        for (name, value) in &delivery.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let status = request.send().await.map_or(0, |answer| answer.status().as_u16());
        self.fake.record_attempt(&delivery, status, Duration::from_millis(1));
        if (200..300).contains(&status) {
            self.failed.lock().unwrap().retain(|failed| failed.guid != delivery.guid);
            self.acknowledged.lock().unwrap().insert(delivery.guid);
        }
    }

    /// Half of what failed is posted again by an operator; the program itself asks for the other half.
    pub fn lets_everything_through(&self) {
        let failed = std::mem::take(&mut *self.failed.lock().unwrap());
        for (place, delivery) in failed.into_iter().enumerate() {
            if place % 2 == 0 {
                self.fake.change(|state| state.outgoing.push(delivery));
            } else {
                self.fake.record_attempt(&delivery, 0, Duration::ZERO);
            }
        }
    }

    /// Whether there is nothing left to tell, and nothing that moves by itself.
    pub fn is_quiet(&self) -> bool {
        self.fake.with_state(|state| state.outgoing.is_empty() && state.schedule.is_empty())
    }

    /// The webhooks that were made and never acknowledged. The program may have stored one and died before
    /// it could say so: then it does not ask for it again.
    pub fn unacknowledged(&self) -> Vec<String> {
        let acknowledged = self.acknowledged.lock().unwrap();
        self.fake.with_state(|state| {
            state.deliveries.keys().filter(|guid| !acknowledged.contains(*guid)).cloned().collect()
        })
    }

    /// The webhooks of comments that ask for or vote on a promotion, in one line.
    pub fn commands(&self) -> Vec<String> {
        self.fake.with_state(|state| {
            let deliveries = state.deliveries.values().filter(|delivery| delivery.event == "issue_comment");
            deliveries
                .filter(|delivery| {
                    let payload = delivery.payload();
                    let body = payload["comment"]["body"].as_str().unwrap_or_default();
                    delivery.action.as_deref() == Some("created")
                        && (body.starts_with("/promote") || body.starts_with("/approve"))
                })
                .map(|delivery| delivery.guid.clone())
                .collect()
        })
    }
}
