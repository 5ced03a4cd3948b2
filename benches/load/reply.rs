//! From a comment to the bot's answer, against a GitHub that answers at once.

use std::time::{Duration, Instant};

use countersign::github::fake::webhooks::Delivery;

use crate::program::Program;

const SHOP: &str = "acme/shop";
const COMMENTS: usize = 200;

pub(crate) async fn measure(program: &Program) {
    let client = reqwest::Client::new();
    for delivery in program.fake.take_deliveries() {
        hand_over(program, &client, &delivery).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    for command in ["/help", "/promote staging --dry-run"] {
        let mut times = Vec::with_capacity(COMMENTS);
        for _ in 0..COMMENTS {
            times.push(one(program, &client, command).await);
        }
        times.sort_unstable();
        let at =
            |share: usize| times.get(COMMENTS * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
        println!("  answer to {command}: p50 {:.2} ms, p99 {:.2} ms (one at a time)", at(50), at(99));
    }
}

async fn one(program: &Program, client: &reqwest::Client, command: &str) -> Duration {
    let mut changes = program.fake.watch();
    program.fake.comment(SHOP, "alice", 1, command).unwrap();
    let before = edits(program);
    let deliveries = program.fake.take_deliveries();
    let began = Instant::now();
    for delivery in deliveries {
        hand_over(program, client, &delivery).await;
    }
    while edits(program) == before {
        assert!(began.elapsed() < Duration::from_secs(20), "no answer to {command}");
        let _ = tokio::time::timeout(Duration::from_millis(50), changes.changed()).await;
    }
    let took = began.elapsed();
    program.fake.take_deliveries();
    took
}

/// How the bot's comment stands: when it was written last, and what it says.
fn edits(program: &Program) -> Option<(i64, String)> {
    program.fake.with_state(|state| {
        let repo = state.repo(SHOP).ok()?;
        let ours = repo.comments.values().find(|comment| comment.app.is_some())?;
        Some((ours.updated_at.0, ours.body.clone()))
    })
}

async fn hand_over(program: &Program, client: &reqwest::Client, delivery: &Delivery) {
    let mut request =
        client.post(format!("http://{}/github/webhook", program.address)).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let status = request.send().await.unwrap().status();
    program.fake.record_attempt(delivery, status.as_u16(), Duration::from_millis(1));
}
