//! A promotion requires what scanners found; somebody lets a finding through, and takes that back.

use std::time::Duration;

use countersign::db;
use countersign::github::fake::seed;
use countersign::ids::{RepoId, UserId};

use super::samples::zip;
use crate::harness::acts::POLICY;
use crate::harness::{SHOP, Scenario};
use crate::scenario;

const DAY: Duration = Duration::from_hours(24);
const WAIVE: &str = "/waive CVE-2026-1234 --until 2026-11-22 --reason \"the parser is not reached\"";

/// A Trivy scan that found this one thing, of high severity.
fn found(id: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"Trivy","rules":[{{"id":"{id}","properties":{{"security-severity":"8.1","tags":["security","vulnerability"]}}}}]}}}},"results":[{{"ruleId":"{id}","level":"error","message":{{"text":"The parser can be made to run code"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"package-lock.json"}},"region":{{"startLine":3}}}}}}]}}]}}]}}"#
    )
}

/// Staging takes one approval of the SRE team and these scans; bob and carol may waive.
fn policy(gate: &str) -> String {
    let wanted = format!(
        "require: {{ workflows: [ci.yml], scans: {gate}, approvals: [{{ count: 1, from: [team:acme/sre] }}] }}\n    expires: 7d"
    );
    let text = POLICY.replacen("require: { workflows: [ci.yml] }", &wanted, 1);
    assert_ne!(text, POLICY);
    format!("{text}scans: {{ fail_on: high, waive: {{ by: [team:acme/sre] }} }}\n")
}

impl Scenario {
    /// CI on the head of pull request 1 finds this.
    async fn scanned(&mut self, found: &str) {
        self.ci_leaves(&[("trivy", &zip(&[("trivy.sarif", found.as_bytes())]))]).await;
        self.advance(Duration::from_secs(2));
    }

    /// What the log says of waivers, in order.
    async fn waivers(&self) -> Vec<String> {
        self.trail().await.into_iter().filter(|line| line.contains("waiver.")).collect()
    }
}

scenario!(a_finding_blocks_until_somebody_who_may_lets_it_through, s => {
    s.policy(&policy("{}")).await;
    s.scanned(&found("CVE-2026-1234")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["findings_high", "approvals_missing"]));
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("CVE-2026-1234"), "it names the finding: {}", s.reply());
    for login in ["dave", "alice"] {
        s.comment(login, WAIVE).await;
    }
    assert_eq!(s.refusals().await, ["waiver_not_allowed"; 2]);
    assert_eq!(s.missing(1).await, ["findings_high", "approvals_missing"]);
    let asked = s.comment("bob", WAIVE).await;
    assert_eq!(s.reactions(asked), ["eyes", "rocket"]);
    assert!(s.reply().contains("/unwaive CVE-2026-1234"), "{}", s.reply());
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("awaiting_approval", vec!["approvals_missing"]));
    s.comment("bob", "/approve").await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["success"]);
    assert_eq!(s.waivers().await, ["- waiver.granted"]);
});

scenario!(how_bad_the_worst_is_stands_in_the_code, s => {
    s.policy(&policy("{ fail_on: info }")).await;
    s.comment("alice", "/promote staging").await;
    for (score, code) in [
        ("0.0", "findings_info"),
        ("2.0", "findings_low"),
        ("5.0", "findings_medium"),
        ("8.1", "findings_high"),
        ("9.8", "findings_critical"),
    ] {
        s.scanned(&found("CVE-2026-1234").replace("8.1", score)).await;
        assert_eq!(s.missing(1).await, [code, "approvals_missing"], "{score}");
    }
});

scenario!(a_waiver_whose_day_is_over_no_longer_counts, s => {
    s.policy(&policy("{}")).await;
    s.scanned(&found("CVE-2026-1234")).await;
    s.comment("bob", WAIVE).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["approvals_missing"]);
    s.later(DAY * 2).await;
    s.comment("bob", "/approve p1").await;
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["findings_high"]));
    assert!(s.dispatched().is_empty(), "it was approved, and is not let through any more");
    s.comment("bob", WAIVE).await;
    assert_eq!(s.refusal().await, "waiver_invalid");
    s.comment("bob", &WAIVE.replace("11-22", "12-24")).await;
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["success"], "it goes on by itself");
});

scenario!(what_was_let_through_is_taken_back, s => {
    s.policy(&policy("{}")).await;
    s.scanned(&found("CVE-2026-1234")).await;
    s.comment("bob", WAIVE).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["approvals_missing"]);
    s.comment("alice", "/unwaive CVE-2026-1234").await;
    s.comment("carol", "/unwaive CVE-2026-9999").await;
    assert_eq!(s.refusals().await, ["waiver_not_allowed", "waiver_invalid"]);
    s.comment("carol", "/unwaive CVE-2026-1234").await;
    assert_eq!(s.missing(1).await, ["findings_high", "approvals_missing"]);
    assert_eq!(s.waivers().await, ["- waiver.granted", "- waiver.revoked"]);
});

// A waiver holds everywhere, so who opened the pull request on which it is written says nothing.
scenario!(attack_26_who_may_waive_does_so_wherever_they_like, s => {
    let own = policy("{}").replace("waive: { by: [team:acme/sre] }", "waive: { by: [role:write], authors: false }");
    s.policy(&own).await;
    s.scanned(&found("CVE-2026-1234")).await;
    s.comment("alice", WAIVE).await;
    assert_eq!(s.waivers().await, ["- waiver.granted"]);
});

