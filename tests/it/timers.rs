//! What the server does by itself for its log: it beats, tells of its clock, and verifies.

use std::time::Duration;

use countersign::clock::Clock;
use countersign::db::audit::entries_from;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::harness::Scenario;
use crate::harness::database::by_hand;
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

impl Scenario {
    /// Verifies the log; whether the metric says that it does not.
    async fn audit_fails(&self) -> bool {
        let recorder = PrometheusBuilder::new().build_recorder();
        let here = metrics::set_default_local_recorder(&recorder);
        self.workers.audit_log().await.unwrap();
        drop(here);
        let text = recorder.handle().render();
        let failed = text.lines().find_map(|line| line.strip_prefix("countersign_log_self_audit_failed "));
        failed.expect("the metric") == "1"
    }

    /// Changes the bytes of an entry, past every trigger, as somebody with the database's rights can.
    async fn rewrite(&self, index: u64, body: &[u8]) {
        let digits = hex::encode(body);
        let (free, value) = if self.database.starts_with("sqlite:") {
            ("DROP TRIGGER IF EXISTS entry_no_update", format!("x'{digits}'"))
        } else {
            ("ALTER TABLE entry DISABLE TRIGGER entry_append_only", format!("'\\x{digits}'"))
        };
        by_hand(&self.database, free).await.unwrap();
        let change = format!("UPDATE entry SET body = {value} WHERE idx = {index}");
        by_hand(&self.database, &change).await.unwrap();
    }
}

scenario!(a_changed_entry_stops_the_log, s => {
    s.comment("alice", "/promote staging").await;
    s.deployment_ends("success").await;
    assert!(!s.audit_fails().await);
    s.later(Duration::from_hours(2)).await;
    s.workers.beat().await.unwrap();
    assert_eq!(last_line(s).await, "- heartbeat", "it verifies, and goes on");
    let kept = entries_from(&mut s.app.db.read().await.unwrap(), 1, 1).await.unwrap().remove(0);
    s.rewrite(1, b"{}").await;
    assert!(s.audit_fails().await);
    s.advance(Duration::from_hours(2));
    let why = s.workers.beat().await.unwrap_err().to_string();
    assert!(why.contains("nothing is appended any more") && why.contains("entry 1"), "{why}");
    s.rewrite(1, &kept.body).await;
});
