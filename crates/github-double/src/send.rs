//! Handing webhooks over: to tests, which post them themselves, or to the App's own URL.

use std::time::Duration;

use http::Request;
use octocrab::Octocrab;
use tokio::time::Instant;
use url::Url;

use super::Fake;
use super::state::State;
use super::webhooks::Delivery;

/// How long github.com waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the sandbox looks whether something is due.
const BEAT: Duration = Duration::from_millis(250);

impl Fake {
    /// Takes all webhooks that wait to be sent, oldest first. Post them in any order, twice or late.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        self.change(|state| std::mem::take(&mut state.outgoing))
    }

    /// Notes how a delivery went, for `/app/hook/deliveries`; `status_code` 0 means no answer.
    pub fn record_attempt(&self, delivery: &Delivery, status_code: u16, duration: Duration) {
        self.change(|state| state.record_attempt(delivery, status_code, duration));
    }

    /// Posts webhooks to this URL as they come, and lets time pass for what happens by itself; for
    /// as long as the task lives.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub async fn pump(&self, url: Url) -> Result<(), octocrab::Error> {
        let client = Octocrab::builder().build()?;
        loop {
            let pending = self.with_state(|state| !state.outgoing.is_empty());
            let deliveries = if pending { self.take_deliveries() } else { Vec::new() };
            for delivery in &deliveries {
                let start = Instant::now();
                let status = post(&client, &url, delivery).await;
                self.record_attempt(delivery, status, start.elapsed());
            }
            if self.with_state(|state| state.schedule.iter().any(|(at, _)| *at <= state.now())) {
                self.change(State::tick);
            }
            tokio::time::sleep(BEAT).await;
        }
    }
}

async fn post(client: &Octocrab, url: &Url, delivery: &Delivery) -> u16 {
    let mut request = Request::post(url.as_str());
    for (name, value) in &delivery.headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let Ok(request) = request.body(delivery.body.clone()) else { return 0 };
    match tokio::time::timeout(PATIENCE, client.execute(request)).await {
        Ok(Ok(response)) => response.status().as_u16(),
        Ok(Err(_)) | Err(_) => 0,
    }
}