scenario!(the_day_of_a_waiver_is_neither_over_nor_far_away, s => {
    s.policy(&policy("{}")).await;
    for until in ["2026-11-20", "2027-11-22"] {
        s.comment("bob", &WAIVE.replace("2026-11-22", until)).await;
    }
    assert_eq!(s.refusals().await, ["waiver_invalid"; 2]);
    s.comment("bob", &WAIVE.replace("2026-11-22", "tomorrow")).await;
    assert!(s.reply().contains("invalid_date"), "{}", s.reply());
    assert!(s.waivers().await.is_empty());
});

scenario!(the_file_lets_a_finding_through_too, s => {
    let file = policy("{}").replace(
        "waive: {",
        "waivers: [{ id: CVE-2026-1234, until: 2026-12-31, reason: Not reached. }], waive: {",
    );
    s.policy(&file).await;
    s.scanned(&found("CVE-2026-1234")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["approvals_missing"]);
    s.comment("bob", "/unwaive CVE-2026-1234").await;
    assert_eq!(s.refusal().await, "waiver_invalid");
    assert!(s.reply().contains("own file"), "{}", s.reply());
});

scenario!(without_its_reports_a_commit_does_not_pass, s => {
    s.policy(&policy("{ must_have: [trivy, gitleaks] }")).await;
    s.comment("alice", "/promote staging").await;
    let missing = s.missing(1).await;
    assert!(missing.contains(&"report_missing"), "{missing:?}");
    s.scanned(&found("CVE-2026-1234")).await;
    let missing = s.missing(1).await;
    assert!(missing.contains(&"report_missing") && missing.contains(&"findings_high"), "{missing:?}");
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("gitleaks"), "{}", s.reply());
});

scenario!(a_run_that_nobody_told_of_is_waited_for_and_read, s => {
    s.policy(&policy("{}")).await;
    let run = s.ci_goes_on();
    s.settle().await;
    let report = zip(&[("trivy.sarif", found("CVE-2026-1234").as_bytes())]);
    s.fake.finish_run_with(SHOP, run, "success", &[("trivy", &report)]).unwrap();
    s.lose_deliveries();
    let before = fetched(s);
    s.comment("alice", "/promote staging --dry-run").await;
    assert_eq!(fetched(s), before, "whoever only asks what would happen has nothing fetched");
    s.comment("alice", "/promote staging").await;
    assert!(s.missing(1).await.contains(&"findings_high"), "{:?}", s.missing(1).await);
    assert_eq!(s.story_of("p1").await[..3], ["request.opened", "decision.waiting", "decision.waiting"]);
});

scenario!(what_the_default_branch_had_before_is_not_new, s => {
    let base = s.tip("main");
    s.policy(&policy("{ new_only: true }")).await;
    let run = s.fake.start_ci(SHOP, "bob", "ci.yml", &base).unwrap();
    s.fake.begin_run(SHOP, run).unwrap();
    let report = zip(&[("trivy.sarif", found("CVE-2026-1234").as_bytes())]);
    s.fake.finish_run_with(SHOP, run, "success", &[("trivy", &report)]).unwrap();
    s.settle().await;
    s.scanned(&found("CVE-2026-1234")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["approvals_missing"]);
    s.scanned(&found("CVE-2026-5678")).await;
    assert_eq!(s.missing(1).await, ["findings_high", "approvals_missing"]);
});

scenario!(who_let_a_finding_through_is_forgotten_and_it_stays_let_through, s => {
    s.policy(&policy("{}")).await;
    s.comment("bob", &WAIVE.replace("the parser", "as carol says, the parser")).await;
    let told = async |s: &Scenario| {
        let mut conn = s.app.db.read().await.unwrap();
        let all = db::waiver::all(&mut conn, RepoId(seed::SHOP)).await.unwrap();
        all.into_iter().map(|waiver| format!("{}: {} {}", waiver.id, waiver.by, waiver.reason)).collect::<Vec<_>>()
    };
    assert_eq!(told(s).await, ["CVE-2026-1234: bob (2) as carol says, the parser is not reached"]);
    s.app.db.redact(UserId(3), "they asked for it".to_owned(), s.clock.now()).await.unwrap();
    s.app.db.redact(UserId(2), "they asked for it".to_owned(), s.clock.now()).await.unwrap();
    assert_eq!(told(s).await, ["CVE-2026-1234: ghost (0) "]);
});

/// How often the artifacts of a run were asked for.
fn fetched(s: &Scenario) -> usize {
    s.fake.requests().iter().filter(|one| one.path.ends_with("/artifacts")).count()
}

scenario!(reports_are_read_again_for_whom_it_concerns, s => {
    s.policy(&policy("{}")).await;
    s.scanned(&found("CVE-2026-1234")).await;
    let before = fetched(s);
    s.comment("dave", "/scan").await;
    assert_eq!((s.refusal().await.as_str(), fetched(s)), ("requester_not_allowed", before));
    s.comment("alice", "/scan").await;
    assert!(fetched(s) > before);
    assert!(s.reply().contains("are read again"), "{}", s.reply());
    let issue = s.fake.open_issue(SHOP, "alice", "Release", "Today").unwrap();
    s.comment_on(issue, "alice", "/scan").await;
    assert_eq!(s.refusals().await, ["requester_not_allowed", "commit_needed"]);
});
