//! What the server does by itself for its log: it beats, tells of its clock, and verifies.

use std::time::Duration;

use countersign::clock::Clock;
use sqlx::AssertSqlSafe;

use crate::harness::Scenario;
use crate::scenario;

async fn last_line(s: &Scenario) -> String {
    s.trail().await.pop().unwrap()
}

scenario!(a_silent_log_beats_once_an_hour, s => {
    s.workers.beat().await.unwrap();
    assert_eq!(s.trail().await.len(), 0, "a log that was never begun stays empty");
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    let before = s.trail().await.len();
    s.advance(Duration::from_mins(50));
    s.workers.beat().await.unwrap();
    assert_eq!(s.trail().await.len(), before);
    s.advance(Duration::from_mins(11));
    let other = s.workers.clone();
    let (one, two) = tokio::join!(s.workers.beat(), other.beat());
    one.unwrap();
    two.unwrap();
    assert_eq!(s.trail().await.len(), before + 1, "once, whoever beats");
    assert_eq!(last_line(s).await, "- heartbeat");
});

scenario!(a_clock_that_goes_back_is_told_of_once, s => {
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    let before = s.trail().await.len();
    let earlier = Clock::manual(s.clock.now());
    s.advance(Duration::from_secs(100));
    s.comment("alice", "/status").await;
    s.later(Duration::from_hours(2)).await;
    s.workers.beat().await.unwrap();
    assert_eq!(s.trail().await.len(), before + 1);
    let behind = s.workers.clone().told_the_time_by(earlier.clone());
    for _ in 0..3 {
        behind.check_clock().await.unwrap();
    }
    assert_eq!(s.trail().await.len(), before + 2, "once, not with each look");
    assert_eq!(last_line(s).await, "- clock.adjusted");
    earlier.advance(Duration::from_hours(3));
    behind.check_clock().await.unwrap();
    assert_eq!(s.trail().await.len(), before + 2, "and it may catch up");
});

// SQLite's triggers are dropped first, as somebody with access to the file can.
scenario!(a_changed_entry_stops_the_log, s => {
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    s.workers.audit_log().await.unwrap();
    s.later(Duration::from_hours(2)).await;
    s.workers.beat().await.unwrap();
    assert_eq!(last_line(s).await, "- heartbeat", "it verifies, and goes on");
    if s.database.starts_with("postgres") {
        return;
    }
    let pool = sqlx::SqlitePool::connect(&s.database).await.unwrap();
    let kept: (Vec<u8>,) = sqlx::query_as("SELECT body FROM entry WHERE idx = 1").fetch_one(&pool).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe("DROP TRIGGER entry_no_update".to_owned())).execute(&pool).await.unwrap();
    let change = |body: Vec<u8>| sqlx::query("UPDATE entry SET body = $1 WHERE idx = 1").bind(body).execute(&pool);
    change(b"{}".to_vec()).await.unwrap();
    s.workers.audit_log().await.unwrap();
    s.advance(Duration::from_hours(2));
    let why = s.workers.beat().await.unwrap_err().to_string();
    assert!(why.contains("nothing is appended any more") && why.contains("entry 1"), "{why}");
    change(kept.0).await.unwrap();
});
