//! The whole way: a workflow run ends and leaves real reports → they are stored, judged and shown → a promotion
//! is blocked → somebody lets a finding through → it is promoted → all of it stands in the log.

use std::time::Duration;

use super::corpus::corpus;
use super::samples::zip;
use crate::harness::acts::POLICY;
use crate::harness::{SHOP, Scenario};
use crate::scenario;

const GATE: &str = "{ fail_on: high, must_have: [trivy, bandit, gitleaks, sbom, tests] }";

/// Staging takes these scans; the SRE team may let findings through.
fn policy() -> String {
    let wanted = format!("require: {{ workflows: [ci.yml], scans: {GATE} }}");
    let text = POLICY.replacen("require: { workflows: [ci.yml] }", &wanted, 1);
    assert_ne!(text, POLICY);
    format!("{text}scans: {{ waive: {{ by: [team:acme/sre] }} }}\n")
}

fn real(path: &str) -> Option<Vec<u8>> {
    let corpus = corpus()?;
    Some(std::fs::read(corpus.join(path)).unwrap())
}

/// What a build leaves: its scans in one artifact, its tests in another, and something that is no report.
fn artifacts(gitleaks: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let scans = zip(&[
        ("image/results.json", &real("trivy/golden-pip.json")?),
        ("bandit.json", &real("bandit/bandit-dojo-1.9.4.json")?),
        ("gitleaks-report.json", &real(gitleaks)?),
        ("sbom", &real("sbom/alpine-3.10.syft.spdx.json")?),
        ("README.md", b"# What is in here"),
    ]);
    Some((scans, zip(&[("TEST-results.xml", &real("junit/pytest-sarif-tools.xml")?)])))
}

/// CI runs on the head of pull request 1, for the first time or again, and leaves that.
async fn built(s: &mut Scenario, gitleaks: &str, again: Option<i64>) -> Option<i64> {
    let (scans, tests) = artifacts(gitleaks)?;
    let run = again.unwrap_or_else(|| s.ci_goes_on());
    if again.is_some() {
        s.advance(Duration::from_mins(1));
        s.fake.change(|state| state.rerun(state.repo_id(SHOP)?, state.who("alice")?, run)).unwrap();
        s.fake.begin_run(SHOP, run).unwrap();
    }
    s.fake.finish_run_with(SHOP, run, "success", &[("scans", &scans), ("tests", &tests)]).unwrap();
    s.settle().await;
    s.advance(Duration::from_secs(2));
    Some(run)
}

scenario!(real_reports_block_a_promotion_until_they_are_answered, s => {
    s.policy(&policy()).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.state(1).await, "blocked", "nothing was scanned yet");

    // The secret scanner crashed and left nothing behind: that is no clean scan.
    let Some(run) = built(s, "npm_audit/v2-http-405-error.json", None).await else { return };
    let missing = s.missing(1).await;
    assert!(missing.contains(&"report_missing") && missing.contains(&"findings_high"), "{missing:?}");
    assert!(s.reports_in_short().await.contains(&"npm-audit scan_failed scans/gitleaks-report.json".to_owned()));

    // Run again, it says something; what the first attempt left is over.
    built(s, "gitleaks/no_findings.json", Some(run)).await.unwrap();
    let there = s.reports_in_short().await;
    for report in [
        "trivy ok scans/image/results.json",
        "bandit ok scans/bandit.json",
        "gitleaks ok scans/gitleaks-report.json",
        "pytest ok tests/TEST-results.xml",
    ] {
        assert!(there.contains(&report.to_owned()), "{report} in {there:#?}");
    }
    assert!(there.iter().any(|one| one.contains(" ok scans/sbom")), "{there:#?}");
    assert_eq!(there.len(), 5, "each file is one report, and what is none is none");
    assert_eq!((s.state(1).await.as_str(), s.missing(1).await), ("blocked", vec!["findings_high"]));
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("CVE-2019-14806"), "{}", s.reply());
    assert!(s.dispatched().is_empty());
    let shown = |s: &Scenario| s.checks().into_iter().filter(|one| one.starts_with("countersign/scans ")).collect();
    let blocked: Vec<String> = shown(s);
    assert!(blocked.len() == 1 && !blocked[0].contains("success"), "one check run, which blocks: {blocked:?}");

    s.comment("bob", "/waive CVE-2019-14806 --until 2026-11-30 --reason \"We never show the debugger.\"").await;
    assert_eq!(s.state(1).await, "deploying", "nobody had to ask again");
    let passed: Vec<String> = shown(s);
    assert!(passed.len() == 1 && passed[0].contains("success"), "the same, which passes: {passed:?}");
    s.deployment_ends("success").await;
    assert_eq!(s.deployments("staging"), ["success"]);
    let trail = s.trail().await;
    for line in ["waiver.granted", "decision.allowed", "promotion.succeeded"] {
        assert!(trail.iter().any(|one| one.contains(line)), "{line} in {trail:#?}");
    }
});
