//! GitHub's own alerts: read where the policy wants them and the App may, and never taken for none.

use std::collections::BTreeMap;

use countersign::github::fake::seed;
use serde_json::{Value, json};

use super::samples::{CLEAN, zip};
use crate::harness::acts::{BRANCH, POLICY};
use crate::harness::{SHOP, Scenario};
use crate::scenario;

fn with_alerts() -> String {
    POLICY.replacen("environments:", "scans:\n  github_alerts: true\nenvironments:", 1)
}

fn grant(s: &Scenario, permissions: &[&str]) {
    s.fake.change(|state| {
        let installation = state.installations.get_mut(&seed::INSTALLATION).unwrap();
        for permission in permissions {
            installation.permissions.insert((*permission).to_owned(), "read".to_owned());
        }
    });
}

fn know(s: &Scenario, alerts: BTreeMap<&str, Vec<Value>>) {
    s.fake.change(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        repo.alerts = alerts.into_iter().map(|(list, all)| (list.to_owned(), all)).collect();
    });
}

fn code_alert(state: &str) -> Value {
    json!({
        "number": 4, "state": state, "dismissed_reason": (state == "dismissed").then_some("false positive"),
        "rule": {"id": "js/sql-injection", "severity": "error", "security_severity_level": "high", "description": "SQL"},
        "tool": {"name": "CodeQL"},
        "most_recent_instance": {
            "ref": format!("refs/heads/{BRANCH}"), "state": state, "message": {"text": "Depends on user input"},
            "location": {"path": "src/checkout.js", "start_line": 2},
        },
    })
}

async fn after_ci(s: &mut Scenario) -> Vec<String> {
    s.ci_leaves(&[("scans", &zip(&[("a.sarif", CLEAN.as_bytes())]))]).await;
    s.reports_in_short().await
}

scenario!(nobody_asks_for_alerts_that_no_policy_wants, s => {
    assert_eq!(after_ci(s).await, ["codeql ok scans/a.sarif"]);
    assert!(s.fake.requests().iter().all(|one| !one.path.contains("alerts")));
});

scenario!(alerts_that_are_not_to_be_had_are_kept_from_us_and_block_only_where_they_are_named, s => {
    s.policy(&with_alerts()).await;
    let short = [
        "code-scanning withheld -/code-scanning",
        "dependabot withheld -/dependabot",
        "secret-scanning withheld -/secret-scanning",
        "codeql ok scans/a.sarif",
    ];
    // The App may not look.
    assert_eq!(after_ci(s).await, short);
    // It may, and the features are off.
    grant(s, &["security_events", "vulnerability_alerts", "secret_scanning_alerts"]);
    s.advance(std::time::Duration::from_hours(2));
    s.ci("success").await;
    assert_eq!(s.reports_in_short().await, short);
    let asked = |more: &str| {
        let text = POLICY.replacen("require: { workflows: [ci.yml] }", "require: { workflows: [ci.yml], scans: {} }", 1);
        format!("{text}scans: {{ github_alerts: true, fail_on: high{more} }}\n")
    };
    s.policy(&asked(", must_have: [dependabot]")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.missing(1).await, ["report_missing"]);
    s.comment("alice", "/why").await;
    assert!(s.reply().contains("Turn dependabot on"), "{}", s.reply());
    s.policy(&asked("")).await;
    s.comment("alice", "/promote staging").await;
    assert_eq!(s.state(2).await, "deploying", "{:?}", s.missing(2).await);
    s.deployment_ends("success").await;
});

scenario!(alerts_are_read_as_reports_of_the_commit, s => {
    s.policy(&with_alerts()).await;
    grant(s, &["security_events", "vulnerability_alerts", "secret_scanning_alerts"]);
    let analysis = json!({"ref": format!("refs/heads/{BRANCH}"), "commit_sha": s.head(), "error": ""});
    let dependabot = json!({
        "number": 1, "state": "open", "dependency": {"package": {"ecosystem": "npm", "name": "lodash"}, "manifest_path": "package.json"},
        "security_advisory": {"ghsa_id": "GHSA-35jh-r3h4-6jhm", "cve_id": "CVE-2021-23337", "severity": "high", "summary": "Command Injection"},
        "security_vulnerability": {"package": {"ecosystem": "npm", "name": "lodash"}, "severity": "high"},
    });
    let secret = json!({"number": 2, "state": "open", "secret_type": "github_token", "secret_type_display_name": "Token", "secret": "ghp_neverstorethis"});
    know(s, BTreeMap::from([
        ("code-scanning", vec![code_alert("open"), code_alert("dismissed")]),
        ("analyses", vec![analysis]),
        ("dependabot", vec![dependabot]),
        ("secret-scanning", vec![secret]),
    ]));
    after_ci(s).await;
    let counts: Vec<(String, u64, u64)> = s.reports().await.iter()
        .map(|one| (format!("{} {}", one.report.tool.name, one.report.state.as_str()), one.report.counts.findings, one.report.counts.suppressed))
        .collect();
    assert_eq!(counts[..3], [
        ("code-scanning ok".to_owned(), 2, 1),
        ("dependabot ok".to_owned(), 1, 0),
        ("secret-scanning ok".to_owned(), 1, 0),
    ]);
    let values = crate::harness::database::every_value(&s.database).await;
    assert!(values.iter().all(|(_, value)| !String::from_utf8_lossy(value).contains("neverstorethis")));
});

scenario!(an_analysis_of_another_commit_says_nothing_of_this_one, s => {
    s.policy(&with_alerts()).await;
    grant(s, &["security_events"]);
    let analysis = json!({"ref": format!("refs/heads/{BRANCH}"), "commit_sha": "a".repeat(40), "error": ""});
    know(s, BTreeMap::from([("code-scanning", vec![]), ("analyses", vec![analysis])]));
    assert_eq!(after_ci(s).await[0], "code-scanning scan_failed -/code-scanning");
});
