//! Writes what this version stores: every table's rows, and exports of the log. Run at each release, with
//! `STORED_INTO=tests/fixtures/stored/VERSION cargo test --test it -- --ignored stored::write`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use countersign::audit::{Kind, LogKey, Source};
use countersign::clock::Timestamp;
use countersign::db::rotation::rotate;
use countersign::db::{Db, Guarding, LEASE, NewEntry, Place, Purpose, inbox};
use countersign::github::fake::faults::Fault;
use countersign::github::webhook;
use countersign::handlers::{self, Context};
use countersign::ids::UserId;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::harness::acts::POLICY;
use crate::harness::database::{backup_of, key};
use crate::harness::{SHOP, Scenario};
use crate::report::samples::{CLEAN, one_finding, zip};

/// The policy that the story ends under.
fn policy() -> String {
    let production = "        - { count: 2, from: [team:acme/sre] }\n";
    let text = POLICY.replace(production, &format!("{production}      scans: {{}}\n"));
    assert_ne!(text, POLICY);
    format!("{text}scans: {{ fail_on: high, must_have: [semgrep], waive: {{ by: [team:acme/sre] }} }}\n")
}

const COVERAGE: &str = "SF:src/pay.js\nDA:1,1\nDA:2,0\nDA:3,1\nend_of_record\n";
const TESTS: &str = r#"<testsuite name="pytest"><testcase classname="tests.pay" name="test_pays"/><testcase classname="tests.pay" name="test_refunds"><skipped/></testcase></testsuite>"#;

