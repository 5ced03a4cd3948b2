//! Scenarios through the front door: the real program, a real database, and a GitHub that can be told to fail.
//!
//! Nothing waits: all work is rows, and [`Scenario::settle`] does everything there is to do. Each scenario
//! ends by looking at the whole world.

pub mod acts;
pub mod contract;
pub mod postgres;
mod trail;
mod world;

use std::time::Duration;

use countersign::app::App;
use countersign::audit::{KeyName, LogKey};
use countersign::clock::{Clock, Timestamp};
use countersign::db::Db;
use countersign::github::fake::webhooks::Delivery;
use countersign::github::fake::{Fake, auth, seed};
use countersign::github::{AppKey, Connection, GitHub, Pace};
use countersign::worker::Workers;

/// The repository that every scenario begins with.
pub const SHOP: &str = "acme/shop";
/// When every scenario begins.
const START: &str = "2026-11-21T09:00:00Z";

/// Which database a scenario runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Declares one scenario for both databases.
#[macro_export]
macro_rules! scenario {
    ($(#[$meta:meta])* $name:ident, $s:ident => $body:block) => {
        mod $name {
            use super::*;

            async fn story($s: &mut $crate::harness::Scenario) $body

            $(#[$meta])*
            #[tokio::test]
            async fn on_sqlite() {
                $crate::harness::tell($crate::harness::On::Sqlite, async |s| story(s).await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn on_postgres() {
                $crate::harness::tell($crate::harness::On::Postgres, async |s| story(s).await).await;
            }
        }
    };
}

/// One program against one fake GitHub.
pub struct Scenario {
    pub fake: Fake,
    pub clock: Clock,
    pub app: App,
    pub workers: Workers,
    pub database: String,
    /// What a scenario expects to be left over at its end.
    pub expected: world::Expected,
    door: String,
    http: reqwest::Client,
    server: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// Runs a scenario on one database, and looks at the whole world when it is over.
pub async fn tell(on: On, story: impl AsyncFn(&mut Scenario)) {
    let folder = tempfile::tempdir().unwrap();
    let database = match on {
        On::Sqlite => format!("sqlite://{}", folder.path().join("countersign.db").display()),
        On::Postgres => match postgres::fresh_database().await {
            Some(url) => url,
            None => return,
        },
    };
    let mut scenario = Scenario::begin(folder, database).await;
    story(&mut scenario).await;
    scenario.end().await;
}

impl Scenario {
    async fn begin(folder: tempfile::TempDir, database: String) -> Self {
        let clock = Clock::manual(Timestamp::parse(START).unwrap());
        let fake = Fake::sandbox(clock.clone()).unwrap();
        let api_url = fake.start().await.unwrap();
        let (app, workers) = program(&fake, &clock, &database, api_url.clone()).await;
        let (door, server) = serve(&app).await;
        let mut scenario = Self {
            fake,
            clock,
            app,
            workers,
            database,
            expected: world::Expected::default(),
            door,
            http: reqwest::Client::new(),
            server,
            _folder: folder,
        };
        // The seeded history is told as it happened, before the story begins.
        scenario.settle().await;
        scenario.advance(Duration::from_secs(60));
        scenario
    }

    async fn end(mut self) {
        self.settle().await;
        world::check(&mut self).await;
        self.server.abort();
        self.app.db.close().await;
    }

    /// The program dies and starts anew on the same database, past every lease.
    pub async fn restart(&mut self) {
        self.server.abort();
        self.app.db.close().await;
        self.advance(Duration::from_secs(120));
        let api_url = self.fake.start().await.unwrap();
        let (app, workers) = program(&self.fake, &self.clock, &self.database, api_url).await;
        let (door, server) = serve(&app).await;
        (self.app, self.workers, self.door, self.server) = (app, workers, door, server);
    }

    /// Moves the clock that everybody looks at.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Posts what GitHub has to tell, does all the work, and again, until nothing is left.
    pub async fn settle(&mut self) {
        loop {
            let deliveries = self.fake.take_deliveries();
            for delivery in &deliveries {
                self.deliver(delivery).await;
            }
            self.workers.drain().await.unwrap();
            if deliveries.is_empty() && self.fake.with_state(|state| state.outgoing.is_empty()) {
                return;
            }
        }
    }

    /// One delivery, as GitHub posts it; gives the status it was answered with.
    pub async fn deliver(&self, delivery: &Delivery) -> u16 {
        let mut request = self.http.post(format!("{}/github/webhook", self.door)).body(delivery.body.clone());
        for (name, value) in &delivery.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let status = request.send().await.unwrap().status().as_u16();
        self.fake.record_attempt(delivery, status, Duration::from_millis(3));
        status
    }

    /// Any request to the program.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.door))
    }

    /// Somebody comments on pull request 1, and everything that follows from it happens.
    pub async fn comment(&mut self, login: &str, body: &str) -> i64 {
        self.comment_on(1, login, body).await
    }

    /// Somebody comments on an issue or pull request.
    pub async fn comment_on(&mut self, number: i64, login: &str, body: &str) -> i64 {
        self.advance(Duration::from_secs(2));
        let id = self.fake.comment(SHOP, login, number, body).unwrap();
        self.settle().await;
        self.advance(Duration::from_secs(2));
        id
    }

    /// Moves time on and does what is due then.
    pub async fn later(&mut self, by: Duration) {
        self.advance(by);
        self.settle().await;
    }

    /// The deployment workflow that runs now ends.
    pub async fn deployment_ends(&mut self, conclusion: &str) {
        let run = self.running().expect("a deployment workflow runs");
        self.fake.finish_run(SHOP, run, conclusion).unwrap();
        self.settle().await;
        self.advance(Duration::from_secs(6));
    }

    /// Promotes pull request 1 to staging, with success.
    pub async fn staged(&mut self) {
        self.comment("alice", "/promote staging").await;
        self.deployment_ends("success").await;
    }
}

async fn program(fake: &Fake, clock: &Clock, database: &str, api_url: url::Url) -> (App, Workers) {
    let name: KeyName = "countersign.example/acme".parse().unwrap();
    let db = Db::open(database, LogKey::from_seed(name, [7; 32])).await.unwrap();
    let github = GitHub::connect(Connection {
        api_url: api_url.clone(),
        app_id: seed::APP,
        key: AppKey::parse(auth::APP_KEY).unwrap(),
        clock: clock.clone(),
        pace: Pace::none(),
    })
    .unwrap();
    let app = App { db, reader: github.reader(), clock: clock.clone(), app_id: seed::APP, public_url: None };
    fake.set_urls(api_url.as_str(), api_url.as_str());
    let workers = Workers::new(app.clone(), github.writer(), Some(api_url));
    (app, workers)
}

async fn serve(app: &App) -> (String, tokio::task::JoinHandle<()>) {
    let db = app.db.clone();
    let clock = app.clock.clone();
    let router = axum::Router::new().route(
        "/github/webhook",
        axum::routing::post(move |h: http::HeaderMap, b: bytes::Bytes| {
            let db = db.clone();
            let clock = clock.clone();
            async move {
                let v: serde_json::Value = serde_json::from_slice(&b).unwrap();
                let d = countersign::db::inbox::NewDelivery {
                    guid: h["x-github-delivery"].to_str().unwrap().parse().unwrap(),
                    event: h["x-github-event"].to_str().unwrap().to_owned(),
                    lane: v["repository"]["id"].as_i64().unwrap_or(0),
                    received_at: clock.now(),
                    body: countersign::db::inbox::pack(&b),
                };
                db.write(move |tx| {
                    Box::pin(async move { countersign::db::inbox::insert(tx.conn(), &d).await })
                })
                .await
                .unwrap();
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), task)
}
