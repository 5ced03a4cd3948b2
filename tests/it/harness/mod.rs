//! Scenarios through the front door: the real program, a real database, and a GitHub that can be told to fail.
//!
//! Nothing waits: all work is rows, and [`Scenario::settle`] does everything there is to do. Each scenario
//! ends by looking at the whole world.

pub mod acts;
pub mod contract;
pub mod database;
pub mod postgres;
pub mod released;
mod trail;
pub mod world;

use std::time::Duration;

use countersign::app::App;
use countersign::audit::{AttestationKey, KeyName, LogKey};
use countersign::clock::{Clock, Timestamp};
use countersign::db::{Guarding, Place};
use countersign::github::fake::webhooks::Delivery;
use countersign::github::fake::{Fake, auth, seed};
use countersign::github::{AppKey, Connection, Pace};
use countersign::program::{Parts, Program, StartError, Work};
use countersign::settings::{AnchorSettings, ConnectionLimits, OidcSettings, ReaderToken};
use countersign::worker::Workers;
use released::Release;
use tokio::net::TcpListener;
use url::Url;

/// The repository that every scenario begins with.
pub const SHOP: &str = "acme/shop";
/// What a reader of the log's entries has to show.
pub const READER: &str = "reader-0123456789abcdef";
/// For whom the tokens of jobs must be made.
pub const AUDIENCE: &str = "https://countersign.example/acme";
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
        async fn $name($s: &mut $crate::harness::Scenario) $body

        mod $name {
            $(#[$meta])*
            #[tokio::test]
            async fn on_sqlite() {
                $crate::harness::tell($crate::harness::On::Sqlite, async |s| super::$name(s).await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn on_postgres() {
                $crate::harness::tell($crate::harness::On::Postgres, async |s| super::$name(s).await).await;
            }
        }
    };
}

/// Declares one scenario for PostgreSQL alone, where several programs share one database.
#[macro_export]
macro_rules! scenario_of_replicas {
    ($name:ident, $s:ident => $body:block) => {
        #[tokio::test]
        async fn $name() {
            async fn story($s: &mut $crate::harness::Scenario) $body
            $crate::harness::tell($crate::harness::On::Postgres, async |s| story(s).await).await;
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
    /// Where the log is written down outside, from the next start on.
    pub anchored_in: AnchorSettings,
    http: reqwest::Client,
    program: Program,
    folder: tempfile::TempDir,
}

/// Runs a scenario on one database, and looks at the whole world when it is over.
pub async fn tell(on: On, story: impl AsyncFn(&mut Scenario)) {
    let Some((folder, database)) = fresh(on).await else { return };
    let mut scenario = Scenario::begin(folder, database).await;
    story(&mut scenario).await;
    scenario.end().await;
}

/// The same, on the database that a released program left behind, from the moment on at which it stopped.
pub async fn tell_after(release: Release, on: On, story: impl AsyncFn(&mut Scenario)) {
    let Some((folder, database)) = fresh(on).await else { return };
    release.leaves(&database).await;
    let (clock, fake) = sandbox();
    clock.advance(release.now().since(clock.now()));
    let mut scenario = Scenario::start(folder, database, clock, fake).await;
    story(&mut scenario).await;
    scenario.end().await;
}

/// A folder and a database, unless it were on PostgreSQL and there is none here.
async fn fresh(on: On) -> Option<(tempfile::TempDir, String)> {
    let folder = tempfile::tempdir().unwrap();
    let database = match on {
        On::Sqlite => format!("sqlite://{}", folder.path().join("countersign.db").display()),
        On::Postgres => postgres::fresh_database().await?,
    };
    Some((folder, database))
}

fn sandbox() -> (Clock, Fake) {
    let clock = Clock::manual(Timestamp::parse(START).unwrap());
    let fake = Fake::sandbox(clock.clone()).unwrap();
    (clock, fake)
}

impl Scenario {
    /// A story's beginning: a new database, and what the seeded GitHub has to tell.
    pub async fn begin(folder: tempfile::TempDir, database: String) -> Self {
        let (clock, fake) = sandbox();
        let mut scenario = Self::start(folder, database, clock, fake).await;
        // The seeded history is told as it happened, before the story begins.
        scenario.settle().await;
        scenario.advance(Duration::from_mins(1));
        scenario
    }

    async fn start(folder: tempfile::TempDir, database: String, clock: Clock, fake: Fake) -> Self {
        let guarding = Guarding { high_water: Some(mark(&folder, "high-water")), ..Guarding::default() };
        let program = program(&fake, &clock, &database, guarding, AnchorSettings::default()).await.unwrap();
        Self {
            fake,
            clock,
            app: program.app.clone(),
            workers: program.workers.clone(),
            database,
            expected: world::Expected::default(),
            anchored_in: AnchorSettings::default(),
            http: reqwest::Client::new(),
            program,
            folder,
        }
    }

    async fn end(mut self) {
        self.settle().await;
        world::check(&mut self).await;
        self.program.stop().await;
    }

    /// The program dies and starts anew on the same database, past every lease.
    pub async fn restart(&mut self) {
        self.app.db.close().await;
        self.advance(Duration::from_mins(2));
        // Dropping the old program ends it at once, as a crash does.
        self.starts(Guarding::default()).await.unwrap();
    }

    /// The program starts on the database that is there, if it may.
    pub async fn starts(&mut self, guarding: Guarding) -> Result<(), StartError> {
        let high_water = guarding.high_water.or_else(|| Some(mark(&self.folder, "high-water")));
        let guarding = Guarding { high_water, ..guarding };
        let anchors = self.anchored_in.clone();
        self.program = program(&self.fake, &self.clock, &self.database, guarding, anchors).await?;
        (self.app, self.workers) = (self.program.app.clone(), self.program.workers.clone());
        Ok(())
    }

    /// Another program on the same database, as a second replica is.
    pub async fn another_program(&self) -> Program {
        let high_water = Some(mark(&self.folder, "high-water-of-another"));
        let guarding = Guarding { high_water, ..Guarding::default() };
        let anchors = self.anchored_in.clone();
        program(&self.fake, &self.clock, &self.database, guarding, anchors).await.unwrap()
    }

    /// Somebody reads from the program, by HTTP.
    pub fn read(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("http://{}{path}", self.program.addr))
    }

    /// A job sends a report.
    pub fn send_report(&self, name: &str, token: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/reports?name={name}", self.program.addr);
        self.http.post(url).bearer_auth(token)
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
        let mut request = self
            .http
            .post(format!("http://{}/github/webhook", self.program.addr))
            .body(delivery.body.clone());
        for (name, value) in &delivery.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let status = request.send().await.unwrap().status().as_u16();
        self.fake.record_attempt(delivery, status, Duration::from_millis(3));
        status
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

/// A high-water mark in this scenario's folder.
pub fn mark(folder: &tempfile::TempDir, name: &str) -> Place {
    Place::File(folder.path().join(name))
}

/// The fake GitHub issues the tokens of its jobs, too.
fn issuer(api_url: &Url) -> String {
    api_url.as_str().trim_end_matches('/').to_owned()
}

async fn program(
    fake: &Fake,
    clock: &Clock,
    database: &str,
    guarding: Guarding,
    anchors: AnchorSettings,
) -> Result<Program, StartError> {
    let api_url = fake.start().await.unwrap();
    fake.set_urls(api_url.as_str(), api_url.as_str());
    let name: KeyName = "countersign.example/acme".parse().unwrap();
    let parts = Parts {
        listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        connections: ConnectionLimits::default(),
        database_url: database.to_owned().into(),
        log_key: LogKey::from_seed(name, [7; 32]),
        guarding,
        github: Connection {
            api_url: api_url.clone(),
            app_id: seed::APP,
            key: AppKey::parse(auth::APP_KEY).unwrap(),
            clock: clock.clone(),
            pace: Pace::none(),
        },
        github_web_url: Some(api_url.clone()),
        public_url: None,
        webhook_secrets: vec![seed::WEBHOOK_SECRET.to_owned().into()],
        work: Work::ByHand,
        anchors,
        lease: countersign::db::LEASE,
        self_audit: countersign::worker::SELF_AUDIT,
        attestation_key: AttestationKey::from_seed([8; 32]),
        reader: ReaderToken::new(READER.into()),
        oidc: OidcSettings { issuer: issuer(&api_url), audience: Some(AUDIENCE.to_owned()) },
        trusted_root: None,
    };
    Box::pin(Program::start(parts)).await
}