/// A log that an older key began, and that is handed over to the key of all scenarios.
async fn begin_with_another_key(url: &str) {
    let older = || LogKey::from_seed("countersign.example/acme".parse().unwrap(), [6; 32]);
    let now = Timestamp::parse("2026-11-21T08:50:00Z").unwrap();
    let guarding = Guarding { high_water: Some(Place::Nowhere), ..Guarding::default() };
    let db = Db::open_guarded(url, older(), guarding, now).await.unwrap();
    db.write(move |tx| {
        Box::pin(async move {
            // More than a tile's width, so that a node stands above them.
            for _ in 0..260 {
                tx.append(NewEntry::new(Kind::Heartbeat, now, Source::internal("clock"))).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    db.close().await;
    rotate(url, (older(), key()), Some(Place::Nowhere), now).await.unwrap();
}

impl Scenario {
    /// Everything that is to be done is done, as far as it can be.
    async fn rests(&mut self) {
        for _ in 0..60 {
            self.settle().await;
            self.advance(Duration::from_secs(20));
        }
    }

    async fn reads_reports(&mut self, head: &str, artifacts: &[(&str, &[u8])]) {
        let run = self.fake.start_ci(SHOP, "alice", "ci.yml", head).unwrap();
        self.fake.begin_run(SHOP, run).unwrap();
        self.fake.finish_run_with(SHOP, run, "success", artifacts).unwrap();
        self.settle().await;
        self.advance(Duration::from_secs(2));
    }
}

async fn story(s: &mut Scenario) {
    let head = s.head();
    s.staged().await;
    s.comment("alice", "/promote production").await;
    s.comment("bob", "/approve").await;
    s.policy(&policy()).await;
    assert_eq!(s.state(2).await, "superseded: policy_changed");

    let base = s.tip("main");
    let clean = zip(&[("semgrep.sarif", one_finding("Semgrep", "src/old.js").as_bytes())]);
    let found = one_finding("Semgrep", "src/gift-card.js");
    let broken = zip(&[("broken.sarif", &found.as_bytes()[..200])]);
    s.reads_reports(&base, &[("semgrep", &clean), ("broken", &broken)]).await;
    let artifacts = [
        ("semgrep", zip(&[("semgrep.sarif", found.as_bytes())])),
        ("tests", zip(&[("junit.xml", TESTS.as_bytes()), ("lcov.info", COVERAGE.as_bytes())])),
        ("codeql", zip(&[("codeql.sarif", CLEAN.as_bytes())])),
    ];
    let artifacts: Vec<(&str, &[u8])> = artifacts.iter().map(|(name, zip)| (*name, &zip[..])).collect();
    s.reads_reports(&head, &artifacts).await;
    s.comment("alice", "/promote production --reason \"the gift cards\"").await;
    assert_eq!(s.state(3).await, "blocked", "{:?}", s.missing(3).await);
    s.comment("dave", "/promote production").await;
    s.comment("alice", "/approve p3").await;
    s.comment("bob", "/waive sql-injection --until 2026-12-01 --reason \"not reached\"").await;
    s.comment("carol", "/waive sql-injection --only src/other.js --until 2026-11-30 --reason \"tests\"")
        .await;
    s.comment("alice", "/why").await;
    s.comment("alice", "/status").await;
    s.comment("alice", "/promte production").await;
    s.comment("carol", "/approve p3").await;
    s.comment("bob", "/approve p3").await;
    s.deployment_ends("success").await;
    s.comment("alice", "/promote production").await;
    s.comment("alice", "/cancel").await;

    s.fake.fail_next(
        "POST",
        "/repos/acme/shop/deployments",
        Fault::Status(422, json!({ "message": "Conflict" })),
    );
    s.comment("bob", "/promote staging").await;
    s.rests().await;
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("failure").await;
    s.comment("carol", "/promote production --reason \"carol tries\"").await;
    s.comment("bob", "/reject --reason \"not before Monday\"").await;
    s.comment("carol", "/promote production").await;
    s.later(Duration::from_hours(25)).await;
    s.rests().await;

    let refused = Fault::Status(403, json!({ "message": "Resource not accessible by integration" }));
    s.fake.fail_times("GET", "/repos/acme/shop", refused, 4);
    s.comment("alice", "/promote staging").await;
    s.rests().await;

    // What follows this backup but its own end is lost.
    s.app.db.close().await;
    let backup = backup_of(&s.database).await;
    s.restart().await;
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.app.db.close().await;
    s.database = backup;
    s.starts(Guarding { purpose: Purpose::NewEpoch, ..Guarding::default() }).await.unwrap();
    s.advance(Duration::from_mins(20));
    s.rests().await;
    s.app.db.redact(UserId(3), "they asked for it".to_owned(), s.clock.now()).await.unwrap();

    s.staged().await;
    s.comment("alice", "/promote production --reason \"now\"").await;
    s.comment("bob", "/approve").await;
    s.rests().await;
    s.comment("bob", "/unwaive sql-injection").await;
    s.comment("bob", "/waive sql-injection --until 2026-12-31 --reason \"still not reached\"").await;

    // The last command is decided, and nothing of it is done.
    s.advance(Duration::from_secs(2));
    s.fake.comment(SHOP, "alice", 1, "/promote staging").unwrap();
    s.advance(Duration::from_secs(2));
    for delivery in s.fake.take_deliveries() {
        s.deliver(&delivery).await;
    }
    let now = s.clock.now();
    let claim = s
        .app
        .db
        .write(move |tx| Box::pin(async move { inbox::claim(tx.conn().await?, now, LEASE, 16).await }));
    for claimed in claim.await.unwrap() {
        let event = webhook::to_event(&claimed.event, &claimed.body).unwrap().unwrap();
        Box::pin(handlers::handle(Context::new(s.app.clone(), claimed), event)).await.unwrap();
    }
}

/// Every table as JSON lines: a column is a number, a text, null, or the bytes `{"hex": …}`.
async fn dump(url: &str, into: &Path) {
    let pool = sqlx::SqlitePool::connect(url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%' ORDER BY name")
        .fetch_all(&pool).await.unwrap();
    for table in tables {
        let columns: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')")))
                .fetch_all(&pool)
                .await
                .unwrap();
        let values: Vec<String> = columns.iter().map(|column| format!(
            "'{column}', json(CASE typeof({column}) WHEN 'blob' THEN json_object('hex', lower(hex({column}))) ELSE json_quote({column}) END)")).collect();
        let order = columns.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        // Of what was handled, one in four: they are the most, and all alike.
        let only = if table == "delivery" { "WHERE seq % 4 = 0 OR state <> 'done'" } else { "" };
        let sql = format!("SELECT json_object({}) FROM {table} {only} ORDER BY {order}", values.join(", "));
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
        std::fs::write(
            into.join(format!("tables/{table}.jsonl")),
            rows.join("\n") + if rows.is_empty() { "" } else { "\n" },
        )
        .unwrap();
    }
}

fn export(url: &str, into: &Path) {
    let vkey = key().verifier().to_string();
    for epoch in ["0", "1"] {
        let out = into.join(format!("export/{epoch}"));
        let done = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args([
                "audit",
                "export",
                "--database",
                url,
                "--epoch",
                epoch,
                "--disclosures",
                "--key",
                &vkey,
                "--out",
            ])
            .arg(&out)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

#[tokio::test]
#[ignore = "writes files"]
async fn write_what_this_version_stores() {
    let into = PathBuf::from(std::env::var("STORED_INTO").expect("where to"));
    std::fs::create_dir_all(into.join("tables")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("countersign.db").display());
    begin_with_another_key(&database).await;
    let mut s = Scenario::begin(folder, database).await;
    story(&mut s).await;
    let now = s.clock.now();
    let url = s.database.clone();
    s.app.db.close().await;
    dump(&url, &into).await;
    export(&url, &into);
    std::fs::write(into.join("now"), format!("{now}\n")).unwrap();
    std::fs::write(into.join("countersign.yml"), policy()).unwrap();
}
