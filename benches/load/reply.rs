//! From a comment to the bot's answer, against a GitHub that answers at once.
//!
//! In this process, because `serve` paces what it writes as github.com asks for, and that would be measured.

use std::time::{Duration, Instant};

use countersign::audit::{AttestationKey, LogKey};
use countersign::clock::Clock;
use countersign::db::{Guarding, Place};
use countersign::github::fake::webhooks::Delivery;
use countersign::github::fake::{Fake, auth, seed};
use countersign::github::{AppKey, Connection, Pace};
use countersign::program::{Parts, Program, Work};
use tokio::net::TcpListener;

const SHOP: &str = "acme/shop";
const COMMENTS: usize = 200;

pub(crate) async fn measure(database: &str) {
    let fake = Fake::sandbox(Clock::System).unwrap();
    let program = start(&fake, database).await;
    let client = reqwest::Client::new();
    for delivery in fake.take_deliveries() {
        hand_over(&program, &client, &delivery).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    for command in ["/help", "/promote staging --dry-run"] {
        let mut times = Vec::with_capacity(COMMENTS);
        for _ in 0..COMMENTS {
            times.push(one(&fake, &program, &client, command).await);
        }
        times.sort_unstable();
        let at =
            |share: usize| times.get(COMMENTS * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
        println!("  answer to {command}: p50 {:.2} ms, p99 {:.2} ms (one at a time)", at(50), at(99));
    }
    program.stop().await;
}

async fn start(fake: &Fake, database: &str) -> Program {
    let github = fake.start().await.unwrap();
    fake.set_urls(github.as_str(), github.as_str());
    Program::start(Parts {
        listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        connections: countersign::settings::ConnectionLimits::default(),
        database_url: database.to_owned().into(),
        log_key: LogKey::from_seed("countersign.example/bench".parse().unwrap(), [7; 32]),
        guarding: Guarding { high_water: Some(Place::Nowhere), ..Guarding::default() },
        github: Connection {
            api_url: github.clone(),
            app_id: seed::APP,
            key: AppKey::parse(auth::APP_KEY).unwrap(),
            clock: Clock::System,
            pace: Pace::none(),
        },
        github_web_url: Some(github),
        public_url: None,
        webhook_secrets: vec![seed::WEBHOOK_SECRET.to_owned().into()],
        work: Work::InBackground,
        anchors: countersign::settings::AnchorSettings::default(),
        lease: countersign::db::LEASE,
        self_audit: countersign::worker::SELF_AUDIT,
        attestation_key: AttestationKey::from_seed([8; 32]),
        reader: None,
        oidc: countersign::settings::OidcSettings::default(),
        trusted_root: None,
    })
    .await
    .unwrap()
}

async fn one(fake: &Fake, program: &Program, client: &reqwest::Client, command: &str) -> Duration {
    let mut changes = fake.watch();
    fake.comment(SHOP, "alice", 1, command).unwrap();
    let before = edits(fake);
    let deliveries = fake.take_deliveries();
    let began = Instant::now();
    for delivery in deliveries {
        hand_over(program, client, &delivery).await;
    }
    while edits(fake) == before {
        assert!(began.elapsed() < Duration::from_secs(20), "no answer to {command}");
        let _ = tokio::time::timeout(Duration::from_millis(50), changes.changed()).await;
    }
    let took = began.elapsed();
    fake.take_deliveries();
    took
}

/// When the bot's comment was written last, and what it says.
fn edits(fake: &Fake) -> Option<(i64, String)> {
    fake.with_state(|state| {
        let repo = state.repo(SHOP).ok()?;
        let ours = repo.comments.values().find(|comment| comment.app.is_some())?;
        Some((ours.updated_at.0, ours.body.clone()))
    })
}

async fn hand_over(program: &Program, client: &reqwest::Client, delivery: &Delivery) {
    let mut request =
        client.post(format!("http://{}/github/webhook", program.addr)).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let status = request.send().await.unwrap().status();
    assert!(status.is_success(), "{status}");
}
